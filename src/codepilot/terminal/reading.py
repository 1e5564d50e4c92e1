"""What a terminal's process writes, read by its marks: what is shown, which command said it, where that ends."""

from __future__ import annotations

import re
from collections.abc import Callable

from codepilot.terminal.command import Command
from codepilot.terminal.plain import plain
from codepilot.terminal.prompt import Prompt
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.shell.integration import Shell
from codepilot.terminal.shell.marks import Mark, MarkReader

_MODE_CHANGES = re.compile(rb"\x1b\[[?<>=][0-9;]*[hlmu]|\x1b[=>]")
"""What a line editor changes of the terminal when it hands it to a program: modes, key encodings."""
_LONGEST_ECHO = 65536
_LONGEST_WORD = 4000
"""Of the shell's own, after a command's output."""


class Reader:
    """Over the output of one process, from its start to its end.

    Args:
        shell: whose marks are in it; None: a program without marks.
        nonce: of the marks.
        aside: collects what is written while no command runs: by background jobs.
        show: takes what the screen is to show.
        running: gives the command that runs.
        begun: told that a command begins: what was typed, or None for the one that was given.
        ended: told that it is over, and its exit code as far as it is known.
        prompted: told that a new prompt stands.
        moved: told the shell's folder.
    """

    def __init__(
        self,
        shell: Shell | None,
        nonce: str,
        aside: Capture,
        *,
        show: Callable[[bytes], None],
        running: Callable[[], Command | None],
        begun: Callable[[str | None], None],
        ended: Callable[[int | None], None],
        prompted: Callable[[], None],
        moved: Callable[[str], None],
    ) -> None:
        self.prompt = Prompt()
        self.aside = aside
        self.unmarked = shell is None
        """It says neither where a command begins nor where it ends."""
        self._shell = shell
        self._marks = MarkReader(nonce) if shell is not None else None
        self._swallowed: bytearray | None = None
        """While the shell echoes our source line: what came since."""
        self._dropped = False
        """That line may never be run: ^C was typed since."""
        self._after: bytearray | None = None
        """What the shell itself writes after a command's output, before it says how that ended."""
        self._show = show
        self._running = running
        self._begun = begun
        self._ended = ended
        self._prompted = prompted
        self._moved = moved

    def take(self, data: bytes) -> None:
        """Read on."""
        if self._marks is None:
            self._show(data)
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
            self._show(self._marks.rest())
        self.prompt.stands = False
        self._swallowed = None

    @property
    def silent(self) -> bool:
        """The shell has marks, but does not say where a command begins."""
        return self._shell is not None and not self._shell.announces and not self.unmarked

    def expect_given(self) -> None:
        """A command is given at the prompt: the line by which that is done is not shown."""
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
            self._show(changes + b"\r\n")
            self._begun(None)
            return
        typed = self.prompt.line
        if self.prompt.ahead:
            rest = self.aside.take().text.replace(typed.strip(), "", 1).strip()
            self.aside.feed(f"{rest}\n".encode() if rest else b"")
        self._begun(typed)

    def end(self, code: int | None) -> None:
        """The command is over."""
        self._swallowed = None
        self._ended(code)

    @property
    def _waits_for_begin(self) -> bool:
        """A command was given, and the shell has not come to it, but will, and will say so."""
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
                self._show(echo + newline)
                piece = rest
        self._show(piece)
        self._collect(piece)

    def _collect(self, data: bytes) -> None:
        command = self._running()
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
            begun = self._running() is not None and self._swallowed is None
            if begun and not self.prompt.due:
                # The prompt stands and nothing told the end: somebody wrote PROMPT_COMMAND anew.
                self.prompt.due = True
                self.end(_code(mark))
        elif mark.kind == "O":
            self._after = bytearray()
        elif mark.kind == "D":
            if self._waits_for_begin:
                return  # this prompt is of an empty line that was typed before
            if self._after:
                # More than the sign for a last line without an end?
                said = plain(bytes(self._after)).strip("\u23ce\u00b6~ \n")
                self.aside.feed(f"{said}\n".encode() if said else b"")
            self._after = None
            self.prompt.command_ended()
            self.end(_code(mark))
        elif mark.kind == "P":
            self._moved(mark.value)
        elif mark.kind == "E":
            self.prompt.announced = mark.value
        elif mark.kind == "K":
            self.prompt.dropped()
        elif mark.kind == "B" and self.prompt.came():
            self.unmarked = False
            self._prompted()


def _code(mark: Mark) -> int | None:
    return int(mark.value) if mark.value.isdigit() else None
