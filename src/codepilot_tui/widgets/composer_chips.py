"""The messages that wait, one row each, above the editor."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from codepilot.text import clean_line
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.state import Queued
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.lines import cells, cut
from codepilot_tui.widgets.painted import Cell, Painted, Picture, Place, row_of

_ROWS = 6
_DROP = f"   {UNICODE.drop}"


class TakeBack(Message, namespace="composer"):
    """A queued message is wanted back. If the model has not had it: drop it, and put it into the editor if `edit`."""

    def __init__(self, message_id: str, text: str, edit: bool) -> None:
        self.message_id = message_id
        self.text = text
        self.edit = edit
        super().__init__()


class Chips(Painted, can_focus=True):
    """The queued messages, each with what it waits for. Up and Down choose, Enter edits, Delete drops."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
        Binding("enter", "edit", "Edit"),
        Binding("delete,backspace", "drop", "Drop"),
    ]
    queue: reactive[tuple[Queued, ...]] = reactive(())

    def __init__(self) -> None:
        super().__init__()
        self.chosen = 0
        self.display = False

    def watch_queue(self, queue: tuple[Queued, ...]) -> None:
        """No chips, no room."""
        self.chosen = max(0, min(self.chosen, len(queue) - 1))
        if not queue and self.has_focus:
            self.screen.focus_next()
        self.display = bool(queue)
        self.repaint()

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """Sign, words, what they wait for, and the cross that drops them."""
        style = tokens.style
        rows, places = [], []
        for at, each in enumerate(self.queue[:_ROWS]):
            inside = each.state == "in context"
            plane = "raised" if self.has_focus and at == self.chosen else "ground"
            what = "in context" if inside else each.when
            drop = "" if inside else _DROP
            text = cut(clean_line(each.text), max(8, width - len(what) - len(drop) - 6))
            ink = "muted" if inside else "you"
            sign = UNICODE.ok if inside else UNICODE.queued
            line: list[Cell] = [
                (f"  {sign} ", style("ok" if inside else "you", plane)),
                (text, style("muted" if inside else "ink", plane)),
                (f"  {what}", style(ink, plane)),
                (drop, style("muted", plane)),
            ]
            rows.append(row_of(line, width, style("", plane)))
            if not inside:
                end = sum(cells(part) for part, _ in line)
                places += [Place(at, 0, end - 2, f"edit {at}"), Place(at, end - 2, end, f"drop {at}")]
        if len(self.queue) > _ROWS:
            more = f"    {len(self.queue) - _ROWS} more wait"
            rows.append(row_of([(more, style("muted", "ground"))], width, style("", "ground")))
        return Picture(tuple(rows), tuple(places))

    def on_focus(self) -> None:
        """The chosen one is marked."""
        self.repaint()

    def on_blur(self) -> None:
        """None is marked."""
        self.repaint()

    def action_choose(self, by: int) -> None:
        """Another chip."""
        self.chosen = max(0, min(self.chosen + by, len(self.queue) - 1))
        self.repaint()

    def action_edit(self) -> None:
        """Take the chosen one back into the editor."""
        self._take_back(self.chosen, edit=True)

    def action_drop(self) -> None:
        """Take the chosen one back for good."""
        self._take_back(self.chosen, edit=False)

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """The cross drops, the words are taken back to be edited."""
        event.stop()
        what, _, at = event.name.partition(" ")
        self.chosen = int(at)
        self._take_back(self.chosen, edit=what == "edit")

    def _take_back(self, index: int, *, edit: bool) -> None:
        if 0 <= index < len(self.queue) and self.queue[index].state == "queued":
            chip = self.queue[index]
            self.post_message(TakeBack(chip.id, chip.text, edit))
