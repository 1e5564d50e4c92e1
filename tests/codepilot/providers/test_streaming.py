"""What a healthy service streams, and what it is sent, on both wires."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading

import pytest

from codepilot.messages import ModelMessage, NativeCall, Reasoning, ReasoningDelta, ReplyEnd, TextDelta, Usage
from codepilot.testing import Fault, Turn

KEY = "sk-0123456789-secret"
TEXT = "Grüße, 世界 🎉 — done.\n```codepilot\nprint('é')\n```\n"


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_text_comes_in_pieces_and_ends_with_usage(bench):
    usage = Usage(input_tokens=900, output_tokens=12, cache_read=600)
    events = await bench.ask(Turn(text=TEXT, usage=usage))
    assert text_of(events) == TEXT
    assert sum(isinstance(event, TextDelta) for event in events) > 3
    assert events[-1] == ReplyEnd(reason="stop", usage=usage)
    bench.server.check()


async def test_bytes_may_be_cut_within_a_character(bench):
    assert text_of(await bench.ask(Turn(text=TEXT, split=1))) == TEXT


@pytest.mark.parametrize("finish", ["stop", "length", "refusal"])
async def test_finish_reasons(bench, finish):
    events = await bench.ask(Turn(text="x", finish=finish))
    assert events[-1].reason == finish


async def test_an_empty_reply_is_a_reply(bench):
    assert [type(event) for event in await bench.ask(Turn())] == [ReplyEnd]


async def test_native_calls_are_told_at_the_end(bench):
    calls = (NativeCall("read_file", '{"path": "a.py"}'), NativeCall("find", '{"pattern": "x"}'))
    events = await bench.ask(Turn(text="I look.", calls=calls))
    assert text_of(events) == "I look."
    assert events[-1] == ReplyEnd(reason="stop", usage=events[-1].usage, calls=calls)


async def test_a_finish_reason_alone_tells_of_a_call(bench):
    events = await bench.ask(Turn(calls=(NativeCall("", ""),)))
    assert events[-1].calls == (NativeCall("", ""),)


def test_a_function_call_of_the_older_form_is_a_call():
    from openai.types.chat import ChatCompletionChunk

    from codepilot.providers.openai import _ChunkReader

    reader = _ChunkReader()
    for delta in (
        {"name": "read_file", "arguments": ""},
        {"arguments": '{"path": '},
        {"arguments": '"a.py"}'},
    ):
        choice = {"index": 0, "delta": {"function_call": delta}, "finish_reason": None}
        chunk = {
            "id": "x",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "m",
            "choices": [choice],
        }
        assert list(reader.read(ChatCompletionChunk.model_validate(chunk))) == []
    reader.finish = "function_call"
    assert reader.end().calls == (NativeCall("read_file", '{"path": "a.py"}'),)


PARTS = [
    {"role": "assistant", "content": ""},
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "let me "}]}]},
    {"content": [{"type": "thinking", "thinking": "see"}]},
    {"content": [{"type": "reference", "reference_ids": [1]}, {"type": "text", "text": "ye"}]},
    {"content": "s"},
]
"""What Mistral's reasoning models stream."""


