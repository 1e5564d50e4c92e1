"""What one line says as a fence: length, info string, the block that it opens; and a fenced region while it is open."""

from __future__ import annotations

import re
from dataclasses import field

from codepilot.protocol.blocks import BlockKind
from codepilot.values import dataclass

_FENCE = re.compile(r"(?P<indent> {0,3})(?P<run>`{3,}|~{3,})(?P<info>[^\n]*)\Z")
_FILENAME = re.compile(
    r"(?:(?<=\s)|\A)filename\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>\S*))",
    re.IGNORECASE,
)
_NO_EOF = re.compile(r"(?:(?<=\s)|\A)eof\s*=\s*[\"']?none[\"']?(?=\s|\Z)", re.IGNORECASE)
_CODE = re.compile(r"\bimport [\w.]|(?<![\w.])[A-Za-z_][\w.]*\(")
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
    code: str = ""
    """Of a control block: code that stands in the info string by mistake."""


@dataclass(slots=True)
class Region:
    """A fenced region that is open: a block (`fence.kind` is set) or a display fence."""

    fence: Fence
    line: int
    transport_cr: bool
    """The opening line ended in CR LF, so these are the reply's line ends and not the file's."""
    nests: list[tuple[int, int]] = field(default_factory=list)
    """Length and line of every fence that nests in this one, innermost last."""
    nested_line: int = 0
    """The last fence that nested, closed or not."""
    pieces: list[str] = field(default_factory=list)
    lines: int = 0
    named_line: int = 0
    """Of a display fence: where it swallowed the first fence that would have opened a block."""

    @property
    def kind(self) -> BlockKind | None:
        """The block that it is; None for a display fence."""
        return self.fence.kind

    @property
    def name(self) -> str:
        """How it is spoken of."""
        if self.kind == "payload":
            return f"payload {self.fence.path}"
        return f"the {'`codepilot`' if self.kind == 'control' else '`completion`'} block"

    @property
    def text(self) -> str:
        """As far as it has come."""
        return "".join(self.pieces)

    def reached_by(self, fence: Fence) -> bool:
        """Whether a fence counts in here, or is plain content because it is shorter or of the other character."""
        innermost = self.nests[-1][0] if self.nests else self.fence.length
        return fence.char == self.fence.char and fence.length >= innermost

    def nest(self, length: int, line: int) -> None:
        """Remember a fence that opened inside this one."""
        self.nests.append((length, line))
        self.nested_line = line


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
        code=words[1] if kind == "control" and len(words) > 1 and _CODE.search(words[1]) else "",
    )


def split_cr(line: str) -> tuple[str, bool]:
    """A line without its CR, and whether it had one."""
    return (line[:-1], True) if line.endswith("\r") else (line, False)


def dedent(line: str, indent: int) -> str:
    """A line without as many of its leading spaces as its block is indented."""
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(spaces, indent) :]


def fence_for(text: str) -> str:
    """The backticks that can hold a text: longer than any fence in it, and at least three."""
    return "`" * max([3, *(len(match[1]) + 1 for match in _RUN.finditer(text) if match[1][0] == "`")])


def _path_of(named: re.Match[str]) -> tuple[str, str]:
    bare = named["bare"]
    if bare is not None and bare[:1] in ("'", '"'):
        return bare.strip("'\""), "the quote around the file name is never closed"
    path = next(value for value in (named["double"], named["single"], bare) if value is not None).strip()
    return path, "" if path else "`filename=` names no file"
