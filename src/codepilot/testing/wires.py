"""What a turn looks like on the two wires: the events of a stream, and the JSON of a plain answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from codepilot.messages import NativeCall, Usage
from codepilot.script import Turn
from codepilot.text import well_formed

Wire = Literal["openai", "anthropic"]

_OPENAI_FINISH = {"stop": "stop", "length": "length", "refusal": "content_filter"}
_ANTHROPIC_STOP = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal"}


@dataclass(frozen=True, slots=True)
class Stream:
    """The events of a reply: before the text, one per piece of it, after it."""

    head: list[bytes]
    pieces: list[bytes]
    tail: list[bytes]


def usage_of(turn: Turn, body: dict[str, Any]) -> Usage:
    """The turn's usage, or a rough count of four characters to a token."""
    if turn.usage is not None:
        return turn.usage
    asked = len(json.dumps(body.get("messages", []))) + len(json.dumps(body.get("system", "")))
    return Usage(input_tokens=max(asked // 4, 1), output_tokens=max(len(turn.whole) // 4, 1))


def last_user_text(body: dict[str, Any]) -> str:
    """The text of the last user message of a request, on either wire."""
    for message in reversed(body.get("messages") or []):
        if message.get("role") != "user":
            continue
        content = message.get("content", "")
        if isinstance(content, str):
            return content
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


def characters(body: dict[str, Any]) -> int:
    """How long the texts of a request are together, the system prompt included, on either wire."""
    return sum(
        map(_length, [body.get("system"), *(each.get("content") for each in body.get("messages") or [])])
    )


def _length(content: Any) -> int:
    if isinstance(content, list):
        return sum(len(part.get("text", "")) for part in content if isinstance(part, dict))
    return len(content) if isinstance(content, str) else 0


def stream(wire: Wire, turn: Turn, body: dict[str, Any]) -> Stream:
    """The turn as a stream on a wire."""
    return _openai_stream(turn, body) if wire == "openai" else _anthropic_stream(turn, body)


def answer(wire: Wire, turn: Turn, body: dict[str, Any]) -> dict[str, Any]:
    """The turn as one JSON answer."""
    usage, model = usage_of(turn, body), body.get("model", "")
    if wire == "anthropic":
        content: list[dict[str, Any]] = [{"type": "text", "text": turn.whole}]
        if turn.thinking:
            content.insert(0, {"type": "thinking", "thinking": turn.thinking, "signature": "scripted"})
        content += [
            {**_anthropic_call(index, call), "input": json.loads(call.arguments or "{}")}
            for index, call in enumerate(_named(turn))
        ]
        return {
            **{"id": "msg_scripted", "type": "message", "role": "assistant", "model": model},
            **{"content": content, "stop_reason": _anthropic_stop(turn), "stop_sequence": None},
            "usage": _anthropic_usage(usage),
        }
    message: dict[str, Any] = {"role": "assistant", "content": turn.whole}
    if turn.thinking:
        message["reasoning_content"] = turn.thinking
    if called := _named(turn):
        message["tool_calls"] = [_openai_call(index, call) for index, call in enumerate(called)]
    choice = {"index": 0, "message": message, "finish_reason": _openai_finish(turn)}
    return {
        **{"id": "chatcmpl-scripted", "object": "chat.completion", "created": 0, "model": model},
        **{"choices": [choice], "usage": _openai_usage(usage)},
    }


def models(names: tuple[str, ...]) -> dict[str, Any]:
    """The list of models, in a shape that both SDKs read."""
    data = [
        {
            "id": name,
            "object": "model",
            "type": "model",
            "display_name": name,
            "created": 0,
            "owned_by": "script",
        }
        for name in names
    ]
    return {"object": "list", "data": data, "has_more": False}


def bad_event(wire: Wire) -> bytes:
    """An event whose JSON is broken off."""
    name = b"event: content_block_delta\n" if wire == "anthropic" else b""
    return name + b'data: {"id": "x", "choices": [{"delta": {"cont\n\n'


def idle_event(wire: Wire, kind: str) -> bytes:
    """What says nothing; see `script.IDLE`."""
    if kind == "comment":
        return b": keep-alive\n\n"
    if wire == "anthropic":
        if kind == "ping":
            return _event({"type": "ping"}, "ping")
        empty = {"type": "text_delta", "text": ""}
        return _event({"type": "content_block_delta", "index": 0, "delta": empty}, "content_block_delta")
    choices = [] if kind == "ping" else [{"index": 0, "delta": {}, "finish_reason": None}]
    return _event(
        {
            "id": "chatcmpl-scripted",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "",
            "choices": choices,
        }
    )


def error_event(wire: Wire, error: Any) -> bytes:
    """An error in the middle of a stream."""
    if wire == "anthropic":
        error = error or {"type": "overloaded_error", "message": "Overloaded"}
        return _event({"type": "error", "error": error}, "error")
    error = error or {"type": "server_error", "message": "The server had an error", "code": None}
    return _event({"error": error})


def _event(data: Any, name: str = "") -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    if well_formed(text) != text:  # a lone surrogate of the script: services send such as an escape
        text = json.dumps(data, separators=(",", ":"))
    return ((f"event: {name}\n" if name else "") + f"data: {text}\n\n").encode()


def _named(turn: Turn) -> list[NativeCall]:
    return [call for call in turn.calls if call.name]


def _openai_finish(turn: Turn) -> str:
    return "tool_calls" if turn.calls else _OPENAI_FINISH[turn.finish]


def _anthropic_stop(turn: Turn) -> str:
    return "tool_use" if turn.calls else _ANTHROPIC_STOP[turn.finish]


def _openai_call(index: int, call: NativeCall) -> dict[str, Any]:
    return {
        "id": f"call_{index}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _anthropic_call(index: int, call: NativeCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{index}", "name": call.name, "input": {}}


def _openai_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
    }


def _openai_stream(turn: Turn, body: dict[str, Any]) -> Stream:
    base = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": body.get("model"),
    }

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return _event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    head = [chunk({"role": "assistant", "content": ""})]
    if turn.thinking:
        head.append(chunk({"reasoning_content": turn.thinking}))
    tail = [
        chunk({"tool_calls": [{"index": index, **_openai_call(index, call)}]})
        for index, call in enumerate(_named(turn))
    ]
    tail.append(chunk({}, _openai_finish(turn)))
    if (body.get("stream_options") or {}).get("include_usage"):
        tail.append(_event({**base, "choices": [], "usage": _openai_usage(usage_of(turn, body))}))
    return Stream(head, [chunk({"content": piece}) for piece in turn.pieces()], [*tail, b"data: [DONE]\n\n"])


