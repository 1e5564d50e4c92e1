"""ripgrep: where it is, how it is asked, and what it answers."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO, Any

from codepilot.text import shorten_around
from codepilot.tools import child
from codepilot.workspace.ignore import NOISE_ENDINGS, NOISE_FILES, NOISE_FOLDERS
from codepilot.workspace.regular import MAX_BYTES
from codepilot.workspace.search import MAX_COLUMNS, Match, Search

_LONG_LINE = 1 << 20
"""Bytes from which on a line is not unpacked as a whole: it may tell three million places in a minified script."""
_LONGEST_LINE = 8 * MAX_BYTES
"""Bytes of a line, without its places, after which it is none of ripgrep's: a file of MAX_BYTES, with escapes."""
_FIRST_PLACE = re.compile(rb',"submatches":\[\{"match":.*?\},"start":\d+(?=,)', re.DOTALL)
"""A line as far as its first place. In a text of it, each quotation mark has a backslash before it."""


def installed(name: str) -> str:
    """Where a program is, or nothing. Relative entries of PATH do not count: the folder at hand may be anyone's."""
    import shutil

    folders = [folder for folder in os.get_exec_path() if folder.startswith("/")]
    return shutil.which(name, path=os.pathsep.join(folders)) or ""


class Broken(Exception):
    """What is installed under this name does not answer as ripgrep does, or not to the end."""


class Answer:
    """What it answers to a search, line by line."""

    def __init__(self) -> None:
        self.whole = False
        """Its last line was read. Its exit code does not tell: it is 2 also after a file that could not be read."""

    def matches(self, output: IO[bytes]) -> Iterator[Match]:
        """Those that it writes, to its end or to where it was cut off.

        Raises:
            Broken: ripgrep writes no such line.
        """
        while line := output.readline(_LONG_LINE):
            if len(line) == _LONG_LINE:
                line = _shortened(line, output)
            if not line.endswith(b"\n"):
                return  # it was killed while it wrote
            yield from self.read(line)

    def read(self, line: bytes) -> Sequence[Match]:
        """The match that a line tells, if it tells one.

        Raises:
            Broken: ripgrep writes no such line.
        """
        try:
            event = json.loads(line)
            self.whole = event["type"] == "summary"
            return (_match(event["data"]),) if event["type"] == "match" else ()
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Broken(f"unexpected output: {line[:80]!r}") from error


def _shortened(begun: bytes, output: IO[bytes]) -> bytes:
    """A long line as if it told only its first place; cut off as it is, where it was.

    Raises:
        Broken: ripgrep writes no such line.
    """
    if not begun.startswith(b"{"):
        raise Broken(f"unexpected output: {begun[:80]!r}")
    line = bytearray(begun)
    while not (first := _FIRST_PLACE.search(line)) and not line.endswith(b"\n"):
        if len(line) >= _LONGEST_LINE:
            raise Broken(f"a line of more than {_LONGEST_LINE >> 20} MB: {begun[:80]!r}")
        more = output.readline(len(line))  # as much again, so that all looks together take no longer than two
        if not more:
            return bytes(line)
        line += more
    if first is None:
        return bytes(line)
    piece = bytes(line[first.end() :])
    while not piece.endswith(b"\n"):
        piece = output.readline(_LONG_LINE)
        if not piece:
            return bytes(line)  # it was killed while it wrote
    return bytes(line[: first.end()]) + b"}]}}\n"


def _match(data: Any) -> Match:
    text = data["lines"].get("text")
    path = data["path"].get("text")
    if text is None or path is None:
        # Given in base64 because it is no UTF-8: a Latin-1 line, or a file name that no tool could open.
        text = text if text is not None else base64.b64decode(data["lines"]["bytes"]).decode("latin-1")
        path = path if path is not None else os.fsdecode(base64.b64decode(data["path"]["bytes"]))
    raw = text.encode("utf-8", "replace")
    start = data["submatches"][0]["start"] if data["submatches"] else 0
    column = len(raw[:start].decode("utf-8", "replace"))
    shown = shorten_around(text.rstrip(), MAX_COLUMNS, column)
    return Match(path.removeprefix("./"), data["line_number"], shown)


def command(program: str, search: Search) -> list[str]:
    """A fixed command line: the pattern stands behind -e and paths behind --, so neither can become an option."""
    arguments = [program, "--json", "--crlf", "--no-pre", "--no-search-zip", f"--max-filesize={MAX_BYTES}"]
    arguments += [*_choice(search), "-e", search.pattern, "--"]
    if search.files is None:
        return [*arguments, _root(search)]
    return [*arguments, *(name if name.startswith("/") else f"./{name}" for name in search.files)]


def _choice(search: Search) -> list[str]:
    """Which files are looked at."""
    arguments = [
        *("--no-config", "--sort=path", "--hidden", "--no-follow", "--no-messages"),
        *(
            "--no-require-git",
            "--no-ignore-dot",
            "--no-ignore-exclude",
            "--no-ignore-global",
            "--no-ignore-parent",
        ),
    ]
    arguments += [f"--glob={glob}" for glob in search.include]
    if search.files is None:
        noise = [*sorted(NOISE_FOLDERS | set(search.protected)), *sorted(NOISE_FILES)]
        arguments += [f"--glob=!{name}" for name in noise]
        arguments += [f"--glob=!*{ending}" for ending in NOISE_ENDINGS]
    return arguments


def _root(search: Search) -> str:
    return f"./{search.folder}" if search.folder else "./"


def _large(root: str, names: Sequence[str]) -> list[str]:
    """Those of the files that are too large to be searched."""
    found = []
    for name in names:
        with suppress(OSError):  # gone meanwhile
            if os.stat(os.path.join(root, name)).st_size > MAX_BYTES:  # noqa: PTH116, PTH118 - a hundred thousand times
                found.append(name)
    return found


async def too_large(program: str, search: Search) -> list[str]:
    """The files that ripgrep passes over in silence because of their size.

    Raises:
        OSError: it cannot be started.
        Broken: a signal ended it.
    """
    if search.files is not None:
        return []  # what is named is searched, whatever its size
    choice = [*_choice(search), "--", _root(search)]
    pieces: list[bytes] = []
    listing = [program, "--files", "--null", *choice]

    def take(output: IO[bytes]) -> bool:
        pieces.append(output.read())
        return True

    end = await child.run(listing, search.root, b"", take)
    if end.code < 0:
        raise Broken(end.why)
    listed = b"".join(pieces)
    names = [os.fsdecode(name).removeprefix("./") for name in listed.split(b"\0") if name]
    return await asyncio.to_thread(_large, search.root, names)
