"""Why a reply is over and what it cost, in whatever words a service has for it."""

import json
import math

import pytest

from codepilot.messages import ReplyEnd, TextDelta, Usage
from codepilot.providers.endings import count, reason_of
from codepilot.testing import Fault, Turn

HEADERS = {"content-type": "text/event-stream"}
BROKEN = (
    "error", "insufficient_system_resource", "abort", "network_error", "MALFORMED_FUNCTION_CALL", "timeout",
    "cancelled", "incomplete", "pause_turn", "5", "True", "",
)  # fmt: skip


def openai(*choices, usage=None):
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    chunks = [{**chunk, "choices": [choice]} for choice in choices]
    if usage is not None:
        chunks.append({**chunk, "choices": [], "usage": usage})
    return "".join(f"data: {json.dumps(each)}\n\n" for each in chunks)


def says(text, finish=None, *, index=0):
    return {"index": index, "delta": {"content": text}, "finish_reason": finish}


def anthropic(text, finish, usage):
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    events = (
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": finish}, "usage": {"output_tokens": 3}},
        {"type": "message_stop"},
    )
    return "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)


def body_of(bench, finish):
    if bench.wire == "openai":
        return openai(says("hi"), says("", finish))
    return anthropic("hi", finish, {"input_tokens": 5, "output_tokens": 1})


def raw(body):
    return Turn(fault=Fault(status=200, headers=HEADERS, body=body))


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        *((word, "stop") for word in ("stop", "STOP", "end_turn", "eos", "stop_sequence", "COMPLETE", "tool-calls", "eosFound", "REASON_STOP")),
        *((word, "length") for word in ("length", "max_tokens", "MAX_TOKENS", "model_length", "FINISH_REASON_MAX_TOKENS")),
        *((word, "refusal") for word in ("content_filter", "SAFETY", "RECITATION", "sensitive", "content_filter: RECITATION")),
        *((word, None) for word in BROKEN),
    ],
)  # fmt: skip
def test_the_words_of_services(finish, reason):
    assert reason_of(finish) == reason


@pytest.mark.parametrize("finish", [word for word in BROKEN if word])
async def test_a_reply_that_was_broken_off_is_none(bench, finish):
    error = await bench.fail(raw(body_of(bench, finish)))
    assert (error.fault, error.retryable) == ("cut", True)
    assert f"ended the reply with the finish reason '{finish}'; it is not complete." in str(error)


@pytest.mark.parametrize("finish", ["stop_sequence", "max_tokens", "refusal"])
async def test_others_end_it(bench, finish):
    events = await bench.ask(raw(body_of(bench, finish)))
    assert text_of(events) == "hi" and events[-1].reason == reason_of(finish)


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), (5.0, 5), (0, 0), (-5, 0), ("5", 0), (None, 0), (True, 0), (math.inf, 0), (math.nan, 0), (10**400, 2**53), ([], 0)],
)  # fmt: skip
def test_a_number_of_tokens(value, number):
    assert count(value) == number


@pytest.mark.parametrize("bench", ["openai"], indirect=True)
@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"prompt_tokens": "5", "completion_tokens": 3}, Usage(output_tokens=3)),
        ({"prompt_tokens": 5, "completion_tokens": -1, "prompt_tokens_details": "x"}, Usage(input_tokens=5)),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": "many"}}, Usage(input_tokens=5)),
        ([], Usage()),
        ("x", Usage()),
    ],
)
async def test_no_bill_fails_a_reply(bench, usage, told):
    events = await bench.ask(raw(openai(says("hi", "stop"), usage=usage)))
    assert events[-1] == ReplyEnd(reason="stop", usage=told)
    assert told + told  # they can be added up


@pytest.mark.parametrize("bench", ["openai"], indirect=True)
class TestChoices:
    async def test_words_of_a_refusal_are_the_reply(self, bench):
        refusal = {"index": 0, "delta": {"refusal": "I can't help with that."}, "finish_reason": None}
        events = await bench.ask(raw(openai(refusal, says("", "stop"))))
        assert text_of(events) == "I can't help with that."
        assert events[-1].reason == "refusal"

    async def test_only_the_first_answer_counts(self, bench):
        pieces = (says("a"), says("b", index=1), says("c", "stop"), says("d", "stop", index=1))
        events = await bench.ask(raw(openai(*pieces)))
        assert text_of(events) == "ac" and events[-1].reason == "stop"

    @pytest.mark.parametrize(
        "finish", ["stop", "null", "not_finished", "FINISH_REASON_UNSPECIFIED", "none", "error"]
    )
    async def test_a_reason_with_every_piece_ends_nothing(self, bench, finish):
        pieces = (says("The port ", finish), says("is set ", finish), says("in app.py.", "stop"))
        events = await bench.ask(raw(openai(*pieces)))
        assert text_of(events) == "The port is set in app.py." and events[-1].reason == "stop"

    @pytest.mark.parametrize(
        ("last", "reason"), [("length", "length"), ("content_filter", "refusal"), ("null", "stop")]
    )
    async def test_the_last_reason_counts(self, bench, last, reason):
        events = await bench.ask(raw(openai(says("a", "stop"), says("b", "stop"), says("", last))))
        assert text_of(events) == "ab" and events[-1].reason == reason

    async def test_a_word_for_not_yet_is_no_end(self, bench):
        error = await bench.fail(raw(openai(says("a", "null"), says("b", "not_finished"))))
        assert error.fault == "cut" and "without a finish reason" in str(error)

    async def test_a_stream_that_breaks_behind_such_an_end_is_cut(self, bench):
        broken = openai(says("a", "stop"), says("b", "stop")) + "data: {broken\n\n"
        error = await bench.fail(raw(broken))
        assert error.retryable

    @pytest.mark.parametrize("piece", [{"message": {"content": "ok"}}, {"text": "ok"}])
    async def test_a_piece_of_another_api_is_named(self, bench, piece):
        error = await bench.fail(raw(openai({"index": 0, **piece, "finish_reason": "stop"})))
        assert "does not have the form of its API" in str(error)
