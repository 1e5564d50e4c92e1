"""Messages: Anthropic's own wire, with prompt caching and thinking."""

from __future__ import annotations

import json
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any, Required, TypedDict, cast

from codepilot.agentfile import TimeoutConfig
from codepilot.messages import (
    ModelMessage,
    ModelRequest,
    NativeCall,
    Reasoning,
    ReasoningDelta,
    ReplyEnd,
    TextDelta,
    Usage,
    merged,
)
from codepilot.models import profile_for
from codepilot.ports import Clock
from codepilot.providers.endings import count, reason_of
from codepilot.providers.peer import Peer
from codepilot.providers.wire import ClientSettings, EventStream, Reader, WireProvider

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.lib.streaming import ParsedMessageStreamEvent
    from anthropic.types import (
        CacheControlEphemeralParam,
        ContentBlockParam,
        MessageDeltaUsage,
        MessageParam,
        TextBlockParam,
        ThinkingConfigParam,
    )
    from anthropic.types import Usage as AnthropicUsage

WIRE = "anthropic"
_CACHED: CacheControlEphemeralParam = {"type": "ephemeral"}
_WORDS = ("text", "thinking", "partial_json", "signature")
"""Where a delta holds what the model says, whichever kind it is."""


class _Body(TypedDict, total=False):
    """A request, as the SDK takes it."""

    model: Required[str]
    max_tokens: Required[int]
    messages: Required[list[MessageParam]]
    system: list[TextBlockParam]
    thinking: ThinkingConfigParam
    extra_body: dict[str, float]
    """What goes past the SDK."""


