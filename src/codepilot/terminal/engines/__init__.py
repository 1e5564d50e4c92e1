"""The contract of a terminal emulator, bytes in and rows out, and the choice between the two that keep it.

One suite tests both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Literal, Protocol

from codepilot.errors import TerminalError
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

_ENGINES = {
    "ghostty": ("codepilot.terminal.engines.ghostty", "GhosttyEngine"),
    "bittty": ("codepilot.terminal.engines.bittty", "BitttyEngine"),
}
"""Best first."""
WISH = "CODEPILOT_TERMINAL_ENGINE"
"""The variable by which tests and benchmarks have a host use another than the best."""
_FOREIGN = {"pyghostty", "cffi", "_cffi_backend", "bittty"}


def _load(name: str) -> EngineFactory | None:
    module, attribute = _ENGINES[name]
    try:
        factory: EngineFactory = getattr(import_module(module), attribute)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _FOREIGN:
            raise
        return None  # no wheel for this platform
    except OSError:
        return None  # the wheel's library does not load here
    return factory


def available() -> tuple[str, ...]:
    """Names of the engines that can be loaded here, best first."""
    return tuple(name for name in _ENGINES if _load(name) is not None)


def new_engine(columns: int, lines: int, prefer: str | None = None) -> Engine:
    """A new engine: the one asked for, here or in the environment, else the best one there is.

    Raises:
        TerminalError: no engine, or not the one asked for, can be loaded.
    """
    prefer = prefer or os.environ.get(WISH) or None
    if prefer is not None and prefer not in _ENGINES:
        raise TerminalError(f"Unknown terminal engine {prefer!r}.", hint=f"Known: {', '.join(_ENGINES)}.")
    for name in (prefer,) if prefer else _ENGINES:
        factory = _load(name)
        if factory is not None:
            return factory(columns, lines)
    raise TerminalError(
        "No terminal engine can be loaded.", hint="Install pyghostty, or bittty where it has no wheel."
    )
