"""The person's words that no step has read: they stand in no message, so that a save of the messages must keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Records = tuple[tuple[str, dict[str, Any]], ...]
"""Types and fields."""


class Waiting:
    """What the records of a log say of such words. From any thread: each step of it is one operation of a dict."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def begin(self, words: Mapping[str, str]) -> None:
        """These wait, by their ids, in order; all others do not."""
        self._words = dict(words)

    def note(self, type: str, data: Mapping[str, Any]) -> bool:
        """A record is written; returns whether words came or went by it."""
        message_id = str(data.get("message_id") or "")
        if type == "message_queued":
            self._words[message_id] = str(data["message"])
            return True
        if type in ("message_injected", "message_dropped", "message_stored"):
            return self._words.pop(message_id, None) is not None
        return False

    def records(self) -> Records:
        """Those that make them wait again."""
        return tuple(
            ("message_queued", {"message_id": message_id, "message": words})
            for message_id, words in tuple(self._words.items())
        )
