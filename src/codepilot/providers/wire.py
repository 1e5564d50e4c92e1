"""What both adapters share: the SDK loaded off the loop, one client per event loop, the reading of a stream."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypedDict, TypeVar

from codepilot.agentfile import TimeoutConfig
from codepilot.clock import SystemClock
from codepilot.messages import (
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    ReplyEnd,
    Retrying,
    TextDelta,
)
from codepilot.ports import Clock
from codepilot.providers import faults, surroundings
from codepilot.providers.endings import reason_of
from codepilot.providers.patience import Patience
from codepilot.providers.peer import Peer
from codepilot.text import PairedText, well_formed

if TYPE_CHECKING:
    import httpx2

Client = TypeVar("Client", bound="Closable")
Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)

log = logging.getLogger("codepilot.providers")
log.addHandler(logging.NullHandler())  # without it, logging writes to stderr, where a screen may be


class Closable(Protocol):
    """An SDK's client."""

    async def close(self) -> None:
        """Let go of its connections."""
        ...


class EventStream(Protocol[Item_co]):
    """An SDK's stream of one reply."""

    @property
    def response(self) -> httpx2.Response:
        """The head of the answer."""
        ...

    async def __anext__(self) -> Item_co: ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


class ClientSettings(TypedDict):
    """What both SDKs' clients are made with."""

    timeout: httpx2.Timeout
    max_retries: int
    base_url: str
    http_client: httpx2.AsyncClient


class Reader(ABC, Generic[Item]):
    """Reads the items of one reply's stream."""

    finish = ""
    """Why the reply is over, as the service puts it; empty until then."""
    wavers = False
    """Words came behind what had said why the reply is over: only the end of the stream is its end."""
    heard = False
    """The item read last held words of any kind."""
    closed = False
    """Nothing comes any more."""

    @abstractmethod
    def read(self, item: Item) -> Sequence[TextDelta | ReasoningDelta]:
        """The words of an item."""

    @abstractmethod
    def end(self) -> ReplyEnd:
        """What is known at the end of the reply."""


