"""One reply of the model: stream it, parse it as it comes, report each piece."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from codepilot import events as e
from codepilot import protocol
from codepilot.errors import ProviderError
from codepilot.messages import ModelRequest, ReasoningDelta, ReplyEnd, Retrying, TextDelta
from codepilot.ports import EventSink, Provider
from codepilot.protocol import Reply, ReplyParser


@dataclass(slots=True)
class Received:
    """A reply as far as it came.

    `end` is None when the stream broke off; then `fault` says why and nothing of the reply may run.
    """

    reply: Reply
    end: ReplyEnd | None
    fault: ProviderError | None = None


class ReplyReader:
    """Reads replies from a provider.

    Args:
        provider: the model.
        emit: takes the events of the stream.
        settled: awaited after each piece, so that slow handlers slow the stream instead of piling up.
    """

    def __init__(self, provider: Provider, emit: EventSink, settled: Callable[[], Awaitable[None]]) -> None:
        self._provider = provider
        self._emit = emit
        self._settled = settled
        self.partial = ""
        """The text of the reply now being read; kept when the reading is cancelled."""

    async def read(self, request: ModelRequest) -> Received:
        """Ask the model and read to the end.

        Raises:
            ProviderError: the service failed before any text came.
        """
        parser = ReplyParser()
        pieces: list[str] = []
        end: ReplyEnd | None = None
        self.partial = ""
        try:
            async with aclosing(self._provider.stream(request)) as stream:  # type: ignore[type-var]
                async for piece in stream:
                    match piece:
                        case TextDelta(text):
                            pieces.append(text)
                            self._report(parser.feed(text))
                        case ReasoningDelta(text):
                            self._emit(e.ThinkingStreamed(text=text))
                        case Retrying():
                            self._emit(
                                e.ProviderRetried(
                                    attempt=piece.attempt,
                                    attempts=piece.attempts,
                                    wait=piece.wait,
                                    reason=piece.reason,
                                )
                            )
                        case ReplyEnd():
                            end = piece
                    await self._settled()
        except ProviderError as fault:
            if not pieces:
                raise
            return Received(parser.finish(complete=False, reason="cut"), None, fault)
        finally:
            self.partial = "".join(pieces)
        reply = parser.finish(
            complete=end is not None and end.reason != "length",
            reason=end.reason if end is not None else "cut",
        )
        self._report(parser.pending())
        return Received(reply, end)

    def _report(self, found: list[protocol.ReplyEvent]) -> None:
        for event in found:
            match event:
                case protocol.ProseDelta(text):
                    self._emit(e.TextStreamed(text=text))
                case protocol.ThinkingDelta(text):
                    self._emit(e.ThinkingStreamed(text=text))
                case protocol.BlockOpened(kind, path):
                    self._emit(e.BlockOpened(kind=kind, path=path))
                case protocol.BlockDelta(kind, text):
                    self._emit(e.BlockStreamed(kind=kind, text=text))
                case protocol.BlockClosed(kind, path, text):
                    self._emit(e.BlockClosed(kind=kind, path=path, text=text))
