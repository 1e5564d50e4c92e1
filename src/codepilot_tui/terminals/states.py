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
        self._wanted: set[str] = set()
        """Terminals that the agent has asked for since the person took them."""
        self._running: set[str] = set()
        """Terminals in which a command of the agent runs."""
        self._commands: dict[str, str] = {}
        """What runs in each terminal, or ran last."""

    def owner(self, name: str) -> Owner:
        """Who holds a terminal's keyboard."""
        return self._owners.get(name, "free")

    @property
    def wanted(self) -> frozenset[str]:
        """Terminals that the person holds and the agent has asked for."""
        return frozenset(self._wanted)

    @property
    def others(self) -> dict[str, str]:
        """Terminals that nobody holds in which a command runs that is not the agent's, and that command."""
        busy = (name for name in self._pane.names if self._pane.state(name) in ("busy", "waiting"))
        return {name: self._commands.get(name) or "a program" for name in busy if self.owner(name) == "free"}

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
        if self._runs(self._pane.active):
            return "busy"
        return "aside" if any(self._runs(name) for name in states) else "idle"

    def set_owner(self, name: str, owner: Owner) -> None:
        """A terminal has another holder."""
        self._owners[name] = owner
        if owner != "person":
            self._wanted.discard(name)
        self._pane.set_owner(name, owner)
        self._follow(name)
        self._changed()

    def want(self, name: str) -> None:
        """The agent asks the person for a terminal."""
        self._wanted.add(name)
        self._changed()

    def set_state(
        self, name: str, state: str, exit_code: int | None, waits_for: str = "", *, command: str = ""
    ) -> bool:
        """A terminal does something else; true if it came to rest by that.

        Args:
            name: of the terminal.
            state: in the host's words.
            exit_code: of a shell that ended.
            waits_for: in the host's words, if it waits.
            command: that runs there, or ran last.
        """
        self._commands[name] = command
        shown = _SHOWN.get(state, "idle")
        detail = str(exit_code) if shown == "exited" and exit_code is not None else ""
        note = waiting_note(waits_for) if shown == "waiting" and waits_for else ""
        rested = shown == "idle" and self._pane.state(name) != "idle"
        self._pane.set_state(name, shown, detail, note)
        self._follow(name)
        self._changed()
        return rested

    def _runs(self, name: str) -> bool:
        """The agent's command runs there, or waits for input."""
        return self.owner(name) == "agent" and self._pane.state(name) in ("busy", "waiting")

    def _follow(self, name: str) -> None:
        """Bring a terminal to sight in which a command of the agent begins."""
        if not self._runs(name):
            self._running.discard(name)
        elif name not in self._running:
            self._running.add(name)
            self._pane.follow(name)

    def forget(self, name: str) -> None:
        """A terminal is there no longer."""
        self._owners.pop(name, None)
        self._wanted.discard(name)
        self._running.discard(name)
        self._commands.pop(name, None)
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
