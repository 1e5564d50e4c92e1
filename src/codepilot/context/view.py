"""Which messages the model sees, and which ones stand for others.

A conversation is only ever appended to, so that every store keeps it whole. What the model does not get any more is
told by messages of a form of their own: a summary, which stands for all messages up to a number, and the summary of one
archived task. Whoever loads the messages has the same view.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from codepilot.context.shorter import FORMS, KEY, shorter
from codepilot.protocol import MESSAGE_TAG, RESULT_TAG, SUMMARY_TAG
from codepilot.values import dataclass

Message = Mapping[str, Any]
Messages = Sequence[Message]

_SUMMARY = re.compile(rf"{re.escape(SUMMARY_TAG)}\nOf messages 1 to (\d+)\b")
_ARCHIVED = re.compile(r"\[ARCHIVED TASK (\d+)\]\n")
_TASK = re.compile(r"\[Task (\d{1,9})\]\[USER INPUT\](?:\n|\Z)")


def text_of(message: Message) -> str:
    """The text of a message; sessions of other programs may hold a list of parts."""
    content = message.get("content", "")
    if isinstance(content, list):
        return "\n".join(
            str(part.get("text", "")) if isinstance(part, Mapping) else str(part) for part in content
        )
    return str(content)


def summary_message(upto: int, words: str) -> str:
    """The message that stands for the first messages of a conversation.

    Args:
        upto: how many.
        words: what the model is to know of them.
    """
    return (
        f"{SUMMARY_TAG}\nOf messages 1 to {upto}, which are left out here to save room. They are kept: "
        f'reveal_context("words") finds any of them.\n\n{words}'
    )


_OPENING = f"{SUMMARY_TAG}\nOf the session "
_TEXTS_NOW = "\n\nThe files that were used last, as they were when this session began:\n\n"


def opening_message(session_id: str, words: str, texts: Sequence[str]) -> str:
    """The first message of a session that goes on where another one became too large.

    Args:
        session_id: of the other one.
        words: what the model is to know of it.
        texts: those of files.
    """
    said = (
        f"{_OPENING}{session_id}, which this one continues. Its messages are not here, and reveal_context does not "
        f"find them.\n\n{words}"
    )
    return said + _TEXTS_NOW + "\n\n".join(texts) if texts else said


def opening_words(message: Message) -> str:
    """What such a message says of the other session, without the texts of files; empty: it is none."""
    text = text_of(message)
    if message.get("role") != "user" or not text.startswith(_OPENING):
        return ""
    return text.partition("\n\n")[2].partition(_TEXTS_NOW)[0]


def archive_message(number: int, words: str) -> str:
    """The message that stands for a task."""
    return f"[ARCHIVED TASK {number}]\n{words}"


def task_in(text: str) -> int | None:
    """The number of the task that a message begins."""
    found = _TASK.match(text)
    return int(found[1]) if found else None


def is_from_person(message: Message) -> bool:
    """Whether a message holds words of the person: a task, or what was said meanwhile."""
    text = text_of(message)
    return message.get("role") == "user" and (
        task_in(text) is not None or text.startswith((MESSAGE_TAG, "[USER INPUT]"))
    )


def is_result(message: Message) -> bool:
    """Whether a message is what came of a step."""
    return message.get("role") == "user" and text_of(message).startswith(RESULT_TAG)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the model gets it."""

    index: int
    text: str


class View:
    """Keeps track of what stands for what, message by message."""

    def __init__(self) -> None:
        self.pruned: dict[int, str] = {}
        """Shorter texts that stand for results, by the place of the message."""
        self._forget()

    def _forget(self) -> None:
        self.cut = 0
        """So many messages are summarised."""
        self.tasks: dict[int, tuple[int, int | None]] = {}
        """Where each task begins, and where it ends; None: it is the last one."""
        self.archived: dict[int, int] = {}
        """Where the summary of each archived task stands."""
        self.summary: int | None = None
        """Where the summary stands that is in force."""
        self._standing: set[int] = set()
        """The places of summaries: they are shown where that is for which they stand."""
        self._seen = 0
        self._last: Message | None = None
        self._task: int | None = None

    def follow(self, messages: Messages) -> None:
        """Take note of the messages that are new; all are read anew where a program has changed them."""
        if self._seen > len(messages) or (self._seen and messages[self._seen - 1] is not self._last):
            self.pruned.clear()
            self._forget()
        for index in range(self._seen, len(messages)):
            self._note(index, messages[index])
        self._seen = len(messages)
        self._last = messages[-1] if messages else None

    def _note(self, index: int, message: Message) -> None:
        if message.get("role") != "user":
            return
        text = text_of(message)
        if (form := message.get(KEY)) in FORMS:
            self.pruned[index] = shorter(index, text, form)
        if (found := _SUMMARY.match(text)) and int(found[1]) <= index:
            self.cut, self.summary = int(found[1]), index
            self._standing.add(index)
            self.pruned = {place: short for place, short in self.pruned.items() if place >= self.cut}
        elif (found := _ARCHIVED.match(text)) and int(found[1]) in self.tasks:
            self.archived[int(found[1])] = index
            self._standing.add(index)
        elif (number := task_in(text)) is not None:
            if self._task is not None:
                self.tasks[self._task] = (self.tasks[self._task][0], index)
            self._task = number
            self.tasks[number] = (index, None)

    def shown(self, messages: Messages) -> Iterator[Shown]:
        """The messages as the model gets them, in their order."""
        self.follow(messages)
        if self.summary is not None:
            yield Shown(self.summary, text_of(messages[self.summary]))
        skip = {
            self.tasks[number][0]: (self.tasks[number][1] or len(messages), place)
            for number, place in self.archived.items()
        }
        index = self.cut
        while index < len(messages):
            if index in skip:
                end, place = skip[index]
                yield Shown(index, text_of(messages[place]))
                index = end
                continue
            if index not in self._standing:
                yield Shown(index, self.pruned.get(index, "") or text_of(messages[index]))
            index += 1
