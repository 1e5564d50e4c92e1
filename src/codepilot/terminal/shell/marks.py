"""Finds the shell's marks in its output. A mark without the right nonce is ordinary output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_START = b"\x1b]633;"
_END = re.compile(rb"\x07|\x1b\\")
_LONGEST = 8192
"""Bytes after which an unfinished mark is taken for output."""
_ESCAPE = re.compile(r"\\(\\|x[0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the shell says.

    A: the prompt begins. B: it ends. E: the line that was typed (value). C: output begins. O: output ends.
    D: the command ended (value: exit code). P: the folder (value). K: a half-typed line was dropped.
    """

    kind: str
    value: str = ""


class MarkReader:
    """Splits a stream of output into plain pieces and marks, in order."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce.encode()
        self._held = b""

    def feed(self, data: bytes) -> Iterator[bytes | Mark]:
        """Take bytes, cut anywhere. What may be the beginning of a mark is held back until more comes."""
        data = self._held + data
        self._held = b""
        if b"\x1b" not in data:  # most of a flood
            if data:
                yield data
            return
        position = 0
        while True:
            start = data.find(_START, position)
            if start < 0:
                keep = _partial_start(data, position)
                if keep > position:
                    yield data[position:keep]
                self._held = data[keep:]
                return
            end = _END.search(data, start, start + _LONGEST)
            if end is None and len(data) - start < _LONGEST:
                if start > position:
                    yield data[position:start]
                self._held = data[start:]
                return
            mark = None if end is None else self._mark(data[start + len(_START) : end.start()])
            if end is None or mark is None:
                stop = start + len(_START)
                yield data[position:stop]
                position = stop
                continue
            if start > position:
                yield data[position:start]
            yield mark
            position = end.end()

    def rest(self) -> bytes:
        """What is held back, when no more will come."""
        held, self._held = self._held, b""
        return held

    def _mark(self, body: bytes) -> Mark | None:
        head, _, nonce = body.rpartition(b";")
        if nonce != self._nonce:
            return None
        kind, _, value = head.decode("utf-8", "replace").partition(";")
        return Mark(kind, _ESCAPE.sub(_unescape, value))


def _unescape(match: re.Match[str]) -> str:
    found = match[1]
    return "\\" if found == "\\" else chr(int(found[1:], 16))


def _partial_start(data: bytes, position: int) -> int:
    """Where a cut-off beginning of a mark stands at the end of `data`, else its length."""
    for length in range(min(len(_START) - 1, len(data) - position), 0, -1):
        if data.endswith(_START[:length]):
            return len(data) - length
    return len(data)
