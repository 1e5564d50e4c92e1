"""The conversation: append-only, stored as it was said. Plain dicts, so that every session backend can keep it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from codepilot.messages import ModelMessage, Reasoning, merged
from codepilot.protocol import highest_task_number, task_message, user_message
from codepilot.text import well_formed
from codepilot.values import known_fields, required_fields

Messages = list[dict[str, Any]]


class Conversation:
    """A list of ``{"role", "content"}`` dicts with the tags of codepilot-ai.

    Args:
        messages: the stored ones of a resumed session; the same list object is kept and appended to.
    """

    def __init__(self, messages: Messages | None = None) -> None:
        self.messages: Messages = messages if messages is not None else []

    def start_task(self, task: str) -> int:
        """Append a task's text; returns its number, which counts on over a resumed session."""
        number = highest_task_number(self.messages) + 1
        self._append("user", task_message(number, task))
        return number

    def add_user_message(self, text: str) -> None:
        """Append words that the person sent while the agent works."""
        self._append("user", user_message(text))

    def add_observation(self, text: str) -> None:
        """Append what came of a step; `text` carries its own tag."""
        self._append("user", text)

    def add_reply(self, text: str, reasoning: Reasoning | None = None) -> None:
        """Append a reply, exactly as the model wrote it."""
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if reasoning is not None:
            message["reasoning"] = dataclasses.asdict(reasoning)
        self.messages.append(message)

    def for_model(self) -> tuple[ModelMessage, ...]:
        """The turns for the wire; neighbours of one role are joined."""
        turns: list[ModelMessage] = []
        for message in self.messages:
            role, text = message["role"], _text(message["content"])
            reasoning = _reasoning(message.get("reasoning"))
            if role == "assistant" and not text.strip() and not reasoning:
                continue  # an empty reply said nothing, and some services refuse to be sent one
            turns.append(ModelMessage(role, text, reasoning))
        return tuple(merged(turns))

    def clear(self) -> None:
        """Forget everything."""
        self.messages.clear()

    def _append(self, role: str, content: str) -> None:
        self.messages.append({"role": role, "content": content})


def _reasoning(stored: Any) -> Reasoning | None:
    """What a message of a session holds of it; None also where another program means something else by the word.

    It is opaque, so that what a model cannot be sent back whole is not sent back at all.
    """
    if not isinstance(stored, Mapping) or not isinstance(stored.get("blocks"), list | tuple):
        return None
    kept = known_fields(Reasoning, {**stored, "blocks": tuple(stored["blocks"])})
    return None if required_fields(Reasoning) - kept.keys() else Reasoning(**kept)


def _text(content: Any) -> str:
    """Content as text that can be sent; sessions of other programs may hold a list of parts, or half a character."""
    if isinstance(content, list):
        content = "\n".join(
            str(part.get("text", "")) if isinstance(part, dict) else str(part) for part in content
        )
    return well_formed(str(content))
