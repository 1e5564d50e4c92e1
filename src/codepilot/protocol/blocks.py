"""The parts of a reply as values, and the events that tell of them while the reply is still being written.

Lines count from 1 in the reply as the model wrote it. `line` is that of the opening fence, `end_line` that of
the closing fence, or the block's last line where another block's fence closed it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from codepilot.values import dataclass

BlockKind = Literal["control", "payload", "completion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Words for the person, ordinary display fences included, as the model wrote them."""

    text: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """What the model thought aloud between tags. It is no part of what the reply says or does."""

    text: str
    tag: str
    """The kind of tag, by its name in `thinking.TAGS`."""
    line: int
    end_line: int
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlBlock:
    """Python that acts: the text between the ``codepilot`` fences, without a final newline."""

    text: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadBlock:
    """Content for one file."""

    path: str
    """As the model spelled it after ``filename=``."""
    text: str
    """Exactly what is to be written: one final newline, or none with ``eof=none``."""
    language: str
    """The first word of the info string in lower case; for the eye only."""
    eof: bool
    """The text ends with a newline."""
    line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionBlock:
    """The model says that the task is over."""

    text: str
    line: int
    end_line: int

    @property
    def summary(self) -> str:
        """The text without blank edges."""
        return self.text.strip()


Part = Prose | Thinking | ControlBlock | PayloadBlock | CompletionBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayFence:
    """A fenced block of the prose. It is shown and never executed."""

    info: str
    text: str
    line: int
    end_line: int
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """Where a reply cannot be taken at its word. Nothing of such a reply runs."""

    where: str
    """``line 12``, or ``payload README.md, lines 5–12``."""
    message: str
    """What is wrong and what to write instead."""
    line: int
    instead: str = ""
    """The corrected form, Markdown, where it is not that of a longer fence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBlock:
    """The block in which the reply stopped."""

    kind: BlockKind
    path: str
    """Of a payload."""
    text: str
    """As far as it came."""
    line: int
    nested_line: int = 0
    """The last fence that nested in it; 0 without one."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One reply of the model, taken apart."""

    raw: str
    """What the model said, to be stored as it said it."""
    parts: tuple[Part, ...] = ()
    """All of it in order; the views below select from this."""
    display: tuple[DisplayFence, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    open_block: OpenBlock | None = None
    """Set when the reply stopped inside a block."""
    complete: bool = True
    """The service closed the reply by itself: not cut, not out of output tokens."""
    reason: str = "stop"
    """stop, length, refusal or cut."""

    @cached_property
    def prose(self) -> str:
        """Everything but the blocks and the thinking."""
        return "".join(part.text for part in self.parts if isinstance(part, Prose))

    @cached_property
    def thinking(self) -> str:
        """What the model thought aloud, one piece below the other."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Thinking))

    @cached_property
    def _controls(self) -> tuple[ControlBlock, ...]:
        return tuple(part for part in self.parts if isinstance(part, ControlBlock))

    @property
    def control(self) -> ControlBlock | None:
        """The first control block; the only one that may run."""
        return self._controls[0] if self._controls else None

    @property
    def surplus_controls(self) -> tuple[ControlBlock, ...]:
        """Further control blocks. They never run; the model is told."""
        return self._controls[1:]

    @cached_property
    def payloads(self) -> tuple[PayloadBlock, ...]:
        """The closed payloads, in order."""
        return tuple(part for part in self.parts if isinstance(part, PayloadBlock))

    @cached_property
    def completion(self) -> CompletionBlock | None:
        """The first completion block."""
        return next((part for part in self.parts if isinstance(part, CompletionBlock)), None)

    @property
    def sound(self) -> bool:
        """The reply may be acted on: it came whole, and every block in it has a clear end."""
        return self.complete and self.open_block is None and not self.malformed

    @property
    def runnable(self) -> bool:
        """There is a control block, and it may run."""
        return self.sound and self.control is not None


@dataclass(frozen=True, slots=True)
class ProseDelta:
    """More prose."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """More of what the model thinks aloud."""

    text: str


@dataclass(frozen=True, slots=True)
class BlockOpened:
    """A block began."""

    kind: BlockKind
    path: str = ""


@dataclass(frozen=True, slots=True)
class BlockDelta:
    """More of the open block. All of them together are the text of its `BlockClosed`."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class BlockClosed:
    """The block ended as it should."""

    kind: BlockKind
    path: str
    text: str


ReplyEvent = ProseDelta | ThinkingDelta | BlockOpened | BlockDelta | BlockClosed
