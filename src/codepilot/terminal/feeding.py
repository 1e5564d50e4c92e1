"""A terminal's output on its way to its screen, at the pace of the emulator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from codepilot.terminal.engines.engine import Engine
from codepilot.terminal.screen import Effect

TURN = 0.03
"""Seconds that a terminal's emulator may take in one turn of the loop, so that keys and other terminals get theirs."""
_EFFECT_GAP = 0.1
"""A program that rings and rings is heard ten times a second."""


class ScreenFeed:
    """Feeds an engine in turns of the loop; while it is behind, its program is not read from.

    Args:
        engine: the emulator; closed with this.
        hold: told to read no more from the program, and later to go on.
        answer: takes the emulator's answers to the program.
        effects: takes what the program asks for beyond its screen.
        changed: told that there is something new to show.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        hold: Callable[[bool], None],
        answer: Callable[[bytes], None],
        effects: Callable[[Sequence[Effect]], None],
        changed: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._hold = hold
        self._answer = answer
        self._effects = effects
        self._changed = changed
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
        """Put the screen in order for a new program; the text stays."""
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
            self._hold(bool(self._behind))
        replies = self._engine.take_replies()
        if replies:
            self._answer(replies)
        if self._effects_due is None:
            self._tell_effects()
        self._changed()

    def _tell_effects(self) -> None:
        self._effects_due = None
        effects = self._engine.take_effects()
        if effects:
            self._effects_due = self._loop.call_later(_EFFECT_GAP, self._tell_effects)
            self._effects(effects)
