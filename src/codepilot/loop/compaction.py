"""Keeps each request within the model's window: old results are left out, then the conversation is summarised."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from codepilot import events as e
from codepilot.context.budget import Meter, Window
from codepilot.context.cut import border
from codepilot.context.extract import Known
from codepilot.context.prune import RECENT, pruned
from codepilot.context.report import Compacted, ContextReport, entries_of
from codepilot.context.shorter import Form, shorter
from codepilot.context.summary import Look, compose, shares
from codepilot.context.view import is_result, text_of
from codepilot.errors import CodepilotError
from codepilot.loop.conversation import Conversation
from codepilot.loop.extracted import Extracted, nothing_known
from codepilot.loop.own_words import own_words
from codepilot.messages import ModelRequest, Usage
from codepilot.ports import EventSink, Provider

_WORTH = 0.15
"""Share of the window that leaving results out must save: each time costs the service's cache once."""
_TAIL = 0.30
"""Share of the room beside the system prompt that what stays word for word may have."""
_AFTER, _LESS = 0.6, 0.8
"""At most such shares of the room, and of what there was, are left by a cut: else the next one would follow soon."""
_SMALLER = 0.8
"""What a service refused is sent again with so much of these."""
_LITTLE = 2_000
"""Tokens of messages for which no summary is made before there is need."""
_STEPS_APART = 3
"""No second cut comes sooner, unless so much of the room was added:"""
_CAME_IN = 0.1
_ADDED = 0.05
"""Share of the room that has to come in before it is looked again for what could be left out."""
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
        self._extracted = Extracted(conversation, look)
        self.meter = Meter()
        """How many tokens a text has."""
        self._refused = 0
        self._recalled, self._cut_at = (0, 0), 0.0
        self._look_again_at = 0
        """Tokens from which on there may be enough to leave out; before that nothing has changed about it."""
        self.due = False
        """The person wants it done before the next request."""
        self._since_cut = _STEPS_APART
        self._left_by_cut = 0
        self.pay: Callable[[Usage], tuple[float | None, float | None]] = lambda usage: (None, None)
        """Told the tokens of each request for a summary; gives what the session and the task have cost so far."""
        self.known: Callable[[], Awaitable[Mapping[str, Known]]] = nothing_known
        """Gives what a summary says of files and no message tells."""

    def room(self, system: str) -> int:
        """Tokens that the messages may have; 0: any number, as nothing is known of the model."""
        return self._window().room(self.meter.tokens(len(system)), self._refused)

    def learn(self, request: ModelRequest, usage: Usage) -> None:
        """The service counted a request."""
        self.meter.learn(len(request.system), self._characters(), usage.input_tokens)

    def recall(self, tokens: int, messages: int, cut_at: float = 0.0) -> None:
        """An earlier program was told by the service how many tokens its last request had.

        Args:
            tokens: of it; 0: it was not told.
            messages: how many there were at that time.
            cut_at: when it cut the conversation last, in seconds since 1970; 0: not known.
        """
        self._recalled, self._cut_at = (tokens, messages), cut_at

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
        compacted = self.due and bool((await self.compact(system)).freed)
        window, room = self._window(), self.room(system)
        self._since_cut += 1
        if not room or self.used() < window.prune_at * room:
            return compacted
        changed = compacted
        if self.used() >= self._look_again_at:  # a look at all results is what costs most in such a step
            changed = self._prune(_WORTH * (window.size or room)) or compacted
            self._look_again_at = 0 if changed else int(self.used() + _ADDED * room)
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

    async def compact(self, system: str) -> Compacted:
        """Shorten what the model sees now, whatever there is room for; no summary where it does not save a fifth."""
        self.due = False
        self._learn_recalled(system)
        before = self.used()
        self._prune(0)
        room = self.room(system)
        most = min(room or self.used(), self.used())
        if most >= min(_LITTLE, room // 2 or _LITTLE):
            await self._cut(system, most, prose=True, worth=_LESS)
        done = Compacted(before, self.used())
        self._emit(e.ContextCompacted(tokens_before=done.before, tokens_after=done.after))
        return done

    def leave_out(self, place: int) -> bool:
        """Have one line stand for a result, as the person wants it; whether it is one that can be left out."""
        messages = self._conversation.messages
        text, shown = text_of(messages[place]), {each.index for each in self._conversation.shown()}
        if place not in shown or not is_result(messages[place]) or place in self._conversation.view.pruned:
            return False
        if place >= len(messages) - 2 or len(shorter(place, text, "old")) >= len(text):
            return False
        self._leave_out({place: "old"})
        return True

    def report(self, system: str, tools: int, usage: Usage, cost: float | None) -> ContextReport:
        """What fills the window.

        Args:
            system: the system prompt.
            tools: characters of it that describe tools.
            usage: of the session.
            cost: of the session, in dollars.
        """
        self._learn_recalled(system)
        conversation, used = self._conversation, self.used()
        view = conversation.view
        return ContextReport(
            window=self._window().size,
            room=self.room(system),
            used=used,
            system=self.meter.tokens(len(system)),
            tools=self.meter.tokens(tools),
            counted=self.meter.counts,
            entries=entries_of(conversation.shown(), conversation.messages, view.summary, view.pruned, used),
            summarised=view.cut,
            cut_at=(self._cut_at or None) if view.cut else None,
            usage=usage,
            cost=cost,
        )

    def request_tokens(self, system: str) -> int:
        """Of the next request, as far as it is known by now."""
        return self.meter.tokens(len(system)) + self.used()

    def used(self) -> int:
        """Tokens of the messages that the model sees, as the service counted them, and what was added since."""
        return self.meter.used(self._characters())

    def _characters(self) -> int:
        return sum(len(each.text) for each in self._conversation.shown())

    def _prune(self, worth: float, recent: int = RECENT) -> bool:
        """Leave old results out, all at once, if that saves so many tokens; whether it was done."""
        view, messages = self._conversation.view, self._conversation.messages
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
        self._leave_out(forms)
        return True

    def _leave_out(self, forms: dict[int, Form]) -> None:
        used = self.used()
        self._conversation.leave_out(forms)
        self._emit(
            e.ContextPruned(
                messages=tuple(place + 1 for place in sorted(forms)),
                forms=tuple(forms[place] for place in sorted(forms)),
                tokens_before=used,
                tokens_after=self.used(),
            )
        )

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
        facts, texts, parts = self._extracted.facts(upto), self._extracted.texts(upto), shares(free, kept)
        facts.known = await self.known()
        most, usage, costs = worth * self._characters() - kept, Usage(), self.pay(Usage())
        summary = compose(facts, "", texts, parts)
        if prose and len(summary) < most:  # else the model would be asked in vain
            words, usage = await self._own_words(system)
            costs = self.pay(usage)
            summary = compose(facts, words, texts, parts)
        if len(summary) >= most:
            return False
        conversation.add_summary(upto, summary)
        self._cut_at = time.time()
        self._since_cut, self._left_by_cut, self._look_again_at = 0, self.used(), 0
        self._emit(
            e.ContextCut(
                upto=upto,
                tokens_before=used,
                tokens_after=self._left_by_cut,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_tokens=usage.cache_read,
                cache_write_tokens=usage.cache_write,
                cost=costs[0],
                task_cost=costs[1],
            )
        )
        return True

    async def _own_words(self, system: str) -> tuple[str, Usage]:
        return await own_words(self._provider, system, self._conversation.for_model(), self._prose_tokens())