def _anthropic_usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": max(usage.input_tokens - usage.cache_read - usage.cache_write, 0),
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_write,
    }


def _anthropic_stream(turn: Turn, body: dict[str, Any]) -> Stream:
    def event(name: str, **data: Any) -> bytes:
        return _event({"type": name, **data}, name)

    def delta(index: int, kind: str, **data: Any) -> bytes:
        return event("content_block_delta", index=index, delta={"type": kind, **data})

    usage = _anthropic_usage(usage_of(turn, body))
    message: dict[str, Any] = {
        **{
            "id": "msg_scripted",
            "type": "message",
            "role": "assistant",
            "model": body.get("model"),
            "content": [],
        },
        **{"stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}},
    }
    head, index = [event("message_start", message=message), event("ping")], 0
    if turn.thinking:
        block = {"type": "thinking", "thinking": "", "signature": ""}
        head.append(event("content_block_start", index=0, content_block=block))
        head.append(delta(0, "thinking_delta", thinking=turn.thinking))
        head.append(delta(0, "signature_delta", signature="scripted"))
        head.append(event("content_block_stop", index=0))
        index = 1
    head.append(event("content_block_start", index=index, content_block={"type": "text", "text": ""}))
    stop = {"stop_reason": _anthropic_stop(turn), "stop_sequence": None}
    tail = [event("content_block_stop", index=index)]
    for number, call in enumerate(_named(turn), index + 1):
        tail += [
            event("content_block_start", index=number, content_block=_anthropic_call(number, call)),
            delta(number, "input_json_delta", partial_json=call.arguments),
            event("content_block_stop", index=number),
        ]
    tail += [
        event("message_delta", delta=stop, usage={"output_tokens": usage["output_tokens"]}),
        event("message_stop"),
    ]
    return Stream(head, [delta(index, "text_delta", text=piece) for piece in turn.pieces()], tail)
