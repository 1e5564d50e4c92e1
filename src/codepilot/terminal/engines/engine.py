"""The contract of a terminal emulator: bytes in, rows out. One suite tests all implementations in `engines/`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from codepilot.terminal.screen import Effect, Row, ScreenUpdate

Feature = Literal["colour-scheme", "colour-lists"]
"""Answers to "is it dark?" (CSI ? 996 n); several colours asked for in one OSC 10."""
Colours = tuple[tuple[int, int, int], tuple[int, int, int]]
"""Foreground and background."""
KeyAction = Literal["press", "repeat", "release"]


class Engine(Protocol):
    """One emulated screen with its history. Not thread-safe: the host calls it from one thread."""

    name: str
    features: frozenset[Feature]
    """What not every engine can do; all else is promised by all."""

    def feed(self, data: bytes, *, seconds: float | None = None) -> bytes:
        """Take the program's output, cut anywhere. Never raises for what the bytes hold.

        With `seconds`, gives back what it did not get to in about that time: to be fed again before anything else,
        and until then nothing more should be read from the program.
        """
        ...

    @property
    def holding(self) -> bool:
        """Changes are held back until the program has drawn all of a frame (2026), or for a second."""
        ...

    def take_update(self, *, full: bool = False) -> ScreenUpdate | None:
        """The rows changed since the last call, or all with `full`; None if nothing did or output is held (2026)."""
        ...

    def take_replies(self) -> bytes:
        """Answers to the program's queries (DSR, DA, OSC 10/11 …), to be written to the PTY and nowhere else."""
        ...

    def take_effects(self) -> Sequence[Effect]:
        """What the program asked for beyond its screen since the last call: a few, however often it asked."""
        ...

    def resize(self, columns: int, lines: int) -> None:
        """Change the grid, with reflow where the engine can."""
        ...

    def reset_modes(self) -> None:
        """Put in order what a killed program left behind: modes, screen, margins, style, keyboard. The text stays."""
        ...

    def history(self, start: int, count: int) -> Sequence[Row]:
        """Rows of the scrollback; 0 is the oldest."""
        ...

    def text(self, *, history: bool = False) -> str:
        """The screen as plain text, trailing blanks cut; with `history` all that is kept."""
        ...

    def encode_key(self, key: str, *, text: str = "", action: KeyAction = "press") -> bytes:
        """Bytes for a named key (`up`, `ctrl+c`, `shift+tab`, `alt+x`, `f5`, or `text`) in the modes now in force.

        A release gives bytes only where the program asked for releases (kitty's protocol).
        """
        ...

    def encode_paste(self, text: str) -> bytes:
        """Bytes for pasted text, bracketed where the program asked for it; control characters taken out."""
        ...

    def encode_mouse(self, action: str, button: int, x: int, y: int, modifiers: Sequence[str] = ()) -> bytes:
        """Bytes for a mouse event (`press`, `release`, `move`; buttons 1–3, 4/5 wheel); empty if not asked for."""
        ...

    def encode_focus(self, focused: bool) -> bytes:
        """Bytes for the focus coming or going; empty if not asked for."""
        ...

    def set_default_colours(self, foreground: tuple[int, int, int], background: tuple[int, int, int]) -> None:
        """What OSC 10/11 queries are answered with, and whether the screen is called dark (CSI ? 996 n)."""
        ...

    def close(self) -> None:
        """Free native memory."""
        ...


EngineFactory = Callable[[int, int], Engine]
"""Columns, lines → a new engine."""
