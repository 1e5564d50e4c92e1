"""What requests cost: the tokens and dollars of the task and of the session, which count on over another model."""

from __future__ import annotations

from codepilot.messages import Usage


class Spending:
    """Adds up. Loops that follow each other share one."""

    def __init__(self) -> None:
        self.usage, self.cost = Usage(), _NOTHING
        """Of the session. The cost is in dollars; None: of no request the price is known."""
        self.task_usage, self.task_cost = Usage(), _NOTHING
        """Of the task that is worked on, or was last."""
        self.last = Usage()
        """Of the last request."""

    def begin_task(self) -> None:
        """What follows is another task's."""
        self.task_usage, self.task_cost = Usage(), _NOTHING

    def add(self, usage: Usage, cost: float | None) -> None:
        """A request was answered.

        Args:
            usage: its tokens.
            cost: in dollars; None: its price is not known.
        """
        self.last = usage
        self.usage += usage
        self.task_usage += usage
        self.cost, self.task_cost = _sum(self.cost, cost), _sum(self.task_cost, cost)

    def restore(
        self,
        usage: Usage,
        cost: float | None,
        before_task: Usage | None = None,
        task_cost: float | None = None,
        last: Usage | None = None,
    ) -> None:
        """Count on from an earlier program.

        Args:
            usage: of the session.
            cost: of the session.
            before_task: of the session when a task began that is not finished; None: there is none.
            task_cost: of that task.
            last: of the last request.
        """
        self.last = last if last is not None else Usage()
        self.usage, self.cost = usage, cost
        self.task_usage = usage - before_task if before_task is not None else Usage()
        self.task_cost = task_cost if before_task is not None else None


_NOTHING: float | None = None


def _sum(before: float | None, more: float | None) -> float | None:
    return before if more is None else (before or 0.0) + more
