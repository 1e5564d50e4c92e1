"""How a shell is integrated: what the host needs of it, its marks in the output, whether it understands a command."""

from __future__ import annotations

import re
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from codepilot.errors import TerminalError


class Shell(Protocol):
    """What the host needs of a shell."""

    name: str
    announces: bool
    """It marks where a command's output begins (C); else that is the end of the line that we typed."""
    clear: bytes
    """What is typed to have a half-typed line dropped; a mark that the prompt stands comes of it."""
    surely: bytes
    """The same where `clear` is a signal that may be ignored; answered as `confirms` says. Empty: there is no need."""
    confirms: bool
    """A mark of its own says so (K), in its order among those of lines typed before."""

    def find(self, environment: Mapping[str, str]) -> str:
        """The path of the program.

        Raises:
            TerminalError: it is not there.
        """
        ...

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Names and texts of the start-up files that install the marks, for a private folder of their own."""
        ...

    def environment(self, environment: Mapping[str, str], folder: Path) -> Mapping[str, str]:
        """All variables that the shell is started with."""
        ...

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """The command line of an interactive shell that reads the start-up files in `folder`."""
        ...

    def source_line(self, path: Path) -> bytes:
        """What is typed at the prompt to run the file at `path`, Enter included."""
        ...

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """A command line that parses the file at `path` without running it."""
        ...

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """Why the parsed file may not run, from what the check said; empty if it may."""
        ...

    def clean(self, output: str, path: Path | None) -> str:
        """A command's output without traces of how it was given to the shell."""
        ...


class MarkedShell:
    """What the shells that we integrate do alike; each adds the rest of `Shell`.

    Args:
        place: path of the program; empty: the first of its name on PATH.
    """

    name: str
    hint: str
    """What to do if it is missing."""
    announces = True
    clear = b"\x03"
    surely = b""
    confirms = False

    def __init__(self, place: str = "") -> None:
        self._place = place

    def find(self, environment: Mapping[str, str]) -> str:
        """The program, on the shell's own PATH.

        Raises:
            TerminalError: it is not there.
        """
        program = shutil.which(self._place or self.name, path=environment.get("PATH"))
        if program is None:
            where = (
                f"there is no program {self._place}" if self._place else f"{self.name} was not found on PATH"
            )
            raise TerminalError(where, hint=self.hint)
        return program

    def environment(self, environment: Mapping[str, str], folder: Path) -> Mapping[str, str]:
        """As they are."""
        return environment


_MARK_START = b"\x1b]633;"
_MARK_END = re.compile(rb"\x07|\x1b\\")
_LONGEST_MARK = 8192
"""Bytes after which an unfinished mark is taken for output."""
_ESCAPE = re.compile(r"\\(\\|x[0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the shell says.

    A: the prompt begins. B: it ends. E: the line that was typed (value). C: output begins. O: output ends.
    D: the command ended (value: exit code). P: the folder (value). K: a half-typed line was dropped.
    """

    kind: str
    value: str = ""


class MarkReader:
    """Splits a stream of output into plain pieces and marks, in order."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce.encode()
        self._held = b""

    def feed(self, data: bytes) -> Iterator[bytes | Mark]:
        """Take bytes, cut anywhere. What may be the beginning of a mark is held back until more comes."""
        data = self._held + data
        self._held = b""
        if b"\x1b" not in data:  # most of a flood
            if data:
                yield data
            return
        position = 0
        while True:
            start = data.find(_MARK_START, position)
            if start < 0:
                keep = _partial_start(data, position)
                if keep > position:
                    yield data[position:keep]
                self._held = data[keep:]
                return
            end = _MARK_END.search(data, start, start + _LONGEST_MARK)
            if end is None and len(data) - start < _LONGEST_MARK:
                if start > position:
                    yield data[position:start]
                self._held = data[start:]
                return
            mark = None if end is None else self._mark(data[start + len(_MARK_START) : end.start()])
            if end is None or mark is None:
                stop = start + len(_MARK_START)
                yield data[position:stop]
                position = stop
                continue
            if start > position:
                yield data[position:start]
            yield mark
            position = end.end()

    def rest(self) -> bytes:
        """What is held back, when no more will come."""
        held, self._held = self._held, b""
        return held

    def _mark(self, body: bytes) -> Mark | None:
        head, _, nonce = body.rpartition(b";")
        if nonce != self._nonce:
            return None
        kind, _, value = head.decode("utf-8", "replace").partition(";")
        return Mark(kind, _ESCAPE.sub(_unescape, value))


def _unescape(match: re.Match[str]) -> str:
    found = match[1]
    return "\\" if found == "\\" else chr(int(found[1:], 16))


def _partial_start(data: bytes, position: int) -> int:
    """Where a cut-off beginning of a mark stands at the end of `data`, else its length."""
    for length in range(min(len(_MARK_START) - 1, len(data) - position), 0, -1):
        if data.endswith(_MARK_START[:length]):
            return len(data) - length
    return len(data)


Run = Callable[[Sequence[str]], Awaitable[tuple[int, str] | None]]
"""Runs a command line to its end: exit code and what it said on stderr; None if it took too long."""

_LONGEST_AT_A_GLANCE = 2000
"""Characters of a command that is looked at here."""
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(
    r"(?P<blank>[ \t]+)"
    r"|(?P<operator>&&|\|\||[|;])"
    r"|(?P<copy>[0-9]?>&[0-9])"
    r"|(?P<redirection>[0-9]?>>|[0-9]?>|[0-9]?<|&>)"
    rf"|(?P<word>(?:[A-Za-z0-9_./:,@%+=~^*?-]|'[^'\n]*'|\"(?:[^\"\\$`\n]|\${_NAME})*\"|\${_NAME}|\$\?)+"
    r"|(?<![^ \t])[\[\]](?=[ \t]|$))"
)
_RESERVED = frozenset(
    (
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "case",
        "esac",
        "for",
        "select",
        "while",
        "until",
        "do",
        "done",
        "in",
    )
    + ("function", "time", "coproc")
)


async def refusal(shell: Shell, program: str, text: str, file: Path, run: Run) -> str:
    """Why a command may not run; empty if it may. A check that takes too long refuses nothing.

    Most commands are simple ones on one line, of which bash's answer is sure at a glance. For the others the shell
    itself is asked, which costs a process.

    Args:
        shell: that is to run it.
        program: path of the shell.
        text: the command.
        file: holds it.
        run: runs the check.
    """
    if shell.name == "bash" and surely_whole(text):
        return ""
    said = await run(shell.check_argv(program, file))
    return shell.refusal(*said, file) if said is not None else ""


def surely_whole(text: str) -> bool:
    """Whether bash parses this without doubt: words, quotes, pipes, lists and redirections."""
    tokens = _tokens(text.rstrip("\n"))
    if tokens is None:
        return False
    begins, target, after = True, False, ""
    for token in tokens:
        kind = token.lastgroup
        if kind == "operator":
            if begins or target:
                return False
            begins, after = True, token[0]
        elif target and kind in ("redirection", "copy"):
            return False
        elif kind == "redirection":
            target = True
        elif target:
            target = False
        elif kind == "word":
            if begins and token[0] in _RESERVED:
                return False
            begins = False
    return not target and (not begins or after == ";")


def _tokens(text: str) -> list[re.Match[str]] | None:
    """All but the blanks; None: it is too long, or there is more in it than is known here."""
    if len(text) > _LONGEST_AT_A_GLANCE:
        return None
    found, position = [], 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position = token.end()
        if token.lastgroup != "blank":
            found.append(token)
    return found
