"""The workbench: chat, terminals, files and composer in one screen, and the wires between them and the bridge."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from codepilot import events as ev
from codepilot.errors import CodepilotError
from codepilot.messages import OnExit
from codepilot.terminal.lifetime import Wish
from codepilot.terminal.screen import Row
from codepilot.text import clean_line
from codepilot.workspace import Workspace, children
from codepilot.workspace.git import GitReader
from codepilot_tui.actions import HELD_BACK, Keymap, key_text
from codepilot_tui.bench.jails import IN_THE_BAR, SHELL_JAIL
from codepilot_tui.bridge import Bridge, Callbacks
from codepilot_tui.modals.keys import KeysModal
from codepilot_tui.modals.quit import Quit, QuitModal
from codepilot_tui.modals.view import ChangeModal, FileModal
from codepilot_tui.screens.questions import Questions
from codepilot_tui.screens.terminals import TerminalLink
from codepilot_tui.theme import tokens_for
from codepilot_tui.transcript import Queued, Transcript
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.composer import Composer
from codepilot_tui.widgets.files import Change, FilesPane
from codepilot_tui.widgets.files_tree import Entry
from codepilot_tui.widgets.offer import OfferBar
from codepilot_tui.widgets.status import Facts, Hint, StatusLine, TopBar
from codepilot_tui.widgets.terminal import WALKING_KEYS, FindInput, TerminalPane, TerminalView
from codepilot_tui.widgets.terminal import messages as terminal

if TYPE_CHECKING:
    from codepilot.runtime import AsyncRuntime

Pane = Literal["files", "chat", "terminal"]
WIDE, MEDIUM = 110, 80
"""Columns from which all three panes stand side by side, and from which the chat keeps one neighbour."""

PANE_KEYS = (
    (
        "Composer",
        (
            ("Enter", "send, or queue for the next step"),
            ("Tab", "queue for after this task"),
            ("Alt+Enter", "new line (also Ctrl+J, \\ Enter)"),
            ("Up", "queued message, or history"),
        ),
    ),
    (
        "Chat",
        (
            ("↑ ↓", "move over items"),
            ("Ctrl+↑ Ctrl+↓", "to the prompt before, or the next"),
            ("Enter, → ←", "unfold and fold"),
            ("PgUp PgDn Home", "look back; End follows again"),
        ),
    ),
    (
        "Terminal",
        (
            ("typing", "takes a free one; its program gets all keys but"),
            ("", "the leader, Ctrl+P, Ctrl+Q and F6"),
            ("↑ ↓ ← →", "look round in the agent's (PgUp, PgDn, End)"),
            ("Shift+PgUp", "look back in any (Shift+PgDn, wheel)"),
            ("drag", "select; twice: the word; thrice: the line"),
            ("Shift+drag", "the same where the program has the mouse"),
            ("Ctrl+click", "open the link; its target shows under the mouse"),
        ),
    ),
    ("Terminal, walking with the keys", WALKING_KEYS),
)
"""What the help says of the panes' own keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlan:
    """An agent to be made once the first frame is on the screen, and what the frame says of it."""

    name: str
    model: str
    mode: str
    work_dir: Path
    on_exit: OnExit = "ask"
    """What becomes of the terminals at the end."""
    make: Callable[[], AsyncRuntime]
    """Imports and builds the runtime; called on a thread, because that takes a tenth of a second."""


