"""How much room a conversation has in the model's window, in tokens that are counted by the service itself."""

from __future__ import annotations

from codepilot.values import dataclass

USUAL, LEAST, MOST = 3.6, 2.0, 5.0
"""Characters per token: before anything is known, and as far as a service may say otherwise."""
_DOUBT = 1.1
"""An estimate of a service that never counted is taken for so much more."""
_ROOM_LEFT = 0.9
"""Of a size that was refused."""


class Meter:
    """Tokens of a text, by what the service counted of earlier ones. Nothing is downloaded for it."""

    def __init__(self) -> None:
        self._per_token = USUAL
        self._doubt = _DOUBT
        self._counted: tuple[int, int] | None = None

    def learn(self, system: int, messages: int, tokens: int) -> None:
        """The service counted a prompt.

        Args:
            system: characters of the system prompt.
            messages: of the messages.
            tokens: of both, what was read from a cache included; 0: it did not count.
        """
        if tokens > 0 and system + messages > 0:
            self._per_token = min(max((system + messages) / tokens, LEAST), MOST)
            self._doubt = 1.0
            self._counted = (max(0, tokens - self.tokens(system)), messages)

    def used(self, messages: int) -> int:
        """Tokens of the messages that have so many characters now: as counted last, and what came or went since."""
        if self._counted is None:
            return self.tokens(messages)
        tokens, then = self._counted
        return max(0, tokens + self.tokens(messages - then))

    @property
    def counts(self) -> bool:
        """Whether the service has counted yet."""
        return self._counted is not None

    def tokens(self, characters: int) -> int:
        """How many tokens a text has, about."""
        return round(characters / self._per_token * self._doubt)

    def characters(self, tokens: float) -> int:
        """How long a text of so many tokens is, about."""
        return int(tokens * self._per_token / self._doubt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the model can read and write at once, in tokens."""

    size: int = 0
    """Of the model: system prompt, messages and reply together; 0: it is not known."""
    messages: int = 0
    """That the messages may have at most, as the agent file says; 0: it does not."""
    reply: int = 0
    """Kept free for the reply and the thinking before it."""
    cut_at: float = 0.9
    """From this share of the room on the conversation is summarised."""

    def room(self, system: int, refused: int = 0) -> int:
        """Tokens that the messages may have; 0: any number.

        Args:
            system: tokens of the system prompt.
            refused: of the smallest request that the service refused as too long; 0: none.
        """
        rooms = [self.messages] if self.messages else []
        if self.size:
            room = self.size - self.reply - max(1_024, self.size // 50) - system
            rooms.append(max(room, self.size // 4))  # a reply as long as the window is no limit to keep
        if refused:
            rooms.append(max(int(refused * _ROOM_LEFT) - system, refused // 4))
        return min(rooms, default=0)

    @property
    def prune_at(self) -> float:
        """From this share on old results are left out."""
        return self.cut_at * 7 / 9
