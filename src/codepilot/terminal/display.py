"""The screen of a terminal: the emulator behind its feed, how large it is, and what is typed in its modes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from codepilot.terminal.engines.engine import Engine
from codepilot.terminal.feeding import ScreenFeed
from codepilot.terminal.screen import Effect

_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONGEST_SHOWN = 4000


class Display:
    """One emulator and its size.

    Args:
        engine: the emulator; closed with this.
        columns: width at first, and the least there is unless a person holds the keyboard.
        lines: height, the same.
        hold: see `ScreenFeed`, as the others.
        answer: takes the emulator's answers.
        effects: takes what the program asks for.
        changed: told that there is something new.
    """

    def __init__(
        self,
        engine: Engine,
        columns: int,
        lines: int,
        *,
        hold: Callable[[bool], None],
        answer: Callable[[bytes], None],
        effects: Callable[[Sequence[Effect]], None],
        changed: Callable[[], None],
    ) -> None:
        self.engine = engine
        self.columns, self.lines = self._least = self._wished = columns, lines
        self._feed = ScreenFeed(engine, hold=hold, answer=answer, effects=effects, changed=changed)

    def show(self, data: bytes) -> None:
        """Take output."""
        self._feed.add(data)

    def wish(self, columns: int, lines: int) -> None:
        """So large a viewer would have it; `fit` does what can be done."""
        self._wished = min(max(2, columns), 1000), min(max(2, lines), 1000)

    def fit(self, *, below_least: bool) -> bool:
        """Get as large as was wished; says whether that changed anything.

        Args:
            below_least: it may get smaller than it was at first.
        """
        columns, lines = self._wished
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
        """Put the screen in order for a new program; the text stays."""
        self._feed.reset_modes()

    def close(self) -> None:
        """Free the emulator."""
        self._feed.close()


def as_shown(command: str) -> bytes:
    """A command as the prompt shows it."""
    if len(command) > _LONGEST_SHOWN:
        command = command[:_LONGEST_SHOWN] + " …"
    return _UNSHOWABLE.sub("\ufffd", command.rstrip("\n")).replace("\n", "\r\n").encode("utf-8", "replace")
