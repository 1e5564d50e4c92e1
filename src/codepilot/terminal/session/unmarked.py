"""A program without marks: texts are given where it seems to wait for one, and their ends are judged (see `repl`)."""

from __future__ import annotations

import asyncio

from codepilot.terminal.session.boundaries import Reader
from codepilot.terminal.session.current import Current
from codepilot.terminal.session.launch import Terminal
from codepilot.terminal.session.repl import Conversation, program_of
from codepilot.terminal.session.state import Command
from codepilot.terminal.session.waiting import Line, WaitWatch


class Unmarked:
    """Talks to a program that says neither where a command begins nor where it ends.

    Args:
        terminal: that it is on.
        current: the text that runs.
        line: to the program.
        watch: looks what it waits for.
        reader: of its output.
    """

    def __init__(
        self, terminal: Terminal, current: Current, line: Line, watch: WaitWatch, reader: Reader
    ) -> None:
        self.prompt_row = ""
        """The row under which the last text was given, or that stood at its end."""
        self._terminal = terminal
        self._state = terminal.state
        self._current = current
        self._line = line
        self._watch = watch
        self._reader = reader
        self._loop = asyncio.get_running_loop()

    @property
    def takes_text(self) -> bool:
        """The program is at what looks like its prompt, or it has ended."""
        if self._state.state == "exited" or self._reader.prompt.stands:
            return True
        command, wait = self._current.command, self._current.wait
        asks = self._state.state == "waiting" and wait is not None and wait.kind == "input"
        return command is not None and command.source == "process" and asks

    def submit(self, text: str) -> Command:
        """Give a text to the program, which must be waiting for one."""
        before = self._current.running
        if before is not None:
            self.prompt_row = before.capture.line
        command = self._current.new(text, "given")
        # A line editor redraws its prompt; that row is in an earlier result already.
        command.capture.feed(self.prompt_row.encode())
        command.capture.take()
        self._current.adopt(command)
        self._reader.prompt.stands = False
        self._current.claim(command)
        self._state.become("busy", command)
        program = program_of(self._line.pty.foreground())
        talk = Conversation(command, self.prompt_row, program, self._terminal.display.engine.encode_paste)
        self._line.send(talk.first())
        self._watch.run(self._converse(talk, command))
        return command

    async def _converse(self, talk: Conversation, command: Command) -> None:
        """Give the rest of the text, and find its end or what the program asks for."""
        while command.running:
            await asyncio.sleep(talk.pause(command.seconds(self._loop.time())))
            if not self._line.has_read_all:
                self._current.tell_wait(None)
                continue
            wait = self._watch.look(command, expected=not talk.has_prompt)
            step = talk.next(wait, self._line.quiet)
            if step.do == "send":
                self._line.send(step.data)
            elif step.do == "end":
                self._end_text()
            elif step.do == "tell":
                self._current.tell_wait(step.wait)

    def _end_text(self) -> None:
        """The program is judged to have finished with the text."""
        command = self._current.command
        row = command.capture.line if command is not None else ""
        if not (self.prompt_row and row.endswith(self.prompt_row)):
            self.prompt_row = row
        self._reader.prompt.stands = True
        self._watch.forget()
        self._reader.end(None)

    def lose_marks(self, row: str) -> None:
        """The shell's start-up files have replaced it with another program, whose prompt is `row`."""
        self._reader.unmarked = True
        self.resume(f"{row} ")

    def resume(self, row: str = "") -> None:
        """What follows is not caused by a text of the agent's, but by the program itself. It continues at `row`."""
        prompt = self._reader.prompt
        prompt.stands = prompt.typed_here = False
        command = self._current.new(self._terminal.spec.title, "process")
        command.capture.feed(row.encode())
        command.capture.take()
        self._current.adopt(command)
        self._current.start(self._watch)
