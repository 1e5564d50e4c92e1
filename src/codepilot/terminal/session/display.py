"""The screen of a terminal: the emulator, the output on its way there, its size, and what is typed in its modes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from codepilot.terminal.engines import Engine
from codepilot.terminal.screen import Effect

TURN = 0.03
"""Seconds that a terminal's emulator may take in one turn of the loop, so that keys and other terminals get theirs."""
_EFFECT_GAP = 0.1
"""Seconds between two reports of effects: a program that rings the bell in a loop is heard ten times a second."""
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONGEST_SHOWN = 4000


class ScreenOwner(Protocol):
    """What a screen needs of the terminal behind it."""

    def hold(self, held: bool) -> None:
        """Read no more from the program, or go on."""

    def answer(self, replies: bytes) -> None:
        """Give the emulator's answers to the program."""

    def tell_effects(self, effects: Sequence[Effect]) -> None:
        """Tell what the program asks for beyond its screen."""

    def screen_fed(self, data: bytes) -> None:
        """Tell what the screen was fed."""

    def screen_changed(self) -> None:
        """Tell that there is something new to show."""


LEAST = (80, 24)
"""Columns and lines that a terminal keeps unless a person holds its keyboard: programs write for no less."""


class Display:
    """One emulator and its size.

    Args:
        engine: the emulator; closed with this.
        size: columns and lines at first.
        terminal: behind the screen.
    """

    def __init__(self, engine: Engine, size: tuple[int, int], terminal: ScreenOwner) -> None:
        self.engine = engine
        self.columns, self.lines = self._requested = size
        self._least = min(size[0], LEAST[0]), min(size[1], LEAST[1])
        self._terminal = terminal
        self._feed = ScreenFeed(engine, terminal)

    def show(self, data: bytes) -> None:
        """Take output; those who follow it are told."""
        if data:
            self._feed.add(data)
            self._terminal.screen_fed(data)

    def request(self, columns: int, lines: int) -> None:
        """A viewer asks for this size; `fit` applies it as far as is allowed."""
        self._requested = min(max(2, columns), 1000), min(max(2, lines), 1000)

    def fit(self, *, below_least: bool) -> bool:
        """Apply the size that was asked for; returns whether it changed.

        Args:
            below_least: it may get smaller than `LEAST`.
        """
        columns, lines = self._requested
        if not below_least:
            columns, lines = max(columns, self._least[0]), max(lines, self._least[1])
        if (columns, lines) == (self.columns, self.lines):
            return False
        self.columns, self.lines = columns, lines
        self.engine.resize(columns, lines)
        return True

    def encode(self, kind: str, arguments: Sequence[Any]) -> bytes:
        """Bytes for a key, a paste, a mouse event or the focus in the modes now in force."""
        if kind == "key":
            key, text = arguments
            return self.engine.encode_key(key, text=text)
        if kind == "focus":
            return self.engine.encode_focus(*arguments)
        encoder: Callable[..., bytes] = (
            self.engine.encode_paste if kind == "paste" else self.engine.encode_mouse
        )
        return encoder(*arguments)

    def reset_modes(self) -> None:
        """Reset the modes for a new program; the text stays."""
        self._feed.reset_modes()

    def close(self) -> None:
        """Free the emulator."""
        self._feed.close()


class ScreenFeed:
    """Feeds an engine in turns of the loop; while it is behind, its program is not read from.

    Args:
        engine: the emulator; closed with this.
        terminal: behind the screen.
    """

    def __init__(self, engine: Engine, terminal: ScreenOwner) -> None:
        self._engine = engine
        self._terminal = terminal
        self._loop = asyncio.get_running_loop()
        self._behind = b""
        self._next: asyncio.Handle | None = None
        self._effects_due: asyncio.Handle | None = None

    def add(self, data: bytes) -> None:
        """Take output."""
        self._behind = self._behind + data if self._behind else data
        if self._next is None:
            self._turn()

    def reset_modes(self) -> None:
        """Reset the modes for a new program; the text stays."""
        if self._behind:
            self._engine.feed(self._behind)
            self._behind = b""
        self._engine.reset_modes()

    def close(self) -> None:
        """Stop, and free the engine."""
        for handle in (self._next, self._effects_due):
            if handle is not None:
                handle.cancel()
        self._next = self._effects_due = None
        self._behind = b""
        self._engine.close()

    def _turn(self) -> None:
        held = self._next is not None
        self._behind = self._engine.feed(self._behind, seconds=TURN)
        self._next = self._loop.call_soon(self._turn) if self._behind else None
        if held != bool(self._behind):
            self._terminal.hold(bool(self._behind))
        replies = self._engine.take_replies()
        if replies:
            self._terminal.answer(replies)
        if self._effects_due is None:
            self._tell_effects()
        self._terminal.screen_changed()

    def _tell_effects(self) -> None:
        self._effects_due = None
        effects = self._engine.take_effects()
        if effects:
            self._effects_due = self._loop.call_later(_EFFECT_GAP, self._tell_effects)
            self._terminal.tell_effects(effects)


def as_shown(command: str) -> bytes:
    """A command as the prompt shows it."""
    if len(command) > _LONGEST_SHOWN:
        command = command[:_LONGEST_SHOWN] + " …"
    return _UNSHOWABLE.sub("\ufffd", command.rstrip("\n")).replace("\n", "\r\n").encode("utf-8", "replace")
