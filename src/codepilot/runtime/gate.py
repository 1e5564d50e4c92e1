"""May a tool run? The policy says, and where it does not, a person is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from codepilot import events as e
from codepilot.decision import Decision, PermissionRequest, PlannedEdit
from codepilot.hooks.delivery import HookDelivery
from codepilot.permissions import Policy
from codepilot.ports import Approver

Ahead = Callable[[], Awaitable[Sequence[PlannedEdit]]]


class Gate:
    """Every tool call that needs a permission comes by here.

    Args:
        policy: decides first; may be replaced at any time.
        approver: asks.
        delivery: of the events before the question.
        publish: takes the question and the answer as events.
        unanswered: told when nobody was there to answer.
        permitted: told when something may be done.
    """

    def __init__(
        self,
        policy: Policy,
        approver: Approver,
        delivery: HookDelivery,
        publish: Callable[[e.Event], None],
        unanswered: Callable[[], None],
        permitted: Callable[[], None],
    ) -> None:
        self.policy = policy
        self._approver = approver
        self._delivery = delivery
        self._publish = publish
        self._unanswered = unanswered
        self._permitted = permitted
        self._for_step: dict[PlannedEdit, Decision] = {}
        """Answers that were given ahead for changes that the step is going to make."""

    def begin_step(self) -> None:
        """A new reply: answers given for the last one mean nothing any more."""
        self._for_step.clear()

    async def permit(self, request: PermissionRequest, ahead: Ahead | None = None) -> Decision:
        """Decide on one call.

        Args:
            request: what it wants to do.
            ahead: gives the other changes of the step, if it changes a file.
        """
        verdict = self.policy.judge(request)
        if verdict.effect == "allow":
            self._permitted()
            return Decision(allow=True, by="mode", reason=verdict.why)
        if verdict.effect == "deny":
            decision = Decision(allow=False, by="mode", reason=verdict.why)
        else:
            decision = await self._decide(replace(request, why=verdict.why), ahead)
        if decision.by == "nobody":
            self._unanswered()
        elif decision.allow:
            self._permitted()
        self._publish(_answered(request, decision))
        return decision

    async def _decide(self, request: PermissionRequest, ahead: Ahead | None) -> Decision:
        """Ask, unless this very change was shown and answered with an earlier one of the step."""
        if ahead is None or request.kind != "edit":
            return await self._ask(request)
        this = PlannedEdit(path=request.path, before=request.before, after=request.after)
        given = self._for_step.pop(this, None)
        if given is not None:
            return given
        step = tuple(await ahead())
        # What is shown must begin with what is asked for; else the code was understood wrongly.
        if len(step) < 2 or step[0] != this:
            return await self._ask(request)
        decision = await self._ask(replace(request, step=step))
        if decision.whole_step:
            self._for_step.update(dict.fromkeys(step[1:], decision))
        return decision

    async def _ask(self, request: PermissionRequest) -> Decision:
        self._publish(
            e.PermissionAsked(
                request_id=request.id,
                call_id=request.call_id,
                tool=request.tool,
                description=request.description,
                kind=request.kind,
            )
        )
        await self._delivery.settled()
        try:
            return await self._approver.decide(request)
        except asyncio.CancelledError:
            self._publish(
                _answered(request, Decision(allow=False, by="nobody", reason="The task was stopped."))
            )
            raise


def _answered(request: PermissionRequest, decision: Decision) -> e.PermissionAnswered:
    return e.PermissionAnswered(
        request_id=request.id,
        call_id=request.call_id,
        tool=request.tool,
        allow=decision.allow,
        reason=decision.reason,
        by=decision.by,
    )
