"""Reads a reply while it is being written. Sans-IO: text goes in, in any slicing; events and at last a
`Reply` come out.

The grammar is told in ``docs/protocol.md``. Three rules carry the safety of it:

- Only a fence whose info string *begins* with ``codepilot`` makes a control block, and only where no other block or
  display fence is open. Nothing that is shown as an example is ever executed.
- In every fenced region an inner fence with an info string, at least as long as the open one, nests. So a README can
  hold its own examples; where that cannot be told for sure the reply is `Malformed` rather than guessed at.
- A block without its end is an `OpenBlock`, never a block.
"""

from __future__ import annotations

from codepilot.protocol.blocks import (
    BlockClosed,
    BlockDelta,
    BlockOpened,
    CompletionBlock,
    ControlBlock,
    DisplayFence,
    Malformed,
    OpenBlock,
    Part,
    PayloadBlock,
    Prose,
    ProseDelta,
    Reply,
    ReplyEvent,
)
from codepilot.protocol.fences import MAY_BE, UNDECIDED, Fence, read_fence
from codepilot.protocol.region import Region


class ReplyParser:
    """Feed it what comes, then `finish` it once."""

    def __init__(self) -> None:
        self._raw: list[str] = []
        self._out: list[str] = []
        self._events: list[ReplyEvent] = []
        self._parts: list[Part] = []
        self._display: list[DisplayFence] = []
        self._malformed: list[Malformed] = []
        self._region: Region | None = None
        self._prose: list[str] = []
        self._prose_line = 1
        self._line_number = 1
        self._held: list[str] = []
        self._state = "start"  # of the current line: "start" undecided, "fence" may be one, "free" content
        self._row_begun = False
        self._carriage_return = False
        self._last_payloads: dict[
            tuple[str, int], PayloadBlock
        ] = {}  # by character and length of their fences
        self._judged: set[int] = set()

    def feed(self, text: str) -> list[ReplyEvent]:
        """Take the next piece of the reply, of any size; give what it shows."""
        if text:
            self._raw.append(text)
            if self._carriage_return:
                text, self._carriage_return = "\r" + text, False
            if text.endswith("\r"):
                # Whether it belongs to a line end is known with the next character.
                text, self._carriage_return = text[:-1], True
            start = 0
            while (newline := text.find("\n", start)) >= 0:
                self._end_line(text[start:newline])
                start = newline + 1
            if start < len(text):
                self._take(text[start:])
        return self._drain()

    def finish(self, *, complete: bool = True, reason: str = "stop") -> Reply:
        """Close the reply.

        Args:
            complete: the service ended the reply by itself. False for a cut stream and for the output limit.
            reason: stop, length, refusal or cut.
        """
        if self._carriage_return:
            self._carriage_return = False
            self._take("\r")
        if self._held or self._state == "free":
            self._end_line("", final=True)
        open_block = self._leave_open_region()
        self._close_prose()
        return Reply(
            raw="".join(self._raw),
            parts=tuple(self._parts),
            display=tuple(self._display),
            malformed=tuple(self._malformed),
            open_block=open_block,
            complete=complete and reason == "stop",
            reason=reason,
        )

    def pending(self) -> list[ReplyEvent]:
        """Events that `finish` brought about: the last line of a reply needs no newline."""
        return self._drain()

    def _take(self, piece: str) -> None:
        """Take a piece of the current line that does not end it."""
        if self._state == "free":
            self._content(piece)
            return
        self._held.append(piece)
        if self._state == "fence":
            return
        so_far = "".join(self._held)
        if UNDECIDED.match(so_far):
            self._held = [so_far]
        elif MAY_BE.match(so_far):
            self._state = "fence"
        else:
            self._release(so_far)

    def _end_line(self, piece: str, *, final: bool = False) -> None:
        if self._state == "free":
            rest, has_cr = _split_cr(piece)
            if has_cr and not self._drops_cr():
                rest = piece
            if rest:
                self._content(rest)
            self._content_end(final)
        else:
            line, has_cr = _split_cr("".join([*self._held, piece]))
            fence = read_fence(line)
            if fence is None or not self._take_fence(fence, line, has_cr, final):
                self._release(line + "\r" if has_cr and not self._drops_cr() else line)
                self._content_end(final)
        self._held = []
        self._state = "start"
        self._row_begun = False
        self._line_number += 1

    def _release(self, line: str) -> None:
        """The line is no fence: give out what was held of it."""
        self._held = []
        self._state = "free"
        region = self._region
        if region is not None and region.kind is not None and region.fence.indent:
            line = _dedent(line, region.fence.indent)
        if line:
            self._content(line)

    def _content(self, piece: str) -> None:
        region = self._region
        if region is None:
            self._show(piece)
            return
        if region.kind is None:
            self._show(piece)
            region.pieces.append(piece)
            return
        self._begin_row(region)
        self._grow(region, piece)

    def _content_end(self, final: bool) -> None:
        region = self._region
        if region is not None and region.kind is not None:
            self._begin_row(region)
            return
        if not final:
            self._show("\n")
            if region is not None:
                region.pieces.append("\n")

    def _begin_row(self, region: Region) -> None:
        """A block's newline is given out with the line after it, as the last one belongs to the closing fence."""
        if not self._row_begun:
            self._row_begun = True
            region.lines += 1
            if region.lines > 1:
                self._grow(region, "\n")

    def _grow(self, region: Region, piece: str) -> None:
        region.pieces.append(piece)
        self._out.append(piece)

    def _show(self, piece: str) -> None:
        self._prose.append(piece)
        self._out.append(piece)

    def _drops_cr(self) -> bool:
        region = self._region
        return region is None or region.kind != "payload" or region.transport_cr

    def _take_fence(self, fence: Fence, line: str, has_cr: bool, final: bool) -> bool:
        """Act on a fence line. False: it is content of the open region after all."""
        region = self._region
        if region is None:
            if fence.kind is not None:
                self._open(fence, has_cr)
            else:
                self._open_display(fence, line, has_cr, final)
            return True
        if not region.reached_by(fence):
            return False
        if region.kind is None:
            return self._fence_in_display(region, fence, line, final)
        if fence.kind is not None:
            # A named fence never nests: the model went on to the next block without closing this one.
            self._close_block(region, self._line_number - 1)
            self._open(fence, has_cr)
            return True
        if fence.info:
            region.nest(fence.length, self._line_number)
            return False
        if region.nests:
            region.nests.pop()
            return False
        self._close_block(region, self._line_number)
        return True

    def _open(self, fence: Fence, has_cr: bool) -> None:
        assert fence.kind is not None
        self._close_prose()
        self._flush()
        self._region = Region(fence, self._line_number, has_cr)
        self._events.append(BlockOpened(fence.kind, fence.path))
        if fence.flaw:
            self._fault(
                f"line {self._line_number}",
                f"{fence.flaw}; write the opening fence like ```python filename=src/app.py",
                self._line_number,
            )

    def _close_block(self, region: Region, end_line: int) -> None:
        fence = region.fence
        if region.nests:
            self._fault(
                f"{region.name}, lines {region.line}–{end_line}",
                f"{region.name} seems cut at line {end_line + 1}: the fence opened inside it at line "
                f"{region.nests[-1][1]} is still open there. Use a longer fence "
                f"({fence.char * (fence.length + 1)}) "
                "around a text that holds fences",
                region.line,
            )
        if fence.kind == "payload" and fence.eof and region.lines:
            self._grow(region, "\n")
        text = "".join(region.pieces)
        self._flush()
        self._region = None
        self._prose_line = end_line + 1
        if fence.kind == "control":
            self._parts.append(ControlBlock(text=text, line=region.line, end_line=end_line))
        elif fence.kind == "completion":
            self._parts.append(CompletionBlock(text=text, line=region.line, end_line=end_line))
        else:
            payload = PayloadBlock(
                path=fence.path,
                text=text,
                language=fence.language,
                eof=fence.eof,
                line=region.line,
                end_line=end_line,
            )
            self._parts.append(payload)
            self._last_payloads[fence.char, fence.length] = payload
        assert fence.kind is not None
        self._events.append(BlockClosed(fence.kind, fence.path, text))

    def _open_display(self, fence: Fence, line: str, has_cr: bool, final: bool) -> None:
        if not fence.info:
            self._judge_bare(fence)
        self._region = Region(fence, self._line_number, has_cr)
        self._show(line if final else line + "\n")

    def _judge_bare(self, fence: Fence) -> None:
        """A bare fence that could have closed an earlier payload is what a payload cut by its own text leaves over."""
        closable = [
            payload
            for (char, length), payload in self._last_payloads.items()
            if char == fence.char and length <= fence.length
        ]
        if not closable:
            return
        payload = max(closable, key=lambda payload: payload.line)
        if payload.line not in self._judged:
            self._judged.add(payload.line)
            self._fault(
                f"payload {payload.path}, lines {payload.line}–{payload.end_line}",
                f"payload {payload.path} seems cut at line {payload.end_line}: an unnamed fence follows at line "
                f"{self._line_number}. Use a longer fence ({fence.char * (fence.length + 1)}) around a text that "
                "holds fences, and give every other block a language",
                payload.line,
            )

    def _fence_in_display(self, region: Region, fence: Fence, line: str, final: bool) -> bool:
        if fence.info:
            region.nest(fence.length, self._line_number)
            if fence.kind is not None and not region.named_line:
                region.named_line = self._line_number
            return False
        if region.nests:
            region.nests.pop()
            return False
        self._close_display(region, self._line_number, closed=True)
        self._show(line if final else line + "\n")
        return True

    def _close_display(self, region: Region, end_line: int, *, closed: bool) -> None:
        self._region = None
        self._display.append(
            DisplayFence(
                info=region.fence.info,
                text="".join(region.pieces),
                line=region.line,
                end_line=end_line,
                closed=closed,
            )
        )

    def _leave_open_region(self) -> OpenBlock | None:
        region = self._region
        if region is None:
            return None
        if region.kind is not None:
            return OpenBlock(
                kind=region.kind,
                path=region.fence.path,
                text="".join(region.pieces),
                line=region.line,
                nested_line=region.nested_line,
            )
        self._close_display(region, self._line_number - 1, closed=False)
        if region.named_line:
            self._fault(
                f"line {region.named_line}",
                f"the block at line {region.named_line} stands inside the display fence opened at line "
                f"{region.line}, which is never closed. Close it with a bare fence before the next block",
                region.named_line,
            )
        return None

    def _fault(self, where: str, message: str, line: int) -> None:
        self._malformed.append(Malformed(where=where, message=message, line=line))

    def _close_prose(self) -> None:
        if self._prose:
            text = "".join(self._prose)
            self._prose = []
            end_line = self._prose_line + text.count("\n") - text.endswith("\n")
            self._parts.append(Prose(text=text, line=self._prose_line, end_line=end_line))

    def _flush(self) -> None:
        """Turn the collected pieces into one event of the region that is open now."""
        if self._out:
            text = "".join(self._out)
            self._out = []
            region = self._region
            if region is None or region.kind is None:
                self._events.append(ProseDelta(text))
            else:
                self._events.append(BlockDelta(region.kind, text))

    def _drain(self) -> list[ReplyEvent]:
        self._flush()
        events, self._events = self._events, []
        return events


def parse_reply(text: str, *, complete: bool = True, reason: str = "stop") -> Reply:
    """Take a whole reply apart at once."""
    parser = ReplyParser()
    parser.feed(text)
    return parser.finish(complete=complete, reason=reason)


def _split_cr(line: str) -> tuple[str, bool]:
    return (line[:-1], True) if line.endswith("\r") else (line, False)


def _dedent(line: str, indent: int) -> str:
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(spaces, indent) :]
