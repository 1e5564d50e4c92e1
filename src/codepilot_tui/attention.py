"""What reaches a person who looks elsewhere: the title of the terminal's window, the bell, a note on the desktop."""

from __future__ import annotations

from collections.abc import Callable

from codepilot.text import clean_line, shorten

SAVE, RESTORE = "\x1b[22;2t", "\x1b[23;2t"
"""Put the window's title on the terminal's stack, and take it back."""
_LONGEST = 120


class Attention:
    """The window's title always; bell and note only while the window is not in front.

    Args:
        write: writes a control sequence to the terminal.
        in_front: whether the window has the focus.
    """

    def __init__(self, write: Callable[[str], None], in_front: Callable[[], bool]) -> None:
        self._write = write
        self._in_front = in_front
        self._title = ""

    def title(self, text: str) -> None:
        """Name the window; the name it had is kept for `close`."""
        text = shorten(clean_line(text), _LONGEST)
        if text == self._title:
            return
        if not self._title:
            self._write(SAVE)
        self._title = text
        self._write(f"\x1b]2;{text}\x1b\\")

    def call(self, text: str) -> None:
        """Ring, and leave a note on the desktop where the terminal knows how: OSC 9 and 777."""
        if self._in_front():
            return
        # A semicolon would end a field of OSC 777.
        words = shorten(clean_line(text), _LONGEST).replace(";", ",")
        self._write(f"\x07\x1b]9;{words}\x1b\\\x1b]777;notify;codepilot;{words}\x1b\\")

    def close(self) -> None:
        """Give the window its name back."""
        if self._title:
            self._title = ""
            self._write(RESTORE)
