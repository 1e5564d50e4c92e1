"""Keeps a session within what it may cost, and a task within its steps: looked at before each request."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Literal

from codepilot import events as e
from codepilot.loop.outcome import LoopSettings, Progress
from codepilot.loop.spending import Spending
from codepilot.messages import Usage
from codepilot.ports import EventSink
from codepilot.text import dollars, dollars_of

NEAR = 0.8
"""Share of a limit from which the person is asked."""
_REPLY = 500
"""Tokens of a reply of which nothing is known."""
_ASKED = 3
"""How often a question is put whose answer is none."""
_YES = frozenset(["y", "yes", "yeah", "ok", "okay", "sure", "continue", "go"])
_NO = frozenset(["n", "no", "nope", "stop"])
_AMOUNT = re.compile(r"\$?\s*(\d+(?:\.\d+)?)\s*\$?")

Ending = Literal["max_cost", "max_steps"]


class BudgetGuard:
    """Of one loop.

    Args:
        spending: what was spent so far.
        settings: gives those in force.
        ask: puts a question to the person; None: nobody is there.
        emit: takes what is decided.
    """

    def __init__(
        self,
        spending: Spending,
        settings: Callable[[], LoopSettings],
        ask: Callable[[str], Awaitable[str | None]],
        emit: EventSink,
    ) -> None:
        self._spending = spending
        self._settings = settings
        self._ask = ask
        self._emit = emit
        self._limit: tuple[float | None, float] | None = None
        """The limit as it was given, and as the person has changed it."""
        self._said_near: set[float] = set()
        self._steps_asked = self._said_unknown = False

    def begin_task(self) -> None:
        """Steps are counted for each task."""
        self._steps_asked = False

    async def check(self, run: Progress, tokens: int) -> Ending | None:
        """Whether the next request may be made; else why not.

        Args:
            run: where the task stands; its limit of steps is another one if the person says so.
            tokens: of the next request, estimated.
        """
        if not await self._steps_are_left(run):
            return "max_steps"
        return None if await self._money_is_left(tokens) else "max_cost"

    # -- steps -------------------------------------------------------------------------------------------------

    async def _steps_are_left(self, run: Progress) -> bool:
        most = run.max_steps
        if not self._settings().ask_steps or self._steps_asked or not NEAR * most <= run.step < most:
            return True
        self._steps_asked = True
        question = (
            f"{run.step} of the {most} steps of this task are used. Answer yes to go on to the limit, a number for "
            "another limit, or no to stop now."
        )
        answer = await self._answer(question, lambda amount: amount > run.step)
        if answer is None:
            return True  # nobody is there: it ends at the limit
        if isinstance(answer, float):
            run.max_steps = int(answer)
        go_on = answer is not False
        self._emit(e.BudgetReached(kind="steps", used=run.step, limit=run.max_steps, go_on=go_on))
        return go_on

    # -- money -------------------------------------------------------------------------------------------------

    async def _money_is_left(self, tokens: int) -> bool:
        given = self._settings().max_cost
        if given is None:
            return True
        if self._limit is None or self._limit[0] != given:
            self._limit = (given, given)
        next_cost = self._settings().cost(self._next_usage(tokens))
        if next_cost is None:
            self._say_unknown()
            return True
        limit, spent = self._limit[1], self._spending.cost or 0.0
        if spent + next_cost > limit:
            return await self._at_the_limit(given, limit, spent, next_cost)
        if spent + next_cost >= NEAR * limit and limit not in self._said_near:
            return await self._near(given, limit, spent, next_cost)
        return True

    def _next_usage(self, tokens: int) -> Usage:
        """What the next request takes: what the last one had comes from the cache, if anything did."""
        last = self._spending.last
        cached = min(tokens, last.input_tokens) if last.cache_read else 0
        output = last.output_tokens or _REPLY
        return Usage(input_tokens=tokens, output_tokens=output, cache_read=cached)

    async def _near(self, given: float, limit: float, spent: float, next_cost: float) -> bool:
        question = (
            f"This session has cost {dollars_of(spent, limit)}{_with_next(spent, limit, next_cost)}. Answer yes to go "
            "on to the limit, an amount in dollars for another limit, or no to stop now."
        )
        answer = await self._answer(question, lambda amount: amount > spent)
        if answer is not False:  # after a no the next task is asked about as well
            self._said_near.add(limit)
        return self._decided(given, limit, spent, answer, nobody=True)

    async def _at_the_limit(self, given: float, limit: float, spent: float, next_cost: float) -> bool:
        question = (
            f"This session has cost {dollars_of(spent, limit)}, and the next step costs about {dollars(next_cost)}. "
            f"Answer yes to go on with another {dollars(given)}, an amount in dollars for another limit, or no to stop "
            "now."
        )
        answer = await self._answer(question, lambda amount: amount > spent + next_cost)
        if answer is True:
            answer = max(limit, spent + next_cost) + given
        return self._decided(given, limit, spent, answer, nobody=False)

    def _decided(
        self, given: float, limit: float, spent: float, answer: bool | float | None, *, nobody: bool
    ) -> bool:
        if isinstance(answer, float):
            limit = answer
            self._limit = (given, limit)
        go_on = nobody if answer is None else answer is not False
        self._emit(e.BudgetReached(kind="cost", used=spent, limit=limit, go_on=go_on))
        return go_on

    def _say_unknown(self) -> None:
        if not self._said_unknown:
            self._said_unknown = True
            self._emit(
                e.RuntimeFailed(
                    error="The price of this model is unknown, so what it costs cannot be limited.",
                    source="budget",
                    hint="Only the limit of steps counts. Prices can be added to your own models.yaml.",
                )
            )

    async def _answer(self, question: str, is_limit: Callable[[float], bool]) -> bool | float | None:
        """Yes, no, or another limit; None: nobody is there."""
        for _ in range(_ASKED):
            self._emit(e.BudgetAsked(question=question))
            words = await self._ask(question)
            if words is None:
                return None
            said = words.strip().lower().rstrip(".!")
            first = re.split(r"[\s,]", said, maxsplit=1)[0] if said else ""
            if (amount := _AMOUNT.fullmatch(said)) is not None and is_limit(float(amount[1])):
                return float(amount[1])
            if first in _NO:
                return False
            if first in _YES:
                return True
            question = _AGAIN + question.removeprefix(_AGAIN)
        return False


def _with_next(spent: float, limit: float, next_cost: float) -> str:
    """Why it is asked already, where what was spent is not yet so much."""
    if spent >= NEAR * limit:
        return ""
    return f", and with the next step (about {dollars(next_cost)}) it passes {NEAR * 100:.0f} %"


_AGAIN = "That was no answer. "
