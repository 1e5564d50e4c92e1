"""A terminal in the host: a process on a PTY, its screen, and the command that runs in it.

`dialogue` gives it commands and waits for what comes of them.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import signal
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from codepilot.errors import TerminalError
from codepilot.terminal.capture import Capture
from codepilot.terminal.command import Command
from codepilot.terminal.engine import Engine
from codepilot.terminal.feeding import ScreenFeed
from codepilot.terminal.files import SessionFiles
from codepilot.terminal.hands import LAPSE, PRIVATE, TAIL, Hands
from codepilot.terminal.interrupt import AGAIN, press
from codepilot.terminal.marks import Mark, MarkReader
from codepilot.terminal.plain import plain
from codepilot.terminal.processes import end_processes, is_alive, of_terminal, send_signal
from codepilot.terminal.prompt import Prompt
from codepilot.terminal.protocol import (
    Hand,
    Owner,
    PersonCommand,
    State,
    TerminalEvent,
    TerminalInfo,
)
from codepilot.terminal.pty import Pty
from codepilot.terminal.pulse import Pulse
from codepilot.terminal.screen import Effect, ScreenUpdate
from codepilot.terminal.services import Services
from codepilot.terminal.shell import Shell, chosen_shell
from codepilot.terminal.unmarked import Conversation, is_prompt, program_of
from codepilot.terminal.waiting import Wait, find_wait, stray_readers

_MODE_CHANGES = re.compile(rb"\x1b\[[?<>=][0-9;]*[hlmu]|\x1b[=>]")
"""What a line editor changes of the terminal when it hands it to a program: modes, key encodings."""
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
QUIET = 0.15
"""Seconds without output after which a program counts as quiet."""
SETTLED = 0.1
"""The same for a prompt after a half-typed line was dropped."""
START_QUIET = 1.0
"""The same for a shell that starts, before it is taken for one without marks."""
_IDENTITY = "TERM_SESSION_ID"
"""The variable by which a program can tell one terminal from another; by it what left the terminal is found again."""
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
        self._home = cwd
        self._identity = str(uuid.uuid4())
        self.columns = columns
        self.lines = lines
        self._least = self._wished = (columns, lines)
        self.owner: Owner = "free"
        self.hands = Hands(name)
        self._offers_told = 0
        self.owed: Command | None = None
        """The agent's last command, while no result has told its end."""
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
        self.shell: Shell | None = None if argv is not None else chosen_shell(shell, services.environment)
        self.program = ""
        self._engine: Engine = services.new_engine(columns, lines)
        self._feed = ScreenFeed(
            self._engine,
            hold=lambda held: self._pty.hold(held),
            answer=self._answer,
            effects=self._tell_effects,
            changed=lambda: services.changed(self),
        )
        self._state: State = "starting"
        self._start()

    # -- life --

    def _start(self) -> None:
        """Start the process. At first, and again when a shell died."""
        services = self._services
        environment: Mapping[str, str] = {**services.environment, _IDENTITY: self._identity}
        self.cwd = self._home
        self._marks: MarkReader | None = None
        self._unmarked = self.shell is None
        self._wait: Wait | None = None
        self.prompt_row = ""
        """Without marks: the row under which the last text was given, or that stood at its end."""
        self._start_folder: Path | None = None
        """Of the shell's start-up files, until it has read them."""
        self._swallowed: bytearray | None = None
        """While the shell echoes our source line: what came since."""
        self._prompt = Prompt()
        self._after: bytearray | None = None
        """What the shell itself writes after a command's output, before it says how that ended."""
        self._last_hand: Hand = "person"
        """Who typed last."""
        self._aside = self.files.capture()
        """Output while no command runs: of background jobs."""
        self._last_output = self._last_input = self._loop.time()
        if self.shell is not None:
            self.program = self.shell.find(services.environment)
            nonce = secrets.token_hex(16)
            self._marks = MarkReader(nonce)
            folder = self.files.folder(".rc", self.shell.start_files(nonce, environment))
            self._start_folder = folder
            environment = self.shell.environment(environment, folder)
            argv: Sequence[str] = self.shell.argv(self.program, folder)
        else:
            argv = self._argv or ()
        self.exit_code = None
        self.command = None
        try:
            self._pty = Pty(
                [*services.prefix, *argv],
                cwd=self._home,
                environment=environment,
                columns=self.columns,
                lines=self.lines,
                umask=services.umask,
                on_output=self._take_output,
            )
        except TerminalError:
            self._remove_start_files()
            self._feed.close()
            raise
        self.pid = self._pty.pid
        self._state = "starting"
        if self.shell is None:
            self.command = Command(self._title, "process", self.files.capture(), self._loop.time())
            self._begin(self.command)
        else:
            self._watcher = self._loop.create_task(self._watch_start())
        services.reaper.expect(self.pid, self._process_ended)

    def _process_ended(self, code: int) -> None:
        self._pty.drain()
        if self._marks is not None:
            self._show(self._marks.rest())
        now = self._loop.time()
        command = self.command
        if command is not None and command.running:
            command.finish(code, now)
            self._remember(command)
        self.exit_code = code
        self._prompt.stands = False
        self._swallowed = None
        self._remove_start_files()
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
        self._pty.close()
        self._aside.close()
        if self.command is not None:
            self.command.capture.close()
            self.command.remove_file()
        self._remove_start_files()
        self._feed.close()

    def release(self) -> None:
        """Free what an ended terminal still holds."""
        if self.command is not None:
            self.command.capture.close()
        self._feed.close()

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
                else:
                    self._take_piece(piece)
        self.pulse.beat()

    def _take_piece(self, piece: bytes) -> None:
        """Output of a shell, between two marks."""
        silent = self.shell is not None and not self.shell.announces and not self._unmarked
        if self._swallowed is not None:
            self._swallowed += piece
            end = self._swallowed.find(b"\n") if silent else -1
            if end < 0:
                del self._swallowed[:-65536]
                return
            piece = bytes(self._swallowed[end + 1 :])
            self._command_began()
        elif self._prompt.submitted:
            echo, newline, rest = piece.partition(b"\n")
            self._prompt.echo(echo)
            if newline:
                self._prompt.submitted = False
                if self._prompt.line.strip():
                    self._command_began()
                self._show(echo + newline)
                piece = rest
        self._show(piece)
        self._collect(piece)

    def _show(self, data: bytes) -> None:
        if not data:
            return
        self._feed.add(data)
        self._services.shown(self, data)

    def _answer(self, replies: bytes) -> None:
        if not self._pty.closed and self._pty.queued < _REPLIES_QUEUED:
            self._pty.write(replies)
            asked = self.command is not None and self.command.running
            # fish asks at its own prompt, and reads the answers.
            if asked or (self._prompt.stands and self.shell is not None and self.shell.name != "fish"):
                self._prompt.answered()

    def _tell_effects(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            self._services.publish(
                TerminalEvent(
                    kind=effect.kind,
                    name=self.name,
                    state=self._state,
                    cwd=self.cwd,
                    owner=self.owner,
                    detail=effect.text,
                    primary=effect.target == "primary",
                )
            )

    def _collect(self, data: bytes) -> None:
        command = self.command
        if command is not None and command.running:
            if self._after is None:
                command.capture.feed(data)
            else:
                self._after += data
                del self._after[:-_LONGEST_SHOWN]
        elif self._prompt.stands:
            if self._prompt.typed_here and not self._unmarked:
                self._prompt.echo(data)
            else:
                self._aside.feed(data)
                if self._prompt.ahead:
                    # Output of a background job, or the line editor shows what it was given before.
                    self._prompt.stir(data)

    def _take_mark(self, mark: Mark) -> None:
        if mark.kind == "C":
            self._command_began()
        elif mark.kind == "A":
            begun = self.command is not None and self.command.running and self._swallowed is None
            if begun and not self._prompt.due:
                # The prompt stands and nothing told the end: somebody wrote PROMPT_COMMAND anew.
                self._prompt.due = True
                self._command_ended(int(mark.value) if mark.value.isdigit() else None)
        elif mark.kind == "O":
            self._after = bytearray()
        elif mark.kind == "D":
            if self._after:
                # More than the sign for a last line without an end?
                said = plain(bytes(self._after)).strip("\u23ce\u00b6~ \n")
                self._aside.feed(f"{said}\n".encode() if said else b"")
            self._after = None
            self._prompt.command_ended()
            self._command_ended(int(mark.value) if mark.value.isdigit() else None)
        elif mark.kind == "P":
            self.cwd = mark.value
        elif mark.kind == "E":
            self._prompt.announced = mark.value
        elif mark.kind == "K":
            self._prompt.dropped()
        elif mark.kind == "B" and self._prompt.came():
            self._remove_start_files()
            self._unmarked = False
            if self._prompt.unsure:
                self._loop.call_later(SETTLED, self.pulse.beat)
            if self.command is None or not self.command.running:
                self._stop_watching()
                self._set_state("idle")

    def _command_began(self) -> None:
        self._prompt.stands = False
        if self._swallowed is not None:
            changes = b"".join(_MODE_CHANGES.findall(bytes(self._swallowed)))
            self._swallowed = None
            self._show(changes + b"\r\n")
        else:
            text = self._prompt.line
            command = Command(text.strip(), "typed", self.files.capture(), self._loop.time())
            if self._prompt.ahead:
                rest = self._aside.take().text.replace(command.text, "", 1).strip()
                self._aside.feed(f"{rest}\n".encode() if rest else b"")
            command.by, command.private = self._last_hand, text.startswith(" ")
            command.folder = self.cwd
            self._adopt(command)
            if command.by == "agent":
                self.owed = command
                if self.owner == "free":
                    self.set_owner("agent")
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
        self._remember(command)
        self._let_go()

    def _adopt(self, command: Command) -> None:
        if self.command is not None:
            self.files.retire(self.command.capture)
        self.command = command

    # -- commands --

    @property
    def prompt_ready(self) -> bool:
        """The shell stands at its prompt and takes a command."""
        if not self._prompt.stands:
            return False
        return not self._prompt.unsure or (self.quiet >= SETTLED and not self._pty.unread)

    @property
    def echoes(self) -> bool:
        """Input is shown: by the terminal, or likely by a program that takes keys and edits its line itself."""
        modes = self._pty.modes()
        return modes.echo or not modes.canonical

    @property
    def touched(self) -> bool:
        """Somebody has typed at this prompt, or before it what the shell got."""
        return self._prompt.touched

    def clear_prompt(self) -> None:
        """Have the shell drop what was typed; a new prompt comes."""
        assert self.shell is not None
        self._prompt.drop(confirmed=self.shell.confirms)
        self._pty.write(self.shell.clear)

    def revive(self) -> str:
        """Replace a dead shell; says so."""
        if self._state != "exited" or self.shell is None:
            return ""
        how = f"The earlier shell had ended with exit code {self.exit_code}; "
        self._feed.reset_modes()
        self._show(b"\r\n")
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
        self.owed = command
        self._prompt.given()
        self._show(_shown(text))
        self._swallowed = bytearray()
        if self.owner == "free":
            self.set_owner("agent")
        modes = self._pty.modes()
        if modes.canonical and not modes.echo and not self.shell.announces:
            self._command_began()  # there will be no echo
        self._pty.write(self.shell.source_line(file))
        self._last_input = self._loop.time()
        return command

    @property
    def aside(self) -> Capture:
        """Output while no command runs."""
        return self._aside

    def take_aside(self) -> str:
        """What background jobs have written since the last look."""
        return self._aside.take().text

    def write(self, data: bytes, *, by: Hand = "person") -> None:
        """Input as if typed."""
        if self._state == "exited":
            raise TerminalError(f"the terminal '{self.name}' has ended")
        self._last_input = self._loop.time()
        self._last_hand = by
        command = self.command
        if by == "person" and command is not None and command.running and command.by == "agent":
            command.touched = True
        if b"\x03" in data and command is not None and command.running and self._pty.modes().signals:
            strays = stray_readers(self.pid, self._pty.foreground(), self._pty.path)
            send_signal(strays, signal.SIGINT)
        if self._prompt.stands and self._unmarked:
            self._resume()
        elif self._prompt.stands:
            self._prompt.key(data, silent=self.shell is not None and not self.shell.announces)
        else:
            running = self.command is not None and self.command.running
            self._prompt.key_ahead(data, eaten=running and not self._pty.modes().canonical)
        if self._state == "waiting":
            self._set_state("busy")
        self._pty.write(data)

    def encode(self, kind: str, arguments: Sequence[Any]) -> bytes:
        """Bytes for a key, a paste, a mouse event or the focus in the modes now in force."""
        if kind == "key":
            key, text = arguments
            return self._engine.encode_key(key, text=text)
        if kind == "focus":
            return self._engine.encode_focus(*arguments)
        encoder: Callable[..., bytes] = (
            self._engine.encode_paste if kind == "paste" else self._engine.encode_mouse
        )
        return encoder(*arguments)

    def interrupt(self) -> None:
        """^C now; if the command goes on, TERM after 2 s and KILL after 5 s to its process group."""
        if self._state == "exited":
            return
        command = self.command
        self.write(b"\x03", by="agent")
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
                young=command.seconds(self._loop.time()) < AGAIN,
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

    def set_owner(self, owner: Owner, *, by_typing: bool = False) -> None:
        """Say who holds the keyboard.

        Args:
            owner: free while the agent's command runs means the agent.
            by_typing: the person did nothing but type into a terminal that nobody held.
        """
        command = self.command if self.command is not None and self.command.running else None
        if owner == "free" and command is not None and command.by == "agent":
            owner = "agent"
        if owner == "person":
            into = command.text if command is not None and command.by == "agent" else ""
            self.hands.take(self.cwd, by_typing=by_typing and self.owner != "agent", into=into)
        elif self.owner == "person":
            theirs = command is not None and command.source == "typed" and command.by == "person"
            self.hands.give_back(self.cwd, self._as_told(command) if command is not None and theirs else None)
            self.tell_offers()
        self._own(owner)

    def lapse(self) -> bool:
        """The agent wants the terminal: a hold by typing gives way at an empty prompt; says whether it did."""
        if self.owner != "person":
            return False
        idle = (
            self._prompt.stands
            and not self._prompt.typed_here
            and self._loop.time() - self._last_input >= LAPSE
        )
        if not (idle and self.hands.held_by_typing):
            if self.hands.want():
                self._services.publish(
                    TerminalEvent(
                        kind="owner", name=self.name, state=self._state, owner="person", detail="wanted"
                    )
                )
            return False
        self.hands.lapse()
        self._own("free")
        return True

    def _own(self, owner: Owner) -> None:
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
            self._own("free")

    def _remember(self, command: Command) -> None:
        """The person's command has ended: it is kept to be told."""
        if command.source != "typed" or command.by != "person":
            return
        self.hands.add(self._as_told(command))
        self.tell_offers()

    def tell_offers(self) -> None:
        """Say how many commands of the person are offered, if that has changed."""
        count = self.hands.count
        if count != self._offers_told:
            self._offers_told = count
            self._services.publish(
                TerminalEvent(kind="typed", name=self.name, state=self._state, owner=self.owner, count=count)
            )

    def _as_told(self, command: Command) -> PersonCommand:
        if not command.number:
            command.number = self.hands.number()
        return PersonCommand(
            number=command.number,
            text=PRIVATE if command.private else command.text,
            folder=command.folder,
            exit_code=command.exit_code,
            seconds=round(command.seconds(self._loop.time()), 3),
            output="" if command.private else command.capture.recent(TAIL),
            running=command.running,
        )

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
            # One that takes single keys and has said nothing at all has no prompt: `bc -q`.
            mute = not self._pty.modes().canonical and not command.capture.recent(1)
            self.tell_wait(self.look(expected=mute or (command.source == "process" and quiet > 1)))

    async def _watch_start(self) -> None:
        """See whether the shell asks something at its start, and whether its marks come.

        Its start-up files may have made another program of it. Then it is one without marks.
        """
        while not self._prompt.stands and not self._pty.closed:
            await asyncio.sleep(QUIET)
            if self.quiet < START_QUIET or not self.has_read_all:
                continue
            row = self._engine.text().rstrip().rpartition("\n")[2]
            wait = self._find_wait(row)
            if wait is not None and wait.kind == "input" and is_prompt(row):
                self._unmarked = True
                self._remove_start_files()
                self._resume(f"{row} ")
            else:
                self.tell_wait(wait)

    def look(self, *, expected: bool = False) -> Wait | None:
        """Whether the running program waits for the keyboard, and for what.

        Args:
            expected: also under an empty row, where that is no more than likely.
        """
        command = self.command
        if command is None or self._pty.closed:
            return None
        return self._find_wait(
            command.capture.line, full_screen=command.capture.full_screen, expected=expected
        )

    def _find_wait(self, line: str, *, full_screen: bool = False, expected: bool = False) -> Wait | None:
        wait = find_wait(
            shell=self.pid,
            group=self._pty.foreground(),
            tty=self._pty.path,
            modes=self._pty.modes(),
            line=line,
            full_screen=full_screen,
            quiet=self.quiet,
            expected=expected,
        )
        # A shell that stands at its prompt again waits too; then what it said of that is here, but not read yet.
        return None if self._pty.has_output else wait

    def tell_wait(self, wait: Wait | None) -> None:
        """What the look has shown."""
        self._wait = wait
        self.waits_for = str(wait) if wait is not None else ""
        self._set_state("waiting" if wait is not None else "busy")

    @property
    def quiet(self) -> float:
        """Seconds since the last output."""
        return self._loop.time() - self._last_output

    def seconds_of(self, command: Command) -> float:
        """How long it took, or takes so far."""
        return command.seconds(self._loop.time())

    # -- a program without marks --

    @property
    def unmarked(self) -> bool:
        """It says neither where a command begins nor where it ends."""
        return self._unmarked

    @property
    def takes_text(self) -> bool:
        """Without marks: the program stands at what looks like its prompt; or it has ended."""
        if self._state == "exited" or self._prompt.stands:
            return True
        process = self.command is not None and self.command.source == "process"
        asks = self._state == "waiting" and self._wait is not None and self._wait.kind == "input"
        return process and asks

    @property
    def has_read_all(self) -> bool:
        """Without marks: what was typed last has been read, and had time to show."""
        if self._pty.closed or self._pty.unread:
            return False
        answered = self._last_output > self._last_input
        return self._loop.time() - self._last_input >= (0.03 if answered else 0.3)

    def submit(self, text: str) -> Command:
        """Without marks: give a text to the program, which must take one."""
        before = self.command
        if before is not None and before.running:
            self.prompt_row = before.capture.line
        self.take_aside()
        command = Command(text, "given", self.files.capture(), self._loop.time())
        # A line editor goes back over its prompt; that row is told already.
        command.capture.feed(self.prompt_row.encode())
        command.capture.take()
        self._adopt(command)
        self.owed = command
        self._prompt.stands = False
        if self.owner == "free":
            self.set_owner("agent")
        self._set_state("busy")
        self._stop_watching()
        talk = Conversation(
            self, command, self.prompt_row, program_of(self._pty.foreground()), self._engine.encode_paste
        )
        talk.begin()
        self._watcher = self._loop.create_task(talk.run())
        return command

    def type(self, data: bytes) -> None:
        """Without marks: a part of the text."""
        self._last_input = self._loop.time()
        self._pty.write(data)

    def end_command(self) -> None:
        """Without marks: the text is taken to be done with."""
        row = self.command.capture.line if self.command is not None else ""
        if not (self.prompt_row and row.endswith(self.prompt_row)):
            self.prompt_row = row
        self._prompt.stands = True
        self._watcher = None  # it is what calls this, and ends by itself
        self._command_ended(None)

    def _resume(self, row: str = "") -> None:
        """Without marks: what comes now is no text of the agent's, but the program's own life. It goes on at `row`."""
        self._prompt.stands = self._prompt.typed_here = False
        command = Command(self._title, "process", self.files.capture(), self._loop.time())
        command.capture.feed(row.encode())
        command.capture.take()
        self._adopt(command)
        self._begin(command)

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

    def _remove_start_files(self) -> None:
        if self._start_folder is not None:
            shutil.rmtree(self._start_folder)
            self._start_folder = None


def _shown(text: str) -> bytes:
    """A command as the prompt shows it."""
    if len(text) > _LONGEST_SHOWN:
        text = text[:_LONGEST_SHOWN] + " …"
    return _UNSHOWABLE.sub("\ufffd", text.rstrip("\n")).replace("\n", "\r\n").encode("utf-8", "replace")
