"""A terminal in the host, from its opening to its end: whatever processes run on it, its screen, and who holds it.

What runs in it is its `process`; `commands` gives it commands there and waits for what comes of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from codepilot.errors import TerminalError
from codepilot.terminal.engines import Engine
from codepilot.terminal.protocol import Hand, Owner, State, TerminalEvent, TerminalInfo
from codepilot.terminal.screen import Effect, ScreenUpdate
from codepilot.terminal.session.display import Display
from codepilot.terminal.session.ownership import Hands, Keyboard
from codepilot.terminal.session.process import Process
from codepilot.terminal.session.processes import end_processes, is_alive, of_terminal
from codepilot.terminal.session.state import Changes, Command, SessionHost, Spec, TerminalState
from codepilot.terminal.session.terminal import IDENTITY, SessionFiles, Terminal
from codepilot.terminal.shell.integration import Shell
from codepilot.terminal.shell.shells import chosen_shell


class Session:
    """A named terminal. With a shell it takes commands; with an `argv` of its own it is just that process.

    Args:
        host: that it is in.
        number: unique in the host; used in file names, the name is not.
        spec: how it is made.

    Raises:
        TerminalError: its process cannot be started.
    """

    def __init__(self, host: SessionHost, number: int, spec: Spec) -> None:
        self._host = host
        self._state = TerminalState(spec.name, spec.cwd, host.publish)
        self.identity = self._state.identity  # tells it from an earlier or later one of its name
        self._keyboard = Keyboard(self._state, self._owner_changed)
        size = spec.columns, spec.lines
        self._display = Display(host.new_engine(*size), size, self)
        self._terminal = Terminal(
            spec,
            None if spec.argv else chosen_shell(spec.shell, host.process_settings.environment),
            self._state,
            self._keyboard,
            self._display,
            SessionFiles(host.files, number, spec.limit),
        )
        try:
            self._start()
        except TerminalError:
            self._display.close()
            raise

    # -- life --

    def _start(self) -> None:
        """Start the process. At first, and again when a shell died."""
        self._state.cwd = self._terminal.spec.cwd
        self._state.exit_code = None
        self.process = Process(self._terminal, self._host.process_settings)
        """What goes on in it."""
        self.process.begin()
        self._host.reaper.expect(self.pid, self._process_ended)

    def _process_ended(self, code: int) -> None:
        self.process.finish(code)
        self._state.exit_code = code
        self._state.become("exited", self.command)
        self._keyboard.let_go()
        self._state.publish(TerminalEvent(kind="closed", exit_code=code, cwd=self.cwd, owner=self.owner))
        self.changes.notify()

    def revive(self) -> str:
        """Replace a shell that has ended; returns a note about it."""
        if self.state != "exited" or self.shell is None or self.closed_by is not None:
            return ""
        how = f"The earlier shell had ended with exit code {self.exit_code}; "
        self._display.reset_modes()
        self._display.show(b"\r\n")
        self._start()
        self._state.publish(TerminalEvent(kind="opened", cwd=self.cwd, owner=self.owner))
        return f"{how}a new shell was started in {self.cwd}. Its variables and folder are gone."

    def close_by(self, hand: Hand) -> None:
        """Somebody closes it: from now on its results say who did."""
        self._state.closed_by = hand
        if hand == "person" and (command := self.process.running) is not None:
            command.closed = True

    async def end(self, patience: float = 1.0) -> None:
        """End the process, its session and all below it; then free the engine."""
        self.process.stop()
        pids: set[int] = {self.pid} if self.exit_code is None else set()
        identity = f"{IDENTITY}={self._state.identity}"

        def alive() -> list[int]:
            pids.update(process.pid for process in of_terminal(self.pid, identity))
            return [
                pid
                for pid in pids
                if (pid != self.pid and is_alive(pid)) or (pid == self.pid and self.exit_code is None)
            ]

        await end_processes(alive, patience=patience)
        deadline = asyncio.get_running_loop().time() + 1.0
        await self.changes.until(lambda: self.exit_code is not None, deadline)
        self.process.close()
        self._display.close()

    def release(self) -> None:
        """Free what an ended terminal still holds."""
        self.process.release()
        self._display.close()

    # -- how it is --

    @property
    def name(self) -> str:
        """As people and models say it."""
        return self._terminal.spec.name

    @property
    def one_shot(self) -> bool:
        """A tab of `run_command`."""
        return self._terminal.spec.one_shot

    @property
    def shell(self) -> Shell | None:
        """Its shell, unless it runs one process only."""
        return self._terminal.shell

    @property
    def files(self) -> SessionFiles:
        """For commands on their way, and for what they write."""
        return self._terminal.files

    @property
    def pid(self) -> int:
        """Of its own process."""
        return self.process.pid

    @property
    def changes(self) -> Changes:
        """Notified of every change."""
        return self._state.changes

    @property
    def info(self) -> TerminalInfo:
        """As a list shows it."""
        return TerminalInfo(
            name=self.name,
            pid=self.pid,
            state=self.state,
            cwd=self.cwd,
            owner=self.owner,
            columns=self._display.columns,
            lines=self._display.lines,
            exit_code=self.exit_code,
            command=self.command.text if self.command is not None else "",
            one_shot=self.one_shot,
            identity=self.identity,
        )

    @property
    def state(self) -> State:
        """What it does."""
        return self._state.state

    @property
    def cwd(self) -> str:
        """The shell's folder."""
        return self._state.cwd

    @property
    def waits_for(self) -> str:
        """What the program waits for, in words."""
        return self._state.waits_for

    @property
    def exit_code(self) -> int | None:
        """Of the process, when it has ended."""
        return self._state.exit_code

    @property
    def command(self) -> Command | None:
        """What runs, or ran last."""
        return self.process.command

    @property
    def closed_by(self) -> Hand | None:
        """Who closed it, if somebody did who is to be told of."""
        return self._state.closed_by

    @property
    def unreported(self) -> Command | None:
        """The agent's last command, until a result has reported its end."""
        return self._state.unreported

    def reported(self) -> None:
        """A result has reported the end of that command."""
        self._state.unreported = None

    # -- screen --

    @property
    def engine(self) -> Engine:
        """The emulated screen."""
        return self._display.engine

    def take_update(self, *, full: bool = False) -> ScreenUpdate | None:
        """The rows changed since the last call, or all."""
        return self.engine.take_update(full=full)

    def resize(self, columns: int, lines: int) -> None:
        """Resize as a viewer asks. Unless a person holds the keyboard, to at least 80 columns and 24 lines."""
        self._display.request(columns, lines)
        self._fit()

    def _fit(self) -> None:
        if self._display.fit(below_least=self.owner == "person"):
            self.process.line.pty.resize(self._display.columns, self._display.lines)
            self.screen_changed()

    def hold(self, held: bool) -> None:
        """The screen: read no more from the program, or go on."""
        self.process.line.pty.hold(held)

    def answer(self, replies: bytes) -> None:
        """The screen: the emulator answers the program."""
        self.process.answer(replies)

    def tell_effects(self, effects: Sequence[Effect]) -> None:
        """The screen: the program asks for something beyond it."""
        for effect in effects:
            primary = effect.target == "primary"
            self._state.publish(
                TerminalEvent(
                    kind=effect.kind, cwd=self.cwd, owner=self.owner, detail=effect.text, primary=primary
                )
            )

    def screen_fed(self, data: bytes) -> None:
        """The screen: this was shown."""
        self._host.screen_fed(self.name, data)

    def screen_changed(self) -> None:
        """The screen: there is something new to show."""
        self._host.screen_changed(self.name)

    # -- keyboard --

    def write(self, data: bytes, *, by: Hand = "person") -> None:
        """Input as if typed."""
        if self.state == "exited":
            raise TerminalError(f"The terminal '{self.name}' has ended.")
        self.process.write(data, by=by)

    def encode(self, kind: str, arguments: Sequence[Any]) -> bytes:
        """Bytes for a key, a paste, a mouse event or the focus in the modes now in force."""
        return self._display.encode(kind, arguments)

    def interrupt(self) -> None:
        """^C now; if the command goes on, TERM after 2 s and KILL after 5 s to its process group."""
        self.process.interrupt()

    @property
    def owner(self) -> Owner:
        """Who holds the keyboard."""
        return self._state.owner

    @property
    def hands(self) -> Hands:
        """What is remembered of the person's work here."""
        return self._keyboard.hands

    def set_owner(self, owner: Owner, *, by_typing: bool = False) -> None:
        """Say who holds the keyboard.

        Args:
            owner: free while the agent's command runs means the agent.
            by_typing: the person did nothing but type into a terminal that nobody held.
        """
        self._keyboard.hand_to(owner, self.process.running, by_typing=by_typing)

    def lapse(self) -> bool:
        """The agent wants the terminal: a hold by typing gives way at an empty prompt; says whether it did."""
        return self._keyboard.lapse(at_rest=self.process.at_rest, untouched=self.process.line.idle)

    def tell_offers(self) -> None:
        """Say how many commands of the person are offered, if that has changed."""
        self._keyboard.tell_offers()

    def _owner_changed(self) -> None:
        self._fit()
        self.changes.notify()
