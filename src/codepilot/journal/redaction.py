"""Known secrets out of what is kept: out of all that is read or shown, and out of nothing that a program acts on.

A path in which a secret was replaced names another file, and an id another call. So the fields that are read back as
data stay as they are, also where the value of a variable stands in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from codepilot.secrets import SecretBook

_MARK = re.compile(r"\[secret [^\s\]]+\]")
NOTE: Final = "([secret …] stands for a known secret, which the journal does not keep.)"

_DATA: Final = frozenset(
    {
        *("call_id", "request_id", "question_id", "message_id", "session_id", "before_id", "after_id"),
        *("tool", "terminal", "terminals", "host", "effect", "source", "kind", "role", "state", "status"),
        *("method", "mode", "by"),
    }
)
"""Ids, names that are looked for, and words of which there is a fixed number; in whatever record."""
_DATA_OF: Final = {
    "effect_started": frozenset({"path", "before", "after"}),
    "file_changed": frozenset({"path"}),
    "restore_started": frozenset({"rows"}),
    "restore_finished": frozenset({"done"}),
    "head_moved": frozenset({"before", "after", "before_branch", "after_branch"}),
    "checkpoint_seeded": frozenset({"head", "branch"}),
    "file_changes_told": frozenset({"files"}),
    "files_seen": frozenset({"files"}),
    "message_stored": frozenset({"reason"}),
    "reply_finished": frozenset({"reason"}),
    "context_pruned": frozenset({"forms"}),
    "session_opened": frozenset({"program", "model"}),
    "session_created": frozenset({"id", "folder", "imported", "parent"}),
    "session_forked": frozenset({"id", "parent"}),
    "terminal_opened": frozenset({"name"}),
    "terminal_closed": frozenset({"name"}),
}
"""What else is, by the type of the record: above all the paths by which files are brought back."""


_OF_MESSAGE: Final = frozenset({"role", "pruned"})
"""The same of a message."""


def is_data(kind: str, field: str) -> bool:
    """Whether a field of a record is read back as it stands, so that nothing in it is replaced.

    Args:
        kind: the type of the record.
        field: its name.
    """
    return field in _DATA or field in _DATA_OF.get(kind, ())


def redacted(secrets: SecretBook, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record with the names of the secrets in their places.

    Args:
        secrets: that are known.
        kind: the type of the record.
        data: its fields.
    """
    if kind == "messages_replaced":
        return {**data, "messages": redacted_messages(secrets, data.get("messages"))}
    return _redacted(secrets, data, lambda field: is_data(kind, field))


def redacted_messages(secrets: SecretBook, messages: Any) -> Any:
    """The same of the messages of a conversation, which are dicts."""
    if not isinstance(messages, list):
        return secrets.replaced_in(messages)
    return [
        _redacted(secrets, each, _OF_MESSAGE.__contains__)
        if isinstance(each, dict)
        else secrets.replaced_in(each)
        for each in messages
    ]


def _redacted(secrets: SecretBook, data: dict[str, Any], stays: Callable[[str], bool]) -> dict[str, Any]:
    kept = {key: value if stays(key) else secrets.replaced_in(value) for key, value in data.items()}
    # The service that made it signed it, and refuses the whole request where it is sent back as anything else.
    if "reasoning" in data and json.dumps(kept["reasoning"], default=str) != json.dumps(
        data["reasoning"], default=str
    ):
        del kept["reasoning"]
    return kept


def is_redacted(text: str) -> bool:
    """Whether the name of a secret stands in a text in its place: it is not what was said."""
    return _MARK.search(text) is not None


def noted(text: str) -> str:
    """Words that come from a record and are acted on: where the name of a secret stands in them, that is said."""
    return f"{text}\n{NOTE}" if is_redacted(text) and not text.endswith(NOTE) else text
