"""A terminal in the host: a process on a PTY, its screen, and the command that runs in it.

`dialogue` gives it commands and waits for what comes of them.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from codepilot.errors import TerminalError
from codepilot.terminal.command import Command
from codepilot.terminal.engine import Engine
from codepilot.terminal.files import SessionFiles
from codepilot.terminal.interrupt import press
from codepilot.terminal.marks import Mark, MarkReader
from codepilot.terminal.plain import plain
from codepilot.terminal.processes import end_processes, is_alive, of_session
from codepilot.terminal.protocol import Owner, State, TerminalEvent, TerminalInfo
from codepilot.terminal.pty import Pty
from codepilot.terminal.pulse import Pulse
from codepilot.terminal.screen import ScreenUpdate
from codepilot.terminal.services import Services
from codepilot.terminal.shell import Shell, shell_named
from codepilot.terminal.waiting import find_wait

_MODE_CHANGES = re.compile(rb"\x1b\[\?[0-9;]*[hl]")
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
QUIET = 0.15
"""Seconds without output after which a program counts as quiet."""
_LONGEST_SHOWN = 4000
_REPLIES_QUEUED = 65536
"""A program that asks and does not read the answers gets no more of them."""


class Session:
    """A named terminal. With a shell it takes commands; with an `argv` of its own it is just that process.

    Args:
        services: of the host.
        number: unique in the host; used in file names, the name is not.
        name: as people and models say it.
        cwd: where it starts.
        columns: width.
        lines: height.
        argv: the command line; None: bash with our integration.
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
        command: str = "",
        one_shot: bool = False,
        limit: int = 10_000,
    ) -> None:
        self.name = name
        self._home = cwd
        self.columns = columns
        self.lines = lines
        self._least = self._wished = (columns, lines)
        self.owner: Owner = "free"
        self.one_shot = one_shot
        self.exit_code: int | None = None
        self.command: Command | None = None
        self.waits_for = ""
        self._services = services
        self._argv = argv
        self._title = command
        self._loop = asyncio.get_running_loop()
        self.pulse = Pulse()
        self.files = SessionFiles(services.files, number, limit)
        self._watcher: asyncio.Task[None] | None = None
        self._ladder: asyncio.Task[None] | None = None
        self.shell: Shell | None = None if argv is not None else shell_named("bash")
        self.program = ""
        self._engine: Engine = services.new_engine(columns, lines)
        self._state: State = "starting"
        self._start()

    # -- life --

    def _start(self) -> None:
        """Start the process. At first, and again when a shell died."""
        services = self._services
        self.cwd = self._home
        self._marks: MarkReader | None = None
        self._start_file: Path | None = None
        self._swallowed: bytearray | None = None
        """While the shell echoes our source line: what came since."""
        self._typed = bytearray()
        """What was echoed at the prompt since it stood there."""
        self._prompt_ready = False
        self._touched = False
        """Somebody typed at this prompt."""
        self._aside = self.files.capture()
        """Output while no command runs: of background jobs."""
        self._last_output = self._last_input = self._loop.time()
        if self.shell is not None:
            self.program = self.shell.find(services.environment)
            nonce = secrets.token_hex(16)
            self._marks = MarkReader(nonce)
            self._start_file = self.files.write(".rc", self.shell.start_file(nonce))
            argv: Sequence[str] = self.shell.argv(self.program, self._start_file)
        else:
            argv = self._argv or ()
        self.exit_code = None
        self.command = None
        try:
            self._pty = Pty(
                [*services.prefix, *argv],
                cwd=self._home,
                environment=services.environment,
                columns=self.columns,
                lines=self.lines,
                umask=services.umask,
                on_output=self._take_output,
            )
        except TerminalError:
            self._remove_start_file()
            self._engine.close()
            raise
        self.pid = self._pty.pid
        self._state = "starting"
        if self.shell is None:
            self.command = Command(self._title, "process", self.files.capture(), self._loop.time())
            self._begin(self.command)
        services.reaper.expect(self.pid, self._process_ended)

    def _process_ended(self, code: int) -> None:
        self._pty.drain()
        if self._marks is not None:
            self._show(self._marks.rest())
        now = self._loop.time()
        command = self.command
        if command is not None and command.running:
            command.finish(code, now)
        self.exit_code = code
        self._prompt_ready = False
        self._swallowed = None
        self._remove_start_file()
        self._stop_watching()
        self._aside.close()
        self._pty.close()
        self._set_state("exited")
        self._let_go()
        self._services.publish(
            TerminalEvent(
                kind="closed", name=self.name, state="exited", exit_code=code, cwd=self.cwd, owner=self.owner
            )
        )
        self.pulse.beat()

    async def end(self, patience: float = 1.0) -> None:
        """End the process, its session and all below it; then free the engine."""
        self._stop_watching()
        self._stop_ladder()
        pids: set[int] = {process.pid for process in of_session(self.pid)}
        if self.exit_code is None:
            pids.add(self.pid)

        def alive() -> list[int]:
            pids.update(process.pid for process in of_session(self.pid))
            return [
                pid
                for pid in pids
                if (pid != self.pid and is_alive(pid)) or (pid == self.pid and self.exit_code is None)
            ]

        await end_processes(alive, patience=patience)
        deadline = self._loop.time() + 1.0
        await self.pulse.until(lambda: self.exit_code is not None, deadline)
        self._pty.close()
        self._aside.close()
        if self.command is not None:
            self.command.capture.close()
            self.command.remove_file()
        self._remove_start_file()
        self._engine.close()

    def release(self) -> None:
        """Free what an ended terminal still holds."""
        if self.command is not None:
            self.command.capture.close()
        self._engine.close()

    @property
    def info(self) -> TerminalInfo:
        """As a list shows it."""
        return TerminalInfo(
            name=self.name,
            pid=self.pid,
            state=self._state,
            cwd=self.cwd,
            owner=self.owner,
            columns=self.columns,
            lines=self.lines,
            exit_code=self.exit_code,
            command=self.command.text if self.command is not None else "",
            one_shot=self.one_shot,
        )

    @property
    def state(self) -> State:
        """What it does."""
        return self._state

    # -- output --

    def _take_output(self, data: bytes) -> None:
        self._last_output = self._loop.time()
        if self._state == "waiting":
            self._set_state("busy")
        if self._marks is None:
            self._show(data)
            self._collect(data)
        else:
            for piece in self._marks.feed(data):
                if isinstance(piece, Mark):
                    self._take_mark(piece)
                elif self._swallowed is not None:
                    self._swallowed += piece
                    del self._swallowed[:-65536]
                else:
                    self._show(piece)
                    self._collect(piece)
        self.pulse.beat()

    def _show(self, data: bytes) -> None:
        if not data:
            return
        self._engine.feed(data)
        replies = self._engine.take_replies()
        if replies and not self._pty.closed and self._pty.queued < _REPLIES_QUEUED:
            self._pty.write(replies)
        self._services.changed(self)

    def _collect(self, data: bytes) -> None:
        command = self.command
        if command is not None and command.running:
            command.capture.feed(data)
        elif self._prompt_ready:
            if self._touched:
                self._typed += data
                del self._typed[:-_LONGEST_SHOWN]
            else:
                self._aside.feed(data)

    def _take_mark(self, mark: Mark) -> None:
        if mark.kind == "C":
            self._command_began()
        elif mark.kind == "D":
            self._command_ended(int(mark.value) if mark.value.isdigit() else None)
        elif mark.kind == "P":
            self.cwd = mark.value
        elif mark.kind == "B":
            self._remove_start_file()
            self._prompt_ready = True
            self._touched = False
            self._typed.clear()
            if self.command is None or not self.command.running:
                self._set_state("idle")

    def _command_began(self) -> None:
        self._prompt_ready = False
        if self._swallowed is not None:
            changes = b"".join(_MODE_CHANGES.findall(bytes(self._swallowed)))
            self._swallowed = None
            self._show(changes + b"\r\n")
        else:
            text = plain(bytes(self._typed)).strip()
            self._adopt(Command(text, "typed", self.files.capture(), self._loop.time()))
        if self.command is not None:
            self.command.started = self._loop.time()
            self._begin(self.command)

    def _begin(self, command: Command) -> None:
        self._set_state("busy")
        self._stop_watching()
        self._watcher = self._loop.create_task(self._watch(command))

    def _command_ended(self, code: int | None) -> None:
        command = self.command
        self._swallowed = None
        if command is None or not command.running:
            return
        command.finish(code, self._loop.time())
        self._stop_watching()
        self._set_state("idle")
        self._let_go()

    def _adopt(self, command: Command) -> None:
        if self.command is not None:
            self.files.retire(self.command.capture)
        self.command = command

    # -- commands --

    @property
    def prompt_ready(self) -> bool:
        """The shell stands at its prompt and takes a command."""
        return self._prompt_ready

    @property
    def touched(self) -> bool:
        """Somebody has typed at this prompt."""
        return self._touched

    def clear_prompt(self) -> None:
        """Have the shell drop what was typed; a new prompt comes."""
        self._prompt_ready = False
        self._pty.write(b"\x03")

    def revive(self) -> str:
        """Replace a dead shell; says so."""
        if self._state != "exited" or self.shell is None:
            return ""
        how = f"The earlier shell had ended with exit code {self.exit_code}; "
        self._show(b"\x1b[?1047l\x1b[!p\x1b[0m\r\n")
        self._start()
        self._services.publish(
            TerminalEvent(kind="opened", name=self.name, state=self._state, cwd=self.cwd, owner=self.owner)
        )
        return f"{how}a new shell was started in {self.cwd}. Its variables and folder are gone."

    def give(self, text: str, file: Path) -> Command:
        """Run the command in `file`; the prompt must be ready. The screen shows `text`, not how it is given."""
        assert self.shell is not None
        self.take_aside()
        command = Command(text, "given", self.files.capture(), self._loop.time(), file=file)
        self._adopt(command)
        self._prompt_ready = False
        self._show(_shown(text))
        self._swallowed = bytearray()
        if self.owner == "free":
            self.set_owner("agent")
        self._pty.write(self.shell.source_line(file))
        self._last_input = self._loop.time()
        return command

    def take_aside(self) -> str:
        """What background jobs have written since the last look."""
        return self._aside.take().text

    def write(self, data: bytes) -> None:
        """Input as if typed."""
        if self._state == "exited":
            raise TerminalError(f"the terminal '{self.name}' has ended")
        self._last_input = self._loop.time()
        if self._prompt_ready:
            self._touched = True
        if self._state == "waiting":
            self._set_state("busy")
        self._pty.write(data)

    def encode(self, kind: str, arguments: Sequence[Any]) -> bytes:
        """Bytes for a key, a paste or a mouse event in the modes now in force."""
        if kind == "key":
            key, text = arguments
            return self._engine.encode_key(key, text=text)
        encoder: Callable[..., bytes] = (
            self._engine.encode_paste if kind == "paste" else self._engine.encode_mouse
        )
        return encoder(*arguments)

    def interrupt(self) -> None:
        """^C now; if the command goes on, TERM after 2 s and KILL after 5 s to its process group."""
        if self._state == "exited":
            return
        command = self.command
        self.write(b"\x03")
        if command is None or not command.running:
            return

        def sent(name: str) -> None:
            command.signals.append(name)
            self._services.publish(
                TerminalEvent(
                    kind="signal", name=self.name, state=self._state, command=command.text, detail=name
                )
            )

        self._stop_ladder()
        self._ladder = self._loop.create_task(
            press(
                self._pty,
                lambda: not command.running or self._state == "exited",
                sent,
                self.pulse,
                shell=self.pid if self.shell is not None else 0,
            )
        )

    # -- screen --

    def resize(self, columns: int, lines: int) -> None:
        """A viewer's wish. Unless a person holds the keyboard, the window never gets below its first size."""
        self._wished = min(max(2, columns), 1000), min(max(2, lines), 1000)
        self._fit()

    def _fit(self) -> None:
        columns, lines = self._wished
        if self.owner != "person":
            columns, lines = max(columns, self._least[0]), max(lines, self._least[1])
        if (columns, lines) != (self.columns, self.lines):
            self.columns, self.lines = columns, lines
            self._engine.resize(columns, lines)
            self._pty.resize(columns, lines)
            self._services.changed(self)

    def take_update(self, *, full: bool = False) -> ScreenUpdate | None:
        """The rows changed since the last call, or all."""
        return self._engine.take_update(full=full)

    @property
    def engine(self) -> Engine:
        """The emulated screen."""
        return self._engine

    def set_owner(self, owner: Owner) -> None:
        """Say who holds the keyboard."""
        if owner != self.owner:
            self.owner = owner
            self._services.publish(
                TerminalEvent(kind="owner", name=self.name, state=self._state, owner=owner, cwd=self.cwd)
            )
            self._fit()
            self.pulse.beat()

    def _let_go(self) -> None:
        """The agent's command is over: the keyboard is free again."""
        if self.owner == "agent":
            self.set_owner("free")

    # -- inside --

    async def _watch(self, command: Command) -> None:
        """While a command runs: see whether it waits for the keyboard."""
        while command.running:
            age = command.seconds(self._loop.time())
            await asyncio.sleep(QUIET if age < 2 else 0.4 if age < 20 else 0.8)
            now = self._loop.time()
            quiet = now - self._last_output
            if quiet < QUIET or now - self._last_input < 0.1 or self._pty.closed:
                continue
            wait = find_wait(
                shell=self.pid,
                group=self._pty.foreground(),
                tty=self._pty.path,
                modes=self._pty.modes(),
                line=command.capture.line,
                full_screen=command.capture.full_screen,
                quiet=quiet,
            )
            self.waits_for = str(wait) if wait is not None else ""
            self._set_state("waiting" if wait is not None else "busy")

    def _stop_ladder(self) -> None:
        if self._ladder is not None:
            self._ladder.cancel()
            self._ladder = None

    def _stop_watching(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def _set_state(self, state: State) -> None:
        if state == self._state:
            return
        self._state = state
        command = self.command
        self._services.publish(
            TerminalEvent(
                kind="state",
                name=self.name,
                state=state,
                command=command.text if command is not None else "",
                exit_code=command.exit_code if command is not None else self.exit_code,
                cwd=self.cwd,
                seconds=round(command.seconds(self._loop.time()), 3) if command is not None else 0.0,
                owner=self.owner,
                detail=self.waits_for if state == "waiting" else "",
            )
        )
        self.pulse.beat()

    def _remove_start_file(self) -> None:
        if self._start_file is not None:
            self._start_file.unlink(missing_ok=True)
            self._start_file = None


def _shown(text: str) -> bytes:
    """A command as the prompt shows it."""
    if len(text) > _LONGEST_SHOWN:
        text = text[:_LONGEST_SHOWN] + " …"
    return _UNSHOWABLE.sub("\ufffd", text.rstrip("\n")).replace("\n", "\r\n").encode("utf-8", "replace")
