"""The contract of a terminal emulator: bytes in, rows out. One suite tests all implementations in `engines/`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from codepilot.terminal.screen import Row, ScreenUpdate


class Engine(Protocol):
    """One emulated screen with its history. Not thread-safe: the host calls it from one thread."""

    name: str

    def feed(self, data: bytes) -> None:
        """Take the program's output, cut anywhere. Never raises for what the bytes hold."""
        ...

    def take_update(self, *, full: bool = False) -> ScreenUpdate | None:
        """The rows changed since the last call, or all with `full`; None if nothing did or output is held (2026)."""
        ...

    def take_replies(self) -> bytes:
        """Answers to the program's queries (DSR, DA, OSC 10/11 …), to be written to the PTY and nowhere else."""
        ...

    def resize(self, columns: int, lines: int) -> None:
        """Change the grid, with reflow where the engine can."""
        ...

    def history(self, start: int, count: int) -> Sequence[Row]:
        """Rows of the scrollback; 0 is the oldest."""
        ...

    def text(self, *, history: bool = False) -> str:
        """The screen as plain text, trailing blanks cut; with `history` all that is kept."""
        ...

    def encode_key(self, key: str, *, text: str = "") -> bytes:
        """Bytes for a named key (`up`, `ctrl+c`, `shift+tab`, `alt+x`, `f5`, or `text`) in the modes now in force."""
        ...

    def encode_paste(self, text: str) -> bytes:
        """Bytes for pasted text, bracketed where the program asked for it; control characters taken out."""
        ...

    def encode_mouse(self, action: str, button: int, x: int, y: int, modifiers: Sequence[str] = ()) -> bytes:
        """Bytes for a mouse event (`press`, `release`, `move`; buttons 1–3, 4/5 wheel); empty if not asked for."""
        ...

    def set_default_colours(self, foreground: tuple[int, int, int], background: tuple[int, int, int]) -> None:
        """What OSC 10/11 queries are answered with."""
        ...

    def close(self) -> None:
        """Free native memory."""
        ...


EngineFactory = Callable[[int, int], Engine]
"""Columns, lines → a new engine."""
