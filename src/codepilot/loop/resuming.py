"""What becomes of a task in which an earlier program ended: what is repeated, what is told, and what never runs again.

A block is executed only if nothing of it can have happened. What a call had begun is decided by looking where that can
be seen (a file), and told as unknown where it cannot: it may have happened, so nobody but the model does it again.
"""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable

from codepilot import events as e
from codepilot.journal.redaction import is_redacted
from codepilot.journal.unfinished import OpenCall, Unfinished
from codepilot.loop.deciding import LATER, Verdict, decide
from codepilot.loop.outcome import LoopSettings, Outcome, Progress
from codepilot.loop.reply import Received
from codepilot.loop.verdicts import Verdicts
from codepilot.messages import FinishReason, ReplyEnd
from codepilot.ports import EventSink
from codepilot.protocol import RESULT_TAG, Observation, parse_reply

ENDED = (
    "The program that ran this block ended here, and was started anew. What is above is all that is known. The rest of "
    "the block did not run, and nothing of it is run again by itself: look at what there is, then go on. Names that "
    "earlier blocks defined are gone."
)
UNREAD = "The program ended before your last reply was acted on. Nothing of it ran."
WITHHELD = "Not done: it held a known secret, which the journal does not keep. The model writes it again."
REDACTED = (
    "Not done: your last reply held a known secret, which the journal does not keep, and the program ended before the "
    "reply was acted on. [secret …] stands where it was. Nothing of the reply ran: write it again."
)


class Resuming:
    """Brings an interrupted task to where it can go on, or ends it.

    Args:
        emit: takes every event.
        verdicts: carry out a reply of which nothing ran.
        settings: gives those in force.
        ask: puts a question of the model to the person again: the id of its call, and the question.
        recover: asks those who may know what became of a call, and whether the person is among them; None: they do
            not know.
    """

    def __init__(
        self,
        emit: EventSink,
        verdicts: Verdicts,
        settings: Callable[[], LoopSettings],
        ask: Callable[[str, str], Awaitable[str | None]],
        recover: Callable[[OpenCall, bool], Awaitable[Verdict | None]],
    ) -> None:
        self._emit = emit
        self._verdicts = verdicts
        self._settings = settings
        self._ask = ask
        self._recover = recover

    async def settle(self, run: Progress, task: Unfinished) -> Outcome | None:
        """Do what has to be done before the next step; None means that it follows.

        Args:
            run: where the task stands; its step is set.
            task: as the journal tells it.
        """
        if task.reply is None:
            run.step = max(0, task.step - 1)
            self._say(task, "None of the reply had run; the model is asked again." if task.step else "")
            return None
        run.step = task.step
        if task.told:
            self._say(task, "")
            return None
        if task.acted:
            words = await self._answer(task)
            self._say(task, await self._close_block(task, ask=True))
            for each in words:
                self._verdicts.tell_words(each)
            return None
        if task.reason in ("stopped", "calls", "cut"):
            self._say(task, "The model is asked again.")
            self._verdicts.tell(f"{RESULT_TAG}\n{UNREAD}")
            return None
        reason: FinishReason = (
            "length" if task.reason == "length" else "refusal" if task.reason == "refusal" else "stop"
        )
        reply = parse_reply(task.reply, complete=reason != "length", reason=reason)
        # With a name in the place of a value it would change other files, and write other words, than the model said.
        withheld = is_redacted(task.reply) and (reply.control is not None or bool(reply.payloads))
        runs = "None of its block had run, so it runs now." if task.executing else ""
        self._say(task, WITHHELD if withheld else runs)
        if task.executing:
            self._leave_calls(task)
        if withheld:
            self._verdicts.tell(f"{RESULT_TAG}\n{REDACTED}")
            return None
        return await self._verdicts.act(run, Received(reply, ReplyEnd(reason=reason)))

    async def close(self, task: Unfinished) -> None:
        """Tell what is known, so that the task can end; nothing is executed."""
        if task.reply is None or task.told:
            return
        if task.acted:
            await self._close_block(task)
            return
        if task.executing:
            self._leave_calls(task)
        self._verdicts.tell(f"{RESULT_TAG}\n{UNREAD}")

    async def _answer(self, task: Unfinished) -> list[str]:
        """A question still stands: the person has not answered it. What they say to it now are words of theirs."""
        words = []
        for call in task.calls:
            if call.question and not call.answered and not call.finished:
                answer = await self._ask(call.call_id, call.question)
                if answer is not None:
                    words.append(f"You asked: {call.question}\n{answer}")
                    call.answer, call.answered = LATER, True
        return words

    async def _close_block(self, task: Unfinished, *, ask: bool = False) -> str:
        """Decide each call, tell the model; returns what the person is told."""
        results, open_calls = [], []
        for call in task.calls:
            if call.finished:
                results.append(call.result)
                continue
            verdict = await self._recover(call, ask) if call.may_have_happened else None
            verdict = verdict or decide(call)
            results.append(verdict.result)
            open_calls.append(f"{call.tool} {call.label}".strip() + f": {verdict.figure}.")
            self._finish(call, verdict)
        settings = self._settings()
        observation = Observation(spool=settings.spool, limits=settings.limits)
        for result in results:
            observation.add_result(result)
        observation.add_notes([ENDED])
        self._verdicts.tell(observation.text())
        rest = [] if task.calls and _is_one_call(task.reply or "") else ["The rest of its block did not run."]
        return " ".join([*rest, *open_calls])

    def _leave_calls(self, task: Unfinished) -> None:
        """Nothing had happened: the calls of the first try end here, for those who watched them begin."""
        for call in task.calls:
            if not call.finished:
                self._finish(call, Verdict("", "not done"))

    def _finish(self, call: OpenCall, verdict: Verdict) -> None:
        self._emit(
            e.ToolFinished(
                call_id=call.call_id,
                tool=call.tool,
                result=verdict.result,
                state=verdict.state,
                figure=verdict.figure,
                reason="" if verdict.known else "The program ended while it was under way.",
                recovered=True,
            )
        )

    def _say(self, task: Unfinished, then: str) -> None:
        self._emit(e.TaskResumed(number=task.number, step=task.step, where=task.where, then=then))


def _is_one_call(reply: str) -> bool:
    """Whether the block of a reply is a single call, so that nothing of it was left when that had begun."""
    control = parse_reply(reply, complete=True, reason="stop").control
    try:
        body = ast.parse(control.text if control is not None else "").body
    except (SyntaxError, ValueError):
        return False
    plain = len(body) == 1 and isinstance(body[0], ast.Expr | ast.Assign)
    return plain and sum(isinstance(node, ast.Call) for node in ast.walk(body[0])) == 1
