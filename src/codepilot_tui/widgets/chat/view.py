"""The chat pane: one widget for the whole transcript, whatever its length.

Items are records; only those in view are drawn, into lines that are kept until the item or the width changes. What
was never in view has an estimated height, which is put right when it comes into view, without moving what is being
read. So neither mounting nor restyling nor resizing ever costs by the length of the session.
"""

from __future__ import annotations

import time
from collections.abc import Collection
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
from codepilot_tui.transcript import (
    AgentTurn,
    Transcript,
    UserTurn,
    plain_text,
)
from codepilot_tui.widgets.chat.glyphs import UNICODE, Glyphs
from codepilot_tui.widgets.chat.items import Look, draw, empty_state, estimate, foldable, starts_turn
from codepilot_tui.widgets.chat.lines import Line, cells, line
from codepilot_tui.widgets.chat.markdown import MarkdownText
from codepilot_tui.widgets.chat.roll import Entry, Roll

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
        self,
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.glyphs = glyphs
        self._transcript = Transcript()
        self._roll = Roll()
        self._width = 0
        self._anchored = True
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
        return self._anchored

    def follow(self) -> None:
        """Go to the end and stay there as items come; what sending a message and a new session do."""
        self._anchored, self._unseen = True, 0
        self._settle()
        self.refresh()

    def jump_to(self, item_id: int) -> None:
        """Bring an item to the top and put the block cursor on it."""
        if (index := self._roll.index_of(item_id)) is not None:
            self.cursor = index
            self._scroll_to_row(self._roll.top(index))

    # -- keeping the records --

    def _flush(self) -> None:
        started = time.monotonic()
        self._frame = None
        changed, self._waiting = self._waiting, set()
        items, roll = self._transcript.items, self._roll
        if len(items) < len(roll) or (len(roll) and (not items or items[0] is not roll[0].item)):
            self._restart()
        roll = self._roll
        width = self._text_width()
        for item_id in changed:
            index = roll.index_of(item_id)
            if index is not None:
                entry = roll[index]
                if entry.lines is None:
                    roll.set_height(index, estimate(entry.item, width))
        for item in items[len(roll) :]:
            roll.add(item, estimate(item, width))
            if not self._anchored and not isinstance(item, AgentTurn):
                self._unseen += 1
        self._settle()
        self.refresh()
        # A frame that was dear puts the next one off, so that typing always has most of the time.
        finished = time.monotonic()
        self._frame_due = finished + max(_FRAME - (finished - started), 3 * (finished - started))

    def _restart(self) -> None:
        self._roll = Roll()
        self._anchored, self._unseen = True, 0
        self.cursor = None

    # -- rows --

    def _text_width(self) -> int:
        return max(10, self.scrollable_content_region.width)

    def _lay_out(self, index: int) -> Entry:
        """Draw an entry if its drawing is out of date."""
        entry = self._roll[index]
        item = entry.item
        key = (item.version, self._width)
        if entry.lines is None or entry.drawn != key:
            if entry.markdown is None:
                entry.markdown = MarkdownText()
            look = Look(self._width, tokens_for(self.app), self.glyphs)
            drawn = draw(item, look, entry.fold, entry.markdown)
            gap = starts_turn(item) and index > 0 and not item.hidden
            entry.lines = [_BLANK, *drawn] if gap else drawn
            entry.drawn = key
            self._roll.set_height(index, len(entry.lines))
        self._roll.keep(index)
        return entry

    def _settle(self) -> None:
        """Draw what is in view, put the heights right, and keep the view where it belongs."""
        if self._settling or not self.is_attached:
            return
        width = self._text_width()
        if width != self._width:
            self._width = width
            self._roll.forget_drawings()
            for index, entry in enumerate(self._roll):
                self._roll.set_height(index, estimate(entry.item, width))
        height = self.scrollable_content_region.height
        self._settling = True
        try:
            if self._anchored:
                rows, index = 0, len(self._roll) - 1
                while index >= 0 and rows < height:
                    rows += self._lay_out(index).height
                    index -= 1
                target = self._roll.rows - height
            else:
                target = self._settle_in_place(height)
            total = self._roll.rows
            if total != self.virtual_size.height or width != self.virtual_size.width:
                # Set without asking for a layout: the pane's place on the screen does not depend on its length,
                # and a layout of the whole screen would be the dearest part of a frame.
                size = Size(width, total)
                self.set_reactive(ChatView.virtual_size, size)
                self._scroll_update(size)
            target = max(0, min(target, total - height))
            # Items that went may have brought the end into view: no wheel could then reach it to follow it again.
            if target >= total - height:
                self._anchored, self._unseen = True, 0
            if target != self.scroll_offset.y or target != self.scroll_target_y:
                super().scroll_to(y=target, animate=False, force=True)
        finally:
            self._settling = False

    def _settle_in_place(self, height: int) -> int:
        """Find a row that stays where it is on the screen, draw around it, and say where the view then begins."""
        row = round(self.scroll_y)
        if not len(self._roll):
            return 0
        first = held = self._roll.at(row)
        while (
            held < len(self._roll) - 1
            and self._roll[held].lines is None
            and self._roll.top(held) < row + height
        ):
            held += 1
        if self._roll[held].lines is None:
            held = first
        from_top = self._roll.top(held) - row
        for _ in range(8):  # each round may bring further entries into view
            index = first
            while index < len(self._roll) and (index <= held or self._roll.top(index) < row + height):
                self._lay_out(index)
                index += 1
            settled = self._roll.top(held) - from_top
            now_first = self._roll.at(max(0, settled))
            if settled == row and now_first >= first:
                break
            row, first = settled, min(first, now_first)
        return row

    # -- drawing --

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of one frame share their style; Textual's own is worked out anew each time it is asked for."""
        self._base = self.rich_style
        lit = self._base + tokens_for(self.app).style("", "raised")
        if lit != self._lit:
            self._lit = lit
        if len(self._painted) > 4 * self.size.height:
            for each in self._painted:
                each.forget()
            self._painted.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the pane."""
        width = self.size.width
        if not len(self._roll):
            return self._render_empty(y, width, self._base)
        row = self.scroll_offset.y + y
        here, base = _BLANK, self._base
        if row < self._roll.rows:
            index = self._roll.at(row)
            entry = self._roll[index]
            drawn = entry.lines if entry.lines is not None else self._lay_out(index).lines
            at = row - self._roll.top(index)
            if drawn is not None and at < len(drawn):
                here = drawn[at]
                if index == self.cursor and here is not _BLANK and self.has_focus:
                    base = self._lit
        marked = bool(self._unseen) and y == self.size.height - 1
        selected = self.text_selection is not None
        if not marked and not selected:
            self._painted.add(here)
            return here.painted(row, width, base)
        strip = (self._select(here.strip, row) if selected else here.strip).crop_extend(0, width, None)
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

    def _select(self, strip: Strip, row: int) -> Strip:
        selection = self.text_selection
        if selection is None or (span := selection.get_span(row)) is None:
            return strip
        start, end = span
        text = strip.text
        end = len(text) if end == -1 else min(end, len(text))
        if start >= end:
            return strip
        left, right = cells(text[:start]), cells(text[:end])
        style = self.screen.get_component_rich_style("screen--selection")
        chosen = Strip(Segment.apply_style(strip.crop(left, right), post_style=style))
        return Strip.join([strip.crop(0, left), chosen, strip.crop(right)])

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse marked something else."""
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The marked text as it was written: no bars, no breaks that only the width made."""
        if not len(self._roll):
            return None
        total = self._roll.rows
        first = 0 if selection.start is None else selection.start.y
        last = total - 1 if selection.end is None else min(selection.end.y, total - 1)
        text = ""
        for row in range(max(0, first), last + 1):
            index = self._roll.at(row)
            lines = self._lay_out(index).lines or []
            at = row - self._roll.top(index)
            here = lines[at] if at < len(lines) else _BLANK
            start, end = selection.get_span(row) or (0, -1)
            whole = here.strip.text
            part = whole[max(start, here.indent) : len(whole) if end == -1 else end].rstrip()
            if row == first:
                text = part
            elif here.soft:
                text += (" " if text and not text[-1].isspace() else "") + part
            else:
                text += "\n" + part
        return text, "\n"

    # -- scrolling --

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls decides whether the end is followed."""
        if not self._settling:
            self._anchored = new_value >= self.max_scroll_y
            if self._anchored:
                self._unseen = 0
            self._settle()
            new_value = self.scroll_y
        super().watch_scroll_y(old_value, new_value)

    def on_resize(self) -> None:
        """Another width asks for other lines."""
        self._settle()

    def notify_style_update(self) -> None:
        """Another theme asks for other colours; any other change of style leaves the drawings as they are."""
        super().notify_style_update()
        theme = tokens_for(self.app).name
        if theme != self._theme:
            self._theme = theme
            self._roll.forget_drawings()
            self.refresh()

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
        while 0 <= index < len(self._roll) and (
            self._roll[index].item.hidden or isinstance(self._roll[index].item, AgentTurn)
        ):
            index += by
        self._put_cursor(index)

    def action_prompt(self, by: int) -> None:
        """Move to the next or the former thing that the person said."""
        index = self._start_of_walk(by) if self.cursor is None else self.cursor + by
        while 0 <= index < len(self._roll) and not isinstance(self._roll[index].item, UserTurn):
            index += by
        self._put_cursor(index)

    def _start_of_walk(self, by: int) -> int:
        if not len(self._roll):
            return -1
        if by < 0:
            return self._roll.at(self.scroll_offset.y + self.size.height - 1)
        return self._roll.at(self.scroll_offset.y)

    def _put_cursor(self, index: int) -> None:
        if not 0 <= index < len(self._roll):
            return
        self.cursor = index
        height = self._lay_out(index).height
        top, view = self._roll.top(index), round(self.scroll_y)
        if top < view or height >= self.size.height:
            self._scroll_to_row(top)
        elif top + height > view + self.size.height:
            self._scroll_to_row(top + height - self.size.height)

    def action_unfold(self) -> None:
        """Show all of the item under the cursor, or its one line again."""
        if self.cursor is not None:
            self._toggle(self.cursor)

    def _toggle(self, index: int) -> None:
        entry = self._roll[index]
        if not foldable(entry.item):
            return
        shown = self._lay_out(index).lines or []
        preview = entry.fold == "auto" and len(shown) > 1
        cut_short = any(each.opens for each in shown)
        entry.fold = "folded" if entry.fold == "open" or (preview and not cut_short) else "open"
        entry.drawn = (-1, -1)
        # What is being looked at stays: the head of the item keeps its row.
        self._anchored = False
        self._lay_out(index)
        self._settle()
        self._anchored = self.scroll_y >= self.max_scroll_y
        self.refresh()

    def action_copy_item(self) -> None:
        """Copy the item under the cursor: its text as it was written."""
        if self.cursor is not None:
            self.post_message(self.CopyRequested(plain_text(self._roll[self.cursor].item)))

    def on_click(self, event: events.Click) -> None:
        """The marker jumps to the end; the head of an item unfolds it."""
        offset = event.get_content_offset(self)
        if offset is None or not len(self._roll):
            return
        size = self.size
        if (
            self._unseen
            and offset.y == size.height - 1
            and offset.x >= size.width - cells(self._marker()) - 2
        ):
            self.action_scroll_end()
            return
        row = self.scroll_offset.y + offset.y
        if row >= self._roll.rows:
            return
        index = self._roll.at(row)
        self.cursor = index
        lines = self._lay_out(index).lines or []
        at = row - self._roll.top(index)
        head = 1 if lines and lines[0] is _BLANK else 0
        if at == head or lines[at].opens:
            self._toggle(index)
