"""What the log of a store holds, record by record, and what it adds to the messages that were saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from codepilot.sessions.base import Messages


def message_record(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the conversation as it stands in a log."""
    rest = {key: value for key, value in message.items() if key not in ("role", "content")}
    return {"type": "message", "role": message["role"], "text": message["content"], **rest}


def messages_with(messages: Messages, records: Iterable[Mapping[str, Any]]) -> Messages:
    """The saved messages, and after them those of the log."""
    return [*messages, *(_message(record) for record in records if record.get("type") == "message")]


def unfinished(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is known of the calls that came after the last message: their results, or that they had begun.

    Of a program that ended while a control block ran, this is what the model can still be told.
    """
    told: dict[str, str] = {}
    for record in records:
        match record.get("type"):
            case "message":
                told.clear()
            case "tool_started":
                call = f"{record.get('tool')} {record.get('label') or ''}".rstrip()
                told[str(record.get("call_id"))] = f"[{call}] had begun; what it did is not known."
            case "tool_finished":
                told[str(record.get("call_id"))] = str(record.get("result"))
    return list(told.values())


def _message(record: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in record.items() if key not in ("type", "role", "text", "n", "time")}
    return {"role": record.get("role"), "content": record.get("text"), **rest}
