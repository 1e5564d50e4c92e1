"""Answers that come from elsewhere: whoever is first, the handlers or another program, has answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from codepilot.caught import Caught, value_of
from codepilot.decision import ELSEWHERE, Decision, PermissionRequest
from codepilot.ports import Approver

_Answer = TypeVar("_Answer")
YES = ("y", "yes")


class OpenQuestions:
    """An approver whose questions another program may answer while they are open.

    Args:
        approver: asks the person here.
    """

    def __init__(self, approver: Approver) -> None:
        self._approver = approver
        self._open: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Future[str]]] = {}

    async def decide(self, request: PermissionRequest) -> Decision:
        """The decision of the person here, or of the one elsewhere."""
        answer = await self._first(request.id, self._approver.decide(request))
        if not isinstance(answer, str):
            return answer
        allow = answer.strip().lower() in YES
        return Decision(allow=allow, by="person", reason="" if allow else answer)

    async def answer(self, question: str) -> str | None:
        """Words of the person here, or of the one elsewhere."""
        return await self._first(question, self._approver.answer(question))

    def give(self, key: str, words: str) -> bool:
        """Answer an open question. From any thread.

        Args:
            key: the id of a permission request, or the words of a question.
            words: the answer; to a request `y` or `yes` allows, and all else is the reason of a denial.

        Returns:
            Whether it was open.
        """
        loop, future = self._open.get(key, (None, None))
        if loop is None or future is None or future.done():
            return False
        loop.call_soon_threadsafe(_settle, future, words)
        return True

    async def _first(self, key: str, here: Awaitable[_Answer]) -> _Answer | str:
        loop = asyncio.get_running_loop()
        elsewhere: asyncio.Future[str] = loop.create_future()
        self._open[key] = loop, elsewhere
        asking = asyncio.ensure_future(_caught(here))
        try:
            both: set[asyncio.Future[Any]] = {asking, elsewhere}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                return elsewhere.result()
            answer: _Answer = value_of(asking.result())
            return answer
        finally:
            self._open.pop(key, None)
            if not asking.done():
                asking.cancel(ELSEWHERE if elsewhere.done() and not elsewhere.cancelled() else None)
                await asyncio.wait({asking})
            elsewhere.cancel()


async def _caught(work: Awaitable[Any]) -> Caught:
    """What a handler raises must not leave the loop by a task of ours: SystemExit would."""
    try:
        return Caught(value=await work)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
        return Caught(error=error)


def _settle(future: asyncio.Future[str], words: str) -> None:
    if not future.done():
        future.set_result(words)
