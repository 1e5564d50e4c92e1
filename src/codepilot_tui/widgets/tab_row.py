"""The row of open sessions, under the top bar; there from two sessions on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message

from codepilot_tui.bench.tabs import TabLabel
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.painted import Cell, Painted, Picture, Place, row_of

_MIDDLE = 2
"""The number of the mouse's middle button."""


def tab_row(labels: Sequence[TabLabel], width: int, tokens: Tokens) -> Picture:
    """The tabs in one row. Where they do not fit, the names of those that are not shown go, and then the words."""
    for level in range(3):
        tabs = [_tab(label, tokens, level) for label in labels]
        used = 1 + sum(sum(cell_len(text) for text, _ in tab) + 1 for tab in tabs)
        if used <= width:
            break
    cells: list[Cell] = [(" ", tokens.style("", "ground"))]
    places: list[Place] = []
    at = 1
    for label, tab in zip(labels, tabs, strict=True):
        size = sum(cell_len(text) for text, _ in tab)
        places.append(Place(0, at, at + size, str(label.number)))
        cells += [*tab, (" ", tokens.style("", "ground"))]
        at += size + 1
    return Picture((row_of(cells, width, tokens.style("", "ground")),), tuple(places))


def _tab(label: TabLabel, tokens: Tokens, level: int) -> list[Cell]:
    plane = "panel-plane" if label.shown else "ground"
    ink = "ink" if label.shown else "muted"
    sign, sign_ink = {
        "asks": (UNICODE.asks, "warn"),
        "working": (UNICODE.running, "agent"),
        "idle": (UNICODE.stopped, "muted"),
    }[label.state]
    name = label.name if label.shown or level == 0 else ""
    words = label.words if label.shown or level < 2 else ""
    cells: list[Cell] = [
        (f" {label.number} ", tokens.style("you" if label.shown else "muted", plane, bold=True))
    ]
    if name:
        cells.append((f"{name} ", tokens.style(ink, plane, bold=label.shown)))
    cells.append((f"{sign} ", tokens.style(sign_ink, plane)))
    if words:
        cells.append((f"{words} ", tokens.style(sign_ink, plane)))
    return cells


class TabRow(Painted):
    """The tabs. A click shows one, the middle button closes it."""

    DEFAULT_CSS = "TabRow { height: 1; display: none; }"

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, number: int, *, close: bool) -> None:
            super().__init__()
            self.number = number
            self.close = close

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._labels: tuple[TabLabel, ...] = ()

    def show(self, labels: tuple[TabLabel, ...]) -> None:
        """Show these tabs; a single one needs no row."""
        if labels == self._labels:
            return
        self._labels = labels
        self.display = len(labels) > 1
        self.repaint()

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The row."""
        return tab_row(self._labels, width, tokens)

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """The left button shows a tab."""
        event.stop()
        self.post_message(self.Chosen(int(event.name), close=False))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The middle button closes the one on which it went down."""
        name = self._place_under(event)
        if event.button == _MIDDLE and name and name == self._pressed:
            event.stop()
            self.post_message(self.Chosen(int(name), close=True))
