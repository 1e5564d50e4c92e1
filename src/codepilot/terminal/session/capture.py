"""What a command wrote, in bounded memory: head and tail here, all of it in a spool file once it is long."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from codepilot.terminal.plain import PlainText

SPOOL_LIMIT = 50 * 1024 * 1024
_RECENT = 4096
_GATHER = 65_536
"""Output waits until there is so much of it, or somebody looks: a flood comes in many small pieces."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The output since the last look."""

    text: str
    truncated: bool
    spool: str
    """The file with everything since the command began, if it was more than fits into a result."""
    lost: str = ""
    """Why there is no such file, where there should be one."""


class Capture:
    """Collects one command's output.

    Args:
        limit: characters that a result may hold.
        spool: where the whole output goes once it is longer.
        spool_limit: bytes after which the spool file takes no more.
    """

    def __init__(self, limit: int, spool: Path, *, spool_limit: int = SPOOL_LIMIT) -> None:
        self._limit = max(200, limit)
        self._spool_path = spool
        self._spool_limit = spool_limit
        self._spool: io.FileIO | None = None
        self._plain = PlainText()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._start = bytearray()
        """Everything, until it is too long and goes to the spool file."""
        self._written = 0
        self._lost = ""
        """Why the spool file could not be written; none is tried again for this command."""
        self._head = bytearray()
        self._tail = bytearray()
        self._cut_lines = 0
        self._cut_bytes = 0
        self._shown = ""
        self._finished = False
        self._recent = b""
        """The last of what is final, shown or not."""
        self._unsearched: bytearray | None = None
        """While somebody waits for a pattern: what was not searched yet."""

    @property
    def line(self) -> str:
        """The row on which the program's cursor stands: often a prompt."""
        self._catch_up()
        return self._plain.line

    @property
    def full_screen(self) -> bool:
        """A full-screen program has the terminal."""
        self._catch_up()
        return self._plain.alternate

    @property
    def had_full_screen(self) -> bool:
        """A full-screen program had the terminal at some time."""
        self._catch_up()
        return self._plain.had_full_screen

    def feed(self, data: bytes) -> None:
        """Take output as it comes from the terminal."""
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= _GATHER:
            self._catch_up()

    def _catch_up(self) -> None:
        """Read what waits."""
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            self._collect(self._plain.feed(data))

    def finish(self) -> None:
        """No more will come."""
        if not self._finished:
            self._catch_up()
            self._finished = True
            self._collect(self._plain.finish())

    def take(self) -> Taken:
        """What was written since the last look, within the limit."""
        self._catch_up()
        self._collect(self._plain.settle())
        open_row = "" if self._finished else self._plain.line
        head, tail = bytes(self._head), bytes(self._tail)
        self._head.clear()
        self._tail.clear()
        cut_lines, cut_bytes = self._cut_lines, self._cut_bytes
        self._cut_lines = self._cut_bytes = 0
        begun, self._shown = self._shown, open_row
        if cut_bytes:
            before, after = head.decode("utf-8", "ignore"), tail.decode("utf-8", "ignore") + open_row
            last = after[-(self._limit * 3 // 5) :]
            middle = after[: len(after) - len(last)]
            lines, size = cut_lines + middle.count("\n"), cut_bytes + len(middle.encode("utf-8", "replace"))
            return Taken(self._without(begun, _join(before, last, lines, size)), True, self.spool, self._lost)
        text = self._without(begun, (head + tail).decode("utf-8", "replace") + open_row)
        if len(text) <= self._limit:
            return Taken(text, False, self.spool)
        first, last = text[: self._limit * 2 // 5], text[-(self._limit * 3 // 5) :]
        middle = text[len(first) : len(text) - len(last)]
        self._open_spool()
        return Taken(
            _join(first, last, middle.count("\n"), len(middle.encode("utf-8", "replace"))),
            True,
            self.spool,
            self._lost,
        )

    def recent(self, limit: int) -> str:
        """The last characters of all that was written; takes nothing."""
        self._catch_up()
        text = self._recent.decode("utf-8", "ignore") + ("" if self._finished else self._plain.text)
        return text.rstrip()[-limit:]

    def begin_search(self) -> None:
        """Have `search` look at what no result has shown, and at all that comes."""
        self._catch_up()
        self._unsearched = self._head + self._tail

    def end_search(self) -> None:
        """Stop searching."""
        self._unsearched = None

    def search(self, find: Callable[[str, int], str]) -> str:
        """What `find` sees in the text since the last search (a little of that again, for what came in two pieces).

        `find` is given a text, and how much of its beginning results have shown already.
        """
        self._catch_up()
        if self._unsearched is None:
            return ""
        text = self._unsearched.decode("utf-8", "replace") + self._plain.text
        found = find(text, len(self._shown) if text.startswith(self._shown) else 0)
        del self._unsearched[:-_RECENT]
        return found

    @property
    def spool(self) -> str:
        """The spool file, if there is one."""
        return str(self._spool_path) if self._spool is not None or self._written else ""

    def close(self) -> None:
        """Close the spool file; it stays, because a result may have named it."""
        if self._spool is not None:
            self._catch_up()
        if self._spool is not None:  # what waited may have filled it
            self._spool.close()
            self._spool = None

    @staticmethod
    def _without(begun: str, text: str) -> str:
        """Without the part of an unfinished row that the last look has shown already."""
        return text[len(begun) :] if begun and text.startswith(begun) else text

    def _collect(self, data: bytes) -> None:
        if not data:
            return
        self._recent = (self._recent + data[-_RECENT:])[-_RECENT:]
        if self._unsearched is not None:
            self._unsearched += data
        if self._spool is not None:
            self._write_spool(data)
        elif not self._written and not self._lost:
            self._start += data
            if len(self._start) > self._limit:
                self._open_spool()
        head_room = 2 * self._limit - len(self._head)
        if head_room > 0 and not self._tail:
            self._head += data[:head_room]
            data = data[head_room:]
        if not data:
            return
        self._tail += data
        if len(self._tail) > 8 * self._limit:
            self._cut(len(self._tail) - 4 * self._limit)

    def _cut(self, count: int) -> None:
        gone = self._tail[:count]
        del self._tail[:count]
        if not self._cut_bytes:
            # From now on the head is all that is shown of the beginning.
            text = self._head.decode("utf-8", "ignore")
            kept = text[: self._limit * 2 // 5].encode()
            gone = self._head[len(kept) :] + gone
            self._head = bytearray(kept)
        self._cut_bytes += len(gone)
        self._cut_lines += gone.count(b"\n")

    def _open_spool(self) -> None:
        if self._spool is None and not self._written and not self._lost:
            try:
                descriptor = os.open(self._spool_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except OSError as error:
                self._lose(error)
                return
            self._spool = io.FileIO(descriptor, "w")
            self._write_spool(bytes(self._start))
            self._start.clear()

    def _write_spool(self, data: bytes) -> None:
        if self._spool is None:
            return
        data = data[: self._spool_limit - self._written]
        try:
            self._write_all(data)
            if self._written >= self._spool_limit:
                self._write_all(b"\n[no more is kept: the output is too long]\n")
                self.close()
        except OSError as error:
            self._lose(error)

    def _write_all(self, data: bytes) -> None:
        """A disk that gets full takes a part of it before it refuses."""
        assert self._spool is not None
        rest = memoryview(data)
        while rest:
            count = self._spool.write(rest) or 0
            self._written += count
            rest = rest[count:]

    def _lose(self, error: OSError) -> None:
        """Do without the spool file: a full disk must not keep the command from its end, nor a part pass for all."""
        self._lost = error.strerror or str(error)
        self._start.clear()
        self._written = 0
        if self._spool is not None:
            self._spool.close()
            self._spool = None
            self._spool_path.unlink(missing_ok=True)


def _join(head: str, tail: str, lines: int, size: int) -> str:
    """Head and tail, cut at line ends where that costs little, and between them what is missing."""
    cut = head.rfind("\n") + 1
    if cut > len(head) // 2:
        lines += head.count("\n", cut)
        head = head[:cut]
    cut = tail.find("\n") + 1
    if 0 < cut < len(tail) // 2:
        tail = tail[cut:]
        lines += 1
    amount = f"{size / 1024:,.0f} KB" if size >= 10_240 else f"{size:,} bytes"
    gap = "" if not head or head.endswith("\n") else "\n"
    return f"{head}{gap}[… {lines:,} lines, {amount} left out …]\n{tail}"
