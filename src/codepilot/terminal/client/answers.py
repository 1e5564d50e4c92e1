"""Requests that wait for their answers, and what they are told of a host that is lost, or was left."""

from __future__ import annotations

import asyncio
from typing import Any

from codepilot.errors import TerminalError
from codepilot.terminal.client.lost import unanswered

LAST_WORD = 0.15
"""Seconds in which a host has to say how far the command of an abandoned request came. Older ones never do."""


class Answers:
    """Of one connection. They are counted here, so that each request has a number of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._commands: set[int] = set()
        """Those among them that start a command."""
        self.count = 0
        """Requests so far."""

    def __bool__(self) -> bool:
        """Whether an answer is owed."""
        return bool(self._waiting)

    def number(self) -> int:
        """For a request whose answer nobody waits for."""
        self.count += 1
        return self.count

    def expect(self, *, command: bool) -> tuple[int, asyncio.Future[Any]]:
        """The number of a new request, and its answer.

        Args:
            command: it starts a command.
        """
        number, answer = self.number(), self._loop.create_future()
        self._waiting[number] = answer
        if command:
            self._commands.add(number)
        return number, answer

    def forget(self, number: int) -> None:
        """Nobody waits for this one any more."""
        self._waiting.pop(number, None)
        self._commands.discard(number)

    async def last_word(self, number: int, answer: asyncio.Future[Any]) -> Any:
        """What the host says of a request that it was told to abandon; None if it says nothing in time, or fails.

        Args:
            number: of the request.
            answer: its answer so far: cancelled with the one who waited, or just come.
        """
        if answer.cancelled():
            answer = self._waiting[number] = self._loop.create_future()
            await asyncio.wait([answer], timeout=LAST_WORD)
        return None if not answer.done() or answer.exception() is not None else answer.result()

    def take(self, message: dict[str, Any]) -> None:
        """An answer came."""
        answer = self._waiting.get(message.get("id", 0))
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(TerminalError(message["error"], hint=message.get("hint", "")))
        else:
            answer.set_result(message.get("result"))

    def lose(self, lost: str) -> None:
        """No more answers come.

        Args:
            lost: as in `unanswered`.
        """
        for number, answer in self._waiting.items():
            if not answer.done():
                answer.set_exception(unanswered(lost, command=number in self._commands))


class CallNames:
    """The names that a client gives its calls, under which a host keeps what comes of them until that is noted."""

    def __init__(self) -> None:
        self._called: set[str] = set()
        self._noted: list[str] = []

    def named(self, call: str) -> dict[str, Any]:
        """The arguments that give a call its name, and say which others are noted; none without a name."""
        if not call:
            return {}
        self._called.add(call)
        known, self._noted = self._noted, []
        return {"call": call, "known": known}

    def noted(self, call: str) -> None:
        """What came of a call is kept elsewhere now; the host is told with the next one."""
        if call in self._called:
            self._called.discard(call)
            self._noted.append(call)
