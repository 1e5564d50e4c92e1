"""Replies as models write them: what is recovered, and what the model is told where nothing can be.

`python -m benchmarks.replies` prints the same by families.
"""

import asyncio
import importlib
import sys
from pathlib import Path

import pytest

from codepilot.protocol import ReplyParser, intended_action, parse_reply

ROOT = Path(__file__).resolve().parents[3]


def _runner():
    sys.path.insert(0, str(ROOT))
    try:
        return importlib.import_module("benchmarks.replies")
    finally:
        sys.path.remove(str(ROOT))


replies = _runner()
SLICES = (1, 2, 3, 7)
ROWS = [pytest.param(family, row, id=f"{family}: {row['name']}") for family, row in replies.rows()]


@pytest.mark.parametrize(("family", "row"), ROWS)
def test_a_reply_becomes_what_its_row_says(family, row):
    result = replies.judged(family, row)
    assert not result.by_mistake
    if "not yet" in row:
        assert result.wrong, "this one is read rightly now: take its `not yet` away"
    else:
        assert result.wrong == []
    text, reason = replies.text_of(row), row.get("reason", "stop")
    reply = parse_reply(text, reason=reason)
    assert reply.raw == text
    _check_words(row, reply)
    for size in SLICES:
        assert _parsed_in_slices(text, size, reason) == reply


def _check_words(row, reply):
    """Faults and corrections are named as the row says."""
    said = "\n".join(fault.message for fault in reply.malformed)
    for word in replies.words(row, "malformed"):
        assert word in said
    if words := replies.words(row, "refusal", "reminder"):
        told = intended_action(reply, calls=replies.calls_of(row))
        told = told or replies.judge(reply, replies.BUILTIN_TOOLS).text
        for word in words:
            assert word in told
    opened = reply.open_block
    assert ([opened.kind, opened.path] if opened else None) == row.get(
        "open", opened and [opened.kind, opened.path]
    )


def _parsed_in_slices(text, size, reason):
    parser = ReplyParser()
    for start in range(0, len(text), size):
        parser.feed(text[start : start + size])
    return parser.finish(reason=reason)


def test_rows_that_run_do_on_the_disk_what_they_say():
    results = [replies.Judged(family, row) for family, row in replies.rows() if "told" in row]
    asyncio.run(replies.run_rows(results))
    assert {result.row["name"]: result.wrong for result in results if result.wrong} == {}
    assert not any(result.by_mistake for result in results)


def test_the_corpus_is_large_and_its_rows_have_names_of_their_own():
    rows = replies.rows()
    assert len(rows) >= 400
    assert len({family for family, _ in rows}) >= 20
    assert len({(family, row["name"]) for family, row in rows}) == len(rows)
    keys = {
        "name",
        "reply",
        "crlf",
        "reason",
        "calls",
        "control",
        "payloads",
        "completion",
        "surplus",
        "open",
        "malformed",
    }
    keys |= {"refusal", "reminder", "mend", "goes on", "refused", "chat", "prose", "overlooked", "not yet"}
    keys |= {"told", "untold", "once", "files"}
    assert {key for _, row in rows for key in row} <= keys


def test_nearly_all_are_read_rightly_or_named_and_none_runs_by_mistake():
    results = [replies.judged(family, row) for family, row in replies.rows()]
    assert sum(result.by_mistake for result in results) == 0
    assert sum(not result.wrong for result in results) / len(results) >= replies.SHARE
