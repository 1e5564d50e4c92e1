"""What one line says as a fence: its length, its info string, and what kind of block it opens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codepilot.protocol.blocks import BlockKind

_FENCE = re.compile(r"(?P<indent> {0,3})(?P<run>`{3,}|~{3,})(?P<info>[^\n]*)\Z")
_FILENAME = re.compile(
    r"(?:(?<=\s)|\A)filename\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>\S*))",
    re.IGNORECASE,
)
_NO_EOF = re.compile(r"(?:(?<=\s)|\A)eof\s*=\s*[\"']?none[\"']?(?=\s|\Z)", re.IGNORECASE)
_RUN = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)

# A line of which no more than this has come may still become a fence; at `MAY_BE` it surely looks like one.
UNDECIDED = re.compile(r" {0,3}(?:`{1,2}|~{1,2})?\Z")
MAY_BE = re.compile(r" {0,3}(?:```|~~~)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A line that is a CommonMark code fence."""

    indent: int
    char: str
    length: int
    info: str
    """Without blank edges; empty for a bare fence."""
    kind: BlockKind | None
    """The block that it opens; None for a display fence."""
    language: str
    path: str = ""
    """Of a payload."""
    eof: bool = True
    """Of a payload: its text ends with a newline."""
    flaw: str = ""
    """What is wrong with the fence itself."""


def read_fence(line: str) -> Fence | None:
    """Read a line, without its line end, as a fence; None if it is none."""
    match = _FENCE.match(line)
    if match is None:
        return None
    run, info = match["run"], match["info"].strip()
    if run[0] == "`" and "`" in info:
        return None  # inline code at the start of a line, says CommonMark
    kind: BlockKind | None = None
    words = info.split(maxsplit=1)
    language = words[0].lower() if words else ""
    path, eof, flaw = "", True, ""
    named = _FILENAME.search(info)
    if named is not None:
        kind = "payload"
        if named.start() == 0:
            language = ""
        path, flaw = _path_of(named)
        eof = _NO_EOF.search(info[: named.start()] + " " + info[named.end() :]) is None
    elif language == "codepilot":
        kind = "control"
    elif language == "completion":
        kind = "completion"
    return Fence(
        indent=len(match["indent"]),
        char=run[0],
        length=len(run),
        info=info,
        kind=kind,
        language=language,
        path=path,
        eof=eof,
        flaw=flaw,
    )


def fence_for(text: str) -> str:
    """The backticks that can hold a text: longer than any fence in it, and at least three."""
    return "`" * max([3, *(len(match[1]) + 1 for match in _RUN.finditer(text) if match[1][0] == "`")])


def _path_of(named: re.Match[str]) -> tuple[str, str]:
    bare = named["bare"]
    if bare is not None and bare[:1] in ("'", '"'):
        return bare.strip("'\""), "the quote around the file name is never closed"
    path = next(value for value in (named["double"], named["single"], bare) if value is not None).strip()
    return path, "" if path else "`filename=` names no file"