@pytest.mark.parametrize("bench", ["openai"], indirect=True)
async def test_content_in_parts_is_read(bench):
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in PARTS]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    stream = "".join(f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n" for choice in choices)
    fault = Fault(status=200, headers={"content-type": "text/event-stream"}, body=stream)
    events = await bench.ask(Turn(fault=fault))
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "let me see"
    assert text_of(events) == "yes"
    assert isinstance(events[-1], ReplyEnd)


async def test_thinking_is_told_apart(bench):
    events = await bench.ask(Turn(thinking="let me see", text="yes"))
    assert [event.text for event in events if isinstance(event, ReasoningDelta)] == ["let me see"]
    assert text_of(events) == "yes"


async def test_cache_counts_are_a_part_of_the_input(bench):
    # The OpenAI wire does not count what is written to the cache.
    written = 0 if bench.wire == "openai" else 200
    usage = Usage(input_tokens=1000, output_tokens=5, cache_read=700, cache_write=written)
    events = await bench.ask(Turn(text="x", usage=usage))
    assert events[-1].usage == usage


async def test_the_request_holds_what_it_should_and_no_more(bench, ask_for):
    bench.server.script.add("a")
    provider = bench.provider()
    system = "Prompt with ünïcode\n  and spaces \n"
    messages = (ModelMessage("user", "one"), ModelMessage("assistant", "two"), ModelMessage("user", "three"))
    async for _ in provider.stream(ask_for(system=system, messages=messages)):
        pass
    sent = bench.server.requests[0]
    body = sent.body
    assert "temperature" not in body and "tools" not in body
    assert body["model"] == "scripted" and body["stream"] is True
    if bench.wire == "openai":
        assert sent.path == "/v1/chat/completions"
        assert body["messages"][0] == {"role": "system", "content": system}
        assert [m["content"] for m in body["messages"][1:]] == ["one", "two", "three"]
        assert body["max_tokens"] == 100 and body["stream_options"] == {"include_usage": True}
    else:
        assert sent.path == "/v1/messages"
        mark = {"type": "ephemeral"}
        assert body["system"] == [{"type": "text", "text": system, "cache_control": mark}]
        assert [m["content"][0]["text"] for m in body["messages"]] == ["one", "two", "three"]
        assert body["messages"][-1]["content"][-1]["cache_control"] == mark
        assert "cache_control" not in body["messages"][0]["content"][0]
        assert body["max_tokens"] == 100 and "thinking" not in body
    assert json.dumps(system, ensure_ascii=False)[1:-1].encode() in sent.raw


async def test_the_key_is_sent_in_one_header_and_nowhere_else(bench):
    await bench.ask("a", key=KEY)
    sent = bench.server.requests[0]
    holders = [name for name, value in sent.headers.items() if KEY in value]
    assert len(holders) == 1 and holders[0] in ("authorization", "x-api-key")
    assert KEY.encode() not in sent.raw and KEY not in sent.path
    assert KEY not in repr(bench.provider(key=KEY)) + repr(bench.provider(key=KEY).peer)


async def test_temperature_is_sent_only_if_it_is_named(bench, ask_for):
    bench.server.script.add("a")
    async for _ in bench.provider().stream(ask_for(temperature=0.0)):
        pass
    assert bench.server.requests[0].body["temperature"] == 0.0


async def test_closing_the_generator_drops_the_connection(bench, ask_for):
    bench.server.script.add(Turn(text="one two three four", delay=30))
    stream = bench.provider().stream(ask_for())
    async with asyncio.timeout(60), contextlib.aclosing(stream):
        async for event in stream:
            if isinstance(event, TextDelta):
                break
    await asyncio.to_thread(bench.server.requests[0].ended.wait, 10)
    assert bench.server.requests[0].left


async def test_cancelling_the_reader_drops_the_connection(bench, ask_for):
    bench.server.script.add(Turn(text="one two three four", delay=30))
    spoken = asyncio.Event()

    async def read():
        async for event in bench.provider().stream(ask_for()):
            if isinstance(event, TextDelta):
                spoken.set()

    task = asyncio.create_task(read())
    async with asyncio.timeout(60):
        await spoken.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.to_thread(bench.server.requests[0].ended.wait, 10)
    assert bench.server.requests[0].left


async def test_neighbours_of_one_role_are_joined(bench, ask_for):
    bench.server.script.add("a")
    messages = (ModelMessage("user", "one"), ModelMessage("user", "two"))
    async for _ in bench.provider().stream(ask_for(messages=messages)):
        pass
    sent = [m for m in bench.server.requests[0].body["messages"] if m["role"] == "user"]
    assert len(sent) == 1
    assert bench.server.requests[0].user_text == "one\n\ntwo"


async def test_one_provider_serves_several_loops_one_after_another(bench, ask_for):
    """A library user may call `asyncio.run` per task; sockets of a dead loop must not be touched."""
    provider = bench.provider()
    bench.server.script.add("a")
    bench.server.script.add("b")
    got = []

    def run():
        async def ask():
            got.append(text_of([event async for event in provider.stream(ask_for())]))
            await provider.close()

        asyncio.run(ask())

    for _ in range(2):
        thread = threading.Thread(target=run)
        thread.start()
        await asyncio.to_thread(thread.join)
    assert got == ["a", "b"]


@pytest.mark.parametrize("bench", ["anthropic"], indirect=True)
class TestThinking:
    async def test_it_is_asked_for_by_budget_and_comes_back_signed(self, bench, ask_for):
        bench.server.script.add(Turn(thinking="hm", text="yes"))
        provider = bench.provider()
        events = [event async for event in provider.stream(ask_for(thinking_budget=2000, temperature=0.5))]
        body = bench.server.requests[0].body
        assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
        assert body["max_tokens"] == 2100 and "temperature" not in body
        reasoning = events[-1].reasoning
        assert reasoning == Reasoning(
            provider="anthropic",
            model="scripted",
            wire="anthropic",
            blocks=({"type": "thinking", "thinking": "hm", "signature": "scripted"},),
        )

    async def test_newer_models_are_asked_without_a_budget(self, bench, ask_for):
        bench.server.script.add("yes")
        async for _ in bench.provider(model="claude-sonnet-5-5").stream(ask_for(thinking_budget=2000)):
            pass
        assert bench.server.requests[0].body["thinking"]["type"] == "adaptive"

    async def test_a_refused_budget_is_asked_for_the_newer_way(self, bench, ask_for):
        words = '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".'
        error = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
        bench.server.script.add(Turn(fault=Fault(status=400, body=error)))
        bench.server.script.add("yes")
        events = [event async for event in bench.provider().stream(ask_for(thinking_budget=2000))]
        assert text_of(events) == "yes"
        assert bench.server.requests[1].body["thinking"]["type"] == "adaptive"

    @pytest.mark.parametrize(("model", "kept"), [("scripted", True), ("another", False)])
    async def test_it_is_played_back_only_to_its_own_model(self, bench, ask_for, model, kept):
        block = {"type": "thinking", "thinking": "hm", "signature": "s"}
        reasoning = Reasoning(provider="anthropic", model=model, wire="anthropic", blocks=(block,))
        messages = (
            ModelMessage("user", "one"),
            ModelMessage("assistant", "two", reasoning),
            ModelMessage("user", "three"),
        )
        bench.server.script.add("yes")
        async for _ in bench.provider().stream(ask_for(messages=messages)):
            pass
        content = bench.server.requests[0].body["messages"][1]["content"]
        assert content == ([block] if kept else []) + [{"type": "text", "text": "two"}]

    async def test_a_model_near_its_end_is_a_warning_not_a_line_on_stderr(self, bench, capfd):
        provider_events = await bench.ask("yes", model="claude-sonnet-4-5")
        assert text_of(provider_events) == "yes"
        assert capfd.readouterr().err == ""
