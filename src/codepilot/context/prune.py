"""Which old results are left out: those that a later one overtook, long output of what went well, then all old ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from codepilot.context.shorter import Form, shorter
from codepilot.context.view import Messages, is_result, text_of

RECENT = 4
"""Steps at the end that stay as they are."""
OLD = 8
"""Steps after which a result is one line."""
_WORTH = 200
"""Characters below which a result is not worth leaving out."""

_READ = re.compile(r"^\[read_file\] '(.+?)' \(lines", re.M)
_WRITTEN = re.compile(r"^\[(?:write_file|edit_file)\] '(.+?)' (?!.*(?:ERROR|denied))", re.M)
_OTHER = re.compile(r"^\[(?:terminal:|run_command\]|find\]|ask_user\])", re.M)
_FAILED = re.compile(
    r"^\[status: .*return_code: (?!0\b)|^Return Code: (?!0\b)|\bERROR\b|^Traceback |[Dd]enied|Protocol error",
    re.M,
)


def files_read(text: str) -> list[str]:
    """The files whose text a result shows."""
    return _READ.findall(text)


def files_written(text: str) -> list[str]:
    """The files that a result says were written or edited."""
    return _WRITTEN.findall(text)


def failed(text: str) -> bool:
    """Whether something of a step went wrong."""
    return _FAILED.search(text) is not None


def pruned(messages: Messages, places: Sequence[int], recent: int = RECENT) -> dict[int, Form]:
    """In which shorter form old results stand, by the places of their messages.

    Never what was said, nor the last steps, nor a failure that no success has followed yet.

    Args:
        messages: the whole conversation.
        places: of those that the model sees, ascending.
        recent: steps at the end that stay as they are.
    """
    found: dict[int, Form] = {}
    later: set[str] = set()
    steps, succeeded = 0, False
    for index in reversed(places):
        message = messages[index]
        if message.get("role") == "assistant":
            steps += 1
            continue
        if not is_result(message):
            continue
        text = text_of(message)
        wrong = failed(text)
        if steps > recent and len(text) > _WORTH and (succeeded or not wrong):
            form = _form(text, later, steps)
            if len(shorter(index, text, form)) < len(text):
                found[index] = form
        succeeded = succeeded or not wrong
        later.update(files_read(text), files_written(text))
    return found


def _form(text: str, later: set[str], steps: int) -> Form:
    read = files_read(text)
    if read and not _OTHER.search(text) and later.issuperset(read):
        return "overtaken"
    return "old" if steps > OLD else "ends"
