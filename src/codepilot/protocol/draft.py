"""A reply as far as it has been read: its parts, its faults, and the events that were not given out yet."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from codepilot.protocol.blocks import (
    BlockClosed,
    BlockDelta,
    BlockKind,
    BlockOpened,
    CompletionBlock,
    ControlBlock,
    DisplayFence,
    Malformed,
    Part,
    PayloadBlock,
    Prose,
    ProseDelta,
    ReplyEvent,
    Thinking,
    ThinkingDelta,
)
from codepilot.protocol.fences import Region
from codepilot.protocol.tags import Tag
from codepilot.values import dataclass

Voice = Literal["prose", "thinking"] | BlockKind


@dataclass(slots=True)
class Thought:
    """Thinking that is open."""

    tag: Tag
    ends: tuple[str, ...]
    line: int
    pieces: list[str] = field(default_factory=list)
    tail: str = ""
    """What may be the beginning of the closing tag."""


class Draft:
    """Takes what the parser has judged. Neighbouring pieces of one kind become one event."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.display: list[DisplayFence] = []
        self.malformed: list[Malformed] = []
        self.line = 1
        """The line that is being read."""
        self._events: list[ReplyEvent] = []
        self._voice: Voice = "prose"
        self._said: list[str] = []
        self._prose: list[str] = []
        self._prose_line = 1

    def show(self, text: str) -> None:
        """Add prose."""
        if not self._prose:
            self._prose_line = self.line
        self._prose.append(text)
        self.say("prose", text)

    def say(self, voice: Voice, text: str) -> None:
        """Let the events tell of a text."""
        if voice != self._voice:
            self._flush()
            self._voice = voice
        self._said.append(text)

    def open_block(self, region: Region) -> None:
        """A block begins."""
        self.end_prose()
        self._flush()
        assert region.kind is not None
        self._events.append(BlockOpened(region.kind, region.fence.path))

    def close_block(self, region: Region, end_line: int) -> PayloadBlock | None:
        """A block is whole; gives it back if it is a payload."""
        fence, text = region.fence, region.text
        self._flush()
        payload: PayloadBlock | None = None
        if fence.kind == "control":
            self.parts.append(ControlBlock(text=text, line=region.line, end_line=end_line))
        elif fence.kind == "completion":
            self.parts.append(CompletionBlock(text=text, line=region.line, end_line=end_line))
        else:
            payload = PayloadBlock(
                path=fence.path,
                text=text,
                language=fence.language,
                eof=fence.eof,
                line=region.line,
                end_line=end_line,
            )
            self.parts.append(payload)
        assert fence.kind is not None
        self._events.append(BlockClosed(fence.kind, fence.path, text))
        return payload

    def close_display(self, region: Region, end_line: int, *, closed: bool) -> None:
        """A display fence is whole, or the reply has ended in it."""
        shown = DisplayFence(
            info=region.fence.info, text=region.text, line=region.line, end_line=end_line, closed=closed
        )
        self.display.append(shown)

    def add_thinking(self, text: str, tag: str, line: int, *, closed: bool) -> None:
        """The model has thought aloud, from a line up to this one."""
        self.end_prose()
        self.parts.append(Thinking(text=text, tag=tag, line=line, end_line=self.line, closed=closed))

    def take_back(self, rest: str) -> None:
        """All that was read so far was no part of the reply, up to this rest of a line."""
        self._prose = [rest] if rest else []
        self._prose_line = self.line
        self.parts.clear()
        self.display.clear()
        self.malformed.clear()

    def fault(self, where: str, message: str, line: int, instead: str = "") -> None:
        """Something of the reply has no clear meaning."""
        self.malformed.append(Malformed(where=where, message=message, line=line, instead=instead))

    def end_prose(self) -> None:
        """What was shown so far is one part."""
        if self._prose:
            text = "".join(self._prose)
            self._prose = []
            end_line = self._prose_line + text.count("\n") - text.endswith("\n")
            self.parts.append(Prose(text=text, line=self._prose_line, end_line=end_line))

    def drain(self) -> list[ReplyEvent]:
        """The events since the last call."""
        self._flush()
        events, self._events = self._events, []
        return events

    def _flush(self) -> None:
        if self._said:
            text = "".join(self._said)
            self._said = []
            voice = self._voice
            if voice == "prose":
                self._events.append(ProseDelta(text))
            elif voice == "thinking":
                self._events.append(ThinkingDelta(text))
            else:
                self._events.append(BlockDelta(voice, text))
