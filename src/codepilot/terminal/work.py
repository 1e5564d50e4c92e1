"""What goes on at a terminal's process: its prompt, and the commands that run there one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from codepilot.terminal.command import Command
from codepilot.terminal.condition import Condition
from codepilot.terminal.display import as_shown
from codepilot.terminal.engines.engine import Engine
from codepilot.terminal.interrupt import AGAIN, press
from codepilot.terminal.keyboard import Keyboard
from codepilot.terminal.lookout import Lookout
from codepilot.terminal.protocol import Hand, TerminalEvent
from codepilot.terminal.pulse import Pulse
from codepilot.terminal.reading import Reader
from codepilot.terminal.session.capture import Capture, SessionFiles
from codepilot.terminal.session.pty import Pty
from codepilot.terminal.shell.integration import Shell
from codepilot.terminal.starting import Start
from codepilot.terminal.unmarked import Conversation, program_of
from codepilot.terminal.waiting import Wait
from codepilot.terminal.wire import Wire

SETTLED = 0.1
"""Seconds without output after which a prompt counts, if a half-typed line was dropped before."""
_REPLIES_QUEUED = 65536
"""A program that asks and does not read the answers gets no more of them."""


class Work:
    """Over one process, from its start to its end.

    Args:
        start: how it was started.
        pty: with the process on it.
        shell: what it is; None: a program without marks, which is itself the command.
        title: no shell: how a list shows it.
        files: for commands on their way, and for what they write.
        condition: of the terminal.
        keyboard: of the terminal.
        pulse: beaten when something changed.
        engine: the terminal's screen.
        show: takes what the screen is to show.
        owe: told each command whose result is due to the agent.
    """

    def __init__(
        self,
        start: Start,
        pty: Pty,
        shell: Shell | None,
        *,
        title: str,
        files: SessionFiles,
        condition: Condition,
        keyboard: Keyboard,
        pulse: Pulse,
        engine: Engine,
        show: Callable[[bytes], None],
        owe: Callable[[Command], None],
    ) -> None:
        self.command: Command | None = None
        """What runs, or ran last."""
        self.prompt_row = ""
        """Without marks: the row under which the last text was given, or that stood at its end."""
        self.wire = Wire(pty)
        self._start = start
        self._shell = shell
        self._title = title
        self._files = files
        self._now = condition
        self._keyboard = keyboard
        self._pulse = pulse
        self._engine = engine
        self._show = show
        self._owe = owe
        self._loop = asyncio.get_running_loop()
        self._wait: Wait | None = None
        self._last_hand: Hand = "person"
        """Who typed last."""
        self._ladder: asyncio.Task[None] | None = None
        self._lookout = Lookout(self.wire, self.tell_wait)
        self._reader = Reader(
            shell,
            start.nonce,
            files.capture(),
            show=show,
            running=lambda: self.running,
            begun=self._began,
            ended=self._ended,
            prompted=self._prompted,
            moved=self._moved,
        )
        self._prompt = self._reader.prompt

    # -- life --

    def begin(self) -> None:
        """The process runs."""
        if self._shell is None:
            self.command = self._new(self._title, "process")
            self._began(None)
        else:
            self._lookout.keep(
                self._lookout.over_start(lambda: self._prompt.stands, self._engine.text, self._lose_marks)
            )

    def finish(self, code: int) -> None:
        """The process has ended, and so has what ran there."""
        self.wire.pty.drain()
        self._reader.close()
        command = self.running
        if command is not None:
            command.finish(code, self._loop.time())
            self._keyboard.remember(command)
        self._lookout.stop()
        self._free()

    def stop(self) -> None:
        """The process is about to be ended: leave it alone."""
        self._lookout.stop()
        self._stop_ladder()

    def close(self) -> None:
        """Free all, whether or not the process has ended."""
        self._free()
        if self.command is not None:
            self.command.remove_file()
        self.release()

    def release(self) -> None:
        """Free what an ended process leaves to be looked at."""
        if self.command is not None:
            self.command.capture.close()

    def _free(self) -> None:
        self._start.remove_files()
        self.aside.close()
        self.wire.pty.close()

    # -- output --

    def take(self, data: bytes) -> None:
        """The process has written."""
        self.wire.came()
        self._goes_on()
        self._reader.take(data)
        self._pulse.beat()

    def answer(self, replies: bytes) -> None:
        """The emulator answers what a program asked the terminal."""
        pty = self.wire.pty
        if not pty.closed and pty.queued < _REPLIES_QUEUED:
            pty.write(replies)
            # fish asks at its own prompt, and reads the answers.
            shell_asks = self._prompt.stands and self._shell is not None and self._shell.name != "fish"
            if self.running is not None or shell_asks:
                self._prompt.answered()

    def _goes_on(self) -> None:
        if self._now.state == "waiting":
            self._now.become("busy", self.command)

    def _moved(self, folder: str) -> None:
        self._now.cwd = folder

    def _prompted(self) -> None:
        self._start.remove_files()
        if self._prompt.unsure:
            self._loop.call_later(SETTLED, self._pulse.beat)
        if self.running is None:
            self._lookout.stop()
            self._now.become("idle", self.command)

    # -- commands --

    @property
    def running(self) -> Command | None:
        """The command, if it has not ended."""
        return self.command if self.command is not None and self.command.running else None

    def _new(
        self, text: str, source: Literal["given", "typed", "process"], file: Path | None = None
    ) -> Command:
        return Command(text, source, self._files.capture(), self._loop.time(), file=file)

    def _adopt(self, command: Command) -> None:
        if self.command is not None:
            self._files.retire(self.command.capture)
        self.command = command

    def _claim(self, command: Command) -> None:
        """It is the agent's: its result is due, and it takes the keyboard if nobody has it."""
        self._owe(command)
        if self._keyboard.owner == "free":
            self._keyboard.hand_to("agent", self.running, self._now.cwd)

    def _began(self, typed: str | None) -> None:
        if typed is not None:
            command = self._new(typed.strip(), "typed")
            command.by, command.private = self._last_hand, typed.startswith(" ")
            command.folder = self._now.cwd
            self._adopt(command)
            if command.by == "agent":
                self._claim(command)
        if self.command is not None:
            self.command.started = self._loop.time()
            self._now.become("busy", self.command)
            self._lookout.keep(self._lookout.over(self.command))

    def _ended(self, code: int | None) -> None:
        command = self.running
        if command is None:
            return
        command.finish(code, self._loop.time())
        self._lookout.stop()
        self._now.become("idle", command)
        self._keyboard.remember(command)
        self._keyboard.let_go(self._now.cwd)

    def give(self, text: str, file: Path) -> Command:
        """Run the command in `file`; the prompt must be ready. The screen shows `text`, not how it is given."""
        assert self._shell is not None
        self.take_aside()
        command = self._new(text, "given", file)
        self._adopt(command)
        self._reader.expect_given()
        self._show(as_shown(text))
        self._claim(command)
        modes = self.wire.pty.modes()
        if modes.canonical and not modes.echo and not self._shell.announces:
            self._reader.begin()  # there will be no echo
        self.wire.send(self._shell.source_line(file))
        return command

    def interrupt(self) -> None:
        """^C now; if the command goes on, TERM after 2 s and KILL after 5 s to its process group."""
        if self._now.state == "exited":
            return
        command = self.running
        self.write(b"\x03", by="agent")
        if command is None:
            return

        def sent(name: str) -> None:
            command.signals.append(name)
            self._now.publish(TerminalEvent(kind="signal", command=command.text, detail=name))

        self._stop_ladder()
        self._ladder = self._loop.create_task(
            press(
                self.wire.pty,
                lambda: not command.running or self._now.state == "exited",
                sent,
                self._pulse,
                shell=self.wire.pty.pid if self._shell is not None else 0,
                young=command.seconds(self._loop.time()) < AGAIN,
            )
        )

    def _stop_ladder(self) -> None:
        if self._ladder is not None:
            self._ladder.cancel()
            self._ladder = None

    @property
    def aside(self) -> Capture:
        """Output while no command runs."""
        return self._reader.aside

    def take_aside(self) -> str:
        """What background jobs have written since the last look."""
        return self.aside.take().text

    # -- input --

    @property
    def ready(self) -> bool:
        """The shell stands at its prompt and takes a command."""
        if not self._prompt.stands:
            return False
        return not self._prompt.unsure or (self.wire.quiet >= SETTLED and not self.wire.pty.unread)

    @property
    def takes_commands(self) -> bool:
        """A shell with marks stands at its prompt, and nobody has begun to type there."""
        return self.ready and not self.touched and not self.unmarked

    @property
    def at_rest(self) -> bool:
        """The prompt stands, and nothing was typed there."""
        return self._prompt.stands and not self._prompt.typed_here

    @property
    def touched(self) -> bool:
        """Somebody has typed at this prompt, or before it what the shell got."""
        return self._prompt.touched

    def clear_prompt(self) -> None:
        """Have the shell drop what was typed; a new prompt comes."""
        assert self._shell is not None
        self._prompt.drop(confirmed=self._shell.confirms)
        self.wire.pty.write(self._shell.clear)

    def write(self, data: bytes, *, by: Hand) -> None:
        """Input as if typed."""
        self._last_hand = by
        command = self.running
        if command is not None and by == "person" and command.by == "agent":
            command.touched = True
        if command is not None and b"\x03" in data:
            self.wire.interrupt_strays()
        if self._prompt.stands and self.unmarked:
            self._resume()
        elif self._prompt.stands:
            self._prompt.key(data, silent=self._reader.silent)
        else:
            self._reader.typed(data)
            self._prompt.key_ahead(data, eaten=command is not None and self.wire.takes_keys)
        self._goes_on()
        self.wire.send(data)

    # -- does it wait? --

    def look(self, *, expected: bool = False) -> Wait | None:
        """Whether the running program waits for the keyboard, and for what; see `Lookout.look`."""
        return self._lookout.look(self.command, expected=expected)

    def tell_wait(self, wait: Wait | None) -> None:
        """What the look has shown."""
        self._wait = wait
        self._now.waits_for = str(wait) if wait is not None else ""
        self._now.become("waiting" if wait is not None else "busy", self.command)

    # -- a program without marks --

    @property
    def unmarked(self) -> bool:
        """The program says neither where a command begins nor where it ends."""
        return self._reader.unmarked

    @property
    def takes_text(self) -> bool:
        """Without marks: the program stands at what looks like its prompt; or it has ended."""
        if self._now.state == "exited" or self._prompt.stands:
            return True
        process = self.command is not None and self.command.source == "process"
        asks = self._now.state == "waiting" and self._wait is not None and self._wait.kind == "input"
        return process and asks

    def submit(self, text: str) -> Command:
        """Without marks: give a text to the program, which must take one."""
        before = self.running
        if before is not None:
            self.prompt_row = before.capture.line
        self.take_aside()
        command = self._new(text, "given")
        # A line editor goes back over its prompt; that row is told already.
        command.capture.feed(self.prompt_row.encode())
        command.capture.take()
        self._adopt(command)
        self._prompt.stands = False
        self._claim(command)
        self._now.become("busy", command)
        program = program_of(self.wire.pty.foreground())
        talk = Conversation(self, command, self.prompt_row, program, self._engine.encode_paste)
        talk.begin()
        self._lookout.keep(talk.run())
        return command

    def end_command(self) -> None:
        """Without marks: the text is taken to be done with."""
        row = self.command.capture.line if self.command is not None else ""
        if not (self.prompt_row and row.endswith(self.prompt_row)):
            self.prompt_row = row
        self._prompt.stands = True
        self._lookout.leave()
        self._reader.end(None)

    def _lose_marks(self, row: str) -> None:
        """The shell's start-up files have made another program of it, which asks in `row`."""
        self._reader.unmarked = True
        self._start.remove_files()
        self._resume(f"{row} ")

    def _resume(self, row: str = "") -> None:
        """Without marks: what comes now is no text of the agent's, but the program's own life. It goes on at `row`."""
        self._prompt.stands = self._prompt.typed_here = False
        command = self._new(self._title, "process")
        command.capture.feed(row.encode())
        command.capture.take()
        self._adopt(command)
        self._began(None)
