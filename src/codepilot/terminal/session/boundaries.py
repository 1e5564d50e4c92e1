"""Where does a command's output begin and end? Read from the shell's marks, its echo and the keys.

What is shown, which command said it, whether the prompt stands and what was typed there: all of it follows from that.
"""

from __future__ import annotations

import re
from typing import Protocol

from codepilot.terminal.plain import plain
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.session.state import Command
from codepilot.terminal.shell.integration import Mark, MarkReader, Shell

_MODE_CHANGES = re.compile(rb"\x1b\[[?<>=][0-9;]*[hlmu]|\x1b[=>]")
"""What a line editor changes of the terminal when it hands it to a program: modes, key encodings."""
_LONGEST_ECHO = 65536
_LONGEST_WORD = 4000
"""Bytes of the shell's own output that are kept after a command's."""
_LONGEST_LINE = 4000
_ENDS = (b"\r", b"\n", b"\x03", b"\x04")
"""After these nothing of a line is left for whoever reads next."""
_PROMPT = re.compile(r"(?:[$#%>❯»λ›]|\bIn \[\d+\]:|\]:)\s*$")


def is_prompt(row: str) -> bool:
    """The row looks like one under which a program takes a line."""
    return _PROMPT.search(row) is not None


class OutputListener(Protocol):
    """Is told what is found in the output."""

    @property
    def running(self) -> Command | None:
        """The command that runs."""

    def show(self, data: bytes) -> None:
        """The screen is to show this."""

    def began(self, typed: str | None) -> None:
        """A command begins: what was typed, or None for the one that was given."""

    def ended(self, code: int | None) -> None:
        """It is over; its exit code as far as it is known."""

    def prompted(self) -> None:
        """A new prompt stands."""

    def moved(self, folder: str) -> None:
        """The shell's folder is another."""


SETTLED = 0.1
"""Seconds without output after which a prompt counts, if a half-typed line was dropped before."""


class Prompt:
    """The prompt of one shell process. Without marks: of the program, as far as that is judged."""

    def __init__(self) -> None:
        self.stands = False
        """The shell reads a line."""
        self.typed_here = False
        """Somebody typed since it stands."""
        self.submitted = False
        """And pressed Enter. A shell that does not mark beginnings begins the command at the end of the echo."""
        self.due = True
        """The next prompt is a new one, not a redrawn one."""
        self.announced = ""
        """The line that the shell says it is about to run."""
        self._typed = bytearray()
        """What was echoed since somebody typed."""
        self._end_told = False
        """The shell has told the end of what came before it, as each prompt of a shell with marks does…"""
        self._tells_ends = False
        """… and so it did for the one that stands: one that comes without it is only drawn anew."""
        self._cleared = False
        """A half-typed line was discarded: several prompts may follow, if lines typed earlier are still being read."""
        self._dropping = False
        """The shell has not confirmed that yet; prompts until then belong to earlier lines."""
        self.ahead = False
        """Something was typed before it stood: the shell may get it."""
        self._left = False
        """And certainly will: it was an unfinished line, which no program has read."""
        self._echoed = False
        """Something was written behind it."""

    @property
    def unsure(self) -> bool:
        """Another prompt may follow at once: this one counts after a moment of quiet."""
        return self._cleared or self.ahead

    @property
    def unheard(self) -> bool:
        """A half-typed line is to be dropped by ^C, and the shell has not begun to."""
        return self._cleared and not (self.stands or self.due or self._dropping)

    @property
    def touched(self) -> bool:
        """Somebody has typed a part of a line here, or before it stood, and the shell got that."""
        return self.typed_here or (self.ahead and self._echoed)

    @property
    def line(self) -> str:
        """What was typed, as the shell says or as its echo shows it."""
        return self.announced or plain(bytes(self._typed))

    def came(self) -> bool:
        """The mark of its end. Says whether it is a new one."""
        if not self.due or self._dropping:
            # Drawn once more, as after another size: the line editor draws behind it what was typed so far.
            self._typed.clear()
            return False
        self.due = False
        self._tells_ends, self._end_told = self._end_told, False
        self.stands = True
        self.typed_here = self._left
        self._left = self._echoed = False
        self._typed.clear()
        return True

    def command_ended(self) -> None:
        """So another one is to come."""
        self.due = self._end_told = True
        self.submitted = False

    def given(self) -> None:
        """We give a line."""
        self.stands = self._cleared = self.ahead = self._left = False

    def drop(self, *, confirmed: bool) -> None:
        """We have a half-typed line dropped.

        Args:
            confirmed: the shell will say when it did.
        """
        self.stands = self.ahead = self._left = False
        self._cleared = True
        self._dropping = confirmed
        # A prompt that is drawn anew now, as after another size, stands for the line that is not dropped yet: a command
        # given there would arrive together with the ^C, and bash then runs or drops the wrong part of it.
        self.due = not confirmed and not self._tells_ends

    def dropped(self) -> None:
        """It did."""
        self._dropping = False
        self.due = True

    def key(self, data: bytes, *, silent: bool) -> None:
        """Somebody types here.

        Args:
            data: what.
            silent: the shell does not say where a command begins.
        """
        self.typed_here = True
        if silent and (b"\r" in data or b"\n" in data):
            self.stands = False
            self.submitted = True

    def key_ahead(self, data: bytes, *, eaten: bool) -> None:
        """Somebody types while it does not stand.

        Args:
            data: what.
            eaten: a program runs that takes single keys.
        """
        self.ahead = True
        self._left = not data.endswith(_ENDS) and not eaten

    def answered(self) -> None:
        """The terminal answered a program's question: what that has not read, the shell gets as if it were typed."""
        self.ahead = True

    def echo(self, data: bytes) -> None:
        """Output behind the prompt after somebody typed."""
        self._typed += data
        del self._typed[:-_LONGEST_LINE]

    def stir(self, data: bytes) -> None:
        """Output behind the prompt after somebody typed ahead."""
        self.echo(data)
        self._echoed = self._echoed or bool(plain(data).strip())


