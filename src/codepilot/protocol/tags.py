"""The tag lines that open the user turns of a conversation; the same as codepilot-ai's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from codepilot.text import well_formed

RESULT_TAG = "[EXECUTION RESULT]"
MESSAGE_TAG = "[USER MESSAGE]"
CHANGE_TAG = "[ENVIRONMENT CHANGE]"
SUMMARY_TAG = "[GLOBAL SUMMARY]"

_TASK = re.compile(r"\[Task (\d{1,9})\]\[USER INPUT\](?:\n|\Z)")


def task_message(number: int, task: str) -> str:
    """The turn that opens a task; `number` counts from 1 in a session."""
    return f"[Task {number}][USER INPUT]\n{well_formed(task)}"


def user_message(message: str) -> str:
    """The turn for words that the person sent while a task runs."""
    return f"{MESSAGE_TAG}\n{well_formed(message)}"


def task_number(content: object) -> int:
    """The number of the task that a user turn opens; 0 if it opens none."""
    match = _TASK.match(content) if isinstance(content, str) else None
    return int(match[1]) if match else 0


def highest_task_number(messages: Iterable[Mapping[str, object]]) -> int:
    """The number of the last task in a conversation of dicts with `role` and `content`; 0 without any."""
    return max(
        (task_number(message.get("content")) for message in messages if message.get("role") == "user"),
        default=0,
    )