class WireProvider(ABC, Generic[Client, Item]):
    """A `ports.Provider` over one SDK.

    Args:
        peer: the service, and what names to use in errors.
        key: the key that is sent.
        timeout: how long a reply is waited for.
        clock: time.
    """

    sdk_name: str
    connect_limit = 10.0
    """Seconds to connect, the TLS handshake included."""

    def __init__(
        self, peer: Peer, key: str, *, timeout: TimeoutConfig | None = None, clock: Clock | None = None
    ) -> None:
        self.name = peer.provider
        self.model = peer.model
        self.peer = peer
        self.warnings: list[str] = []
        """What the person should know about how this model is asked, without duplicates."""
        self._key = key
        self._timeout = timeout or TimeoutConfig()
        self._clock = clock or SystemClock()
        self._temperature_refused = False
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}, {self.model}, {self.peer.base_url})"

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The reply in pieces; the last one is `ReplyEnd`.

        Raises:
            ProviderError: whatever went wrong.
        """
        sdk, client = await self._connect()
        patience = Patience(self._clock, self._timeout, self.peer)
        stream: EventStream[Item] | None = None
        try:
            while stream is None:
                stream, change = await self._opened(sdk, client, request, patience)
                if change:
                    yield Retrying(attempt=2, attempts=2, wait=0.0, reason=change)
            self._check_stream(stream.response)
            reader, pairs = self._reader(), PairedText()
            while not reader.closed:
                item = await self._next(stream, reader, patience)
                if item is None:
                    break
                for event in reader.read(item):
                    yield TextDelta(pairs.feed(event.text)) if isinstance(event, TextDelta) else event
                _tell(patience, reader)
            if reason_of(reader.finish) is None:
                raise faults.cut(self.peer, reader.finish)
            if pairs.held:
                yield TextDelta(well_formed(pairs.held))
            yield reader.end()
        except Exception as error:
            raise faults.translate(error, self.peer, sdk, self.connect_limit) from error
        finally:
            if stream is not None:
                await stream.close()

    async def _opened(
        self, sdk: ModuleType, client: Client, request: ModelRequest, patience: Patience
    ) -> tuple[EventStream[Item] | None, str]:
        """The stream, or none and what is asked otherwise the next time (empty: nothing that is to be told)."""
        try:
            return await patience.over(self._open(client, request)), ""
        except sdk.APIStatusError as error:
            change = self._adapt(faults.refusal_text(error, sdk), request)
            if change is None:
                raise
            return None, change

    async def close(self) -> None:
        """Let go of sockets."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()

    # -- what differs between the wires ----------------------------------------------------------------------------

    @abstractmethod
    def _make_client(self, sdk: ModuleType, settings: ClientSettings) -> Client:
        """A client of the SDK; runs on a thread."""

    @abstractmethod
    async def _open(self, client: Client, request: ModelRequest) -> EventStream[Item]:
        """Ask, and return the stream of the reply once its head is there."""

    @abstractmethod
    def _reader(self) -> Reader[Item]:
        """A reader for one reply."""

    @abstractmethod
    def _sends_temperature(self, request: ModelRequest) -> bool:
        """Whether this request carries a temperature."""

    @abstractmethod
    def _reshape(self, refusal: str, request: ModelRequest) -> bool:
        """Change the form of requests from now on as a refusal asks, where it makes no difference to the person.

        Returns:
            Whether anything was changed, so that asking again makes sense.
        """

    # -- what does not ---------------------------------------------------------------------------------------------

    async def _connect(self) -> tuple[ModuleType, Client]:
        """The SDK and a client that belongs to the running loop.

        Raises:
            ProviderError: the SDK is not installed, or a variable of the environment lets no client be made.
        """
        loop = asyncio.get_running_loop()
        try:
            sdk = await asyncio.to_thread(import_module, self.sdk_name)
        except ImportError as error:
            raise surroundings.not_installed(error, self.sdk_name) from error
        client = self._client
        if client is None or self._loop is not loop:
            try:
                client = await asyncio.to_thread(lambda: self._make_client(sdk, self._settings(sdk)))
            except Exception as error:
                raise surroundings.unusable(error, self.peer) from error
            self._client, self._loop = client, loop
        return sdk, client

    def _settings(self, sdk: ModuleType) -> ClientSettings:
        """Our patience, no retries, no redirects, no proxy to this machine itself."""
        import httpx2

        timeout = httpx2.Timeout(None, connect=self.connect_limit, pool=self.connect_limit)
        direct = {"http://": None, "https://": None} if self.peer.is_local else {}
        http: httpx2.AsyncClient = sdk.DefaultAsyncHttpxClient(mounts=direct, follow_redirects=False)
        return {"timeout": timeout, "max_retries": 0, "base_url": self.peer.base_url, "http_client": http}

    async def _next(self, stream: EventStream[Item], reader: Reader[Item], patience: Patience) -> Item | None:
        """The next item, or None at the end. Once the reply is complete, a fault of the stream is an end, too."""
        try:
            return await patience.over(stream.__anext__())
        except StopAsyncIteration:
            return None
        except Exception:
            if not reader.finish or reader.wavers:
                raise
            return None

    def _adapt(self, refusal: str, request: ModelRequest) -> str | None:
        """Change the form of the request as the refusal asks; None: it asks nothing that can be changed.

        The text is for the person, and empty where the change makes no difference to them.
        """
        if not refusal:
            return None
        if self._reshape(refusal, request):
            return ""
        if self._sends_temperature(request) and "temperature" in refusal:
            self._temperature_refused = True
            words = f"{self.model} refuses model.temperature; it is left out from now on."
            self._warn(words)
            return words
        return None

    def _check_stream(self, response: httpx2.Response) -> None:
        """Refuse an answer that is plainly no event stream."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/json"):
            raise faults.not_a_stream(self.peer, kind)

    def _warn(self, words: str) -> None:
        if words not in self.warnings:
            self.warnings.append(words)
            log.warning("%s", words)


def _tell(patience: Patience, reader: Reader[Any]) -> None:
    """How long the next silence may last depends on what came."""
    if reader.heard:  # also with a finish reason: some send one with every piece
        patience.heard()
    elif reader.finish and not reader.wavers:
        patience.finished()
