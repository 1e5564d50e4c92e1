"""What each terminal does and who holds it: kept for the screen, shown by the pane, and as one word for the layout."""

from __future__ import annotations

from collections.abc import Callable

from codepilot.terminal.protocol import Owner
from codepilot_tui.bench.layout import Pulse
from codepilot_tui.widgets.terminal import State, TerminalPane

_SHOWN: dict[str, State] = {"busy": "busy", "starting": "busy", "waiting": "waiting", "exited": "exited"}


class States:
    """States and holders by terminal.

    Args:
        pane: shows them.
        changed: called after each of them.
    """

    def __init__(self, pane: TerminalPane, changed: Callable[[], None]) -> None:
        self._pane = pane
        self._changed = changed
        self._owners: dict[str, Owner] = {}

    def owner(self, name: str) -> Owner:
        """Who holds a terminal's keyboard."""
        return self._owners.get(name, "free")

    @property
    def pulse(self) -> Pulse:
        """What the terminals do, all together, for the layout."""
        if not self._pane.names:
            return "none"
        if self.owner(self._pane.active) == "person":
            return "held"
        # Another one that the person holds needs no room, and what waits in it waits for nobody else.
        states = {name: self._pane.state(name) for name in self._pane.names if self.owner(name) != "person"}
        if "waiting" in states.values():
            return "asks"
        if any(state == "busy" and self.owner(name) == "agent" for name, state in states.items()):
            return "busy"
        return "idle"

    def set_owner(self, name: str, owner: Owner) -> None:
        """A terminal has another holder."""
        self._owners[name] = owner
        self._pane.set_owner(name, owner)
        self._changed()

    def set_state(self, name: str, state: str, exit_code: int | None, waits_for: str = "") -> bool:
        """A terminal does something else; true if it came to rest by that.

        Args:
            name: of the terminal.
            state: in the host's words.
            exit_code: of a shell that ended.
            waits_for: in the host's words, if it waits.
        """
        shown = _SHOWN.get(state, "idle")
        detail = str(exit_code) if shown == "exited" and exit_code is not None else ""
        note = waiting_note(waits_for) if shown == "waiting" and waits_for else ""
        rested = shown == "idle" and self._pane.state(name) != "idle"
        self._pane.set_state(name, shown, detail, note)
        self._changed()
        return rested

    def forget(self, name: str) -> None:
        """A terminal is there no longer."""
        self._owners.pop(name, None)
        self._changed()


def waiting_note(waits_for: str) -> str:
    """What the head of a terminal says of a program that waits.

    Args:
        waits_for: as the terminal host tells it to the agent: `input to bash: 'Your name?'`.
    """
    what, _, prompt = waits_for.partition(": ")
    what = "input" if what.startswith("input to ") else what
    prompt = prompt[1:-1] if prompt[:1] in ("'", '"') else prompt
    return f"waits for {what}: {prompt}" if prompt else f"waits for {what}"
