"""The chat pane: one widget for the whole transcript, whatever its length.

Items are records; only those in view are drawn, into lines that are kept until the item or the width changes. What
was never in view has an estimated height, which is put right when it comes into view, without moving what is being
read. So neither mounting nor restyling nor resizing ever costs by the length of the session.

The widget joins three parts that know nothing of a screen: `layout` (where items stand), `cache` (their drawings) and
`scrolling` (what is in view).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from codepilot_tui.theme import tokens_for
from codepilot_tui.transcript import AgentTurn, Item, Transcript, UserTurn, plain_text
from codepilot_tui.widgets.chat.cache import Drawings
from codepilot_tui.widgets.chat.glyphs import UNICODE, Glyphs
from codepilot_tui.widgets.chat.items import Fold, Look, draw, empty_state, foldable, starts_turn
from codepilot_tui.widgets.chat.layout import Layout
from codepilot_tui.widgets.chat.lines import Line, cells, line
from codepilot_tui.widgets.chat.markdown import MarkdownText
from codepilot_tui.widgets.chat.scrolling import Viewport
from codepilot_tui.widgets.chat.selection import lit, selected_text

_BLANK = line(())
_FRAME = 1 / 20
"""Seconds between two drawings of a stream: quick enough for the eye, a third cheaper than thirty a second."""


class ChatView(ScrollView, can_focus=True):
    """Shows a `Transcript`. Tell it with `apply` what changed."""

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,alt+down", "cursor(1)", "Next item", show=False),
        Binding("k,alt+up", "cursor(-1)", "Item before", show=False),
        Binding("n", "prompt(1)", "Next prompt", show=False),
        Binding("p", "prompt(-1)", "Prompt before", show=False),
        Binding("enter,space", "unfold", "Unfold or fold"),
        Binding("c,y", "copy_item", "Copy the item"),
        Binding("g", "scroll_home", "To the start", show=False),
        Binding("G", "scroll_end", "To the end", show=False),
    ]

    cursor: reactive[int | None] = reactive(None)
    """Index of the item under the block cursor."""

    class CopyRequested(Message):
        """The person wants this text in the clipboard; the app puts it there and says how it went."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def __init__(
        self, *, glyphs: Glyphs = UNICODE, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.glyphs = glyphs
        self._transcript = Transcript()
        self._drawings = Drawings(self._draw_item)
        self._layout = Layout()
        self._viewport = Viewport(self._layout, self._lines)
        self._unseen = 0
        self._settling = False
        self._waiting: set[int] = set()
        self._frame: Timer | None = None
        self._frame_due = 0.0
        self._base = self._lit = Style.null()
        self._painted: set[Line] = set()
        """Rows that keep what they were painted as: those on the screen, and some that were."""
        self._theme = ""

    # -- what the app calls --

    def show(self, transcript: Transcript) -> None:
        """Show another transcript, from its end."""
        self._transcript = transcript
        self._restart()
        self._waiting = {item.id for item in transcript.items}
        self._flush()

    def apply(self, transcript: Transcript, changed: Collection[int]) -> None:
        """These items came, changed or went. Drawn at once, or with the next frame."""
        if transcript is not self._transcript:
            self.show(transcript)
            return
        if not changed:
            return
        self._waiting.update(changed)
        if self._frame is not None:
            return
        delay = self._frame_due - time.monotonic()
        if delay <= 0 or not self.is_running:
            self._flush()
        else:
            self._frame = self.set_timer(delay, self._flush)

    @property
    def at_end(self) -> bool:
        """New items will be scrolled to."""
        return self._viewport.following

    def follow(self) -> None:
        """Go to the end and stay there as items come; what sending a message and a new session do."""
        self._viewport.following = True
        self._settle()
        self.refresh()

    # -- keeping up with the transcript --

    def _flush(self) -> None:
        started = time.monotonic()
        self._frame = None
        changed, self._waiting = self._waiting, set()
        items, layout = self._transcript.items, self._layout
        if len(items) < len(layout) or (len(layout) and (not items or items[0] is not layout[0].item)):
            self._restart()
        layout = self._layout
        for item_id in changed:
            if (index := layout.index_of(item_id)) is not None:
                layout.changed(index)
        for item in items[len(layout) :]:
            layout.add(item)
            if not self.at_end and not isinstance(item, AgentTurn):
                self._unseen += 1
        self._settle()
        self.refresh()
        # A frame that was dear puts the next one off, so that typing always has most of the time.
        finished = time.monotonic()
        self._frame_due = finished + max(_FRAME - (finished - started), 3 * (finished - started))

    def _restart(self) -> None:
        self._layout = Layout(self._layout.width)
        self._viewport = Viewport(self._layout, self._lines)
        self._drawings.forget()
        self._unseen = 0
        self.cursor = None

    def _draw_item(self, item: Item, width: int, fold: Fold, markdown: MarkdownText) -> list[Line]:
        drawn = draw(item, Look(width, tokens_for(self.app), self.glyphs), fold, markdown)
        if starts_turn(item) and item is not self._layout[0].item and not item.hidden:
            return [_BLANK, *drawn]
        return drawn

    def _lines(self, index: int) -> Sequence[Line]:
        """The lines of an entry, drawn now if they are out of date."""
        entry = self._layout[index]
        drawn = self._drawings.lines(entry.item, self._layout.width, entry.fold, self._theme)
        self._layout.measured(index, len(drawn))
        return drawn

    def _line(self, row: int) -> Line | None:
        """What stands on a row of the whole chat."""
        if not 0 <= row < self._layout.rows:
            return None
        index = self._layout.at(row)
        lines, at = self._lines(index), row - self._layout.top(index)
        return lines[at] if at < len(lines) else None

    @property
    def _room(self) -> tuple[int, int]:
        """Columns and rows for the text, as the last layout of the screen gave them."""
        width, height = self.container_size
        return width - self.scrollbar_size_vertical, height

    @property
    def _is_settled(self) -> bool:
        return self._room == (self._layout.width, self._viewport.height)

    def _settle(self) -> None:
        """Lay out for the room that there is now, and put the view where it belongs."""
        width, height = self._room
        if self._settling or not self.is_attached or width <= 0 or height <= 0:
            return  # hidden: it is laid out once it has a size
        viewport = self._viewport
        self._settling = True
        try:
            if width != self._layout.width:
                viewport.rewrap(width, lambda index: self._drawings.peek(self._layout[index].item))
            viewport.height = height
            self._place_view(viewport.settle())
        finally:
            self._settling = False

    def _place_view(self, top: int) -> None:
        size = Size(self._layout.width, self._layout.rows)
        if size != self.virtual_size:
            # Set without asking for a layout: the pane's place on the screen does not depend on its length,
            # and a layout of the whole screen would be the dearest part of a frame.
            self.set_reactive(ChatView.virtual_size, size)
            self._scroll_update(size)
        if self.at_end:
            self._unseen = 0
        if top != self.scroll_offset.y or top != self.scroll_target_y:
            super().scroll_to(y=top, animate=False, force=True)

    # -- drawing --

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of one frame share their style; Textual's own is worked out anew each time it is asked for."""
        if not self._is_settled:
            self._settle()  # composed before the resize was told
        self._base = self.rich_style
        lit_style = self._base + tokens_for(self.app).style("", "raised")
        if lit_style != self._lit:
            self._lit = lit_style
        if len(self._painted) > 4 * self.size.height:
            for each in self._painted:
                each.forget()
            self._painted.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the pane."""
        width = self.size.width
        if not len(self._layout):
            return self._render_empty(y, width, self._base)
        row = self.scroll_offset.y + y
        here, base = self._line(row) or _BLANK, self._base
        if here is not _BLANK and self._layout.at(row) == self.cursor and self.has_focus:
            base = self._lit
        marked = bool(self._unseen) and y == self.size.height - 1
        selection = self.text_selection
        if not marked and selection is None:
            self._painted.add(here)
            return here.painted(row, width, base)
        strip = here.strip
        if selection is not None and (span := selection.get_span(row)) is not None:
            strip = lit(strip, span, self.screen.get_component_rich_style("screen--selection"))
        strip = strip.crop_extend(0, width, None)
        if marked:
            strip = self._mark_below(strip, width)
        return strip.apply_style(base).apply_offsets(0, row)

    def _render_empty(self, y: int, width: int, base: Style) -> Strip:
        lines = empty_state(width, tokens_for(self.app), self._transcript.agent)
        at = y - max(0, (self.size.height - len(lines)) // 3)
        strip = lines[at].strip if 0 <= at < len(lines) else Strip([], 0)
        return strip.crop_extend(0, width, None).apply_style(base)

    def _marker(self) -> str:
        return f" {self.glyphs.below} {self._unseen} new "

    def _mark_below(self, strip: Strip, width: int) -> Strip:
        text = self._marker()
        style = tokens_for(self.app).style("you", "raised", bold=True)
        size = cells(text)
        if size + 2 > width:
            return strip
        return Strip.join([strip.crop(0, width - size - 2), Strip([Segment(text, style)]), Strip.blank(2)])

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse marked something else."""
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The marked text as it was written: no bars, no breaks that only the width made."""
        if not len(self._layout):
            return None
        return selected_text(selection, self._layout.rows, self._line), "\n"

    def notify_style_update(self) -> None:
        """Another theme asks for other colours; any other change of style leaves the drawings as they are."""
        super().notify_style_update()
        theme = tokens_for(self.app).name
        if theme != self._theme:
            self._theme = theme
            self.refresh()

    # -- scrolling --

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls decides whether the end is followed."""
        if not self._settling:
            if self._is_settled:
                self._scrolled_to(round(new_value))
            else:
                self._settle()  # nobody scrolled: Textual cut the offset down to what the new size allows
            new_value = self.scroll_y
        super().watch_scroll_y(old_value, new_value)

    def _scrolled_to(self, row: int) -> None:
        self._settling = True
        try:
            self._place_view(self._viewport.scroll_to(row))
        finally:
            self._settling = False

    def on_resize(self) -> None:
        """Another size asks for other lines."""
        self._settle()

    def _scroll_to_row(self, row: int) -> None:
        self.scroll_to(y=row, animate=False)

    def action_scroll_up(self) -> None:
        """One row up."""
        self._scroll_to_row(round(self.scroll_y) - 1)

    def action_scroll_down(self) -> None:
        """One row down."""
        self._scroll_to_row(round(self.scroll_y) + 1)

    def action_page_up(self) -> None:
        """One pane up, two rows kept."""
        self._scroll_to_row(round(self.scroll_y) - max(1, self.size.height - 2))

    def action_page_down(self) -> None:
        """One pane down, two rows kept."""
        self._scroll_to_row(round(self.scroll_y) + max(1, self.size.height - 2))

    def action_scroll_home(self) -> None:
        """To the first item."""
        self._scroll_to_row(0)

    def action_scroll_end(self) -> None:
        """To the end, and stay there."""
        self.follow()

    # -- the block cursor --

    def watch_cursor(self) -> None:
        """The row under the cursor is lit."""
        self.refresh()

    def action_cursor(self, by: int) -> None:
        """Move the block cursor over items."""
        index = self._start_of_walk(by) if self.cursor is None else self.cursor + by
        while 0 <= index < len(self._layout) and (
            self._layout[index].item.hidden or isinstance(self._layout[index].item, AgentTurn)
        ):
            index += by
        self._put_cursor(index)

    def action_prompt(self, by: int) -> None:
        """Move to the next or the former thing that the person said."""
        index = self._start_of_walk(by) if self.cursor is None else self.cursor + by
        while 0 <= index < len(self._layout) and not isinstance(self._layout[index].item, UserTurn):
            index += by
        self._put_cursor(index)

    def _start_of_walk(self, by: int) -> int:
        if not len(self._layout):
            return -1
        if by < 0:
            return self._layout.at(self.scroll_offset.y + self.size.height - 1)
        return self._layout.at(self.scroll_offset.y)

    def _put_cursor(self, index: int) -> None:
        if not 0 <= index < len(self._layout):
            return
        self.cursor = index
        height = len(self._lines(index))
        top, view = self._layout.top(index), round(self.scroll_y)
        if top < view or height >= self.size.height:
            self._scroll_to_row(top)
        elif top + height > view + self.size.height:
            self._scroll_to_row(top + height - self.size.height)

    def action_unfold(self) -> None:
        """Show all of the item under the cursor, or its one line again."""
        if self.cursor is not None:
            self._toggle(self.cursor)

    def _toggle(self, index: int) -> None:
        entry = self._layout[index]
        if not foldable(entry.item):
            return
        shown = self._lines(index)
        preview = entry.fold == "auto" and len(shown) > 1
        cut_short = any(each.opens for each in shown)
        self._viewport.hold()
        entry.fold = "folded" if entry.fold == "open" or (preview and not cut_short) else "open"
        self._settle()
        self.refresh()

    def action_copy_item(self) -> None:
        """Copy the item under the cursor: its text as it was written."""
        if self.cursor is not None:
            self.post_message(self.CopyRequested(plain_text(self._layout[self.cursor].item)))

    def on_click(self, event: events.Click) -> None:
        """The marker jumps to the end; the head of an item unfolds it."""
        offset = event.get_content_offset(self)
        if offset is None or not len(self._layout):
            return
        size = self.size
        if (
            self._unseen
            and offset.y == size.height - 1
            and offset.x >= size.width - cells(self._marker()) - 2
        ):
            self.follow()
            return
        row = self.scroll_offset.y + offset.y
        if row >= self._layout.rows:
            return
        index = self._layout.at(row)
        self.cursor = index
        lines = self._lines(index)
        at = row - self._layout.top(index)
        head = 1 if lines and lines[0] is _BLANK else 0
        if at == head or lines[at].opens:
            self._toggle(index)
