"""What every `ports.Provider` keeps, whoever implements it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from codepilot.agentfile import ModelConfig
from codepilot.errors import ProviderError
from codepilot.messages import (
    ModelMessage,
    ModelRequest,
    ReasoningDelta,
    ReplyEnd,
    Retrying,
    TextDelta,
    Usage,
)
from codepilot.models import providers
from codepilot.ports import Provider
from codepilot.providers import RetryingProvider, provider_for
from codepilot.testing import Fault, ManualClock, ModelServer, Turn

REQUEST = ModelRequest(system="You are.", messages=(ModelMessage("user", "hi"),), max_tokens=50)
REMOTE = [name for name, each in providers().items() if each.wire == "openai" and not each.local]


@pytest.fixture(params=["anthropic", "anthropic, bare", "openai", "openai, bare", "ollama", REMOTE[-1]])
async def case(request):
    """A provider and the server that it asks."""
    name, _, bare = request.param.partition(", ")
    async with ModelServer() as server:
        url = server.anthropic_url if name == "anthropic" else server.openai_url
        model = ModelConfig(provider=name, name="scripted", api_key_env="KEY", base_url=url)
        provider = provider_for(model, environ={"KEY": "k"}, clock=ManualClock(auto=True))
        if bare:
            assert isinstance(provider, RetryingProvider)
            provider = provider.provider
        yield provider, server
        await provider.close()


async def collect(provider):
    async with asyncio.timeout(60):
        return [event async for event in provider.stream(REQUEST)]


async def test_it_is_one(case):
    provider, _ = case
    assert isinstance(provider, Provider)
    assert provider.name and provider.model == "scripted"


async def test_pieces_and_then_one_end(case):
    provider, server = case
    usage = Usage(input_tokens=7, output_tokens=3)
    server.script.add(Turn(text="one two\nthree ", thinking="hm", usage=usage))
    events = await collect(provider)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "one two\nthree "
    assert [e.text for e in events if isinstance(e, ReasoningDelta)] == ["hm"]
    assert [e for e in events if isinstance(e, ReplyEnd)] == [events[-1]]
    assert (events[-1].reason, events[-1].usage) == ("stop", usage)


async def test_a_second_question_is_answered_too(case):
    provider, server = case
    for text in ("first", "second"):
        server.script.add(text)
        assert TextDelta(text) in await collect(provider)


@pytest.mark.parametrize("kind", ["cut_at", "eof_at", "end_clean_at", "bad_at", "err_at"])
async def test_after_a_failure_words_are_void_or_the_reply_ends_with_an_error(case, kind):
    """Whoever reads the stream forgets what came before a `Retrying`; nothing else takes words back."""
    provider, server = case
    server.script.add(Turn(text="one two three", fault=Fault(**{kind: 2})))
    server.script.add("whole")
    events, error = [], None
    async with asyncio.timeout(60):
        try:
            async for event in provider.stream(REQUEST):
                events = [] if isinstance(event, Retrying) else [*events, event]
        except ProviderError as caught:
            error = caught
    assert isinstance(provider, RetryingProvider) == (error is None)
    if error is None:
        assert (events[0], type(events[-1])) == (TextDelta("whole"), ReplyEnd)
    else:
        assert not any(isinstance(event, ReplyEnd) for event in events)


async def test_a_refusal_has_its_status(case):
    provider, server = case
    server.script.add(Turn(fault=Fault(status=401)))
    with pytest.raises(ProviderError) as caught:
        await collect(provider)
    assert (caught.value.fault, caught.value.status, caught.value.exit_code) == ("auth", 401, 4)


async def test_closing_stops_the_reply_at_once(case):
    provider, server = case
    server.script.add(Turn(text="one two three", delay=30))
    async with asyncio.timeout(60):
        async with contextlib.aclosing(provider.stream(REQUEST)) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
        await asyncio.to_thread(server.requests[0].ended.wait, 10)
    assert server.requests[0].left


async def test_it_can_be_closed_twice_and_unused(case):
    provider, _ = case
    await provider.close()
    await provider.close()
