"""Which old results are left out: those that a later one overtook, long output of what went well, then all old ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from codepilot.context.shorter import Form, shorter
from codepilot.context.view import Messages, is_result, text_of

RECENT = 4
"""Steps at the end that stay as they are."""
OLD = 8
"""Steps after which a result is one line."""
_WORTH = 200
"""Characters below which a result is not worth leaving out."""

_READ = re.compile(r"^\[read_file\] '(.+?)' \(lines", re.M)
_SHOWN = re.compile(
    r"^\[read_file\] '(?P<path>.+?)' \(lines (?P<first>\d+)[–-](?P<last>\d+) of (?P<total>\d+)\)$", re.M
)
_ROW = re.compile(r" *(\d+) \|")
_WRITTEN = re.compile(r"^\[(?:write_file|edit_file)\] '(.+?)' (?!.*(?:ERROR|denied))", re.M)
_OTHER = re.compile(r"^\[(?:terminal:|run_command\]|find\]|ask_user\])", re.M)
_FAILED = re.compile(
    r"^\[status: .*return_code: (?!0\b)|^Return Code: (?!0\b)|\bERROR\b|^Traceback |[Dd]enied|Protocol error",
    re.M,
)


def files_read(text: str) -> list[str]:
    """The files whose text a result shows."""
    return _READ.findall(text)


def _shown(text: str) -> Iterator[tuple[str, int, float]]:
    """Which lines of which files a result does show, all of a file to infinity.

    What only says so is none: a command may have printed such a line, and a long text is cut in the middle.
    """
    for head in _SHOWN.finditer(text):
        first, last = int(head["first"]), int(head["last"])
        rows = text[head.end() + 1 :].split("\n", last - first + 1)
        numbers = [int(row[1]) for row in map(_ROW.match, rows[: last - first + 1]) if row]
        if numbers == list(range(first, last + 1)):
            yield head["path"], first, inf if first <= 1 and last == int(head["total"]) else last


def _covered(first: int, last: int, ranges: Iterable[tuple[int, float]]) -> bool:
    """Whether some ranges of lines have all of one."""
    at: float = first
    for start, end in sorted(ranges):
        if start <= at <= end:
            at = end + 1
    return at > last


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
    later: dict[str, list[tuple[int, float]]] = {}
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
        for path, first, last in (*_shown(text), *((path, 1, inf) for path in files_written(text))):
            later.setdefault(path, []).append((first, last))
    return found


def _form(text: str, later: Mapping[str, list[tuple[int, float]]], steps: int) -> Form:
    read = [(found["path"], int(found["first"]), int(found["last"])) for found in _SHOWN.finditer(text)]
    covered = all(_covered(first, last, later.get(path, ())) for path, first, last in read)
    if read and covered and not _OTHER.search(text):
        return "overtaken"
    return "old" if steps > OLD else "ends"
