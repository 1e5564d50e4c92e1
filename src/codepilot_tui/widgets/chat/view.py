"""The chat pane: one widget for the whole transcript, whatever its length.

Items are records; only those in view are drawn, into lines that are cached until the item or the width changes. Items
that were never in view have an estimated height, which is corrected when they come into view without moving what is
being read. So no cost of mounting, restyling or resizing grows with the length of the session.

The widget brings keys, mouse and Textual's scrolling to `rows`, which knows the content of each row without a screen.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from codepilot_tui.theme import tokens_for
from codepilot_tui.transcript import Transcript
from codepilot_tui.transcript.finding import Hit
from codepilot_tui.widgets.at_cursor import Telling
from codepilot_tui.widgets.chat import messages
from codepilot_tui.widgets.chat.items import Empty, Fold, Look, empty_state
from codepilot_tui.widgets.chat.lines import cells
from codepilot_tui.widgets.chat.painting import Over, Painter, marker
from codepilot_tui.widgets.chat.rows import BLANK, ChatRows
from codepilot_tui.widgets.chat.selection import clicked, selected_text
from codepilot_tui.widgets.chat.throttle import Frames
from codepilot_tui.widgets.clicked import LEFT


class ChatView(ScrollView, can_focus=True):
    """Shows a `Transcript`. Tell it with `apply` what changed.

    Args:
        empty: what it says while nothing stands in it.
    """

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor(-1)", "Item above", show=False),
        Binding("down", "cursor(1)", "Item below", show=False),
        Binding("ctrl+up,alt+up", "prompt(-1)", "Prompt before", show=False),
        Binding("ctrl+down,alt+down", "prompt(1)", "Next prompt", show=False),
        Binding("enter", "unfold", "Unfold or fold", show=False),
        Binding("right", "set_fold('open')", "Unfold", show=False),
        Binding("left", "set_fold('folded')", "Fold", show=False),
    ]
    """No letters: what is typed here goes to the composer. Paging, Home and End are those of every scrolled pane."""

    CopyRequested = messages.CopyRequested
    LinkChosen = messages.LinkChosen

    def __init__(
        self,
        *,
        empty: Empty = Empty(),  # noqa: B008 - it cannot be changed
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.empty = empty
        self.rows = ChatRows(lambda width: Look(width, tokens_for(self.app)))
        """The content of each row."""
        self._transcript = Transcript()
        self._settling = False
        self._waiting: set[int] = set()
        self._frames = Frames(self._flush, self.set_timer)
        self._painter = Painter()
        self._does = Telling(self)
        self._pressed_at: Offset | None = None

    # -- what the app calls --

    def show(self, transcript: Transcript) -> None:
        """Show another transcript, from its end."""
        self._transcript = transcript
        self.rows.clear()
        self._frames.draw()

    def apply(self, transcript: Transcript, changed: Collection[int]) -> None:
        """Show items that are new, different or gone; at once or with the next frame."""
        if transcript is not self._transcript:
            self.show(transcript)
            return
        if not changed:
            return
        self._waiting.update(changed)
        self._frames.want(now=not self.is_running)

    def follow(self) -> None:
        """Go to the end and stay there as items come; what sending a message and a new session do."""
        self.rows.follow()
        self._redraw()

    def _flush(self) -> None:
        changed, self._waiting = self._waiting, set()
        self.rows.update(self._transcript.items, changed)
        self._redraw()

    def _redraw(self) -> None:
        self._settle()
        if self.has_focus and self.rows.cursor.index is None:
            self._bring_cursor()
        self._show_cursor()

    def _show_cursor(self) -> None:
        self._does.tell(self.rows.at_cursor)
        self.refresh()

    # -- room --

    @property
    def _room(self) -> tuple[int, int]:
        """Columns and rows for the text, from the last layout of the screen."""
        width, height = self.container_size
        return width - self.scrollbar_size_vertical, height

    def on_resize(self) -> None:
        """Lay out for the new size."""
        self._redraw()

    def _settle(self, row: int | None = None) -> None:
        """Lay out for the current size and place the view; at `row` if somebody scrolled."""
        room, rows = self._room, self.rows
        if self._settling or not self.is_attached or min(room) <= 0:
            return  # hidden: it is laid out once it has a size
        self._settling = True
        try:
            if rows.size != room:
                rows.resize(*room)
                row = None  # not a scroll: Textual clamped the offset to the new size
            self._place_view(rows.settle() if row is None else rows.scroll_to(row))
        finally:
            self._settling = False

    def _place_view(self, top: int) -> None:
        size = Size(self.rows.size[0], self.rows.total)
        if size != self.virtual_size:
            # Set without asking for a layout: the pane's place on the screen does not depend on its length,
            # and a layout of the whole screen would be the most expensive part of a frame.
            self.set_reactive(ChatView.virtual_size, size)
            self._scroll_update(size)
        if top != self.scroll_offset.y or top != self.scroll_target_y:
            super().scroll_to(y=top, animate=False, force=True)

    # -- drawing --

    def render_lines(self, crop: Region) -> list[Strip]:
        """Compute the base style once per frame: Textual computes it on each access."""
        if self.rows.size != self._room:
            self._settle()  # composed before the resize was told
        self._painter.begin(self.rich_style, tokens_for(self.app))
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the pane."""
        width, height = self.size
        if not len(self.rows):
            lines = empty_state(width, tokens_for(self.app), self._transcript.agent, self.empty)
            at = y - max(0, (height - len(lines)) // 3)
            return self._painter.blank(lines[at] if 0 <= at < len(lines) else None, width)
        row = self.scroll_offset.y + y
        here = self.rows.line(row) or BLANK
        selection = self.text_selection
        rows = self.rows
        meant = here is not BLANK and self.has_focus and rows.index_at(row) == rows.cursor.index
        over = Over(
            cursor="" if not meant else "first" if rows.is_first(row) else "further",
            span=None if selection is None else selection.get_span(row),
            unseen=rows.unseen if y == height - 1 else 0,
            found=rows.marked(row),
        )
        selected = self.screen.get_component_rich_style("screen--selection") if over.span else Style.null()
        return self._painter.paint(here, row, width, over, selected)

    def selection_updated(self, selection: Selection | None) -> None:
        """Show the selection."""
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it was written, without bars and without the line breaks of wrapping."""
        return selected_text(selection, self.rows.total, self.rows.line), "\n"

    # -- scrolling --

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling decides whether the end is followed."""
        if not self._settling:
            self._settle(round(new_value))
            new_value = self.scroll_y
        super().watch_scroll_y(old_value, new_value)

    def _scroll_to_row(self, row: int) -> None:
        self.scroll_to(y=row, animate=False)
        self._show_cursor()

    def action_page_up(self, by: int = -1) -> None:
        """One pane up, two rows kept."""
        self._scroll_to_row(self.scroll_offset.y + by * max(1, self.size.height - 2))
        self._bring_cursor()

    def action_page_down(self) -> None:
        """One pane down, two rows kept."""
        self.action_page_up(1)

    def action_scroll_home(self) -> None:
        """To the first item."""
        self.rows.cursor.index = self.rows.cursor.next_to(-1, 1)
        self._scroll_to_row(0)

    def action_scroll_end(self) -> None:
        """To the last item, and stay at the end."""
        self.rows.cursor.index = self.rows.cursor.next_to(len(self.rows), -1)
        self.follow()

    # -- the block cursor --

    def on_focus(self) -> None:
        """Show where the keys go: put the cursor on an item in view."""
        self._bring_cursor()

    def on_blur(self) -> None:
        """Hide the cursor: it is shown only while the chat has the keyboard."""
        self.refresh()

    def _bring_cursor(self) -> None:
        if not self.size.height:
            return  # a page covers it: the cursor is where it was, once the page is closed
        self.rows.cursor.come_into_view(self.scroll_offset.y, self.size.height)
        self._show_cursor()

    def action_cursor(self, by: int) -> None:
        """Move the block cursor over items, or through one that is higher than the pane."""
        self._scroll_to_row(self.rows.cursor.step(by, self.scroll_offset.y, self.size.height))

    def action_prompt(self, by: int) -> None:
        """Move to the next or the former thing that the person said."""
        self._scroll_to_row(self.rows.cursor.to_prompt(by, self.scroll_offset.y, self.size.height))

    def go_to(self, hit: Hit, words: str) -> None:
        """Show a line that was found by these words, and mark them."""
        row = self.rows.go_to(hit, words)
        if row is not None:
            self._scroll_to_row(row)

    def action_unfold(self) -> None:
        """Show all of the item under the cursor, or its one line again."""
        if (index := self.rows.cursor.index) is not None:
            self.rows.toggle(index)
            self._redraw()

    def action_set_fold(self, fold: Fold) -> None:
        """Show all of the item under the cursor, or its one line."""
        if (index := self.rows.cursor.index) is not None:
            self.rows.fold(index, fold)
            self._redraw()

    def action_copy_item(self) -> None:
        """Copy the item under the cursor as it was written; without a cursor, what the agent said last."""
        if text := self.rows.text_to_copy():
            self.post_message(self.CopyRequested(text).set_sender(self))  # not from the screen

    # -- the mouse --

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor on the item under the mouse."""
        self._pressed_at = event.screen_offset
        offset = event.get_content_offset(self)
        if offset is not None and (row := self.scroll_offset.y + offset.y) < self.rows.total:
            self.rows.cursor.index = self.rows.index_at(row)
            self._show_cursor()

    def on_click(self, event: events.Click) -> None:
        """The marker jumps to the end, a link opens, the head of an item unfolds it; more clicks select."""
        offset, size = event.get_content_offset(self), self.size
        if event.button != LEFT or offset is None or event.screen_offset != self._pressed_at:
            return  # the end of a drag is none: it has selected
        if event.chain > 1:
            event.prevent_default()  # Textual would select all of the chat
            row, rows = self.scroll_offset.y + offset.y, self.rows
            chosen = clicked(event.chain, row, offset.x, rows.total, rows.line)
            self.screen.selections = {self: chosen} if chosen is not None else {}
            return
        on_marker = (
            offset.y == size.height - 1 and offset.x >= size.width - cells(marker(self.rows.unseen)) - 2
        )
        row = self.scroll_offset.y + offset.y
        if self.rows.unseen and on_marker:
            self.follow()
        elif target := event.style.meta.get("href"):
            self.post_message(self.LinkChosen(str(target)))
        elif row < self.rows.total and self.rows.unfolds(row):
            self.rows.toggle(self.rows.index_at(row))
            self._redraw()
