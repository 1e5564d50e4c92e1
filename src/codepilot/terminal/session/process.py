"""What goes on at a terminal's process: its prompt, and the commands that run there one after another."""

from __future__ import annotations

import asyncio
from pathlib import Path

from codepilot.errors import TerminalError
from codepilot.terminal.protocol import Hand
from codepilot.terminal.session.boundaries import SETTLED, Reader
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.session.display import as_shown
from codepilot.terminal.session.dropping import Dropping
from codepilot.terminal.session.pty import Pty
from codepilot.terminal.session.state import Command, ProcessSettings
from codepilot.terminal.session.terminal import Current, Escalation, Start, Terminal
from codepilot.terminal.session.unmarked import Unmarked
from codepilot.terminal.session.waiting import Line, WaitWatch

_REPLIES_QUEUED = 65536  # bytes: a program that asks and does not read the answers gets no more of them


class Process:
    """One process, from its start to its end.

    Args:
        terminal: that it is on.
        settings: of the host.

    Raises:
        TerminalError: it cannot be started.
    """

    def __init__(self, terminal: Terminal, settings: ProcessSettings) -> None:
        self._current = Current(terminal)
        self._terminal = terminal
        self._shell, self._state = terminal.shell, terminal.state
        self._loop = asyncio.get_running_loop()
        self._last_hand: Hand = "person"  # who typed last
        self._start = Start(terminal, settings.environment)
        try:
            pty = Pty(
                [*settings.prefix, *self._start.argv],
                cwd=terminal.spec.cwd,
                environment=self._start.environment,
                size=(terminal.display.columns, terminal.display.lines),
                umask=settings.umask,
                on_output=self._take,
            )
        except TerminalError:
            self._start.remove_files()
            raise
        self.line = Line(pty)  # to the process
        self._escalation = Escalation(pty, self._state, pty.pid if self._shell is not None else 0)
        self._watch = WaitWatch(self.line, self._current.tell_wait)
        self._reader = Reader(self._shell, self._start.nonce, terminal.files.capture(), self)
        self._prompt = self._reader.prompt
        self.dropping = Dropping(self._prompt, self._shell, pty, self._keeps_line)
        self._talk = Unmarked(terminal, self._current, self.line, self._watch, self._reader)
        self._state.state = "starting"

    @property
    def pid(self) -> int:
        """Of the process."""
        return self.line.pty.pid

    @property
    def program(self) -> str:
        """Path of the shell."""
        return self._start.program

    # -- life --

    def begin(self) -> None:
        """The process runs."""
        if self._shell is None:
            self._current.command = self._current.new(self._terminal.spec.title, "process")
            self.began(None)
        else:
            text = self._terminal.display.engine.text
            self._watch.run(self._watch.until_start(lambda: self._prompt.stands, text, self._lose_marks))

    def finish(self, code: int) -> None:
        """The process has ended, and so has what ran there."""
        self.line.pty.drain()
        self._reader.close()
        command = self.running
        if command is not None:
            command.finish(code, self._loop.time())
            self._terminal.keyboard.remember(command)
        self._watch.stop()
        self._free()

    def stop(self) -> None:
        """The process is about to be ended: watch and signal it no more."""
        self._watch.stop()
        self._escalation.stop()

    def close(self) -> None:
        """Free all, whether or not the process has ended."""
        self._free()
        if self.command is not None:
            self.command.remove_file()
        self.release()

    def release(self) -> None:
        """Free what was kept of an ended process, so that its output could be read."""
        if self.command is not None:
            self.command.capture.close()

    def _free(self) -> None:
        self._start.remove_files()
        self.aside.close()
        self.line.pty.close()

    # -- output --

    def _take(self, data: bytes) -> None:
        self.line.received()
        self._goes_on()
        self._reader.take(data)
        self._state.changes.notify()

    def answer(self, replies: bytes) -> None:
        """The emulator answers what a program asked the terminal."""
        pty = self.line.pty
        if not pty.closed and pty.queued < _REPLIES_QUEUED:
            pty.write(replies)
            # fish asks at its own prompt, and reads the answers.
            shell_asks = self._prompt.stands and self._shell is not None and self._shell.name != "fish"
            if self.running is not None or shell_asks:
                self._prompt.answered()

    def _goes_on(self) -> None:
        if self._state.state == "waiting":
            self._state.become("busy", self.command)

    @property
    def aside(self) -> Capture:
        """Output while no command runs."""
        return self._reader.aside

    def take_aside(self) -> str:
        """What background jobs have written since the last look."""
        return self.aside.take().text

    # -- what the reader finds in it --

    @property
    def command(self) -> Command | None:
        """What runs, or ran last."""
        return self._current.command

    @property
    def running(self) -> Command | None:
        """The command, if it has not ended."""
        return self._current.running

    def show(self, data: bytes) -> None:
        """The screen is to show this."""
        self._terminal.display.show(data)

    def began(self, typed: str | None) -> None:
        """A command begins: what was typed, or None for the one that was given."""
        if typed is not None:
            command = self._current.new(typed.strip(), "typed")
            command.by, command.private = self._last_hand, typed.startswith(" ")
            command.folder = self._state.cwd
            self._current.adopt(command)
            if command.by == "agent":
                self._current.claim(command)
        self._current.start(self._watch)

    def ended(self, code: int | None) -> None:
        """It is over."""
        command = self.running
        if command is None:
            return
        command.finish(code, self._loop.time())
        self._watch.stop()
        self._state.become("idle", command)
        self._terminal.keyboard.remember(command)
        self._terminal.keyboard.let_go()

    def prompted(self) -> None:
        """A new prompt stands."""
        self._start.remove_files()
        if self._prompt.unsure:
            self._loop.call_later(SETTLED, self._state.changes.notify)
        if self.running is None:
            self._watch.stop()
            self._state.become("idle", self.command)

    def moved(self, folder: str) -> None:
        """The shell's folder is another."""
        self._state.cwd = folder

    # -- commands --

    def give(self, text: str, file: Path) -> Command:
        """Run the command in `file`; the prompt must be ready. The screen shows `text`, not how it is given."""
        assert self._shell is not None
        self.take_aside()
        command = self._current.new(text, "given", file)
        self._current.adopt(command)
        self._reader.expect_given()
        self.show(as_shown(text))
        self._current.claim(command)
        modes = self.line.pty.modes()
        if modes.canonical and not modes.echo and not self._shell.announces:
            self._reader.begin()  # there will be no echo
        self.line.send(self._shell.source_line(file))
        return command

    def interrupt(self) -> None:
        """^C now; if the command goes on, TERM after 2 s and KILL after 5 s to its process group."""
        if self._state.state == "exited":
            return
        command = self.running
        self.write(b"\x03", by="agent")
        if command is not None:
            self._escalation.begin(command)

    # -- input --

    @property
    def ready(self) -> bool:
        """The shell is at its prompt and takes a command."""
        if not self._prompt.stands:
            return False
        return not self._prompt.unsure or (self.line.quiet >= SETTLED and not self.line.pty.unread)

    @property
    def takes_commands(self) -> bool:
        """A shell with marks is at its prompt, and nobody has begun to type there."""
        return self.ready and not self.touched and not self.unmarked

    @property
    def at_rest(self) -> bool:
        """The shell is at its prompt, and nothing was typed there."""
        return self._prompt.stands and not self._prompt.typed_here

    def _keeps_line(self) -> bool:
        return (
            self.running is None and self._state.owner != "person"
        )  # who holds it clears the line, or keeps it

    @property
    def touched(self) -> bool:
        """Somebody has typed at this prompt, or ahead of it, and the shell has read that."""
        return self._prompt.touched

    def write(self, data: bytes, *, by: Hand) -> None:
        """Input as if typed."""
        self._last_hand = by
        command = self.running
        if command is not None and by == "person" and command.by == "agent":
            command.touched = True
        if command is not None and b"\x03" in data:
            self.line.interrupt_strays()
        if self._prompt.stands and self.unmarked:
            self._talk.resume()
        elif self._prompt.stands:
            self._prompt.key(data, silent=self._reader.silent)
        else:
            self._reader.typed(data)
            self._prompt.key_ahead(data, eaten=command is not None and self.line.takes_keys)
        self._goes_on()
        self.line.send(data)

    # -- a program without marks (see `unmarked`) --

    @property
    def unmarked(self) -> bool:
        """The program says neither where a command begins nor where it ends."""
        return self._reader.unmarked

    @property
    def prompt_row(self) -> str:
        """Without marks: the row under which the last text was given, or that stood at its end."""
        return self._talk.prompt_row

    @property
    def takes_text(self) -> bool:
        """Without marks: the program is at what looks like its prompt, or it has ended."""
        return self._talk.takes_text

    def submit(self, text: str) -> Command:
        """Without marks: give a text to the program, which must be waiting for one."""
        self.take_aside()
        return self._talk.submit(text)

    def _lose_marks(self, row: str) -> None:
        """The shell's start-up files have replaced it with another program, whose prompt is `row`."""
        self._start.remove_files()
        self._talk.lose_marks(row)
