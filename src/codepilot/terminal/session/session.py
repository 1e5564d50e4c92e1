"""A terminal in the host: a process on a PTY, its screen, and who holds its keyboard.

What runs in it is its `work`; `dialogue` gives it commands there and waits for what comes of them.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

from codepilot.errors import TerminalError
from codepilot.terminal.command import Command
from codepilot.terminal.condition import Condition
from codepilot.terminal.display import Display
from codepilot.terminal.engines.engine import Engine
from codepilot.terminal.hands import Hands
from codepilot.terminal.keyboard import Keyboard
from codepilot.terminal.protocol import Hand, Owner, State, TerminalEvent, TerminalInfo
from codepilot.terminal.pulse import Pulse
from codepilot.terminal.screen import Effect, ScreenUpdate
from codepilot.terminal.services import Services
from codepilot.terminal.session.capture import SessionFiles
from codepilot.terminal.session.processes import end_processes, is_alive, of_terminal
from codepilot.terminal.session.pty import Pty
from codepilot.terminal.shell.choice import chosen_shell
from codepilot.terminal.shell.environment import AGENT
from codepilot.terminal.shell.integration import Shell
from codepilot.terminal.starting import Start
from codepilot.terminal.work import Work

_IDENTITY = "TERM_SESSION_ID"
"""The variable by which a program can tell one terminal from another; by it what left the terminal is found again."""


class Session:
    """A named terminal. With a shell it takes commands; with an `argv` of its own it is just that process.

    Args:
        services: of the host.
        number: unique in the host; used in file names, the name is not.
        name: as people and models say it.
        cwd: where it starts.
        columns: width.
        lines: height.
        argv: the command line; None: a shell with our integration.
        shell: name or path of that shell; None: bash where it is, else sh.
        command: argv only: how a list shows it.
        one_shot: argv only: a tab of `run_command`.
        limit: characters that a result may hold.
    """

    def __init__(
        self,
        services: Services,
        number: int,
        name: str,
        *,
        cwd: str,
        columns: int,
        lines: int,
        argv: Sequence[str] | None = None,
        shell: str | None = None,
        command: str = "",
        one_shot: bool = False,
        limit: int = 10_000,
    ) -> None:
        self.name = name
        self.one_shot = one_shot
        self.owed: Command | None = None
        """The agent's last command, while no result has told its end."""
        self.pulse = Pulse()
        self.files = SessionFiles(services.files, number, limit)
        self.shell: Shell | None = None if argv is not None else chosen_shell(shell, services.environment)
        self.program = ""
        """Path of the shell."""
        self._home = cwd
        self._argv = argv or ()
        self._title = command
        self._identity = str(uuid.uuid4())
        self._services = services
        self._loop = asyncio.get_running_loop()
        self._condition = Condition(name, cwd, services.publish, self.pulse, lambda: self.owner)
        self._keyboard = Keyboard(name, self._condition.publish, self._owner_changed)
        self._display = Display(
            services.new_engine(columns, lines),
            columns,
            lines,
            hold=lambda held: self.work.wire.pty.hold(held),
            answer=lambda replies: self.work.answer(replies),
            effects=self._tell_effects,
            changed=lambda: services.changed(self),
        )
        self._start()

    # -- life --

    def _start(self) -> None:
        """Start the process. At first, and again when a shell died."""
        services, shell = self._services, self.shell
        self._condition.cwd = self._home
        self._condition.exit_code = None
        if shell is not None:
            self.program = shell.find(services.environment)
        # A shell is the person's too: there the agent's variables come and go with its commands.
        more = AGENT if shell is None else {}
        environment = {**services.environment, **more, _IDENTITY: self._identity}
        start = Start(shell, self.program, self._argv, environment, self.files)
        try:
            pty = Pty(
                [*services.prefix, *start.argv],
                cwd=self._home,
                environment=start.environment,
                columns=self._display.columns,
                lines=self._display.lines,
                umask=services.umask,
                on_output=lambda data: self.work.take(data),
            )
        except TerminalError:
            start.remove_files()
            self._display.close()
            raise
        self.pid = pty.pid
        self._condition.state = "starting"
        self.work = Work(
            start,
            pty,
            shell,
            title=self._title,
            files=self.files,
            condition=self._condition,
            keyboard=self._keyboard,
            pulse=self.pulse,
            engine=self.engine,
            show=self._show,
            owe=self._owe,
        )
        """What goes on at the process."""
        self.work.begin()
        services.reaper.expect(self.pid, self._process_ended)

    def _process_ended(self, code: int) -> None:
        self.work.finish(code)
        self._condition.exit_code = code
        self._condition.become("exited", self.command)
        self._keyboard.let_go(self.cwd)
        self._condition.publish(TerminalEvent(kind="closed", exit_code=code, cwd=self.cwd, owner=self.owner))
        self.pulse.beat()

    def revive(self) -> str:
        """Replace a dead shell; says so."""
        if self.state != "exited" or self.shell is None:
            return ""
        how = f"The earlier shell had ended with exit code {self.exit_code}; "
        self._display.reset_modes()
        self._show(b"\r\n")
        self._start()
        self._condition.publish(TerminalEvent(kind="opened", cwd=self.cwd, owner=self.owner))
        return f"{how}a new shell was started in {self.cwd}. Its variables and folder are gone."

    async def end(self, patience: float = 1.0) -> None:
        """End the process, its session and all below it; then free the engine."""
        self.work.stop()
        pids: set[int] = set()
        if self.exit_code is None:
            pids.add(self.pid)

        def alive() -> list[int]:
            pids.update(process.pid for process in of_terminal(self.pid, f"{_IDENTITY}={self._identity}"))
            return [
                pid
                for pid in pids
                if (pid != self.pid and is_alive(pid)) or (pid == self.pid and self.exit_code is None)
            ]

        await end_processes(alive, patience=patience)
        deadline = self._loop.time() + 1.0
        await self.pulse.until(lambda: self.exit_code is not None, deadline)
        self.work.close()
        self._display.close()

    def release(self) -> None:
        """Free what an ended terminal still holds."""
        self.work.release()
        self._display.close()

    # -- how it is --

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
        )

    @property
    def state(self) -> State:
        """What it does."""
        return self._condition.state

    @property
    def cwd(self) -> str:
        """The shell's folder."""
        return self._condition.cwd

    @property
    def waits_for(self) -> str:
        """What the program waits for, in words."""
        return self._condition.waits_for

    @property
    def exit_code(self) -> int | None:
        """Of the process, when it has ended."""
        return self._condition.exit_code

    @property
    def command(self) -> Command | None:
        """What runs, or ran last."""
        return self.work.command

    def _owe(self, command: Command) -> None:
        self.owed = command

    # -- screen --

    @property
    def engine(self) -> Engine:
        """The emulated screen."""
        return self._display.engine

    def take_update(self, *, full: bool = False) -> ScreenUpdate | None:
        """The rows changed since the last call, or all."""
        return self.engine.take_update(full=full)

    def resize(self, columns: int, lines: int) -> None:
        """A viewer's wish. Unless a person holds the keyboard, the window never gets below its first size."""
        self._display.wish(columns, lines)
        self._fit()

    def _fit(self) -> None:
        if self._display.fit(below_least=self.owner == "person"):
            self.work.wire.pty.resize(self._display.columns, self._display.lines)
            self._services.changed(self)

    def _show(self, data: bytes) -> None:
        if data:
            self._display.show(data)
            self._services.shown(self, data)

    def _tell_effects(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            primary = effect.target == "primary"
            self._condition.publish(
                TerminalEvent(
                    kind=effect.kind, cwd=self.cwd, owner=self.owner, detail=effect.text, primary=primary
                )
            )

    # -- keyboard --

    def write(self, data: bytes, *, by: Hand = "person") -> None:
        """Input as if typed."""
        if self.state == "exited":
            raise TerminalError(f"the terminal '{self.name}' has ended")
        self.work.write(data, by=by)

    def encode(self, kind: str, arguments: Sequence[Any]) -> bytes:
        """Bytes for a key, a paste, a mouse event or the focus in the modes now in force."""
        return self._display.encode(kind, arguments)

    def interrupt(self) -> None:
        """^C now; if the command goes on, TERM after 2 s and KILL after 5 s to its process group."""
        self.work.interrupt()

    @property
    def owner(self) -> Owner:
        """Who holds the keyboard."""
        return self._keyboard.owner

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
        self._keyboard.hand_to(owner, self.work.running, self.cwd, by_typing=by_typing)

    def lapse(self) -> bool:
        """The agent wants the terminal: a hold by typing gives way at an empty prompt; says whether it did."""
        return self._keyboard.lapse(self.cwd, at_rest=self.work.at_rest, untouched=self.work.wire.idle)

    def tell_offers(self) -> None:
        """Say how many commands of the person are offered, if that has changed."""
        self._keyboard.tell_offers()

    def _owner_changed(self) -> None:
        self._fit()
        self.pulse.beat()
