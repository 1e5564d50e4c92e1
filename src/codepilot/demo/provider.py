"""The `demo` provider: gives the script's replies as a model would stream them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from codepilot.clock import SystemClock
from codepilot.demo.script import next_reply
from codepilot.messages import ModelEvent, ModelRequest, ReplyEnd, TextDelta, Usage
from codepilot.ports import Clock


class DemoProvider:
    """A scripted stand-in for a model.

    Args:
        pace: seconds between two words.
        clock: time.
    """

    name = "demo"
    model = "scripted demo"

    def __init__(self, *, pace: float = 0.02, clock: Clock | None = None) -> None:
        self._pace = pace
        self._clock = clock or SystemClock()

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """The next reply of the script, word by word."""
        text = next_reply(request.messages)
        for piece in re.findall(r"\S+\s*|\s+", text):
            if self._pace:
                await self._clock.sleep(self._pace)
            yield TextDelta(piece)
        said = sum(len(message.text) for message in request.messages) + len(request.system)
        yield ReplyEnd(reason="stop", usage=Usage(input_tokens=said // 4, output_tokens=len(text) // 4))

    async def close(self) -> None:
        """Nothing to let go of."""
