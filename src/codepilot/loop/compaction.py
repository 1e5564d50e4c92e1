"""Keeps each request within the model's window: old results are left out, then the conversation is summarised."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from codepilot import events as e
from codepilot.context.budget import Meter, Window
from codepilot.context.cut import border
from codepilot.context.extract import facts_of
from codepilot.context.prune import pruned
from codepilot.context.summary import QUESTION, FileText, Look, compose, shares, used_last
from codepilot.errors import CodepilotError, ProviderError
from codepilot.loop.conversation import Conversation
from codepilot.messages import ModelMessage, ModelRequest, ReplyEnd, TextDelta, Usage, merged
from codepilot.ports import EventSink, Provider
from codepilot.protocol import parse_reply

_WORTH = 0.15
"""Share of the room that leaving results out must save: each time costs the service's cache once."""
_TAIL, _SUMMARY = 0.30, 0.28
"""Shares of the room beside the system prompt that what stays word for word, and the summary, may have."""
_SMALLER = 0.8
"""What a service refused is sent again with so much of these."""
HINT = "Begin a new conversation, or choose a model with a larger window."


class ContextFull(CodepilotError):
    """What the model has to read does not fit into its window, however it is shortened."""


class Compaction:
    """Of one conversation.

    Args:
        conversation: what is shortened in the model's view; it stays whole itself.
        provider: writes its own words to a summary.
        emit: takes the events.
        window: gives the limits in force.
        prose: gives the tokens that the model's own words may have; 0: none are asked for.
        look: gives the files as they are now.
    """

    def __init__(
        self,
        conversation: Conversation,
        provider: Provider,
        emit: EventSink,
        window: Callable[[], Window],
        prose: Callable[[], int],
        look: Look,
    ) -> None:
        self._conversation = conversation
        self._provider = provider
        self._emit = emit
        self._window = window
        self._prose_tokens = prose
        self._look = look
        self._meter = Meter()
        self._refused = 0
        self.usage = Usage()
        """Tokens of the requests for summaries; whoever counts takes them."""

    def _room(self, system: str) -> int:
        return self._window().room(self._meter.tokens(len(system)), self._refused)

    def learn(self, request: ModelRequest, usage: Usage) -> None:
        """The service counted a request."""
        self._meter.learn(_characters(request), usage.input_tokens)

    async def fit(self, system: str) -> None:
        """Shorten what the model sees, if it is too much for its window.

        Raises:
            ContextFull: it is too much in any case.
        """
        window, room = self._window(), self._room(system)
        if not room or self._used() < window.prune_at * room:
            return
        self._prune(_WORTH * room)
        if self._used() < window.cut_at * room:
            return
        await self._cut(system, room, prose=True)
        if self._used() >= window.cut_at * room:
            self._prune(0)
        if self._used() >= window.cut_at * room:
            raise ContextFull(
                "The conversation is too long for the model, and a summary does not make it shorter.",
                hint=HINT,
            )

    async def refused(self, system: str, request: ModelRequest) -> bool:
        """The service says that a request is too long: shorten it by half.

        Returns:
            Whether it is shorter now.
        """
        refused, before = self._meter.tokens(_characters(request)), self._used()
        self._refused = min(self._refused or refused, refused)
        self._prune(0)
        await self._cut(system, int(self._room(system) * _SMALLER), prose=False)
        return self._used() < before * _SMALLER

    def _used(self) -> int:
        """Tokens of the messages that the model sees."""
        return self._meter.tokens(sum(len(each.text) for each in self._conversation.shown()))

    def _prune(self, worth: float) -> None:
        """Leave old results out, all at once, if that saves so many tokens."""
        view, messages, used = self._conversation.view, self._conversation.messages, self._used()
        places = [each.index for each in self._conversation.shown() if each.index >= view.cut]
        kept = dict(view.pruned)
        view.pruned.update(pruned(messages, places))
        left = self._used()
        if left >= used or used - left < worth:
            view.pruned = kept
            return
        new = tuple(index + 1 for index in sorted(view.pruned) if kept.get(index) != view.pruned[index])
        self._emit(e.ContextPruned(messages=new, tokens_before=used, tokens_after=left))

    async def _cut(self, system: str, room: int, *, prose: bool) -> None:
        conversation, used, free = self._conversation, self._used(), self._meter.characters(room)
        sizes = {
            each.index: len(each.text) for each in conversation.shown() if each.index >= conversation.view.cut
        }
        upto = border(conversation.messages, sizes, int(free * _TAIL))
        if upto is None or upto <= conversation.view.cut:
            return
        words = await self._own_words(system) if prose else ""
        facts = facts_of(conversation.messages[:upto])
        texts = []
        for path in used_last(facts_of(conversation.messages)):
            if (text := self._look(path)) is not None:
                texts.append(FileText(path, text))
        conversation.add_summary(upto, compose(facts, words, texts, shares(int(free * _SUMMARY))))
        self._emit(e.ContextCut(upto=upto, tokens_before=used, tokens_after=self._used()))

    async def _own_words(self, system: str) -> str:
        """What the model itself would keep; the request begins as the last one did, so that it is cached."""
        most = self._prose_tokens()
        if most <= 0:
            return ""
        question = ModelMessage("user", QUESTION.format(words=max(50, most * 3 // 5)))
        messages = tuple(merged([*self._conversation.for_model(), question]))
        request = ModelRequest(system=system, messages=messages, max_tokens=most)
        pieces: list[str] = []
        try:
            async with aclosing(self._provider.stream(request)) as stream:  # type: ignore[type-var]
                async for piece in stream:
                    if isinstance(piece, TextDelta):
                        pieces.append(piece.text)
                    elif isinstance(piece, ReplyEnd):
                        self.usage += piece.usage or Usage()
        except ProviderError:
            return ""  # the rest of the summary needs no model
        return parse_reply("".join(pieces)).prose


def _characters(request: ModelRequest) -> int:
    return len(request.system) + sum(len(message.text) for message in request.messages)
