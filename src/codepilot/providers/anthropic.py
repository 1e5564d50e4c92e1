"""Messages: Anthropic's own wire, with prompt caching and thinking."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator
from types import ModuleType
from typing import Any

from codepilot.messages import (
    FinishReason,
    ModelEvent,
    ModelMessage,
    ModelRequest,
    Reasoning,
    ReasoningDelta,
    ReplyEnd,
    Retrying,
    TextDelta,
    Usage,
)
from codepilot.providers import faults
from codepilot.providers.faults import Peer
from codepilot.providers.profiles import profile_for
from codepilot.providers.wire import Patience, WireProvider, merged

WIRE = "anthropic"
_CACHED = {"type": "ephemeral"}
_FINISH: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


class AnthropicProvider(WireProvider):
    """A model behind Messages.

    The system prompt and the last message carry a cache mark, so that the next request reads the common
    beginning from the cache. Temperature goes past the SDK, which no longer knows it, and only if the agent
    file names one.

    Args:
        peer: whom to ask.
        key: the key that is sent.
        patience: how long silence is borne.
    """

    sdk_name = "anthropic"

    def __init__(self, peer: Peer, key: str, *, patience: Patience | None = None) -> None:
        super().__init__(peer, key, patience=patience)
        self._send_temperature = True
        self._adaptive = profile_for(peer.model).thinking == "adaptive"

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The reply in pieces; the last one is `ReplyEnd`.

        Raises:
            ProviderError: whatever went wrong.
        """
        sdk, client = await self._connect()
        stream: Any = None
        try:
            while stream is None:
                manager = self._ask(client, request)
                try:
                    stream = await self._within(self._patience.first, manager.__aenter__())
                except sdk.APIStatusError as error:
                    change = self._adapt(faults.refusal_text(error, sdk), request)
                    if change is None:
                        raise
                    if change:
                        yield Retrying(attempt=2, attempts=2, wait=0.0, reason=change)
            self._check_stream(stream.response)
            reader = _Reader()
            while not reader.stopped:
                seconds = self._patience.stall if reader.spoke else self._patience.first
                try:
                    item = await self._within(
                        self._patience.tail if reader.finish else seconds, anext(stream, None)
                    )
                except Exception:
                    if not reader.finish:
                        raise
                    break
                if item is None:
                    break
                event = reader.read(item)
                if event is not None:
                    yield event
            if not reader.finish:
                raise faults.cut(self.peer)
            reasoning = None
            if reader.thoughts:
                blocks = tuple(reader.thoughts)
                reasoning = Reasoning(provider=self.name, model=self.model, wire=WIRE, blocks=blocks)
            reason = _FINISH.get(reader.finish, "stop")
            yield ReplyEnd(reason=reason, usage=reader.usage(), reasoning=reasoning)
        except Exception as error:
            raise faults.translate(error, self.peer, sdk) from error
        finally:
            if stream is not None:
                await stream.close()

    def _make_client(self, sdk: ModuleType) -> Any:
        return sdk.AsyncAnthropic(api_key=self._key, **self._http(sdk))

    def _ask(self, client: Any, request: ModelRequest) -> Any:
        """The SDK's stream manager. Its warnings (a model near its end) are kept off stderr."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            manager = client.messages.stream(**self._arguments(request))
        for warning in caught:
            self._warn(" ".join(str(warning.message).split()))
        return manager

    def _arguments(self, request: ModelRequest) -> dict[str, Any]:
        messages = [self._message(message) for message in merged(request.messages)]
        if messages:
            messages[-1]["content"][-1]["cache_control"] = _CACHED
        arguments: dict[str, Any] = {
            "model": self.model,
            "max_tokens": request.max_tokens,
            "messages": messages,
        }
        if request.system:
            arguments["system"] = [{"type": "text", "text": request.system, "cache_control": _CACHED}]
        if request.thinking_budget is not None:
            budget = request.thinking_budget
            if self._adaptive:
                arguments["thinking"] = {"type": "adaptive", "display": "summarized"}
            else:
                arguments["thinking"] = {"type": "enabled", "budget_tokens": budget}
            # The budget is a part of the limit, and has to be less than it.
            arguments["max_tokens"] = request.max_tokens + budget
        elif request.temperature is not None and self._send_temperature:
            arguments["extra_body"] = {"temperature": request.temperature}
        return arguments

    def _message(self, message: ModelMessage) -> dict[str, Any]:
        content: list[dict[str, Any]] = []
        thought = message.reasoning
        if thought is not None and (thought.provider, thought.model, thought.wire) == (
            self.name,
            self.model,
            WIRE,
        ):
            content.extend(thought.blocks)
        content.append({"type": "text", "text": message.text if message.text.strip() else "(no text)"})
        return {"role": message.role, "content": content}

    def _adapt(self, refusal: str, request: ModelRequest) -> str | None:
        """Change the form of the request as the refusal asks; None: it asks nothing that can be changed.

        The text is for the person, and empty where the change makes no difference to them.
        """
        sent_temperature = request.temperature is not None and request.thinking_budget is None
        if sent_temperature and self._send_temperature and "temperature" in refusal:
            self._send_temperature = False
            words = f"{self.model} refuses model.temperature; it is left out from now on."
            self._warn(words)
            return words
        if request.thinking_budget is not None and not self._adaptive and "adaptive" in refusal:
            self._adaptive = True
            return ""
        return None


class _Reader:
    """Reads the events of one reply."""

    def __init__(self) -> None:
        self.finish = ""
        self.spoke = False
        self.stopped = False
        self.thoughts: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}

    def read(self, event: Any) -> TextDelta | ReasoningDelta | None:
        if event.type == "content_block_delta":
            delta = event.delta
            if delta.type == "text_delta" and delta.text:
                self.spoke = True
                return TextDelta(delta.text)
            if delta.type == "thinking_delta" and delta.thinking:
                self.spoke = True
                return ReasoningDelta(delta.thinking)
        elif event.type == "content_block_stop":
            block = getattr(event, "content_block", None)
            if block is not None and block.type in ("thinking", "redacted_thinking"):
                self.thoughts.append(block.to_dict())
        elif event.type == "message_start":
            self._count(event.message.usage)
        elif event.type == "message_delta":
            self._count(event.usage)
            self.finish = str(event.delta.stop_reason or self.finish)
        elif event.type == "message_stop":
            self.stopped = True
        return None

    def usage(self) -> Usage | None:
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

    def _count(self, usage: Any) -> None:
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        ):
            value = getattr(usage, name, None)
            if value is not None:
                self._counts[name] = value
