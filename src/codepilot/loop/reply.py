"""One reply of the model: stream it, parse it as it comes, report each piece."""

from __future__ import annotations

from contextlib import aclosing

from codepilot import events as e
from codepilot import protocol
from codepilot.errors import ProviderError
from codepilot.journal.expand import streamed
from codepilot.loop.silence import SilenceWatch
from codepilot.loop.wiring import Outlet
from codepilot.messages import ModelRequest, ReasoningDelta, ReplyEnd, Retrying, TextDelta
from codepilot.ports import Clock, Provider
from codepilot.protocol import Reply, ReplyParser
from codepilot.values import dataclass

_PART = 2_000
"""Characters after which what came of a reply is told in one piece, for whoever keeps it."""
_PART_SECONDS = 0.5
"""The same in time."""
_KEPT = 8_000
"""Characters of a stopped reply that stay in the conversation."""


@dataclass(slots=True)
class Received:
    """A whole reply."""

    reply: Reply
    end: ReplyEnd
    stopped: str = ""
    """What the model is told where we stopped it, because it went on and on."""

    @property
    def reason(self) -> str:
        """Why it ended, for whoever keeps it: `stopped` by us, by `calls` of the service's own form, or as told."""
        return "stopped" if self.stopped else "calls" if self.end.calls else self.end.reason

    @property
    def kept(self) -> str:
        """What the conversation keeps: the reply as it was said, of a stopped one the beginning."""
        raw = self.reply.raw
        return f"{raw[:_KEPT]}\n[… stopped after {len(raw):,} characters …]" if self.stopped else raw


class ReplyReader:
    """Reads replies from a provider.

    Args:
        provider: the model.
        outlet: where the events of the stream go; awaited after each piece.
        clock: time, for the notice of a silence.
    """

    def __init__(self, provider: Provider, outlet: Outlet, clock: Clock) -> None:
        self._provider = provider
        self._emit = outlet.emit
        self._settled = outlet.settled
        self._cut = outlet.cut
        self._clock = clock
        self._parser = ReplyParser()
        self._pieces: list[str] = []
        self._void = ""
        self._untold: list[str] = []
        self._untold_thinking: list[str] = []
        self._told_at = 0.0

    @property
    def partial(self) -> str:
        """What the model has said of the reply now being read, or of the one that broke off before it."""
        return "".join(self._pieces) or self._void

    async def read(self, request: ModelRequest, limit: int) -> Received:
        """Ask the model and read to the end.

        Args:
            request: the question.
            limit: characters, thinking included, after which the reply is stopped.

        Raises:
            ProviderError: the service failed for good; nothing of the reply may run.
        """
        self._begin()
        self._void = ""
        size = 0
        try:
            async with (
                SilenceWatch(self._clock, self._emit) as watch,
                aclosing(self._provider.stream(request)) as stream,  # type: ignore[type-var]
            ):
                async for piece in stream:
                    match piece:
                        case TextDelta(text):
                            watch.heard()
                            size += len(text)
                            self._pieces.append(text)
                            self._report(self._parser.feed(text))
                            self._part(self._untold, text)
                        case ReasoningDelta(text):
                            watch.heard()
                            size += len(text)
                            self._emit(e.ThinkingStreamed(text=text))
                            self._part(self._untold_thinking, text)
                        case Retrying(wait=wait):
                            watch.asked_again(wait)
                            size = 0
                            self._take_back()
                            self._emit(_retried(piece))
                        case ReplyEnd():
                            return self._end(piece)
                    if size > limit:
                        return self._stop(limit)
                    await self._settled()
        except ProviderError:
            self._take_back()
            raise
        self._take_back()
        raise ProviderError(
            f"The reply of {self._provider.name} ended without saying that it is complete.", fault="cut"
        )

    def _begin(self) -> None:
        self._parser, self._pieces = ReplyParser(), []
        self._untold, self._untold_thinking = [], []
        self._told_at = self._clock.monotonic()

    def _part(self, untold: list[str], text: str) -> None:
        """Tell what came since the last part, now and then, up to a blank: no word stands in two parts, no secret."""
        untold.append(text)
        now = self._clock.monotonic()
        size = sum(map(len, self._untold)) + sum(map(len, self._untold_thinking))
        if size < _PART and now - self._told_at < _PART_SECONDS:
            return
        said, self._untold = self._whole(self._untold)
        thought, self._untold_thinking = self._whole(self._untold_thinking)
        if said or thought:
            self._told_at = now
            self._emit(e.ReplyPart(text=said, thinking=thought))

    def _whole(self, pieces: list[str]) -> tuple[str, list[str]]:
        """The text up to its last blank, and the rest; all of it where there is no blank in a long one."""
        text = "".join(pieces)
        end = max(text.rfind(" "), text.rfind("\n")) + 1
        if not end and len(text) >= 2 * _PART:
            end = len(text)
        end = self._cut(text, end)
        return text[:end], [text[end:]] if text[end:] else []

    def _end(self, end: ReplyEnd) -> Received:
        reply = self._parser.finish(complete=end.reason != "length", reason=end.reason)
        self._report(self._parser.pending())
        if any(self._untold_thinking):  # the words stand in the message, thoughts nowhere else
            self._emit(e.ReplyPart(text="", thinking="".join(self._untold_thinking)))
        return Received(reply, end)

    def _stop(self, limit: int) -> Received:
        received = self._end(ReplyEnd(reason="length"))
        received.stopped = (
            f"The reply went on for more than {limit:,} characters and was stopped there. Nothing of it ran. "
            'Say what you need in a short reply; long files go in parts, with mode="a".'
        )
        return received

    def _take_back(self) -> None:
        """The stream broke: what came of the reply is void."""
        if not self._pieces:
            return
        self._void = "".join(self._pieces)
        self._begin()
        self._emit(e.ReplyFinished(text=self._void, reason="cut"))

    def _report(self, found: list[protocol.ReplyEvent]) -> None:
        for event in streamed(found):
            self._emit(event)


def _retried(piece: Retrying) -> e.ProviderRetried:
    return e.ProviderRetried(
        attempt=piece.attempt, attempts=piece.attempts, wait=piece.wait, reason=piece.reason
    )
