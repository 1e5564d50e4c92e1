"""The leader: after Ctrl+X one letter does what an F-key would; a moment later the popup says which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.geometry import Region
from textual.widget import Widget

from codepilot.text import shorten
from codepilot_tui.actions import Action
from codepilot_tui.key_names import key_text
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.painted import Cell, Painted, Picture, Place, row_of
from codepilot_tui.widgets.popup import ROWS, Popup

SHOWN_AFTER = 0.4
"""Seconds after which the letters are shown to a person who hesitates."""
_COLUMN = 24
"""Columns that a letter and its words need at least."""


def letters_picture(actions: Sequence[Action], width: int, tokens: Tokens) -> Picture:
    """A letter and its action a place, in as many columns as fit; read down, then to the right."""
    style, plane = tokens.style, "raised"
    ground = style("", plane)
    columns = max(1, min((width - 2) // _COLUMN, -(-len(actions) // ROWS)))
    each = (width - 2) // columns
    height = -(-len(actions) // columns)
    rows: list[list[Cell]] = [[("  ", ground)] for _ in range(height)]
    places = []
    for index, action in enumerate(actions):
        column, row = divmod(index, height)
        letter = f"{key_text(action.leader)}  "
        label = shorten(action.short or action.label, each - len(letter) - 1)
        rows[row] += [
            (letter, style("you", plane, bold=True)),
            (label.ljust(each - len(letter)), style("ink", plane)),
        ]
        places.append(Place(row, 2 + column * each, 2 + (column + 1) * each - 1, action.name))
    return Picture(tuple(row_of(cells, width, ground) for cells in rows), tuple(places))


class Letters(Painted):
    """The table of letters."""

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = actions

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """All of them."""
        return letters_picture(self._actions, width, tokens)


def _cuts(popup: Region, pane: Region) -> bool:
    return pane.x < popup.right < pane.right


class LeaderPopup(Popup[str]):
    """Shows the letters. Whoever opens it takes the letter, asks for its `choice`, and closes it; a click chooses too.

    Args:
        actions: what can be done now.
        leader: the leader's key; pressed twice it is for the program in the terminal.
        others: what means nothing now; its letters are taken, so that it can be said why.
        shown_after: seconds until the letters are shown.
    """

    DEFAULT_CSS = """
    LeaderPopup { background: $ground; }
    LeaderPopup Letters { display: none; }
    LeaderPopup.-shown { background: $raised; }
    LeaderPopup.-shown Letters { display: block; }
    """
    stands = "bottom"

    def __init__(
        self,
        actions: Sequence[Action],
        leader: str,
        others: Sequence[Action] = (),
        *,
        shown_after: float = SHOWN_AFTER,
    ) -> None:
        super().__init__(columns=100)
        self._actions = (*actions, *others)
        self._leader = leader
        self._after = shown_after
        self._letters = Letters(actions)

    def body(self) -> Iterable[Widget]:
        """The table."""
        yield self._letters

    def rows_wanted(self, width: int) -> int:
        """All of it."""
        return len(self._letters.made(width).rows)

    def on_mount(self) -> None:
        """Who knows the letter sees nothing."""
        self.set_timer(self._after, self._show)

    def _show(self) -> None:
        self.add_class("-shown")
        self.fit()

    def region_wanted(self) -> Region:
        """One blank cell of the status line until the letters are shown: what has no room cannot have the keyboard."""
        if not self.has_class("-shown"):
            return Region(0, self.screen.size.height - 1, 1, 1)
        region = super().region_wanted()
        # A pane that it covers is covered in all its columns: the last ones alone say nothing.
        cut = [pane.region.right for pane in self.screen.query("#body > *") if _cuts(region, pane.region)]
        wide = max(cut, default=region.right) - region.x
        rows = min(region.height, self.rows_wanted(wide))
        return Region(region.x, region.bottom - rows, wide, rows)

    def choice(self, event: events.Key) -> str | None:
        """What a key chooses: an action by its name, the leader's key itself if it is that again, else nothing."""
        if event.key == self._leader:
            return self._leader
        pressed = {event.key, event.character}
        return next((action.name for action in self._actions if action.leader in pressed), None)

    def on_key(self, event: events.Key) -> None:
        """No letter, and nothing that works everywhere: it ends here."""
        event.stop()
        event.prevent_default()
        self.finish(None)

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click is the letter."""
        event.stop()
        self.finish(event.name)