class AnthropicProvider(WireProvider["AsyncAnthropic", "ParsedMessageStreamEvent[None]"]):
    """A model behind Messages.

    The system prompt, a summary and the last message carry a cache mark, so that the next request reads the common
    beginning from the cache. Temperature goes past the SDK, which no longer knows it, and only if the agent
    file names one.

    Args:
        peer: the service.
        key: the key that is sent.
        timeout: how long a reply is waited for.
        clock: time.
    """

    sdk_name = "anthropic"

    def __init__(
        self, peer: Peer, key: str, *, timeout: TimeoutConfig | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(peer, key, timeout=timeout, clock=clock)
        self._adaptive = profile_for(peer.model).thinking == "adaptive"

    def _make_client(self, sdk: ModuleType, settings: ClientSettings) -> AsyncAnthropic:
        client: AsyncAnthropic = sdk.AsyncAnthropic(api_key=self._key, **settings)
        return client

    async def _open(
        self, client: AsyncAnthropic, request: ModelRequest
    ) -> EventStream[ParsedMessageStreamEvent[None]]:
        body = self._body(request)
        with warnings.catch_warnings(record=True) as caught:  # of a model near its end: kept off stderr
            warnings.simplefilter("always")
            manager = client.messages.stream(**body)
        for warning in caught:
            self._warn(" ".join(str(warning.message).split()))
        return await manager.__aenter__()

    def _reader(self) -> Reader[ParsedMessageStreamEvent[None]]:
        return _EventReader(self.name, self.model)

    def _body(self, request: ModelRequest) -> _Body:
        turns = merged(request.messages)
        messages = [self._message(turn, cached=turn.lasting or turn is turns[-1]) for turn in turns]
        body: _Body = {"model": self.model, "max_tokens": request.max_tokens, "messages": messages}
        if request.system:
            body["system"] = [{"type": "text", "text": request.system, "cache_control": _CACHED}]
        if request.thinking_budget is not None:
            budget = request.thinking_budget
            if self._adaptive:
                body["thinking"] = {"type": "adaptive", "display": "summarized"}
            else:
                body["thinking"] = {"type": "enabled", "budget_tokens": budget}
            # The budget is a part of the limit, and has to be less than it.
            body["max_tokens"] = request.max_tokens + budget
        elif request.temperature is not None and not self._temperature_refused:
            body["extra_body"] = {"temperature": request.temperature}
        return body

    def _message(self, message: ModelMessage, *, cached: bool) -> MessageParam:
        text: TextBlockParam = {"type": "text", "text": message.text if message.text.strip() else "(no text)"}
        if cached:
            text["cache_control"] = _CACHED
        if message.role == "user":
            return {"role": "user", "content": [text]}
        thought = message.reasoning
        blocks: tuple[dict[str, Any], ...] = ()
        if thought is not None and (thought.provider, thought.model, thought.wire) == (
            self.name,
            self.model,
            WIRE,
        ):
            blocks = thought.blocks
        # As they came and were stored; a signature holds for these very bytes.
        return {"role": "assistant", "content": [*cast("tuple[ContentBlockParam, ...]", blocks), text]}

    def _sends_temperature(self, request: ModelRequest) -> bool:
        thinks = request.thinking_budget is not None
        return request.temperature is not None and not thinks and not self._temperature_refused

    def _reshape(self, refusal: str, request: ModelRequest) -> bool:
        if request.thinking_budget is None or self._adaptive or "adaptive" not in refusal:
            return False
        self._adaptive = True
        return True


class _EventReader(Reader["ParsedMessageStreamEvent[None]"]):
    """Reads the events of one reply.

    Args:
        provider: to whom the reasoning may be sent back, together with `model`.
        model: the model's name.
    """

    def __init__(self, provider: str, model: str) -> None:
        self._provider = provider
        self._model = model
        self._thoughts: list[dict[str, Any]] = []
        self._calls: list[NativeCall] = []
        self._counts: dict[str, int] = {}

    def read(self, item: ParsedMessageStreamEvent[None]) -> tuple[TextDelta | ReasoningDelta, ...]:
        self.heard = False
        if item.type == "content_block_delta":
            delta = item.delta
            self.heard = any(getattr(delta, name, "") for name in _WORDS)
            if delta.type == "text_delta" and delta.text:
                return (TextDelta(delta.text),)
            if delta.type == "thinking_delta" and delta.thinking:
                return (ReasoningDelta(delta.thinking),)
        elif item.type == "content_block_stop":
            block = item.content_block
            if block.type in ("thinking", "redacted_thinking"):
                self._thoughts.append(block.to_dict())
            elif block.type == "tool_use":
                self._calls.append(NativeCall(block.name, json.dumps(block.input, ensure_ascii=False)))
        elif item.type == "message_start":
            self._count(item.message.usage)
        elif item.type == "message_delta":
            self._count(item.usage)
            self.finish = str(item.delta.stop_reason or self.finish)
        elif item.type == "message_stop":
            self.closed = True
        return ()

    def end(self) -> ReplyEnd:
        reasoning = None
        if self._thoughts:
            blocks = tuple(self._thoughts)
            reasoning = Reasoning(provider=self._provider, model=self._model, wire=WIRE, blocks=blocks)
        if not self._calls and self.finish == "tool_use":
            self._calls.append(NativeCall("", ""))
        reason = reason_of(self.finish) or "stop"
        return ReplyEnd(reason=reason, usage=self._usage(), reasoning=reasoning, calls=tuple(self._calls))

    def _usage(self) -> Usage | None:
        """The prompt's tokens are told apart by how they were read; all of them count."""
        if not self._counts:
            return None
        read, write = (
            self._counts.get("cache_read_input_tokens", 0),
            self._counts.get("cache_creation_input_tokens", 0),
        )
        return Usage(
            input_tokens=self._counts.get("input_tokens", 0) + read + write,
            output_tokens=self._counts.get("output_tokens", 0),
            cache_read=read,
            cache_write=write,
        )

    def _count(self, usage: AnthropicUsage | MessageDeltaUsage) -> None:
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        ):
            value = getattr(usage, name, None)
            if value is not None:
                self._counts[name] = count(value)
