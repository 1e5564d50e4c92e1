"""May a tool run? The policy says, and where it does not, a person is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from codepilot import events as e
from codepilot.decision import Decision, PermissionRequest
from codepilot.hooks.approver import HookApprover
from codepilot.hooks.delivery import HookDelivery
from codepilot.permissions import Policy


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
        approver: HookApprover,
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

    async def permit(self, request: PermissionRequest) -> Decision:
        """Decide on one call."""
        verdict = self.policy.judge(request)
        if verdict.effect == "allow":
            self._permitted()
            return Decision(allow=True, by="mode", reason=verdict.why)
        if verdict.effect == "deny":
            decision = Decision(allow=False, by="mode", reason=verdict.why)
        else:
            decision = await self._ask(replace(request, why=verdict.why))
        if decision.by == "nobody":
            self._unanswered()
        elif decision.allow:
            self._permitted()
        self._publish(_answered(request, decision))
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
            self._publish(_answered(request, Decision(allow=False, by="nobody", reason="stopped")))
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
