"""Keeps each request within the model's window: old results are left out, then the conversation is summarised."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from codepilot import events as e
from codepilot.context.budget import Meter, Window
from codepilot.context.cut import border
from codepilot.context.extract import Facts
from codepilot.context.prune import RECENT, pruned
from codepilot.context.shorter import Form, shorter
from codepilot.context.summary import QUESTION, FileText, Look, compose, shares, used_last
from codepilot.context.view import text_of
from codepilot.errors import CodepilotError, ProviderError
from codepilot.loop.conversation import Conversation
from codepilot.messages import ModelMessage, ModelRequest, ReplyEnd, TextDelta, Usage, merged
from codepilot.ports import EventSink, Provider
from codepilot.protocol import parse_reply

_WORTH = 0.15
"""Share of the window that leaving results out must save: each time costs the service's cache once."""
_TAIL = 0.30
"""Share of the room beside the system prompt that what stays word for word may have."""
_AFTER, _LESS = 0.6, 0.8
"""At most such shares of the room, and of what there was, are left by a cut: else the next one would follow soon."""
_SMALLER = 0.8
"""What a service refused is sent again with so much of these."""
_STEPS_APART = 3
"""No second cut comes sooner, unless so much of the room was added:"""
_CAME_IN = 0.1
HINT = "Make it shorter (/compact), begin a new conversation (/new), or choose a model with a larger window."
TOO_LONG = "The conversation is too long for the model, and a summary does not make it shorter."


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
        self.meter = Meter()
        """How many tokens a text has."""
        self._refused = 0
        self._recalled = (0, 0)
        self._since_cut = _STEPS_APART
        self._left_by_cut = 0
        self._facts, self._facts_of = Facts(), 0
        self._last_fact: object = None
        self.usage = Usage()
        """Tokens of the requests for summaries; whoever counts takes them."""

    def room(self, system: str) -> int:
        """Tokens that the messages may have; 0: any number, as nothing is known of the model."""
        return self._window().room(self.meter.tokens(len(system)), self._refused)

    def learn(self, request: ModelRequest, usage: Usage) -> None:
        """The service counted a request."""
        self.meter.learn(len(request.system), self._characters(), usage.input_tokens)

    def recall(self, tokens: int, messages: int) -> None:
        """An earlier program was told by the service how many tokens its last request had.

        Args:
            tokens: of it; 0: it was not told.
            messages: how many there were at that time.
        """
        self._recalled = (tokens, messages)

    def _learn_recalled(self, system: str) -> None:
        (tokens, messages), self._recalled = self._recalled, (0, 0)
        if tokens and not self.meter.counts:
            then = sum(len(each.text) for each in self._conversation.shown() if each.index < messages)
            self.meter.learn(len(system), then, tokens)

    async def fit(self, system: str) -> bool:
        """Shorten what the model sees, if it is too much for its window.

        Returns:
            Whether it is shorter now.

        Raises:
            ContextFull: it is too much in any case.
        """
        self._learn_recalled(system)
        window, room = self._window(), self.room(system)
        self._since_cut += 1
        if not room or self.used() < window.prune_at * room:
            return False
        changed = self._prune(_WORTH * (window.size or room))
        before = self.used()
        if before < window.cut_at * room:
            return changed
        if self._since_cut <= _STEPS_APART and before - self._left_by_cut < _CAME_IN * room:
            return changed  # another summary would be the same
        if not await self._cut(system, room, prose=True):
            if self.used() < room:
                return changed  # nothing can be left out, and it fits
            raise ContextFull(TOO_LONG, hint=HINT)
        if self.used() > _AFTER * room:
            self._prune(0)
        if self.used() > min(_AFTER * room, _LESS * before):
            raise ContextFull(TOO_LONG, hint=HINT)
        return True

    async def refused(self, system: str, request: ModelRequest) -> bool:
        """The service says that a request is too long: shorten it by half.

        Returns:
            Whether it is shorter now.
        """
        refused = self.meter.tokens(len(request.system) + sum(len(each.text) for each in request.messages))
        before = self.used()
        self._refused = min(self._refused or refused, refused)
        self._prune(0)
        await self._cut(system, int(self.room(system) * _SMALLER), prose=False)
        return self.used() < before * _SMALLER

    async def compact(self, system: str) -> tuple[int, int]:
        """Shorten what the model sees as far as it goes, now; nothing happens where that does not save a fifth.

        Returns:
            Tokens of the messages before and after.
        """
        self._learn_recalled(system)
        before = self.used()
        self._prune(0)
        room = self.room(system)
        await self._cut(system, min(room, self.used()) if room else self.used(), prose=True, worth=_LESS)
        return before, self.used()

    def used(self) -> int:
        """Tokens of the messages that the model sees, as the service counted them, and what was added since."""
        return self.meter.used(self._characters())

    def _characters(self) -> int:
        return sum(len(each.text) for each in self._conversation.shown())

    def _prune(self, worth: float, recent: int = RECENT) -> bool:
        """Leave old results out, all at once, if that saves so many tokens; whether it was done."""
        view, messages, used = self._conversation.view, self._conversation.messages, self.used()
        places = [each.index for each in self._conversation.shown() if each.index >= view.cut]
        forms: dict[int, Form] = {}
        saved = 0
        for place, form in pruned(messages, places, recent).items():
            text = text_of(messages[place])
            now, then = view.pruned.get(place) or text, shorter(place, text, form)
            if len(then) < len(now):
                forms[place] = form
                saved += len(now) - len(then)
        if not forms or self.meter.tokens(saved) < worth:
            return False
        self._conversation.leave_out(forms)
        self._emit(
            e.ContextPruned(
                messages=tuple(place + 1 for place in sorted(forms)),
                forms=tuple(forms[place] for place in sorted(forms)),
                tokens_before=used,
                tokens_after=self.used(),
            )
        )
        return True

    async def _cut(self, system: str, room: int, *, prose: bool, worth: float = 1.0) -> bool:
        """Have a summary stand for the beginning.

        Args:
            system: the system prompt.
            room: tokens that all messages may have.
            prose: the model is asked for its own words.
            worth: share of what there is now that it must come below.

        Returns:
            Whether it was done.
        """
        conversation, used, free = self._conversation, self.used(), self.meter.characters(room)
        sizes = {
            each.index: len(each.text) for each in conversation.shown() if each.index >= conversation.view.cut
        }
        upto = border(conversation.messages, sizes, int(free * _TAIL))
        if upto is None or upto <= conversation.view.cut:
            return False
        kept = sum(size for place, size in sizes.items() if place >= upto)
        words = await self._own_words(system) if prose and kept < worth * self._characters() else ""
        summary = compose(self._facts_upto(upto), words, self._texts(upto), shares(free, kept))
        if kept + len(summary) >= worth * self._characters():
            return False
        conversation.add_summary(upto, summary)
        self._since_cut, self._left_by_cut = 0, self.used()
        self._emit(e.ContextCut(upto=upto, tokens_before=used, tokens_after=self._left_by_cut))
        return True

    def _facts_upto(self, upto: int) -> Facts:
        """What happened in the first messages; of those that were looked at before, only the outcome is kept."""
        messages, known = self._conversation.messages, self._facts_of
        if known > upto or (known and messages[known - 1] is not self._last_fact):
            self._facts, known = Facts(), 0
        self._facts.add(messages[known:upto])
        self._facts_of, self._last_fact = upto, messages[upto - 1]
        return self._facts

    def _texts(self, upto: int) -> list[FileText]:
        """The files that were used last as they are now, the last one first."""
        since = Facts()
        since.add(self._conversation.messages[upto:])
        recent = used_last(since)
        older = [path for path in used_last(self._facts) if path not in recent]
        return [
            FileText(path, text) for path in [*recent, *older][:5] if (text := self._look(path)) is not None
        ]

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
