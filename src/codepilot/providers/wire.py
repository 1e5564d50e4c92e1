"""What both adapters share: the SDK loaded off the loop, one client per event loop, patience."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

from codepilot.messages import ModelEvent, ModelMessage, ModelRequest
from codepilot.providers import faults
from codepilot.providers.faults import Peer

_Item = TypeVar("_Item")
log = logging.getLogger("codepilot.providers")
log.addHandler(logging.NullHandler())  # without it, logging writes to stderr, where a screen may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long silence is borne, in seconds."""

    connect: float = 10.0
    first: float = 300.0
    """Until the first words: long prompts on small machines and hidden thinking take their time."""
    stall: float = 90.0
    """Between two pieces once words have come."""
    tail: float = 5.0
    """For what may follow the finish reason, such as the token counts."""


class WireProvider(ABC):
    """A `ports.Provider` over one SDK.

    Args:
        peer: whom to ask, and what names to use in errors.
        key: the key that is sent.
        patience: how long silence is borne.
    """

    sdk_name: str

    def __init__(self, peer: Peer, key: str, *, patience: Patience | None = None) -> None:
        self.name = peer.provider
        self.model = peer.model
        self.peer = peer
        self.warnings: list[str] = []
        """What the person should know about how this model is asked; each told once."""
        self._key = key
        self._patience = patience or Patience()
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}, {self.model}, {self.peer.base_url})"

    @abstractmethod
    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The reply in pieces; the last one is `ReplyEnd`."""

    @abstractmethod
    def _make_client(self, sdk: ModuleType) -> Any:
        """A client of the SDK; runs on a thread."""

    async def close(self) -> None:
        """Let go of sockets."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()

    async def _connect(self) -> tuple[ModuleType, Any]:
        """The SDK and a client that belongs to the running loop."""
        loop = asyncio.get_running_loop()
        sdk = await asyncio.to_thread(import_module, self.sdk_name)
        if self._client is None or self._loop is not loop:
            self._client = await asyncio.to_thread(self._make_client, sdk)
            self._loop = loop
        return sdk, self._client

    def _http(self, sdk: ModuleType) -> dict[str, Any]:
        """What both clients are made with: our patience, no retries, no proxy to this machine itself."""
        import httpx2

        timeout = httpx2.Timeout(None, connect=self._patience.connect, pool=self._patience.connect)
        settings: dict[str, Any] = {"timeout": timeout, "max_retries": 0, "base_url": self.peer.base_url}
        if self.peer.is_local:
            settings["http_client"] = sdk.DefaultAsyncHttpxClient(trust_env=False)
        return settings

    async def _within(self, seconds: float, awaitable: Awaitable[_Item]) -> _Item:
        """The result, or a `ProviderError` after too long a silence."""
        patience = asyncio.timeout(seconds)
        try:
            async with patience:
                return await awaitable
        except TimeoutError as error:
            if not patience.expired():
                raise
            raise faults.timed_out(self.peer, seconds) from error

    def _check_stream(self, response: Any) -> None:
        """Refuse an answer that is plainly no event stream."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/json"):
            raise faults.not_a_stream(self.peer, kind)

    def _warn(self, words: str) -> None:
        if words not in self.warnings:
            self.warnings.append(words)
            log.warning("%s", words)


def merged(messages: tuple[ModelMessage, ...]) -> list[ModelMessage]:
    """The messages with neighbours of one role joined, since some services insist on alternation."""
    result: list[ModelMessage] = []
    for message in messages:
        if result and result[-1].role == message.role:
            last = result[-1]
            result[-1] = ModelMessage(
                last.role, f"{last.text}\n\n{message.text}", message.reasoning or last.reasoning
            )
        else:
            result.append(message)
    return result
