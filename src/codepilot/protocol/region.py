"""What the parser remembers of a fenced region while it is open."""

from __future__ import annotations

from dataclasses import dataclass, field

from codepilot.protocol.blocks import BlockKind
from codepilot.protocol.fences import Fence


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

    def reached_by(self, fence: Fence) -> bool:
        """Whether a fence counts in here, or is plain content because it is shorter or of the other character."""
        innermost = self.nests[-1][0] if self.nests else self.fence.length
        return fence.char == self.fence.char and fence.length >= innermost

    def nest(self, length: int, line: int) -> None:
        """Remember a fence that opened inside this one."""
        self.nests.append((length, line))
        self.nested_line = line