class WorkbenchScreen(Screen[None]):
    """One session beside the agent.

    Args:
        plan: the agent; this screen's bridge drives it.
        keymap: keys and commands.
        task: sent as soon as the agent is up.
        log_file: named where an error has details there.
        live: start the agent; without it the screen shows what `take_events` is given (pictures, replays).
        clock: seconds since the epoch, for the durations shown.
    """

    AUTO_FOCUS = "Composer Editor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.stop", "Stop", show=False),
        Binding("ctrl+c", "copy_clear_or_stop", "Copy, clear or stop", show=False),
    ]
    DEFAULT_CSS = """
    WorkbenchScreen { background: $ground; layers: base; }
    WorkbenchScreen > #body { height: 1fr; }
    WorkbenchScreen #files { width: 28; background: $panel-plane; }
    WorkbenchScreen #chat-pane { width: 3fr; background: $ground; }
    WorkbenchScreen #terminals { width: 2fr; background: $terminal-ground; }
    WorkbenchScreen #banner { height: 1; background: $raised; color: $warn; padding: 0 2; display: none;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    WorkbenchScreen #banner.-shown { display: block; }
    WorkbenchScreen .-folded { display: none; }
    """

    def __init__(
        self,
        plan: AgentPlan,
        *,
        keymap: Keymap,
        task: str = "",
        log_file: Path | None = None,
        live: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.plan = plan
        self.runtime: AsyncRuntime | None = None
        """There soon after the first frame."""
        self.keymap = keymap
        self.transcript = Transcript(agent=plan.name)
        self._first_task = task
        self._log_file = log_file
        self._live = live
        self._clock = clock
        self._after_task: list[Queued] = []
        self._bridge: Bridge | None = None
        self._ready = False
        self.runtime_id = ""
        """By which `codepilot attach` finds the terminals."""
        self._folded: set[Pane] = set()
        self._neighbour: Pane = "terminal"
        self._maximised: Pane | None = None
        self._last_interrupt = float("-inf")
        self._changes: dict[str, Change] = {}
        self._texts: dict[str, tuple[str | None, str]] = {}
        """Of each changed file: the text before the first change, and the one after the last."""
        self._workspace = Workspace(plan.work_dir)
        self._git = GitReader(plan.work_dir)
        self._questions = Questions(
            self, jail=lambda: SHELL_JAIL, changed=self._show_banner, stray=self._type_into_composer
        )

    # -- building --------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Bar, three panes, banner, composer, status."""
        commands = [(action.slash[1:], action.label) for action in self.keymap.actions if action.slash]
        yield TopBar(clock=self._clock, id="top")
        with Horizontal(id="body"):
            yield FilesPane(self._entries, id="files")
            with Vertical(id="chat-pane"):
                yield ChatView(id="chat")
            yield self._terminal_pane()
        yield Static("", id="banner", markup=False)
        add = self.keymap["add_runs"]
        # The leader's twin is named too, because a program in the terminal gets the other one.
        yield OfferBar(f"{key_text(add.key)} or {key_text(self.keymap.leader)} {add.leader}", id="offer")
        yield Composer(commands=commands, id="composer")
        yield StatusLine(clock=self._clock, id="status")

    def _terminal_pane(self) -> TerminalPane:
        keymap = self.keymap
        return TerminalPane(
            fetch=self._history,
            keys={
                "take_over": key_text(keymap["take_over"].key),
                "copy": f"{key_text(keymap.leader)} {keymap['copy_terminal'].leader}",
            },
            reserved=frozenset([keymap.leader, *(keymap[name].key for name in HELD_BACK)]),
            id="terminals",
        )

    def on_mount(self) -> None:
        """Start the agent's thread once the first frame is on the screen."""
        self.query_one(ChatView).show(self.transcript)
        self._link = TerminalLink(self.query_one(TerminalPane), self._tell)
        self.app.theme_changed_signal.subscribe(
            self, lambda _: self._link.set_colours(*self._terminal_colours())
        )
        self._show_facts()
        if self._live:
            self.call_after_refresh(self._start)

    @work(group="start")
    async def _start(self) -> None:
        try:
            runtime = self.runtime = await asyncio.to_thread(self.plan.make)
        except CodepilotError as error:
            message = f"codepilot-tui: {error.message}\n{error.hint}".rstrip()
            self.app.exit(error.exit_code, return_code=error.exit_code, message=message)
            return
        self._bridge = Bridge(
            runtime,
            asyncio.get_running_loop(),
            Callbacks(
                events=self.take_events,
                asked=self._questions.ask,
                withdrawn=self._questions.withdraw,
                ready=self._agent_is_ready,
                failed=self._bridge_failed,
                idle=self._task_ended,
            ),
        )
        self._bridge.start()
        self._find_branch()
        for warning in runtime.config.warnings:
            self._tell(warning)

    @property
    def bridge(self) -> Bridge:
        """The driver; there from the first frame on."""
        assert self._bridge is not None
        return self._bridge

    @property
    def working(self) -> bool:
        """A task is under way."""
        return self._bridge is not None and self._bridge.working

    async def shut_down(self, terminals: Wish = "") -> None:
        """End the agent and everything it started; returns when nothing of it is left that is not to stay.

        Args:
            terminals: end them, or detach and let them go on; default: as the setting has it.
        """
        await self._link.close()
        if self._bridge is not None:
            await self._bridge.close(terminals)

    # -- what the bridge tells -------------------------------------------------------------------------------------

    def _agent_is_ready(self, socket: Path) -> None:
        self._ready = True
        self.runtime_id = socket.parent.name
        self._show_facts()
        self._join_terminals(socket)
        if self._first_task:
            task, self._first_task = self._first_task, ""
            self._send(task)

    @work(exclusive=True, group="terminals")
    async def _join_terminals(self, socket: Path) -> None:
        await self._link.connect(socket, self._terminal_colours())

    def _terminal_colours(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        tokens = tokens_for(self.app)
        return _rgb(tokens["ink"]), _rgb(tokens["terminal-ground"])

    def take_events(self, batch: Sequence[ev.Stamped]) -> None:
        """Show what happened."""
        changed: set[int] = set()
        for stamped in batch:
            changed |= self.transcript.apply(stamped)
            self._note_change(stamped.event)
        self.query_one(ChatView).apply(self.transcript, changed)
        self._show_status()

    def _note_change(self, event: ev.Event) -> None:
        match event:
            case ev.FileChanged(path=path, added=added, removed=removed, before=before, after=after):
                self._texts[path] = (self._texts.get(path, (before, after))[0], after)
                old = self._changes.get(path, Change(path, 0, 0, created=before is None))
                self._changes[path] = replace(old, added=old.added + added, removed=old.removed + removed)
                self._show_changes()
            case ev.SessionCleared():
                self._changes.clear()
                self._texts.clear()
                self._show_changes()
            case ev.PersonCommandsOffered(terminal=name, count=count):
                self.query_one(OfferBar).offer(name, count)
            case ev.TerminalOpened():
                if self._ready and not self._link.connected:
                    self._find_terminals()  # the old host died and a new one came
            case _:
                pass

    def _show_changes(self) -> None:
        files = self.query_one(FilesPane)
        files.set_changes(tuple(self._changes.values()))
        folders = {path.rpartition("/")[0] for path in self._changes}
        self._reload_tree(folders)

    @work(group="tree-reload")
    async def _reload_tree(self, folders: set[str]) -> None:
        await self.query_one(FilesPane).file_tree.reload(folders)

    def _find_terminals(self) -> None:
        """The host died or came anew: join what is there now."""
        self.bridge.find_terminals()

    def _task_ended(self) -> None:
        self._show_status()
        gc.collect()  # now, when nobody waits; what is kept is then never looked at again
        gc.freeze()
        undelivered = [each for each in self.transcript.chips if each.state == "queued"]
        for each in undelivered:
            if self.bridge.take_back(each.id) is not None:
                self.query_one(Composer).restore(each.text)
        if self._after_task:
            following = self._after_task.pop(0)
            self._show_chips()
            self._send(following.text)

    def _bridge_failed(self, what: str, hint: str) -> None:
        where = f" The log is {self._log_file}." if self._log_file is not None else ""
        self._tell(f"{what}. {hint}{where}", severity="error")

    # -- what the person does --------------------------------------------------------------------------------------

    @on(Composer.Submitted)
    def _submitted(self, event: Composer.Submitted) -> None:
        event.stop()
        self.query_one(ChatView).follow()
        if not self.working:
            self._send(event.text)
        elif event.when == "after_task":
            queued = Queued(f"after-{len(self._after_task)}-{id(event)}", event.text, when="after task")
            self._after_task.append(queued)
            self._show_chips()
        else:
            self.bridge.steer(event.text)

    def _send(self, text: str) -> None:
        if not self._ready:
            self._first_task = text
            self._tell("The agent is starting; your words go to it as soon as it is up.")
            return
        self.bridge.send(text)
        self._show_status()

    @on(Composer.TakeBack)
    def _take_back(self, event: Composer.TakeBack) -> None:
        event.stop()
        later = next((each for each in self._after_task if each.id == event.message_id), None)
        if later is not None:
            self._after_task.remove(later)
            text: str | None = later.text
        else:
            text = self.bridge.take_back(event.message_id)
        self._show_chips()
        if text is None:
            self._tell("Too late: the model has read it.")
        elif event.edit:
            self.query_one(Composer).restore(text)

    @on(Composer.CommandEntered)
    async def _command(self, event: Composer.CommandEntered) -> None:
        event.stop()
        action = self.keymap.by_slash(f"/{event.name}")
        if action is None:
            known = ", ".join(action.slash for action in self.keymap.actions if action.slash)
            self._tell(f"There is no command /{event.name}. There are {known}.", severity="warning")
            self.query_one(Composer).restore(f"/{event.name} {event.argument}".strip())
            return
        if action.name == "model" and event.argument:
            self.choose_model(event.argument)
            return
        await self.run_action(action.target)

    def on_key(self, event: events.Key) -> None:
        """Every key tells the gate that the person is busy."""
        del event
        self._questions.typed()

    @on(Composer.Changed)
    def _draft_changed(self) -> None:
        self._questions.typed()
        self._questions.poll()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Leaving the composer lets a waiting question open."""
        if event.widget is self.query_one(Composer).editor and self.app.screen is self:
            self._questions.composer_left()

    def on_screen_suspend(self) -> None:
        """Something opened above: no question may cover it."""
        self._questions.hold(True)

    def on_screen_resume(self) -> None:
        """Nothing is above any more."""
        self._questions.hold(False)

    def action_copy_clear_or_stop(self) -> None:
        """Ctrl+C: copy a selection, else clear the draft, else stop; twice within a second quits."""
        if self.query_one(TerminalPane).copy_selection():
            return
        selected = self.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(selected)
            self.clear_selection()
            self._tell("Copied.")
            return
        now = time.monotonic()
        twice = now - self._last_interrupt < 1.0
        self._last_interrupt = now
        composer = self.query_one(Composer)
        if composer.text:
            composer.clear()
        elif twice:
            self.app.call_later(self.run_action, "app.quit_bench")
        elif self.working:
            self.stop()
        else:
            self._tell("Press Ctrl+C again to quit.")

    def stop(self) -> None:
        """Stop the agent at once."""
        if self.working:
            self.bridge.stop()

    def recall_question(self) -> None:
        """Open the waiting question."""
        self._questions.recall()

    def new_session(self) -> None:
        """Begin a new conversation."""
        if self.working:
            self._tell("The agent is working. Stop it first (Esc).", severity="warning")
        elif self._bridge is None:
            self._tell("The agent is starting.")
        else:
            self._bridge.reset()

    def choose_model(self, choice: str) -> None:
        """Go on with another model."""
        runtime = self.runtime
        if runtime is None or self._bridge is None:
            self._tell("The agent is starting.")
            return
        try:
            self._bridge.use_model(choice)
        except CodepilotError as error:
            self._tell(f"{error.message} {error.hint}".strip(), severity="error")
            return
        self._show_facts()
        self._tell(f"The model is {runtime.provider.name}:{runtime.provider.model} now.")

    def take_over(self) -> None:
        """Take the shown terminal's keyboard, or hand it back."""
        pane = self.query_one(TerminalPane)
        if not pane.active:
            self._tell("There is no terminal yet.")
            return
        self._reveal("terminal")
        taking = self._link.owner(pane.active) != "person"
        self._link.take_over(pane.active)
        if taking:
            pane.activate(pane.active, focus=True)
        else:
            self.show_composer()

    def add_runs(self) -> None:
        """Put what the person ran in free terminals into the message; the agent is told nothing else of it."""
        if not self.query_one(OfferBar).counts:
            self._tell("You ran nothing in a free terminal that the agent was not told.")
            return
        self._link.take_offers(lambda text: self.query_one(Composer).restore(text))

    @on(OfferBar.Pressed)
    def _offer_pressed(self, event: OfferBar.Pressed) -> None:
        event.stop()
        self.add_runs()

    def open_terminal(self) -> None:
        """Open a terminal that the person holds."""
        if not self._link.connected:
            self._tell("The terminals are not there yet.")
            return
        self._reveal("terminal")
        self._link.open_terminal()

    def close_terminal(self) -> None:
        """Close the terminal that is shown; asks while something runs in it."""
        if pane := self._terminals():
            self._link.close_terminal(pane.active)

    def next_terminal(self, step: int) -> None:
        """Show the terminal to the right, or with -1 the one to the left."""
        if pane := self._terminals():
            pane.activate_next(step)

    def find_in_terminal(self) -> None:
        """Search the terminal that is shown, and its history."""
        if pane := self._terminals():
            pane.open_find()

    def browse_terminal(self) -> None:
        """Walk and select in the terminal with the keys."""
        if (pane := self._terminals()) and pane.active_view is not None:
            pane.activate(pane.active, focus=True)
            pane.active_view.browse()

    def copy_from_terminal(self) -> None:
        """Copy what is selected in the terminal."""
        if not self.query_one(TerminalPane).copy_selection():
            self._tell("Nothing is selected in the terminal.")

    def _terminals(self) -> TerminalPane | None:
        """The pane, brought to sight, if there is a terminal in it."""
        pane = self.query_one(TerminalPane)
        if not pane.active:
            self._tell("There is no terminal yet.")
            return None
        self._reveal("terminal")
        return pane

    def show_help(self) -> None:
        """F1."""
        self.app.push_screen(KeysModal(self.keymap, PANE_KEYS))

    @work(exclusive=True, group="quit-question")
    async def confirm_quit(self, quit_now: Callable[[Wish], None]) -> None:
        """Quit; ask first while the agent works, or what shall become of what runs in the terminals."""
        if isinstance(self.app.screen, QuitModal):
            return  # it is being asked already
        on_exit, working = self.plan.on_exit, self.working
        in_use = (
            await self._bridge.terminals_in_use() if self._bridge is not None and on_exit == "ask" else ()
        )
        if not working and not in_use:
            quit_now("")
            return
        phase = self.transcript.status.phase
        doing = "waiting" + phase.removeprefix("waits") if phase.startswith("waits") else phase

        def answered(answer: Quit | None) -> None:
            if answer is not None:
                quit_now(answer if on_exit == "ask" else "")

        running = [(each.name, each.command if each.state != "idle" else "") for each in in_use]
        self.app.push_screen(QuitModal(doing if working else "", working=working, running=running), answered)

    # -- panes -----------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Fewer columns, fewer panes."""
        del event
        self._lay_out()

    def show_pane(self, pane: Pane) -> None:
        """Bring a pane to sight and give it the keyboard."""
        self._reveal(pane)
        if pane == "chat":
            self.query_one(ChatView).focus()
        elif pane == "files":
            self.query_one(FilesPane).focus()
        else:
            terminals = self.query_one(TerminalPane)
            if terminals.active:
                terminals.activate(terminals.active, focus=True)

    def show_composer(self) -> None:
        """Give the composer the keyboard, at once: what is typed next is meant for it."""
        if self._maximised == "terminal":  # which hides it
            self._maximised = None
            self._lay_out()
        self.set_focus(self.query_one(Composer).editor)

    def toggle_pane(self, pane: Pane) -> None:
        """Fold a pane away, or unfold it."""
        if self._is_shown(pane):
            self._folded.add(pane)
            focused = self.focused
            if focused is not None and self._widget(pane) in focused.ancestors_with_self:
                self.query_one(Composer).focus()
        else:
            self._reveal(pane)
        self._lay_out()

    def maximise(self) -> None:
        """Give the focused pane all of the body, or give it back."""
        if self._maximised is not None:
            self._maximised = None
        else:
            focused = self.focused
            around = focused.ancestors_with_self if focused is not None else []
            panes: tuple[Pane, ...] = ("files", "terminal", "chat")
            self._maximised = next((pane for pane in panes if self._widget(pane) in around), "chat")
        self._lay_out()

    def _reveal(self, pane: Pane) -> None:
        self._folded.discard(pane)
        if self._maximised is not None and self._maximised != pane:
            self._maximised = None
        if pane != "chat":
            self._neighbour = pane
        elif self.size.width < MEDIUM:
            self._neighbour = "chat"
        self._lay_out()

    def _is_shown(self, pane: Pane) -> bool:
        return not self._widget(pane).has_class("-folded")

    def _widget(self, pane: Pane) -> Widget:
        return self.query_one({"files": "#files", "chat": "#chat-pane", "terminal": "#terminals"}[pane])

    def _lay_out(self) -> None:
        width = self.size.width
        shown: set[Pane] = {"chat"}
        if self._maximised is not None:
            shown = {self._maximised}
        elif width >= WIDE:
            shown = {"files", "chat", "terminal"}
        elif width >= MEDIUM:
            shown = {"chat", self._neighbour}
        elif self._neighbour != "chat" and "chat" in shown and self._neighbour not in self._folded:
            shown = {self._neighbour} if self._focused_pane() == self._neighbour else {"chat"}
        shown -= self._folded
        panes: tuple[Pane, ...] = ("files", "chat", "terminal")
        for pane in panes:
            self._widget(pane).set_class(pane not in shown, "-folded")
        # A terminal that has the screen has all of it but the line that says what the agent does.
        for bar in (self.query_one(TopBar), self.query_one(Composer)):
            bar.set_class(self._maximised == "terminal", "-folded")
        self._show_keys()

    @on(FilesPane.ChangeChosen)
    def _show_change(self, event: FilesPane.ChangeChosen) -> None:
        event.stop()
        if event.path in self._texts:
            self.app.push_screen(ChangeModal(event.path, *self._texts[event.path]))

    @on(FilesPane.FileChosen)
    def _show_file(self, event: FilesPane.FileChosen) -> None:
        event.stop()
        self._read_and_show(event.path)

    @work(group="preview", exclusive=True)
    async def _read_and_show(self, path: str) -> None:
        try:
            file = await asyncio.to_thread(self._workspace.read_text, path)
        except (CodepilotError, OSError) as error:
            self._tell(f"{path} cannot be shown: {error}", severity="warning")
            return
        self.app.push_screen(FileModal(path, file.text))

    def _focused_pane(self) -> Pane:
        focused = self.focused
        around = focused.ancestors_with_self if focused is not None else []
        panes: tuple[Pane, ...] = ("files", "terminal")
        return next((pane for pane in panes if self._widget(pane) in around), self._neighbour)

    def _entries(self, path: str) -> list[Entry]:
        return [Entry(each.name, each.folder) for each in children(self._workspace, path) if not each.ignored]

    # -- terminals -------------------------------------------------------------------------------------------------

    async def _history(self, name: str, start: int, count: int) -> Sequence[Row]:
        return await self._link.history(name, start, count)

    @on(terminal.KeyTyped)
    def _terminal_key(self, event: terminal.KeyTyped) -> None:
        self._link.typed(event)

    @on(terminal.Pasted)
    def _terminal_paste(self, event: terminal.Pasted) -> None:
        self._link.pasted(event)

    @on(terminal.MouseUsed)
    def _terminal_mouse(self, event: terminal.MouseUsed) -> None:
        self._link.mouse(event)

    @on(terminal.Resized)
    def _terminal_resized(self, event: terminal.Resized) -> None:
        self._link.resized(event)

    @on(terminal.FocusTold)
    def _terminal_focus(self, event: terminal.FocusTold) -> None:
        self._link.focus(event)

    @on(terminal.SightChanged)
    def _terminal_seen(self, event: terminal.SightChanged) -> None:
        self._link.seen(event)

    @on(terminal.LinkChosen)
    def _terminal_link(self, event: terminal.LinkChosen) -> None:
        self.app.open_url(event.target)
        self._tell(f"Opened {event.target}")

    @on(terminal.Copied)
    def _terminal_copied(self, event: terminal.Copied) -> None:
        self.app.copy_to_clipboard(event.text)
        self._tell("Sent to your terminal's clipboard (OSC 52).")

    @on(terminal.TakeOverRequested)
    def _terminal_wanted(self, event: terminal.TakeOverRequested) -> None:
        self._link.own(event)
        if not event.take:
            self.show_composer()  # or the next key would take the terminal again

    @on(TerminalPane.NewWanted)
    def _terminal_new(self, event: TerminalPane.NewWanted) -> None:
        event.stop()
        self.open_terminal()

    @on(TerminalPane.CloseWanted)
    def _terminal_close(self, event: TerminalPane.CloseWanted) -> None:
        event.stop()
        self._link.close_terminal(event.name)

    @on(TerminalPane.KeyWanted)
    def _terminal_hands(self, event: TerminalPane.KeyWanted) -> None:
        event.stop()
        self.take_over()

    @on(TerminalPane.HolderChanged)
    def _terminal_held(self, event: TerminalPane.HolderChanged) -> None:
        event.stop()
        self._show_keys()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The keys that matter are those of the pane with the focus."""
        del event
        self._show_keys()

    def _show_keys(self) -> None:
        """In a terminal most keys are the program's, so the status line names those that are ours."""
        status, view = self.query_one(StatusLine), self.focused
        if not isinstance(view, TerminalView):
            # The find bar names its own keys.
            status.hints = () if isinstance(view, FindInput) else None
            return
        leader = key_text(self.keymap.leader)

        def hint(name: str, word: str) -> Hint:
            action = self.keymap[name]
            return Hint(f"{leader} {action.leader}", word, name)

        held = view.owner == "person"
        hands = Hint(
            key_text(self.keymap["take_over"].key), "hand back" if held else "take over", "take_over"
        )
        stop = (hint("stop", "stop"),) if self.working else ()
        full = hint("maximise", "all panes" if self._maximised is not None else "full screen")
        status.hints = (hands, *stop, full, hint("find_terminal", "find"), hint("help", "keys"))

    # -- bars ------------------------------------------------------------------------------------------------------

    @on(TopBar.Pressed)
    @on(StatusLine.Pressed)
    async def _bar_pressed(self, event: TopBar.Pressed | StatusLine.Pressed) -> None:
        event.stop()
        name = {"model": "model"}.get(event.name, event.name)
        try:
            action = self.keymap[name]
        except KeyError:
            return
        await self.run_action(action.target)

    def _show_status(self) -> None:
        status = self.transcript.status
        self.query_one(TopBar).show(status)
        self.query_one(StatusLine).show(status)
        self.query_one(Composer).working = self.working
        self._show_chips()

    def _show_chips(self) -> None:
        queued = [each for each in self.transcript.chips if each.state == "queued"]
        self.query_one(Composer).queue = (*queued, *self._after_task)

    def _show_facts(self, branch: str | None = None, dirty: bool | None = None) -> None:
        bar, runtime = self.query_one(TopBar), self.runtime
        isolation = runtime.isolation if runtime is not None and self._ready else None
        bar.facts = Facts(
            folder=self.plan.work_dir.name or str(self.plan.work_dir),
            branch=bar.facts.branch if branch is None else branch,
            dirty=bar.facts.dirty if dirty is None else dirty,
            mode=(runtime.mode or "") if runtime is not None else self.plan.mode,
            model=runtime.provider.model if runtime is not None else self.plan.model,
            jail=IN_THE_BAR,
            isolated=isolation.isolated if isolation is not None else True,
        )

    @work(thread=True, group="git", exclusive=True)
    def _find_branch(self) -> None:
        status = self._git.status()
        if status is not None:  # else it is no repository: the bar then shows none
            self.app.call_from_thread(self._show_facts, clean_line(status.branch), status.dirty is True)

    def _show_banner(self) -> None:
        if not self.is_mounted:
            return
        banner = self.query_one("#banner", Static)
        waiting = self._questions.waiting
        shown = bool(waiting) and not self._questions.is_open
        if shown:
            action = self.keymap["pending_question"]
            more = f"and {waiting - 1} more · " if waiting > 1 else ""
            what = clean_line(self._questions.first)
            key = key_text(action.key)
            banner.update(
                Content.assemble((key, "$ink bold"), " answer · ", more, ("The agent asks: ", "bold"), what)
            )
        banner.set_class(shown, "-shown")

    def _type_into_composer(self, character: str) -> None:
        self.query_one(Composer).editor.insert(character)

    def _tell(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        self.app.notify(clean_line(text), severity=severity, markup=False)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
