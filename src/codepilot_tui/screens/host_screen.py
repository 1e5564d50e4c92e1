"""What the parts of the session screen ask of it, carried out; the contract is `contracts.Host`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import on
from textual.messages import Prune
from textual.screen import UPDATE_PERIOD
from textual.timer import Timer

from codepilot_tui.actions import STAYS, Action
from codepilot_tui.bench.layout import Pane
from codepilot_tui.bench.notices import Kind, Notices
from codepilot_tui.bench.tabs import OpenSession, TabLabel
from codepilot_tui.early import Early
from codepilot_tui.frame_timer import FrameTimer
from codepilot_tui.held_keys import MOST
from codepilot_tui.key_names import key_text
from codepilot_tui.screens.selecting import SelectingScreen
from codepilot_tui.screens.writing import SessionComposer
from codepilot_tui.state import WAITS
from codepilot_tui.widgets.tab_row import TabRow

if TYPE_CHECKING:
    from codepilot_tui.docks.base import Dock
    from codepilot_tui.docks.dock_host import DockHost
    from codepilot_tui.facts import Facts
    from codepilot_tui.keymap import Keymap
    from codepilot_tui.pages.base import Page, PageHost
    from codepilot_tui.screens.bars import Bars
    from codepilot_tui.screens.panes import PaneControl
    from codepilot_tui.screens.parts import Parts
    from codepilot_tui.screens.program import Program
    from codepilot_tui.screens.sessions import Sessions
    from codepilot_tui.screens.window import WindowControl

Answer = TypeVar("Answer")
AFTER_LEADER = "The command after {}"
"""What waits while the leader does: its own label tells that a letter follows."""
SOON = "{label}: as soon as the terminals have started. Esc gives up."
_REFUSED = "refused"
NO_HOST = "No terminal can be opened. The chat says why."


class HostScreen(SelectingScreen, inherit_bindings=False):
    """A screen with notices, docks and pages; `SessionScreen` brings them."""

    keymap: Keymap
    notices: Notices
    bars: Bars
    panes: PaneControl
    parts: Parts | None
    docks: DockHost | None
    pages: PageHost | None

    sessions: Sessions | None = None
    """There soon after the first frame, and so is this:"""
    window: WindowControl | None = None
    _early: Early | None = None
    _stale = False
    _frame_timer: FrameTimer | None = None
    _refused: tuple[Action, str] | None = None

    def here(self) -> Facts:
        """What is true now, with the keys that the open question or page takes."""
        raise NotImplementedError

    @property
    def _update_timer(self) -> Timer:
        """Resumed by Textual when something is to be painted; its own makes a typed key wait two frames."""
        if self._frame_timer is None:
            self._frame_timer = FrameTimer(self, UPDATE_PERIOD, self._on_timer_update)
            self._frame_timer._start()
            self._timers.add(self._frame_timer)
        return self._frame_timer

    @property
    def stands(self) -> bool:
        """Its parts are there: it is mounted, and the program does not end.

        While the program ends Textual takes the parts away one by one, and what was awaited still comes in.
        """
        return self.is_mounted and self.is_attached and self.app.is_running

    @on(Prune)
    def _goes(self) -> None:
        """It goes: what its parts wait for must not come into parts whose own parts are gone before them."""
        for worker in list(self.app.workers):
            if self in worker.node.ancestors_with_self:
                worker.cancel()

    @property
    def program(self) -> Program:
        """The application."""
        return cast("Program", self.app)

    @property
    def composer(self) -> SessionComposer:
        """Where the person writes."""
        return self.query_one("#composer", SessionComposer)

    @property
    def early(self) -> Early:
        """What is asked for here before what it needs is there."""
        if self._early is None:
            self._early = Early(self.program.held_keys, self)
        return self._early

    async def run(self, name: str, argument: str = "") -> None:
        """Run an action, or say why it means nothing now."""
        await self.program.run_named(name, argument)

    # -- one of several tabs ---------------------------------------------------------------------------------------

    @property
    def is_shown(self) -> bool:
        """Whether it is the session on the screen; the others work on, and draw nothing."""
        shown: object = self.program.session
        return shown is self

    @property
    def summary(self) -> OpenSession:
        """What its tab says."""
        parts = self.parts
        if parts is None:
            return OpenSession("…")
        from codepilot_tui.transcript.items import UserTurn  # after the first frame

        agent, folder = parts.agent, parts.plan.work_dir
        status = agent.transcript.status
        asks = parts.questions.waiting > 0 or status.phase == WAITS
        said = (item.text for item in agent.transcript.items if isinstance(item, UserTurn))
        past = agent.past
        return OpenSession(
            folder=folder.name or str(folder),
            first=(past.first if past is not None else "") or next(said, ""),
            title=past.title if past is not None else "",
            state="asks" if asks else "working" if agent.working or status.working else "idle",
            step=status.step,
        )

    def show_tabs(self, labels: tuple[TabLabel, ...]) -> None:
        """Show the row of tabs."""
        self.query_one("#tabs", TabRow).show(labels)

    def stays_stale(self) -> bool:
        """Whether nothing is to be drawn now; it is drawn when its tab is shown."""
        self.program.tabs.changed()
        self._stale = self._stale or not self.is_shown
        return not self.is_shown

    def on_screen_resume(self) -> None:
        """Its tab is shown: draw what came meanwhile."""
        if self.parts is not None:
            self.parts.catch_up()
        if self._stale:
            self._stale = False
            self.changed()

    async def on_tab_row_chosen(self, event: TabRow.Chosen) -> None:
        """A tab was clicked."""
        event.stop()
        tabs = self.program.tabs
        await (tabs.close(event.number) if event.close else tabs.go_to(event.number))

    def changed(self) -> None:
        """Something that the facts depend on is another."""
        raise NotImplementedError

    def open_question(self) -> Dock[Any] | None:
        """The question that is on the screen."""
        return self.docks.dock if self.docks is not None else None

    def tell(self, text: str, kind: Kind = "info", *, about: str = "") -> None:
        """Say something in the status line."""
        self.notices.say(text, kind, about=about)
        self.bars.show_notice()

    def refuse(self, why: str, action: Action) -> None:
        """Say why a command means nothing now; what was typed behind it was for what it would have opened.

        Args:
            why: in words.
            action: what was asked for.
        """
        self.tell(why, about=_REFUSED)
        self._refused = action, why
        if action.when not in STAYS:
            self.drop_typed()

    def look_at_refusal(self) -> None:
        """What was said of a command that was refused goes once it is not so any more."""
        if self._refused is not None:
            action, why = self._refused
            facts = self.here()
            if action.available(facts) or self.keymap.why_not(action, facts) != why:
                self._refused = None
                self.untrue(_REFUSED)

    def drop_typed(self) -> None:
        """What was typed behind a command that was just refused goes nowhere."""
        self.program.held_keys.drop()

    def tell_dropped(self) -> None:
        """What was typed went nowhere."""
        self.tell("What you typed was dropped: what it was for did not open in time.", "warn")

    def untrue(self, about: str) -> None:
        """What was told about this holds no more."""
        if self.notices.untrue(about):
            self.bars.show_notice()

    def hold_keys(self, most: float = MOST) -> Callable[[bool], None]:
        """Keep what is typed until the function that is returned is called, `most` seconds; see `HeldKeys.hold`."""
        return self.program.held_keys.hold(most)

    def once(self, name: str, can: Callable[[], bool], run: Callable[[], Awaitable[None] | None]) -> bool:
        """Do what an action is about once it can be done, and what is typed meanwhile behind it; see `Early.ask`."""
        keymap = self.keymap
        label = AFTER_LEADER.format(key_text(keymap.leader)) if name == "leader" else keymap[name].label
        return self.early.ask(can, run, label, asked=bool(self.bars.before_start))

    def once_joined(self, name: str, run: Callable[[], None]) -> None:
        """Do what an action is about once there is a terminal host, which is started if there is none."""
        assert self.parts is not None
        terminals, agent = self.parts.terminals, self.parts.agent
        if self.once(name, lambda: terminals.connected, run):
            self.tell(SOON.format(label=self.keymap[name].label), about="starting")
            agent.find_terminals(lambda there: None if there else self.give_up(NO_HOST, "error"))

    def give_up(self, why: str = "", kind: Kind = "info") -> None:
        """What waits will not be possible: it is not done, and what was typed for it goes nowhere."""
        self.early.give_up(why, kind)

    def once_there(self, pane: Pane, go: Callable[[], None]) -> bool:
        """Whether a pane is there that can have the keyboard; else `go` is called once it is."""
        name, parts = f"focus_{pane}", self.parts
        if parts is None:  # a question may come before them: whether to trust the folder
            self.once(name, lambda: self.parts is not None, go)
        elif pane == "terminal" and parts.terminals.starting:
            self.once_joined(name, go)
        else:
            return True
        return False

    def reveal(self, pane: Pane) -> None:
        """Bring a pane to sight."""
        self.panes.reveal(pane)

    def to_composer(self) -> None:
        """Give the composer the keyboard, at once: what is typed next is meant for it."""
        self.panes.composer()
        self.set_focus(self.composer.editor)

    def follow(self) -> None:
        """Go to the end of the chat."""
        if self.parts is not None:
            self.parts.chat.follow()

    def open_dock(self, dock: Dock[Answer], done: Callable[[Answer | None], None]) -> None:
        """Ask something above the composer."""
        if self.docks is None:
            return
        self.leave_pages()

        def closed(answer: Answer | None) -> None:
            done(answer)
            if self.parts is not None:
                self.parts.questions.poll()  # they wait while another dock is open

        self.docks.open(dock, closed)

    def recall(self, dock: Dock[Any]) -> None:
        """Give an open question the keyboard, above any other that is open."""
        if self.docks is not None:
            self.leave_pages()
            self.docks.recall(dock)

    def leave_pages(self) -> None:
        """A page covers the docks: its question would have the keyboard, and nobody would see it."""
        while self.pages is not None and self.pages.page is not None:
            self.pages.page.finish(None)

    def wish(self, title: str, make: Callable[[], Dock[Any]], done: Callable[[Any], None]) -> None:
        """Ask, when it does not disturb, what a program began."""
        if self.parts is not None:
            self.parts.questions.wish(title, make, done)

    def open_page(self, page: Page[Answer], done: Callable[[Answer | None], None] = lambda _: None) -> None:
        """Show something on a page; Esc comes back."""
        if self.pages is not None:
            self.pages.open(page, done)
