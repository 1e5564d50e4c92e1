"""The terminals' column of the session screen: the pane, its driver, and what the person does with a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Vertical

from codepilot import events as ev
from codepilot.terminal.screen import Row
from codepilot_tui.bench.layout import Pulse
from codepilot_tui.facts import Holder, Kind, Place
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.key_names import key_text
from codepilot_tui.screens.contracts import Host
from codepilot_tui.terminals import NO_ANSWER, TerminalDriver
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.offer import OfferBar
from codepilot_tui.widgets.terminal import TerminalPane, TerminalView
from codepilot_tui.widgets.terminal import messages as terminal

Colour = tuple[int, int, int]
_AT_REST: dict[Holder, str] = {"free": "free", "agent": "idle", "person": "yours"}


class TerminalColumn(Vertical):
    """Owns the targets `terminals.…` of the table.

    Args:
        host: the session screen.
        offers: the row that offers what the person ran.
        find_host: asks the agent where the terminal host is, when it is gone or another one came.
    """

    DEFAULT_CSS = "TerminalColumn { width: 1fr; height: 1fr; }"

    def __init__(self, host: Host, offers: OfferBar, find_host: Callable[[], None]) -> None:
        super().__init__()
        self._host = host
        self._offers = offers
        self._find_host = find_host
        keymap = host.keymap
        self.pane = TerminalPane(
            fetch=self._history,
            keys={
                "take_over": key_text(keymap["take_over"].key),
                "copy": keymap.leader_key(keymap["copy_terminal"]),
            },
            reserved=frozenset(
                action.key for action in keymap.actions if "terminal-held" in action.places and action.leader
            )
            | {keymap.leader},
            id="terminals",
        )
        self._driver = TerminalDriver(self.pane, host)
        self._socket: Path | None = None
        self._joining = False
        self._waited_for = ""

    def compose(self) -> ComposeResult:
        """The pane fills it."""
        yield self.pane

    def on_mount(self) -> None:
        """Programs that ask for the colours are told those of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._driver.set_colours(*self._colours()))

    # -- what is true ----------------------------------------------------------------------------------------------

    @property
    def pulse(self) -> Pulse:
        """What the terminals do."""
        return self._driver.states.pulse

    @property
    def states(self) -> dict[str, str]:
        """What each of them does, by its name."""
        return {name: self.pane.state(name) for name in self.pane.names}

    @property
    def wanted(self) -> frozenset[str]:
        """Terminals that the person holds and the agent has asked for."""
        return self._driver.states.wanted

    @property
    def others(self) -> dict[str, str]:
        """Terminals in which a command runs that is not the agent's, though nobody holds them, and that command."""
        return self._driver.states.others

    def agent_waits_for(self, name: str) -> None:
        """The agent waits for a terminal that the person holds; empty: for none."""
        self._waited_for = name
        self.pane.set_wanted(frozenset({name} if name else ()))

    def hands_back(self, place: Place) -> bool:
        """Whether the key that hands back is about the terminal that the agent waits for, shown or not.

        Args:
            place: where the keyboard is: in a terminal, the key is about that one.
        """
        waited = self._waited_for
        return bool(waited) and (waited == self.pane.active or place not in ("terminal", "terminal-held"))

    @property
    def holder(self) -> Holder:
        """Who holds the terminal that is shown."""
        return self._driver.states.owner(self.pane.active) if self.pane.active else "free"

    @property
    def connected(self) -> bool:
        """The terminal host is there, and its terminals are shown."""
        return self._driver.connected and not self._joining

    @property
    def starting(self) -> bool:
        """There is no terminal yet, but there will be."""
        return not self.pane.active and not self.connected and self._host.facts().can_start

    @property
    def finding(self) -> bool:
        """The find bar or the walk with the keys is open."""
        view = self.pane.active_view
        return self.pane.finding or (view is not None and view.marks.browser is not None)

    @property
    def kind(self) -> Kind:
        """Whose keys are taken before those of the terminal."""
        if self.pane.asks:
            return "find"
        view = self.pane.active_view
        return "walk" if view is not None and view.marks.browser is not None else ""

    @property
    def selected(self) -> bool:
        """Something is selected in the terminal that is shown."""
        view = self.pane.active_view
        return view is not None and view.marks.dragging.selection is not None

    @property
    def summary(self) -> tuple[str, str, bool]:
        """For the row at the chat's foot: the name, what it does, whether it wants the person."""
        if self._waited_for:
            return self._waited_for, f"{UNICODE.asks} the agent waits · yours", True
        name = self.pane.active
        if not name:
            return "", "", False
        state = self.pane.state(name)
        if state == "waiting" and self.holder != "person":
            return name, f"{UNICODE.asks} waits for input", True
        busy = (UNICODE.running, "busy")
        known = {"busy": busy, "waiting": busy, "exited": (UNICODE.bad, "ended")}
        sign, word = known.get(state, (UNICODE.stopped, _AT_REST[self.holder]))
        others = [
            each for each in self.pane.names if each != name and self._driver.states.owner(each) == "person"
        ]
        return name, " · ".join((f"{sign} {word}", *(f"{each} yours" for each in others))), False

    # -- the agent's events ----------------------------------------------------------------------------------------

    def take(self, event: ev.Event) -> None:
        """What of the agent's facts is about terminals."""
        match event:
            case ev.PersonCommandsOffered(terminal=name, count=count):
                self._offers.offer(name, count)
            case ev.TerminalOpened() if not self._driver.connected:
                self._find_host()  # the old host died and a new one came

    def join(self, socket: Path) -> None:
        """The terminal host listens there; at the start that is said twice."""
        if socket == self._socket and (self._joining or self._driver.connected):
            return
        self._socket, self._joining = socket, True
        self._join(socket)

    @work(exclusive=True, group="terminals")
    async def _join(self, socket: Path) -> None:
        try:
            await self._driver.connect(socket, self._colours())
        finally:
            self._joining = False
        self._host.changed()
        if not self._driver.connected:
            self._host.give_up(NO_ANSWER, "error")

    async def leave(self) -> None:
        """The program ends."""
        await self._driver.close()

    def _colours(self) -> tuple[Colour, Colour]:
        tokens = tokens_for(self.app)
        return Color.parse(tokens["ink"]).rgb, Color.parse(tokens["terminal-ground"]).rgb

    async def _history(self, name: str, start: int, count: int) -> Sequence[Row]:
        return await self._driver.history(name, start, count)

    # -- actions ---------------------------------------------------------------------------------------------------

    def focus_shown(self) -> bool:
        """Give the terminal that is shown the keyboard; False if there is none."""
        if not self.pane.active:
            self._no_terminal()
            return False
        self.pane.activate(self.pane.active, focus=True)
        return True

    def take_over(self) -> None:
        """Take the keyboard of the terminal that is shown, or hand it back; first the one that the agent waits for."""
        if self._waited_for and self.hands_back(self._host.facts().place):
            self.pane.activate(self._waited_for)
        if not self._seen():
            return
        taking = self.holder != "person"
        question = None if taking else self._driver.input.asked(self.pane.active)
        if question is not None:
            self._host.tell(f"Answer first: {question.title}")
            self._host.recall(question)
            return
        self._driver.holding.take_over(self.pane.active)
        if taking:
            self.focus_shown()
        else:
            self._host.to_composer()

    def open(self) -> None:
        """Open a terminal that the person holds; without a host, once there is one."""
        if self.connected:
            self._host.reveal("terminal")
            self._driver.open_terminal()
        else:
            self._host.once_joined("new_terminal", self.open)

    def close(self) -> None:
        """Close the terminal that is shown; asks while something runs in it."""
        if self._seen():
            self._driver.close_terminal(self.pane.active)

    def next(self) -> None:
        """Show the terminal to the right."""
        if self._seen():
            self.pane.activate_next(1)

    def previous(self) -> None:
        """Show the terminal to the left."""
        if self._seen():
            self.pane.activate_next(-1)

    def find(self) -> None:
        """Search the terminal that is shown, and its history."""
        if self._seen():
            self.pane.open_find()

    def browse(self) -> None:
        """Walk and select in the terminal with the keys."""
        if self._seen() and self.focus_shown() and (view := self.pane.active_view) is not None:
            view.keys.browse()

    def copy(self) -> None:
        """Copy what is selected in the terminal."""
        if not self.pane.copy_selection():
            self._host.tell("Nothing is selected in the terminal.")

    def add_runs(self) -> None:
        """Put what the person ran in free terminals into the message; the agent is told nothing else of it."""
        if not self._offers.counts:
            self._host.tell("Nothing to add: your next message tells the agent what it does not know yet.")
            return
        self._driver.take_offers(self._host.composer.restore)

    @property
    def runs(self) -> int:
        """How many commands are offered."""
        return sum(self._offers.counts.values())

    def _seen(self) -> bool:
        """Bring the pane to sight, if there is a terminal in it."""
        if not self.pane.active:
            self._no_terminal()
            return False
        self._host.reveal("terminal")
        return True

    def _no_terminal(self) -> None:
        keymap = self._host.keymap
        self._host.tell(keymap.why_not(keymap["take_over"], self._host.facts()))

    # -- what the pane says ----------------------------------------------------------------------------------------

    @on(terminal.KeyTyped)
    def _key(self, event: terminal.KeyTyped) -> None:
        self._driver.input.typed(event)

    @on(terminal.Pasted)
    def _paste(self, event: terminal.Pasted) -> None:
        self._driver.input.pasted(event)

    @on(terminal.MouseUsed)
    def _mouse(self, event: terminal.MouseUsed) -> None:
        self._driver.input.mouse(event)

    @on(terminal.Resized)
    def _resized(self, event: terminal.Resized) -> None:
        self._driver.watching.resized(event)

    @on(terminal.FocusTold)
    def _focus(self, event: terminal.FocusTold) -> None:
        self._driver.input.focus(event)

    @on(terminal.SightChanged)
    def _sight(self, event: terminal.SightChanged) -> None:
        self._driver.watching.seen(event)

    @on(terminal.LinkChosen)
    def _link_chosen(self, event: terminal.LinkChosen) -> None:
        self.app.open_url(event.target)
        self._host.tell(f"Opened {event.target}")

    @on(terminal.Copied)
    def _copied(self, event: terminal.Copied) -> None:
        self.app.copy_to_clipboard(event.text)
        self._host.tell("Copied (through your terminal).")

    @on(terminal.TakenByTyping)
    def _taken(self, event: terminal.TakenByTyping) -> None:
        self._driver.input.taken_by_typing(event)

    @on(TerminalPane.NewWanted)
    def _new(self, event: TerminalPane.NewWanted) -> None:
        event.stop()
        self.open()

    @on(TerminalPane.CloseWanted)
    def _close(self, event: TerminalPane.CloseWanted) -> None:
        event.stop()
        self._driver.close_terminal(event.name)

    @on(TerminalPane.LastClosed)
    def _last_closed(self, event: TerminalPane.LastClosed) -> None:
        event.stop()
        self._host.to_composer()

    @on(TerminalPane.KeyWanted)
    def _keyboard(self, event: TerminalPane.KeyWanted) -> None:
        event.stop()
        self.take_over()

    @on(TerminalPane.HolderChanged)
    @on(TerminalPane.MarksChanged)
    def _look_again(self) -> None:
        self._host.changed()

    def send_key(self, key: str) -> None:
        """Hand a key to the program of the terminal that has the keyboard, though it is one of ours."""
        view = self.pane.active_view
        if isinstance(view, TerminalView):
            view.post_message(terminal.KeyTyped(view, key, None))
