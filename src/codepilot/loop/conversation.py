"""The conversation: append-only, stored as it was said. Plain dicts, so that every session backend can keep it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from codepilot.context.shorter import KEY, Form, shorter
from codepilot.context.view import Shown, View, archive_message, summary_message, text_of
from codepilot.events import MessageKind, MessageStored
from codepilot.messages import ModelMessage, Reasoning, merged
from codepilot.protocol import RESULT_TAG, highest_task_number, parse_reply, task_message, user_message
from codepilot.text import well_formed
from codepilot.values import known_fields, required_fields

Messages = list[dict[str, Any]]

_UNKNOWN = (
    "The run broke off before the result of your control block was stored. It may have run in whole, in part or not at "
    "all. Nothing was run again. Look before you repeat anything."
)


class Conversation:
    """A list of ``{"role", "content"}`` dicts with the tags of codepilot-ai.

    Args:
        messages: the stored ones of a resumed session; the same list object is kept and appended to.
        stored: told of each message that is appended, before anybody else is told of its words.
    """

    def __init__(
        self, messages: Messages | None = None, stored: Callable[[MessageStored], None] = lambda event: None
    ) -> None:
        self.messages: Messages = messages if messages is not None else []
        self.tasks = 0
        """The highest number of a task that the session had, where it is known better than from the messages."""
        self._stored = stored
        self.view = View()
        """What of it the model sees."""

    def next_task(self) -> int:
        """The number of the task that begins now; it counts on over a resumed session."""
        self.tasks = max(self.tasks, highest_task_number(self.messages)) + 1
        return self.tasks

    def add_task(self, number: int, task: str) -> None:
        """Append a task's text."""
        self._append(task_message(number, task), "task", number=number)

    def add_user_message(self, text: str, message_id: str = "") -> None:
        """Append words that the person sent while the agent works."""
        self._append(user_message(text), "person", message_id=message_id)

    def add_observation(self, text: str) -> None:
        """Append what came of a step; `text` carries its own tag."""
        self._append(text, "observation")

    def add_reply(self, text: str, reasoning: Reasoning | None = None, reason: str = "") -> None:
        """Append a reply, exactly as the model wrote it.

        Args:
            text: of it.
            reasoning: of the model, if it has to get it back.
            reason: why the reply ended, as in `MessageStored`.
        """
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if reasoning is not None:
            message["reasoning"] = dataclasses.asdict(reasoning)
        self.messages.append(message)
        kept = message.get("reasoning")
        self._stored(MessageStored(role="assistant", text=text, kind="reply", reason=reason, reasoning=kept))

    def note_interrupted(self) -> bool:
        """Tell the model of a block whose result is not there, because its run broke off.

        Returns:
            Whether there was one: the last message is a reply with a block.
        """
        last = self.messages[-1] if self.messages else {}
        if last.get("role") != "assistant" or not parse_reply(text_of(last)).runnable:
            return False
        self.add_observation(f"{RESULT_TAG}\n{_UNKNOWN}")
        return True

    def add_summary(self, upto: int, words: str) -> None:
        """Append what stands for the first messages from now on; they stay, and the model sees them no more."""
        self._append(summary_message(upto, words), "summary")

    def leave_out(self, forms: Mapping[int, Form]) -> None:
        """Have shorter texts stand for results, by the places of their messages; their own texts stay."""
        for place, form in forms.items():  # another dict: a store knows by it that it has to be kept again
            self.messages[place] = {**self.messages[place], KEY: form}
            self.view.pruned[place] = shorter(place, text_of(self.messages[place]), form)

    def archive(self, number: int, words: str) -> None:
        """Append what stands for a task from now on; its messages stay, and the model sees them no more."""
        self._append(archive_message(number, words), "summary")

    def shown(self) -> list[Shown]:
        """What the model sees, in its order."""
        return list(self.view.shown(self.messages))

    def for_model(self) -> tuple[ModelMessage, ...]:
        """What the model sees, as turns for the wire; neighbours of one role are joined."""
        turns: list[ModelMessage] = []
        for shown in self.shown():
            message = self.messages[shown.index]
            role, text = message["role"], well_formed(shown.text)
            reasoning = _reasoning(message.get("reasoning"))
            if role == "assistant" and not text.strip() and not reasoning:
                continue  # an empty reply said nothing, and some services refuse to be sent one
            turns.append(ModelMessage(role, text, reasoning, lasting=shown.index == self.view.summary))
        return tuple(merged(turns))

    def clear(self) -> None:
        """Forget everything."""
        self.messages.clear()
        self.tasks = 0

    def _append(self, content: str, kind: MessageKind, *, number: int = 0, message_id: str = "") -> None:
        self.messages.append({"role": "user", "content": content})
        self._stored(
            MessageStored(role="user", text=content, kind=kind, number=number, message_id=message_id)
        )


def _reasoning(stored: Any) -> Reasoning | None:
    """What a message of a session holds of it; None also where another program means something else by the word.

    It is opaque, so that what a model cannot be sent back whole is not sent back at all.
    """
    if not isinstance(stored, Mapping) or not isinstance(stored.get("blocks"), list | tuple):
        return None
    kept = known_fields(Reasoning, {**stored, "blocks": tuple(stored["blocks"])})
    return None if required_fields(Reasoning) - kept.keys() else Reasoning(**kept)
