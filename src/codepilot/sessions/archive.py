"""`MemoryManager`, `MemoryConfig`, `ContextArchive`: for programs that shorten messages themselves, as in codepilot-ai.

A runtime does that for its own conversation, see `codepilot.loop.compaction`; these take lists of messages.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codepilot.context.budget import Meter
from codepilot.context.cut import border
from codepilot.context.extract import facts_of
from codepilot.context.summary import QUESTION, compose, shares
from codepilot.context.view import View, archive_message, text_of
from codepilot.messages import ModelMessage, ModelRequest, TextDelta, merged
from codepilot.protocol import SUMMARY_TAG
from codepilot.sessions.base import Messages

_NOTICE = 70
"""Percent from which on the text about the context says that it is getting full."""


@dataclass(slots=True)
class MemoryConfig:
    """How much of a conversation is kept: the keys of `memory` in an agent file.

    Args:
        max_context_tokens: of all messages.
        global_summary_threshold: from this share of it on the older part is summarised.
        global_summary_max_tokens: that the model's own words may have.
        provider_name: of the model; noted only.
    """

    max_context_tokens: int = 120_000
    global_summary_threshold: float = 0.9
    global_summary_max_tokens: int = 500
    provider_name: str = ""


class ContextArchive:
    """The messages of archived tasks, by the number of the task."""

    def __init__(self) -> None:
        self._store: dict[int, Messages] = {}

    def archive(self, position: int, messages: Sequence[Mapping[str, Any]]) -> None:
        """Keep a copy of a task's messages, in place of what was kept for it.

        Args:
            position: the task's number.
            messages: of the task.
        """
        self._store[int(position)] = copy.deepcopy([dict(message) for message in messages])

    def reveal(self, position: int) -> Messages | None:
        """A copy of a task's messages; None: it is not archived."""
        return copy.deepcopy(self._store.get(int(position)))

    def is_archived(self, position: int) -> bool:
        """Whether a task is archived."""
        return int(position) in self._store

    def list_all(self) -> list[int]:
        """The numbers of the archived tasks, ascending."""
        return sorted(self._store)

    def token_count(self, position: int) -> int:
        """How many tokens a task's messages have, about; 0: it is not archived."""
        return _tokens(self._store.get(int(position), []))

    def clear_position(self, position: int) -> None:
        """Forget a task."""
        self._store.pop(int(position), None)

    def serialize(self) -> dict[str, Any]:
        """All of it as JSON values: ``{"store": {"1": [messages]}}``."""
        return {"store": {str(position): copy.deepcopy(kept) for position, kept in self._store.items()}}

    def deserialize(self, data: Mapping[str, Any]) -> None:
        """Hold what `serialize` gave, in place of what is held; what has another form is left out."""
        store = data.get("store")
        entries = store.items() if isinstance(store, Mapping) else ()
        self._store = {
            int(position): copy.deepcopy(list(kept))
            for position, kept in entries
            if str(position).isdecimal() and isinstance(kept, list)
        }


class MemoryManager:
    """Shortens lists of messages.

    Args:
        config: how much is kept.
        provider: writes its own words to a summary: a model as the runtime has it (`stream`), or one with the `chat` of
            codepilot-ai; None: the summary has what the messages themselves tell.
    """

    def __init__(self, config: MemoryConfig | None = None, provider: Any = None) -> None:
        self.config = config or MemoryConfig()
        self.provider = provider
        self.archive = ContextArchive()

    async def process(self, messages: Sequence[Mapping[str, Any]]) -> Messages:
        """The messages, with a summary in place of the older part if they are too many.

        Args:
            messages: a conversation; it is not changed.

        Returns:
            A new list.
        """
        kept: Messages = [dict(message) for message in messages]
        limit = self.config.max_context_tokens
        if _tokens(kept) <= limit * self.config.global_summary_threshold:
            return kept
        meter = Meter()
        sizes = {index: len(text_of(message)) for index, message in enumerate(kept)}
        upto = border(kept, sizes, meter.characters(limit * 0.4))
        if not upto:
            return kept
        words = await self._own_words(kept[:upto])
        stays = sum(sizes[index] for index in range(upto, len(kept)))
        summary = compose(facts_of(kept[:upto]), words, (), shares(meter.characters(limit), stays))
        return [{"role": "user", "content": f"{SUMMARY_TAG}\n{summary}"}, *kept[upto:]]

    def archive_task(self, messages: Sequence[Mapping[str, Any]], position: int, summary: str) -> Messages:
        """The messages with a summary in place of one task, whose messages go into `archive`.

        Args:
            messages: a conversation; it is not changed.
            position: the task's number.
            summary: what stands for it.

        Returns:
            A new list.

        Raises:
            ValueError: there is no such task.
        """
        view = View()
        view.follow(messages)
        if position not in view.tasks:
            raise ValueError(f"There is no task {position}.")
        begin, end = view.tasks[position]
        self.archive.archive(position, messages[begin:end])
        stands = {"role": "user", "content": archive_message(position, summary)}
        rest = messages[end:] if end is not None else ()
        return [*map(dict, messages[:begin]), stands, *map(dict, rest)]

    def build_context_stress(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """How full the context is, in words: all of it, then each task."""
        view = View()
        view.follow(messages)
        used, limit = _tokens(messages), self.config.max_context_tokens
        percent = round(used / limit * 100)
        lines = [f"Context: {used:,} / {limit:,} tokens ({percent}%)"]
        for number, (begin, end) in view.tasks.items():
            active = " (active)" if end is None else ""
            lines.append(f"Task {number}: {_tokens(messages[begin:end]):,} tokens{active}")
        if percent >= _NOTICE:
            lines.append("The context is getting full: archive the tasks that are finished.")
        return "\n".join(lines)

    def serialize_state(self) -> dict[str, Any]:
        """What has to be kept between programs, as JSON values; goes into `save_extra` as ``memory_state``."""
        return {"archive": self.archive.serialize()}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Hold what `serialize_state` gave."""
        kept = state.get("archive")
        self.archive.deserialize(kept if isinstance(kept, Mapping) else {})

    async def _own_words(self, messages: Messages) -> str:
        most = self.config.global_summary_max_tokens
        question = QUESTION.format(words=max(50, most * 3 // 5))
        if hasattr(self.provider, "stream"):
            turns = [
                ModelMessage("assistant" if each.get("role") == "assistant" else "user", text_of(each))
                for each in messages
            ]
            turns.append(ModelMessage("user", question))
            request = ModelRequest(system="", messages=tuple(merged(turns)), max_tokens=most)
            pieces = [piece async for piece in self.provider.stream(request)]
            return "".join(piece.text for piece in pieces if isinstance(piece, TextDelta))
        if hasattr(self.provider, "chat"):
            said = [*messages, {"role": "user", "content": question}]
            return str(await self.provider.chat(said, "", 0.0, most))
        return ""


def _tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    return Meter().tokens(sum(len(text_of(message)) for message in messages))
