"""Chat Completions: OpenAI itself and every service and local server that speaks like it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from types import ModuleType
from typing import Any, Literal

from codepilot.messages import (
    FinishReason,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    ReplyEnd,
    Retrying,
    TextDelta,
    Usage,
)
from codepilot.providers import faults
from codepilot.providers.faults import Peer
from codepilot.providers.wire import Patience, WireProvider, merged

LimitField = Literal["max_tokens", "max_completion_tokens"]

_FINISH: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "refusal",
    "refusal": "refusal",
}


_NOT_KNOWN = re.compile(
    r"unsupported|not supported|unknown|unrecogni[sz]ed|unexpected|extra|not permitted", re.I
)


class OpenAIProvider(WireProvider):
    """A model behind Chat Completions.

    What a service refuses of a request's form (`stream_options`, `temperature`, the name of the output limit)
    is learnt from its first refusal and not sent again.

    Args:
        peer: whom to ask.
        key: the key that is sent.
        limit_field: how the service calls the limit of output tokens.
        stream_options: ask for token counts in the stream.
        patience: how long silence is borne.
    """

    sdk_name = "openai"

    def __init__(
        self,
        peer: Peer,
        key: str,
        *,
        limit_field: LimitField = "max_tokens",
        stream_options: bool = True,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(peer, key, patience=patience)
        self._limit_field: LimitField = limit_field
        self._stream_options = stream_options
        self._limit_changed = False
        self._send_temperature = True

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The reply in pieces; the last one is `ReplyEnd`.

        Raises:
            ProviderError: whatever went wrong.
        """
        sdk, client = await self._connect()
        stream: Any = None
        try:
            while stream is None:
                try:
                    answer = client.chat.completions.create(**self._arguments(request))
                    stream = await self._within(self._patience.first, answer)
                except sdk.APIStatusError as error:
                    change = self._adapt(faults.refusal_text(error, sdk), request)
                    if change is None:
                        raise
                    if change:
                        yield Retrying(attempt=2, attempts=2, wait=0.0, reason=change)
            self._check_stream(stream.response)
            reader = _Reader()
            while True:
                if reader.finish:
                    seconds = self._patience.tail
                else:
                    seconds = self._patience.stall if reader.spoke else self._patience.first
                try:
                    chunk = await self._within(seconds, anext(stream, None))
                except Exception:
                    if not reader.finish:
                        raise
                    break
                if chunk is None:
                    break
                for event in reader.read(chunk):
                    yield event
            if not reader.finish:
                raise faults.cut(self.peer)
            yield ReplyEnd(reason=_FINISH.get(reader.finish, "stop"), usage=reader.usage)
        except Exception as error:
            raise faults.translate(error, self.peer, sdk) from error
        finally:
            if stream is not None:
                await stream.close()

    def _make_client(self, sdk: ModuleType) -> Any:
        client = sdk.AsyncOpenAI(api_key=self._key, **self._http(sdk))
        if self.name != "openai":  # the SDK reads OpenAI's own organisation from the environment
            client.organization = client.project = None
        return client

    def _arguments(self, request: ModelRequest) -> dict[str, Any]:
        messages = [{"role": "system", "content": request.system}] if request.system else []
        messages += [{"role": message.role, "content": message.text} for message in merged(request.messages)]
        arguments: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "stream": True,
            self._limit_field: request.max_tokens,
        }
        if self._stream_options:
            arguments["stream_options"] = {"include_usage": True}
        if request.temperature is not None and self._send_temperature:
            arguments["temperature"] = request.temperature
        return arguments

    def _adapt(self, refusal: str, request: ModelRequest) -> str | None:
        """Change the form of the request as the refusal asks; None: it asks nothing that can be changed.

        The text is for the person, and empty where the change makes no difference to them.
        """
        if self._stream_options and ("stream_options" in refusal or "include_usage" in refusal):
            self._stream_options = False
            return ""
        other: LimitField = "max_completion_tokens" if self._limit_field == "max_tokens" else "max_tokens"
        if not self._limit_changed and self._limit_field in refusal and _NOT_KNOWN.search(refusal):
            self._limit_field, self._limit_changed = other, True
            return ""
        if self._send_temperature and request.temperature is not None and "temperature" in refusal:
            self._send_temperature = False
            words = f"{self.model} refuses model.temperature; it is left out from now on."
            self._warn(words)
            return words
        return None


class _Reader:
    """Reads the chunks of one reply."""

    def __init__(self) -> None:
        self.finish = ""
        self.usage: Usage | None = None
        self.spoke = False

    def read(self, chunk: Any) -> list[TextDelta | ReasoningDelta]:
        events: list[TextDelta | ReasoningDelta] = []
        if chunk.usage is not None:
            self.usage = _usage(chunk.usage)
        for choice in chunk.choices or ():
            delta = choice.delta
            if delta is not None:
                thought = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
                if isinstance(thought, str) and thought:
                    events.append(ReasoningDelta(thought))
                if delta.content:
                    events.append(TextDelta(delta.content))
            if choice.finish_reason:
                self.finish = str(choice.finish_reason)
        self.spoke = self.spoke or bool(events)
        return events


def _usage(usage: Any) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    cached = getattr(details, "cached_tokens", None) or getattr(usage, "prompt_cache_hit_tokens", None)
    return Usage(
        input_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.completion_tokens or 0,
        cache_read=cached or 0,
    )
