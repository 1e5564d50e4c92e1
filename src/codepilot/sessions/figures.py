"""What is kept beside the messages of a session: what it cost, and how long its last request was.

A file is as codepilot-ai documents it, to the last key, so that they stand in the first record of the log beside it. A
row has room for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codepilot.journal.fold import Saved
from codepilot.journal.spent import Spent
from codepilot.sessions.base import Messages

KEY = "spent"
"""Under which they stand in a row."""


def figures_of(spent: Spent, counted: int, counted_at: int) -> dict[str, Any]:
    """Them as JSON values; empty: there are none.

    Args:
        spent: of the session.
        counted: tokens of the last request, as the service counted them.
        counted_at: messages that there were then.
    """
    if spent == Spent() and not counted:
        return {}  # nothing was asked of a service that counts: the document stays as it is documented
    return {**spent.stored(), "counted": counted, "counted_at": counted_at}


def with_more_before(saved: Saved, messages: Messages, figures: object) -> None:
    """Put what was saved before a log.

    Args:
        saved: what the log tells; counts its own messages only.
        messages: that were there before it.
        figures: of that time.
    """
    saved.messages[:0] = messages
    if saved.counted:
        saved.counted_at += len(messages)
    else:
        _recall(saved, figures)


def _recall(saved: Saved, figures: object) -> None:
    if isinstance(figures, Mapping):
        counted, at = figures.get("counted"), figures.get("counted_at")
        if isinstance(counted, int) and isinstance(at, int) and 0 <= at <= len(saved.messages):
            saved.counted, saved.counted_at = counted, at
