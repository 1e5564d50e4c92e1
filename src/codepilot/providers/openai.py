"""Chat Completions: OpenAI itself and every service and local server that speaks like it."""

from __future__ import annotations

import re
from types import ModuleType
from typing import TYPE_CHECKING, Literal, Required, TypedDict

from codepilot.agentfile import TimeoutConfig
from codepilot.messages import (
    ModelRequest,
    NativeCall,
    ReasoningDelta,
    ReplyEnd,
    TextDelta,
    Usage,
    merged,
)
from codepilot.models import LimitField
from codepilot.ports import Clock
from codepilot.providers.endings import count, is_end, reason_of
from codepilot.providers.peer import Peer
from codepilot.providers.wire import ClientSettings, EventStream, Reader, WireProvider

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import (
        ChoiceDelta,
        ChoiceDeltaFunctionCall,
        ChoiceDeltaToolCallFunction,
    )

_CALLS = ("tool_calls", "function_call")


_NOT_KNOWN = re.compile(
    r"unsupported|not supported|unknown|unrecogni[sz]ed|unexpected|extra|not permitted", re.I
)


class _Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


class _StreamOptions(TypedDict):
    include_usage: bool


class _Body(TypedDict, total=False):
    """A request, as the wire has it."""

    model: Required[str]
    messages: Required[list[_Message]]
    stream: Required[Literal[True]]
    max_tokens: int
    max_completion_tokens: int
    stream_options: _StreamOptions
    temperature: float


