"""The leader: after Ctrl+X one letter does what an F-key would; the panel says which."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from codepilot.text import shorten
from codepilot_tui.actions import Action, key_text
from codepilot_tui.modals.panel import OnceModal

AGAIN = "leader"
"""The result where the leader was pressed once more: the program in the terminal is to get it."""
PATIENCE = 0.4
"""Seconds for which the letters are not shown: who knows them is not to see them flash."""


class LeaderModal(OnceModal[str | None]):
    """Waits for one letter; gives the name of its action, `AGAIN`, or None.

    Args:
        actions: what can be done now.
        leader: the key that was pressed.
    """

    DEFAULT_CSS = """
    LeaderModal { align: right bottom; background: $ground 0%; }
    LeaderModal > #letters { width: auto; height: auto; background: $raised; padding: 0 2; margin: 0 1 2 1; }
    LeaderModal Static { width: auto; height: auto; }
    LeaderModal .-next { margin-left: 2; }
    """

    def __init__(self, actions: Sequence[Action], leader: str) -> None:
        super().__init__()
        self._actions = actions
        self._leader = leader

    def compose(self) -> ComposeResult:
        """A letter and its action a line, in as many columns as the height asks for."""
        room = max(1, self.app.size.height - 4)
        columns = -(-len(self._actions) // room)
        rows = -(-len(self._actions) // columns)
        width = max(12, (self.app.size.width - 6) // columns - 5) if columns > 1 else 80
        with Horizontal(id="letters") as letters:
            letters.display = False
            for start in range(0, len(self._actions), rows):
                lines = [
                    Content.assemble(
                        (f"{key_text(action.leader)}  ", "$you bold"), (shorten(action.label, width), "$ink")
                    )
                    for action in self._actions[start : start + rows]
                ]
                yield Static(Content("\n").join(lines), classes="-next" if start else "")

    def on_mount(self) -> None:
        """Show the letters to who waits."""
        self.set_timer(PATIENCE, self._show)

    def _show(self) -> None:
        self.query_one("#letters").display = True

    def on_key(self, event: events.Key) -> None:
        """Any key ends it; a known letter chooses."""
        event.stop()
        event.prevent_default()
        if event.key == self._leader:
            self.dismiss(AGAIN)
            return
        pressed = (event.key, event.character)
        self.dismiss(next((action.name for action in self._actions if action.leader in pressed), None))
