"""Searching the work folder for a regular expression with Python alone, in a process of its own.

`re` cannot be interrupted and holds the interpreter while it works, so that one unlucky pattern would stop
the whole program. Hence this runs as a child (`command`), which answers line by line and can simply be
killed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TextIO

from codepilot.errors import WorkspaceError
from codepilot.text import shorten_around
from codepilot.values import dataclass
from codepilot.workspace.filetext import BinaryFile
from codepilot.workspace.ignore import compiled
from codepilot.workspace.places import PROTECTED
from codepilot.workspace.regular import TooLarge
from codepilot.workspace.walk import Walk
from codepilot.workspace.workspace import Workspace

MAX_COLUMNS = 400
_MAX_FILES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for, and where."""

    root: str
    pattern: str
    files: tuple[str, ...] | None = None
    """Only these; None: all below `folder` that are not ignored."""
    folder: str = ""
    include: tuple[str, ...] = ()
    """Only files that one of these matches, in the way of `.gitignore`."""
    unsafe: bool = False
    protected: tuple[str, ...] = PROTECTED


@dataclass(frozen=True, slots=True)
class Match:
    """One line that matched. A very long one is cut around the place."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class NotSearched:
    """A file that is too large, or with an empty path all those beyond the first hundred thousand."""

    path: str


def matches(search: Search) -> Iterator[Match | NotSearched]:
    """The matching lines, in the order of paths and lines. Binary and unreadable files have none.

    Raises:
        re.error: the pattern is not a regular expression.
    """
    pattern = re.compile(search.pattern)
    workspace = Workspace(search.root, unsafe=search.unsafe, protected=search.protected)
    wanted = compiled(list(search.include)) if search.include else None
    names: Iterator[str] | tuple[str, ...]
    walk = Walk(workspace, search.folder, limit=_MAX_FILES)
    if search.files is None:
        names = (entry.path for entry in walk if not entry.link)
    else:
        names = search.files
    for name in names:
        if wanted is not None and not wanted.match_file(name):
            continue
        try:
            file = workspace.read_text(name)
        except TooLarge:
            yield NotSearched(name)
            continue
        except (FileNotFoundError, BinaryFile, WorkspaceError):
            continue
        for number, line in enumerate(file.text.split("\n"), 1):
            found = pattern.search(line)
            if found and (line or number <= len(file.lines)):
                yield Match(name, number, shorten_around(line.rstrip(), MAX_COLUMNS, found.start()))
    if walk.truncated:
        yield NotSearched("")


def command(executable: str) -> list[str]:
    """The command line of the child; it reads one JSON object of a `Search` and writes a JSON list for each
    match, and one with the path alone for each file that was not searched.
    """
    code = (
        f"import sys; sys.path[:] = {[entry for entry in sys.path if entry]!r};"
        "from codepilot.workspace.search import main; main(sys.stdin, sys.stdout)"
    )
    return [executable, "-I", "-S", "-X", "utf8", "-c", code]


def request(search: Search) -> str:
    """What the child reads."""
    return json.dumps(asdict(search))


def main(source: TextIO, sink: TextIO) -> None:
    """The child's whole life."""
    asked: dict[str, Any] = json.load(source)
    for key in ("files", "include", "protected"):
        if asked[key] is not None:
            asked[key] = tuple(asked[key])
    for found in matches(Search(**asked)):
        row = [found.path, found.line, found.text] if isinstance(found, Match) else [found.path]
        sink.write(json.dumps(row) + "\n")
        sink.flush()
