"""The differences of many files as one stream, side by side where there is room; what is drawn is what is in sight.

Texts are compared on one thread, those near what is in sight first; colours are found on a thread too, and until they
are there the source is plain on its tints. How it is kept where it is while heights are corrected: `stream_rows`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from textual import events, work
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.clicked import LEFT
from codepilot_tui.widgets.diff_cells import source_columns
from codepilot_tui.widgets.stream_paint import StreamLook, StreamPainter
from codepilot_tui.widgets.stream_rows import INLINE, Built, FileDiff, Form, StreamRows, build

SPLIT_FROM = 90
"""Columns from which the halves stand beside each other, as beside the list of files."""
_AT_ONCE = 16
"""Files that the thread compares before it tells of them."""
_LINES = 400
"""Lines that are coloured before it is asked anew what is in sight."""
_BELOW = 4
"""Screens below what is in sight that are coloured before they are seen; above it is one."""


class DiffStream(ScrollView, can_focus=False):
    """The stream. It takes no focus: what shows it hands keys on.

    Args:
        files: what differs, at least one file.
        at: the file that it begins with.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DiffStream {
        height: 1fr; width: 1fr; background: $ground; overflow-x: auto; scrollbar-gutter: stable;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    """

    class Moved(Message):
        """Another file or change is meant now, or more is known of them."""

    def __init__(self, files: Sequence[FileDiff], *, at: int = 0) -> None:
        super().__init__()
        self.rows = StreamRows(files, Form(split_from=SPLIT_FROM))
        self._current = (at, -1)
        """The file and the change that the keys mean; -1: its head."""
        self._painter = StreamPainter(self.rows)
        self._shown = False
        self._colouring = False
        self._pressed_at: Offset | None = None

    # -- what is known of it ---------------------------------------------------------------------------------------

    @property
    def file(self) -> int:
        """The file that is meant."""
        return self._current[0]

    @property
    def change(self) -> int:
        """The change of it that is meant, from 0; -1: none."""
        return self._current[1]

    @property
    def changes(self) -> int:
        """How many changes that file has, as far as it is known."""
        return self.rows.changes_of(self.file)

    @property
    def number(self) -> tuple[int, int]:
        """Which change is meant, over all files, and how many there are; (0, 0) until all texts are compared."""
        if not self.rows.complete:
            return 0, 0
        counts = [self.rows.changes_of(file) for file in range(len(self.rows.files))]
        return sum(counts[: self.file]) + self.change + 1, sum(counts)

    @property
    def has_folds(self) -> bool:
        """Unchanged lines are folded away in what is meant, or could be."""
        document = self.rows.document(self.file)
        return document is not None and document.folds

    @property
    def has_long_lines(self) -> bool:
        """Lines are longer than the room that they have."""
        return self._hidden() > 0

    # -- comparing -------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Compare all texts; those in sight are compared when they are drawn."""
        self._compare()

    @work(group="compare", exclusive=True)
    async def _compare(self) -> None:
        while wanted := self.rows.missing(self.file, _AT_ONCE):
            form = self.rows.form
            self._take(await asyncio.to_thread(self._built, wanted, form), form)

    def _built(self, files: Sequence[int], form: Form) -> list[tuple[int, Built]]:
        """Some files, compared; runs on a thread."""
        rows = self.rows
        return [(at, build(rows.files[at], rows.document(at), form, rows.opened(at))) for at in files]

    def _take(self, made: Iterable[tuple[int, Built]], form: Form) -> None:
        """Know the rows of some files, and stay where one is."""
        top = self.rows.position(self.scroll_offset.y)
        for file, each in made:
            if self.rows.built(file) is None:
                self.rows.take(file, each, form)
        self._fit(self.rows.row_of(top))
        self.post_message(self.Moved())

    def _prepare(self) -> None:
        """Compare what is in sight, and a screen above and below it, before it is drawn."""
        height = self.size.height
        for _ in range(8):  # exact heights bring other files into sight
            top = self.scroll_offset.y
            position = self.rows.position(top)
            first, last = self.rows.at(top - height)[0], self.rows.at(top + 2 * height)[0]
            missing = [
                file
                for file in range(first, last + 1)
                if self.rows.built(file) is None and self.rows.files[file].size <= INLINE
            ]
            if not missing:
                break
            for file in missing:
                self.rows.build(file)
            self._fit(self.rows.row_of(position))

    def _fit(self, top: int) -> None:
        """The heights are others: be as high as they are, with this row at the top."""
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width + self._hidden(), len(self.rows))
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self.refresh()

    def _hidden(self) -> int:
        """Columns of the longest line that there is no room for."""
        form, document = self.rows.form, self.rows.document(self.file)
        if form.wrapped or document is None:
            return 0
        made = self.rows.built(self.file)
        split = made.split if made is not None else False
        return max(0, self.rows.longest - source_columns(document, form.width, split))

    # -- colours ---------------------------------------------------------------------------------------------------

    def _near(self) -> Iterable[int]:
        """The files in sight, then those of some screens below, then those of the screen above."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        first, last = self.rows.at(top)[0], self.rows.at(top + (1 + _BELOW) * height)[0]
        above = self.rows.at(top - height)[0]
        return (*range(first, last + 1), *range(first - 1, above - 1, -1))

    @work(group="colours")
    async def _colour(self) -> None:
        if self._colouring:
            return
        self._colouring = True
        try:
            while (painter := self._painter.plain(self._near(), tokens_for(self.app))) is not None:
                if await asyncio.to_thread(painter.colour, _LINES):
                    self.refresh()
        finally:
            self._colouring = False

    # -- drawing ---------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """The width decides the form."""
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        first = None if self._shown else self.file
        self._shown = True
        self._change_form(replace(self.rows.form, width=width))
        if first is not None:
            self.go_to_file(first)

    def _change_form(self, form: Form) -> None:
        top = self.rows.position(self.scroll_offset.y)
        if form != self.rows.form:
            self.rows.change_form(form)
            if self.rows.files[top.file].size <= INLINE:
                self.rows.build(top.file)
            self._compare()
        self._fit(self.rows.row_of(top))
        self._prepare()
        self._look()
        self.post_message(self.Moved())  # lines may be too long that were not

    def render_line(self, y: int) -> Strip:
        """One row of what is in sight. The first is the head of the file that one reads."""
        look = StreamLook(tokens_for(self.app), self._current, self.scroll_offset.x)
        return self._painter.row(y + self.scroll_offset.y, look, top=y == 0)

    # -- moving about ----------------------------------------------------------------------------------------------

    def watch_scroll_y(self, old: float, new: float) -> None:
        """What comes into sight is compared and coloured; the change that is meant is the first in sight."""
        super().watch_scroll_y(old, new)
        if self._shown and round(old) != round(new):
            self._prepare()
            self._look()

    def _look(self) -> None:
        """Mean what is in sight, and colour it."""
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        if not top <= self.rows.row_of_change(*self._current) < bottom:
            self._mean(self.rows.hunk_from(top) or (self.rows.at(top)[0], -1))
        if not self._colouring:
            self._colour()

    def _mean(self, current: tuple[int, int]) -> None:
        if current != self._current:
            self._current = current
            self.post_message(self.Moved())
            self.refresh()

    def move(self, rows: int) -> None:
        """Scroll by so many rows."""
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, immediate=True)
        if rows > 0 and self.scroll_offset.y < self.max_scroll_y and rows > len(self.rows):
            self.scroll_to(
                y=self.max_scroll_y, animate=False, immediate=True
            )  # it became longer by being compared

    def move_aside(self, columns: int) -> None:
        """Scroll by so many columns."""
        self.scroll_to(x=self.scroll_offset.x + columns, animate=False, immediate=True)

    def go_to_file(self, file: int) -> None:
        """Bring a file to the top, and mean its first change; one that is not there changes nothing."""
        if 0 <= file < len(self.rows.files):
            if self.rows.files[file].size <= INLINE:
                self.rows.build(file)
            change = 0 if self.rows.changes_of(file) else -1
            self._go(file, change, self.rows.row_at(file, -1))

    def go(self, step: int) -> None:
        """Go to the next change, or to the one before; the files in between are compared for it."""
        file, change = self.file, self.change + step
        while not 0 <= change < self.rows.changes_of(file):
            file += step
            if not 0 <= file < len(self.rows.files):
                return
            self.rows.build(file)
            change = 0 if step > 0 else self.rows.changes_of(file) - 1
        self._go(
            file, change, self.rows.row_of_change(file, change) - 3
        )  # its head, and two lines of context above it

    def _go(self, file: int, change: int, top: int) -> None:
        self._fit(max(0, top))
        self._prepare()
        self._mean((file, change))
        self._look()

    # -- folds and wrapping ----------------------------------------------------------------------------------------

    def toggle_folds(self) -> None:
        """Show all unchanged lines, or only those near a change."""
        self._change_form(replace(self.rows.form, folded=not self.rows.form.folded))

    def toggle_wrap(self) -> None:
        """Let long lines go on below, or cut them."""
        self.scroll_to(x=0, animate=False, immediate=True)
        self._change_form(replace(self.rows.form, wrapped=not self.rows.form.wrapped))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Only where the button goes up at the same cell is it a click."""
        self._pressed_at = event.screen_offset

    def on_click(self, event: events.Click) -> None:
        """A click on a fold opens it."""
        if event.button != LEFT or event.screen_offset != self._pressed_at or not event.y:
            return
        if (fold := self.rows.fold_at(event.y + self.scroll_offset.y)) is None:
            return
        event.stop()
        top = self.rows.position(self.scroll_offset.y)
        self.rows.open_fold(*fold)
        self._fit(self.rows.row_of(top))
        self._prepare()
