"""The fenced regions of a reply: what a fence opens, closes, or is only text in."""

from __future__ import annotations

from codepilot.protocol.blocks import OpenBlock, PayloadBlock
from codepilot.protocol.correction import MAX_EXAMPLE, control_block
from codepilot.protocol.draft import Draft
from codepilot.protocol.fences import Fence, Region


class Regions:
    """At most one is open at a time; fences in it nest, close it, or are its text.

    An inner fence with an info string, at least as long as the open one, nests. Where a block's end cannot be told for
    sure the reply is `Malformed` rather than guessed at.

    Args:
        draft: what the reply holds so far.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.open: Region | None = None
        self._row_begun = False
        self._last_payloads: dict[
            tuple[str, int], PayloadBlock
        ] = {}  # by character and length of their fences
        self._judged: set[int] = set()

    @property
    def drops_cr(self) -> bool:
        """A CR before a line's end is the reply's and not the file's."""
        return self.open is None or self.open.kind != "payload" or self.open.transport_cr

    def begin_line(self) -> None:
        """A new line of the reply begins."""
        self._row_begun = False

    def content(self, piece: str) -> None:
        """Add text to the open region, or to the prose."""
        region = self.open
        if region is not None and region.kind is not None:
            self._begin_row(region)
            self._grow(region, piece)
            return
        self._draft.show(piece)
        if region is not None:
            region.pieces.append(piece)

    def content_end(self, final: bool) -> None:
        """The line that held text ends; `final` where the reply ends without its newline."""
        region = self.open
        if region is not None and region.kind is not None:
            self._begin_row(region)
        elif not final:
            self._draft.show("\n")
            if region is not None:
                region.pieces.append("\n")

    def forget(self) -> None:
        """What was read so far was no part of the reply."""
        self._last_payloads.clear()
        self._judged.clear()

    def take(self, fence: Fence, line: str, has_cr: bool, final: bool) -> bool:
        """Act on a fence line. False: it is content of the open region after all."""
        region = self.open
        if region is None:
            if fence.kind is not None:
                self._open_block(fence, has_cr)
            else:
                self._open_display(fence, line, has_cr, final)
            return True
        if not region.reached_by(fence):
            return False
        if region.kind is None:
            return self._fence_in_display(region, fence, line, final)
        if fence.kind is not None:
            # A named fence never nests: the model went on to the next block without closing this one.
            self._close_block(region, self._draft.line - 1)
            self._open_block(fence, has_cr)
            return True
        if fence.info:
            region.nest(fence.length, self._draft.line)
            return False
        if region.nests:
            region.nests.pop()
            return False
        self._close_block(region, self._draft.line)
        return True

    def _open_block(self, fence: Fence, has_cr: bool) -> None:
        self.open = Region(fence, self._draft.line, has_cr)
        self._draft.open_block(self.open)
        if fence.flaw:
            self._draft.fault(
                f"line {self._draft.line}",
                f"{fence.flaw}; write the opening fence like ```python filename=src/app.py",
                self._draft.line,
            )

    def _close_block(self, region: Region, end_line: int) -> None:
        fence = region.fence
        if fence.code:
            self._fault_of_code(region)
        if region.nests:
            self._draft.fault(
                f"{region.name}, lines {region.line}–{end_line}",
                f"{region.name} seems cut at line {end_line + 1}: the fence opened inside it at line "
                f"{region.nests[-1][1]} is still open there. Use a longer fence "
                f"({fence.char * (fence.length + 1)}) "
                "around a text that holds fences",
                region.line,
            )
        if fence.kind == "payload" and fence.eof and region.lines:
            self._grow(region, "\n")
        self.open = None
        payload = self._draft.close_block(region, end_line)
        if payload is not None:
            self._last_payloads[fence.char, fence.length] = payload

    def _fault_of_code(self, region: Region) -> None:
        code = f"{region.fence.code}\n{region.text}".strip("\n")
        self._draft.fault(
            f"line {region.line}",
            "there is code behind `codepilot` on the opening line, where nothing runs; it begins on the next line",
            region.line,
            control_block(code if len(code) <= MAX_EXAMPLE else 'read_file("src/app.py")'),
        )

    def _begin_row(self, region: Region) -> None:
        """A block's newline is given out with the line after it, as the last one belongs to the closing fence."""
        if not self._row_begun:
            self._row_begun = True
            region.lines += 1
            if region.lines > 1:
                self._grow(region, "\n")

    def _grow(self, region: Region, piece: str) -> None:
        assert region.kind is not None
        region.pieces.append(piece)
        self._draft.say(region.kind, piece)

    def _open_display(self, fence: Fence, line: str, has_cr: bool, final: bool) -> None:
        if not fence.info:
            self._judge_bare(fence)
        self.open = Region(fence, self._draft.line, has_cr)
        self._draft.show(line if final else line + "\n")

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
            self._draft.fault(
                f"payload {payload.path}, lines {payload.line}–{payload.end_line}",
                f"payload {payload.path} seems cut at line {payload.end_line}: an unnamed fence follows at line "
                f"{self._draft.line}. Use a longer fence ({fence.char * (fence.length + 1)}) around a text that "
                "holds fences, and give every other block a language",
                payload.line,
            )

    def _fence_in_display(self, region: Region, fence: Fence, line: str, final: bool) -> bool:
        if fence.info:
            region.nest(fence.length, self._draft.line)
            if fence.kind is not None and not region.named_line:
                region.named_line = self._draft.line
            return False
        if region.nests:
            region.nests.pop()
            return False
        self.open = None
        self._draft.close_display(region, self._draft.line, closed=True)
        self._draft.show(line if final else line + "\n")
        return True

    def leave_open(self) -> OpenBlock | None:
        """The reply has ended; gives the block that it stopped in."""
        region = self.open
        if region is None:
            return None
        if region.kind is not None:
            return OpenBlock(
                kind=region.kind,
                path=region.fence.path,
                text=region.text,
                line=region.line,
                nested_line=region.nested_line,
            )
        self._draft.close_display(region, self._draft.line - 1, closed=False)
        if region.named_line:
            self._draft.fault(
                f"line {region.named_line}",
                f"the block at line {region.named_line} stands inside the display fence opened at line "
                f"{region.line}, which is never closed. Close it with a bare fence before the next block, or leave "
                "it out",
                region.named_line,
                "Some words for the person, without a fence around them.\n\n"
                '```codepilot\nread_file("src/app.py")\n```',
            )
        return None
