"""Replies as models write them: what is recovered, and what the model is told where nothing can be."""

import ast
import functools
from pathlib import Path

import pytest
import yaml

from codepilot.protocol import BUILTIN_TOOLS, ReplyParser, intended_action, parse_reply, refusal
from codepilot.protocol.calls import fits, python_tree

CORPUS = Path(__file__).parents[2] / "corpora" / "replies"


@functools.cache
def rows():
    return [
        pytest.param(row, id=f"{file.stem}: {row['name']}")
        for file in sorted(CORPUS.glob("*.yaml"))
        for row in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


def text_of(row):
    return row["reply"].replace("\n", "\r\n") if row.get("crlf") else row["reply"]


def words(row, key):
    given = row.get(key, [])
    return [given] if isinstance(given, str) else given


def read(row):
    return parse_reply(text_of(row), reason=row.get("reason", "stop"))


def test_the_table_is_long_enough():
    assert len(rows()) >= 100


@pytest.mark.parametrize("row", rows())
def test_blocks_are_recovered_exactly(row):
    reply = read(row)
    assert (reply.control.text if reply.control else None) == row.get("control")
    assert [[payload.path, payload.text] for payload in reply.payloads] == row.get("payloads", [])
    assert (reply.completion.summary if reply.completion else None) == row.get("completion")
    assert len(reply.surplus_controls) == row.get("surplus", 0)
    opened = reply.open_block
    assert ([opened.kind, opened.path] if opened else None) == row.get("open")
    assert row.get("prose", "") in reply.prose
    assert reply.raw == text_of(row)


@pytest.mark.parametrize("row", rows())
def test_faults_are_named(row):
    reply = read(row)
    said = "\n".join(fault.message for fault in reply.malformed)
    assert bool(reply.malformed) == ("malformed" in row), said
    for word in words(row, "malformed"):
        assert word in said
    whole = row.get("reason", "stop") == "stop" and "malformed" not in row and "open" not in row
    assert reply.runnable == (whole and "control" in row)
    if not reply.sound and row.get("reason") != "refusal":
        assert "What ran: nothing." in refusal(reply)
    for word in words(row, "refusal"):
        assert word in refusal(reply)


@pytest.mark.parametrize("row", rows())
def test_what_means_to_act_is_reminded_and_talk_is_not(row):
    reply = read(row)
    text = intended_action(reply)
    if "control" in row or row.get("chat") or ("completion" in row and "reminder" not in row):
        assert text is None
        return
    assert text is not None
    assert "What ran: nothing." in text
    for word in words(row, "reminder"):
        assert word in text


@pytest.mark.parametrize("row", rows())
def test_every_corrected_form_is_itself_correct(row):
    text = intended_action(read(row))
    if text is None or "```" not in text:
        return
    shown = parse_reply(text.partition("Write it like this:\n\n")[2])
    assert shown.sound
    assert shown.control or shown.payloads or shown.completion
    if shown.control:
        assert_calls_bind(shown.control.text)


def assert_calls_bind(code):
    for call in [
        node for node in ast.walk(python_tree(code) or ast.Module([])) if isinstance(node, ast.Call)
    ]:
        if isinstance(call.func, ast.Name) and call.func.id in BUILTIN_TOOLS:
            assert fits(call, BUILTIN_TOOLS[call.func.id]), ast.unparse(call)


@pytest.mark.parametrize("row", rows())
def test_the_slicing_does_not_matter(row):
    text, reason = text_of(row), row.get("reason", "stop")
    whole = parse_reply(text, reason=reason)
    for size in (1, 2, 3, 7):
        parser = ReplyParser()
        for start in range(0, len(text), size):
            parser.feed(text[start : start + size])
        assert parser.finish(reason=reason) == whole
