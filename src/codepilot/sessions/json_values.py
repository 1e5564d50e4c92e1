"""What of a program's values JSON can hold, so that the one that it cannot is named."""

from __future__ import annotations

import json
from typing import Any

from codepilot.errors import SessionError


def written(document: Any, owner: str = "", *, indent: int | None = None) -> str:
    """A document as JSON text that every file and every database takes: half a character stands there escaped.

    Args:
        document: what is written.
        owner: whose it is, for the error's text.
        indent: as `json.dumps`.

    Raises:
        SessionError: JSON cannot hold one of its values; the text names the place.
    """
    try:
        text = json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        why = f"{first_unwritable(document)} cannot be written as JSON: {error}"
        raise SessionError(
            f"{owner or 'The record'} could not be saved: {why}.",
            hint="JSON has texts, finite numbers, True, False, None, lists, and dicts whose keys are texts.",
        ) from error
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def first_unwritable(document: Any) -> str:
    """Where in a document the first value stands that JSON cannot hold: ``messages[3].content``.

    Args:
        document: one that `json.dumps` refused; what holds itself gets a place that is cut after 200 characters.
    """
    value = document
    place = ""
    while True:
        inner = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, each in inner:
            if not _is_json({key: each} if isinstance(value, dict) else each):
                place += f"[{key}]" if isinstance(value, list) else f".{key}" if place else str(key)
                value = each
                break
        else:
            return place
        if len(place) > 200:  # it holds itself
            return f"{place[:200]}…"


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
