"""A provider over the real SDK, pointed at a scripted server on the loopback interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from codepilot.errors import ProviderError
from codepilot.messages import ModelEvent, ModelMessage, ModelRequest
from codepilot.providers.anthropic import AnthropicProvider
from codepilot.providers.openai import OpenAIProvider
from codepilot.providers.peer import Peer
from codepilot.providers.wire import WireProvider
from codepilot.testing import ModelServer, Turn

KEY = "sk-test-0123456789"


class Bench:
    """A server, and providers that ask it."""

    def __init__(self, wire: str, server: ModelServer, stack: AsyncExitStack) -> None:
        self.wire = wire
        self.server = server
        self._stack = stack

    def provider(self, *, model: str = "scripted", key: str = KEY, **more: Any) -> WireProvider[Any, Any]:
        openai = self.wire == "openai"
        peer = Peer(
            provider=self.wire,
            model=model,
            base_url=self.server.openai_url if openai else self.server.anthropic_url,
            key_variable="TEST_KEY",
            secret=key,
        )
        kind: Any = OpenAIProvider if openai else AnthropicProvider
        provider: WireProvider[Any, Any] = kind(peer, key, **more)
        self._stack.push_async_callback(provider.close)
        return provider

    async def ask(self, *turns: Turn | str, **more: Any) -> list[ModelEvent]:
        """All events of one reply."""
        for turn in turns:
            self.server.script.add(turn)
        async with asyncio.timeout(60):
            return [event async for event in self.provider(**more).stream(request())]

    async def fail(self, *turns: Turn, **more: Any) -> ProviderError:
        """The error of one reply."""
        with pytest.raises(ProviderError) as caught:
            await self.ask(*turns, **more)
        return caught.value


def request(text: str = "hi", **more: Any) -> ModelRequest:
    values = {"system": "You are.", "messages": (ModelMessage("user", text),), "max_tokens": 100, **more}
    return ModelRequest(**values)


@pytest.fixture
def ask_for() -> Callable[..., ModelRequest]:
    return request


@pytest.fixture(params=["openai", "anthropic"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(ModelServer())
        yield Bench(request.param, server, stack)