class Reader:
    """Over the output of one process, from its start to its end.

    Args:
        shell: whose marks are in it; None: a program without marks.
        nonce: of the marks.
        aside: collects what is written while no command runs: by background jobs.
        listener: is told what is found.
    """

    def __init__(self, shell: Shell | None, nonce: str, aside: Capture, listener: OutputListener) -> None:
        self.prompt = Prompt()
        self.aside = aside
        self.unmarked = shell is None
        """It says neither where a command begins nor where it ends."""
        self._shell = shell
        self._marks = MarkReader(nonce) if shell is not None else None
        self._swallowed: bytearray | None = None
        """While the shell echoes our source line: what came since."""
        self._dropped = False
        """^C was typed since: the shell may discard that line."""
        self._after: bytearray | None = None
        """What the shell itself writes between a command's output and the mark of its end."""
        self._listener = listener

    def take(self, data: bytes) -> None:
        """Read on."""
        if self._marks is None:
            self._listener.show(data)
            self._collect(data)
            return
        for piece in self._marks.feed(data):
            if isinstance(piece, Mark):
                self._take_mark(piece)
            else:
                self._take_piece(piece)

    def close(self) -> None:
        """The process has ended: nothing more comes."""
        if self._marks is not None:
            self._listener.show(self._marks.rest())
        self.prompt.stands = False
        self._swallowed = None

    @property
    def silent(self) -> bool:
        """The shell has marks, but does not say where a command begins."""
        return self._shell is not None and not self._shell.announces and not self.unmarked

    def expect_given(self) -> None:
        """A command is about to be given at the prompt; the source line that does it is not shown."""
        self.prompt.given()
        self._swallowed = bytearray()
        self._dropped = False

    def typed(self, data: bytes) -> None:
        """Something is typed while the prompt does not stand."""
        self._dropped = self._dropped or b"\x03" in data

    def begin(self) -> None:
        """A command begins."""
        self.prompt.stands = False
        if self._swallowed is not None:
            changes = b"".join(_MODE_CHANGES.findall(bytes(self._swallowed)))
            self._swallowed = None
            self._listener.show(changes + b"\r\n")
            self._listener.began(None)
            return
        typed = self.prompt.line
        if self.prompt.ahead:
            rest = self.aside.take().text.replace(typed.strip(), "", 1).strip()
            self.aside.feed(f"{rest}\n".encode() if rest else b"")
        self._listener.began(typed)

    def end(self, code: int | None) -> None:
        """The command is over."""
        self._swallowed = None
        self._listener.ended(code)

    @property
    def _waits_for_begin(self) -> bool:
        """A command was given that the shell has not begun yet; it will mark its beginning."""
        announces = self._shell is not None and self._shell.announces
        return self._swallowed is not None and announces and not self._dropped

    def _take_piece(self, piece: bytes) -> None:
        """Output of a shell, between two marks."""
        if self._swallowed is not None:
            self._swallowed += piece
            end = self._swallowed.find(b"\n") if self.silent else -1
            if end < 0:
                del self._swallowed[:-_LONGEST_ECHO]
                return
            piece = bytes(self._swallowed[end + 1 :])
            self.begin()
        elif self.prompt.submitted:
            echo, newline, rest = piece.partition(b"\n")
            self.prompt.echo(echo)
            if newline:
                self.prompt.submitted = False
                if self.prompt.line.strip():
                    self.begin()
                self._listener.show(echo + newline)
                piece = rest
        self._listener.show(piece)
        self._collect(piece)

    def _collect(self, data: bytes) -> None:
        command = self._listener.running
        if command is not None:
            if self._after is None:
                command.capture.feed(data)
            else:
                self._after += data
                del self._after[:-_LONGEST_WORD]
        elif self.prompt.stands:
            if self.prompt.typed_here and not self.unmarked:
                self.prompt.echo(data)
            else:
                self.aside.feed(data)
                if self.prompt.ahead:
                    # Output of a background job, or the line editor shows what it was given before.
                    self.prompt.stir(data)

    def _take_mark(self, mark: Mark) -> None:
        if mark.kind == "C":
            self.begin()
        elif mark.kind == "A":
            self._prompt_begins(mark)
        elif mark.kind == "O":
            self._after = bytearray()
        elif mark.kind == "D":
            self._command_ended(mark)
        elif mark.kind == "P":
            self._listener.moved(mark.value)
        elif mark.kind == "E":
            self.prompt.announced = mark.value
        elif mark.kind == "K":
            self.prompt.dropped()
        elif mark.kind == "B" and self.prompt.came():
            self.unmarked = False
            self._listener.prompted()

    def _prompt_begins(self, mark: Mark) -> None:
        begun = self._listener.running is not None and self._swallowed is None
        if begun and not self.prompt.due:
            # The prompt stands and nothing told the end: somebody wrote PROMPT_COMMAND anew.
            self.prompt.due = True
            self.end(_code(mark))

    def _command_ended(self, mark: Mark) -> None:
        if self._waits_for_begin:
            return  # this prompt is of an empty line that was typed before
        if self._after:
            # More than the sign for a last line without an end?
            said = plain(bytes(self._after)).strip("\u23ce\u00b6~ \n")
            self.aside.feed(f"{said}\n".encode() if said else b"")
        self._after = None
        self.prompt.command_ended()
        self.end(_code(mark))


def _code(mark: Mark) -> int | None:
    return int(mark.value) if mark.value.isdigit() else None
