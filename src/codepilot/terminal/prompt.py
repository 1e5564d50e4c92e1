"""Whether a shell stands at its prompt, and what was typed there: from its marks, its echo and the keys."""

from __future__ import annotations

from codepilot.terminal.plain import plain

_LONGEST = 4000
_ENDS = (b"\r", b"\n", b"\x03", b"\x04")
"""After these nothing of a line is left for whoever reads next."""


class Prompt:
    """The prompt of one shell process. Without marks: of the program, as far as that is judged."""

    def __init__(self) -> None:
        self.stands = False
        """The shell reads a line."""
        self.typed_here = False
        """Somebody typed since it stands."""
        self.submitted = False
        """And pressed Enter: with the end of the echo a command begins. Of a shell that does not say so itself."""
        self.due = True
        """The next one is new, and not the same one drawn again."""
        self.announced = ""
        """The line that the shell says it is about to run."""
        self._typed = bytearray()
        """What was echoed since somebody typed."""
        self._cleared = False
        """A half-typed line was dropped: more than one prompt may come, if lines typed before it are still read."""
        self._dropping = False
        """The shell has not said yet that it did; prompts until then are of earlier lines."""
        self.ahead = False
        """Something was typed before it stood: the shell may get it."""
        self._left = False
        """And certainly will: it was part of a line, which no program has read."""
        self._echoed = False
        """Something was written behind it."""

    @property
    def unsure(self) -> bool:
        """Another one may follow at once: it counts when the terminal has been quiet for a little."""
        return self._cleared or self.ahead

    @property
    def touched(self) -> bool:
        """Somebody has typed a part of a line here, or before it stood, and the shell got that."""
        return self.typed_here or (self.ahead and self._echoed)

    @property
    def line(self) -> str:
        """What was typed, as the shell says or as its echo shows it."""
        return self.announced or plain(bytes(self._typed))

    def came(self) -> bool:
        """The mark of its end. Says whether it is a new one."""
        if not self.due or self._dropping:
            return False
        self.due = False
        self.stands = True
        self.typed_here = self._left
        self._left = self._echoed = False
        self._typed.clear()
        return True

    def command_ended(self) -> None:
        """So another one is to come."""
        self.due = True
        self.submitted = False

    def given(self) -> None:
        """We give a line."""
        self.stands = self._cleared = self.ahead = self._left = False

    def drop(self, *, confirmed: bool) -> None:
        """We have a half-typed line dropped.

        Args:
            confirmed: the shell will say when it did.
        """
        self.stands = self.ahead = self._left = False
        self._cleared = True
        self._dropping = confirmed
        self.due = not confirmed

    def dropped(self) -> None:
        """It did."""
        self._dropping = False
        self.due = True

    def key(self, data: bytes, *, silent: bool) -> None:
        """Somebody types here.

        Args:
            data: what.
            silent: the shell does not say where a command begins.
        """
        self.typed_here = True
        if silent and (b"\r" in data or b"\n" in data):
            self.stands = False
            self.submitted = True

    def key_ahead(self, data: bytes, *, eaten: bool) -> None:
        """Somebody types while it does not stand.

        Args:
            data: what.
            eaten: a program runs that takes single keys.
        """
        self.ahead = True
        self._left = not data.endswith(_ENDS) and not eaten

    def answered(self) -> None:
        """The terminal answered a program's question: what that has not read, the shell gets as if it were typed."""
        self.ahead = True

    def echo(self, data: bytes) -> None:
        """What is written behind it after somebody typed."""
        self._typed += data
        del self._typed[:-_LONGEST]

    def stir(self, data: bytes) -> None:
        """What is written behind it after somebody typed ahead."""
        self.echo(data)
        self._echoed = self._echoed or bool(plain(data).strip())