class OpenAIProvider(WireProvider["AsyncOpenAI", "ChatCompletionChunk"]):
    """A model behind Chat Completions.

    What a service refuses of a request's form (`stream_options`, `temperature`, the name of the output limit)
    is learnt from its first refusal and not sent again.

    Args:
        peer: the service.
        key: the key that is sent.
        limit_field: how the service calls the limit of output tokens.
        stream_options: ask for token counts in the stream.
        timeout: how long a reply is waited for.
        clock: time.
    """

    sdk_name = "openai"

    def __init__(
        self,
        peer: Peer,
        key: str,
        *,
        limit_field: LimitField = "max_tokens",
        stream_options: bool = True,
        timeout: TimeoutConfig | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(peer, key, timeout=timeout, clock=clock)
        self._limit_field: LimitField = limit_field
        self._stream_options = stream_options
        self._limit_changed = False

    def _make_client(self, sdk: ModuleType, settings: ClientSettings) -> AsyncOpenAI:
        client: AsyncOpenAI = sdk.AsyncOpenAI(api_key=self._key, **settings)
        if self.name != "openai":  # the SDK reads OpenAI's own organisation from the environment
            client.organization = client.project = None
        return client

    async def _open(self, client: AsyncOpenAI, request: ModelRequest) -> EventStream[ChatCompletionChunk]:
        body = self._body(request)
        # The SDK's overloads know neither a limit without its successor nor a role that is decided at run time.
        stream: EventStream[ChatCompletionChunk] = await client.chat.completions.create(**body)  # type: ignore
        return stream

    def _reader(self) -> Reader[ChatCompletionChunk]:
        return _ChunkReader()

    def _body(self, request: ModelRequest) -> _Body:
        messages: list[_Message] = [{"role": "system", "content": request.system}] if request.system else []
        messages += [{"role": message.role, "content": message.text} for message in merged(request.messages)]
        body: _Body = {"model": self.model, "messages": messages, "stream": True}
        body[self._limit_field] = request.max_tokens
        if self._stream_options:
            body["stream_options"] = {"include_usage": True}
        if request.temperature is not None and not self._temperature_refused:
            body["temperature"] = request.temperature
        return body

    def _sends_temperature(self, request: ModelRequest) -> bool:
        return request.temperature is not None and not self._temperature_refused

    def _reshape(self, refusal: str, request: ModelRequest) -> bool:
        if self._stream_options and ("stream_options" in refusal or "include_usage" in refusal):
            self._stream_options = False
            return True
        other: LimitField = "max_completion_tokens" if self._limit_field == "max_tokens" else "max_tokens"
        if not self._limit_changed and self._limit_field in refusal and _NOT_KNOWN.search(refusal):
            self._limit_field, self._limit_changed = other, True
            return True
        return False


class _ChunkReader(Reader["ChatCompletionChunk"]):
    """Reads the chunks of one reply."""

    def __init__(self) -> None:
        self._usage: Usage | None = None
        self._calls: dict[int, tuple[str, str]] = {}
        self._refused = False

    def read(self, item: ChatCompletionChunk) -> list[TextDelta | ReasoningDelta]:
        events: list[TextDelta | ReasoningDelta] = []
        self.heard = False
        if item.usage is not None:
            self._usage = _usage(item.usage)
        for choice in item.choices or ():
            other = isinstance(choice.index, int) and choice.index > 0
            if other:  # another answer to the same question
                continue
            delta: ChoiceDelta | None = getattr(
                choice, "delta", None
            )  # some leave it out, whatever the type says
            if delta is not None:
                events += self._words(delta)
            elif getattr(choice, "message", None) is not None or getattr(choice, "text", None) is not None:
                raise TypeError("the reply comes in one piece of another API")
            self.wavers = self.wavers or (self.heard and bool(self.finish))
            if choice.finish_reason and is_end(str(choice.finish_reason)):
                self.finish = str(choice.finish_reason)
        return events

    def _words(self, delta: ChoiceDelta) -> list[TextDelta | ReasoningDelta]:
        events: list[TextDelta | ReasoningDelta] = []
        thought = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
        if isinstance(thought, str) and thought:
            events.append(ReasoningDelta(thought))
        events += _said(delta.content)
        if delta.refusal:
            self._refused = True
            events += _said(delta.refusal)
        for call in delta.tool_calls or ():
            self._add_call(call.index, call.function)
        if delta.function_call is not None:
            self._add_call(-1, delta.function_call)
        self.heard = bool(events or delta.tool_calls or delta.function_call)
        return events

    def end(self) -> ReplyEnd:
        calls = [NativeCall(name, arguments) for name, arguments in self._calls.values()]
        if not calls and self.finish in _CALLS:
            calls.append(NativeCall("", ""))
        reason = "refusal" if self._refused else reason_of(self.finish) or "stop"
        return ReplyEnd(reason=reason, usage=self._usage, calls=tuple(calls))

    def _add_call(
        self, index: int, piece: ChoiceDeltaToolCallFunction | ChoiceDeltaFunctionCall | None
    ) -> None:
        name, arguments = self._calls.get(index, ("", ""))
        if piece is not None:
            name, arguments = name + (piece.name or ""), arguments + (piece.arguments or "")
        self._calls[index] = name, arguments


def _said(content: object) -> list[TextDelta | ReasoningDelta]:
    """What a piece says. Mistral's reasoning models send a list of parts, whatever the type says."""
    if not content:
        return []
    if isinstance(content, str):
        return [TextDelta(content)]
    if not isinstance(content, list):
        raise TypeError("the content of a reply is neither text nor a list of parts")
    said: list[TextDelta | ReasoningDelta] = []
    for part in content:
        if part["type"] == "thinking":
            said += [ReasoningDelta(text) for text in _texts(part["thinking"])]
        elif part["type"] == "text":
            said += [TextDelta(text) for text in _texts(part["text"])]
    return said


def _texts(value: object) -> list[str]:
    """The words of a part: one text, or a list of parts once more."""
    if isinstance(value, str):
        return [value] if value else []
    if not isinstance(value, list):
        raise TypeError("a part of a reply holds no text")
    return [text for part in value for text in _texts(part["text"])]


def _usage(usage: CompletionUsage) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    cached = getattr(details, "cached_tokens", None) or getattr(usage, "prompt_cache_hit_tokens", None)
    return Usage(
        input_tokens=count(getattr(usage, "prompt_tokens", 0)),
        output_tokens=count(getattr(usage, "completion_tokens", 0)),
        cache_read=count(cached),
    )
