"""How long one reply is waited for: its first word, each word after it, and the whole."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from codepilot.agentfile import TimeoutConfig
from codepilot.ports import Clock
from codepilot.providers import faults
from codepilot.providers.peer import Peer

TAIL = 5.0
"""Seconds for what may follow the finish reason, such as the token counts."""

_Item = TypeVar("_Item")


class Patience:
    """Waits for the parts of one reply, and gives up after too long a silence.

    Only words end a silence: empty deltas and pings come from servers that hang, too. Only time spent waiting
    counts, so a slow reader of the stream is not taken for a silent service.

    Args:
        clock: time.
        limits: seconds, from the agent file.
        peer: who is waited for, for the words of an error.
    """

    def __init__(self, clock: Clock, limits: TimeoutConfig, peer: Peer) -> None:
        self._clock = clock
        self._limits = limits
        self._peer = peer
        self._longest = limits.first_word
        self._setting = "first_word"
        self._silent = 0.0
        self._whole = 0.0

    def heard(self) -> None:
        """A word came."""
        self._silent, self._longest, self._setting = 0.0, self._limits.between_words, "between_words"

    def finished(self) -> None:
        """The reply is complete; what may follow it is not worth waiting for."""
        self._silent, self._longest = 0.0, TAIL

    async def over(self, part: Awaitable[_Item]) -> _Item:
        """The result of waiting for a part.

        Raises:
            ProviderError: the silence, or the whole reply, lasted too long.
        """
        begun = self._clock.monotonic()
        left = min(self._longest - self._silent, self._limits.whole_reply - self._whole)
        try:
            async with self._clock.timeout(left) as limit:
                return await part
        except TimeoutError as error:
            if not limit.expired():
                raise
            if self._silent + left < self._longest:
                raise faults.too_slow(self._peer, self._limits.whole_reply) from error
            raise faults.silent(self._peer, self._longest, self._setting) from error
        finally:
            spent = self._clock.monotonic() - begun
            self._silent += spent
            self._whole += spent
