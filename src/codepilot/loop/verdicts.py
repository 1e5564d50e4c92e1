"""What follows from a reply: its block runs, it is corrected, it goes on, or the task ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from codepilot import events as e
from codepilot import protocol
from codepilot.loop.block import BlockRunner
from codepilot.loop.conversation import Conversation
from codepilot.loop.observed import observed, why_withheld
from codepilot.loop.outcome import LoopSettings, Outcome, Progress
from codepilot.loop.reply import Received
from codepilot.ports import EventSink, Toolset
from codepilot.protocol import Reply, normalise_path, protocol_observation

REMINDERS = 2
"""Corrections a task for replies that mean to act but hold no control block."""
AGAIN = 4
"""Corrections in a row for replies that have no clear meaning."""
CONTINUATIONS = 4
"""How often in a row a reply may go on after the output limit."""
ENDLESS = 2
"""How many replies without end make a task fail."""
ENDLESS_HINT = "Choose another model, or lower model.max_tokens in the agent file."
RAISE_LIMIT = "Raise model.max_tokens in the agent file, or ask for smaller pieces."


class Verdicts:
    """Carries out what `protocol.judge` says of a reply.

    Args:
        conversation: what the model is told goes there.
        emit: takes every event.
        toolset: what blocks may call.
        block: runs them.
        settings: gives those in force.
    """

    def __init__(
        self,
        conversation: Conversation,
        emit: EventSink,
        toolset: Toolset,
        block: BlockRunner,
        settings: Callable[[], LoopSettings],
    ) -> None:
        self._conversation = conversation
        self._emit = emit
        self._toolset = toolset
        self._block = block
        self._settings = settings

    async def act(self, run: Progress, received: Received) -> Outcome | None:
        """Do what a reply says; None means that another step follows."""
        reply, end = received.reply, received.end
        verdict = protocol.judge(reply, self._tools, end.calls)
        if verdict.act == "go on answering" and not received.stopped:
            return self._go_on_answering(run, reply, verdict.text)
        if received.stopped:
            return self._stopped(run, received.stopped)
        if verdict.act == "go on":
            return self._go_on_from_cut(run, reply, verdict.text)
        said, run.said = "".join([*run.said, reply.prose]).strip(), []
        run.continuations = 0
        match verdict.act:
            case "run":
                return await self._execute(run, received)
            case "say again" if run.again >= AGAIN:
                return self._no_action(run, said, verdict.text)
            case "say again":
                run.again += 1
                self._correct(verdict.text)
                return None
            case "remind":
                return self._remind(run, received, said, verdict.text)
            case "done":
                return self._done(run, verdict.text, self._refused_words(run, said))
            case "refused":
                hint = "Say it in other words, or choose another model."
                return self.failed(run, "The model refused to continue.", "provider", hint)
        return self._replied(run, said)

    @property
    def _tools(self) -> protocol.Tools:
        return protocol.tools_of(self._toolset.describe())

    def _remind(self, run: Progress, received: Received, said: str, correction: str) -> Outcome | None:
        """A reply means to act in a form that does not run, or is an answer that only looks so."""
        reply, calls = received.reply, received.end.calls
        if not calls and protocol.stands_by(run.refused, reply, self._tools):
            return self._taken_at_its_word(run, reply, said)
        if run.reminders >= REMINDERS:
            return self._no_action(run, said, correction)
        run.reminders += 1
        run.refused = None if calls else reply
        self._correct(correction)
        return None

    async def _execute(self, run: Progress, received: Received) -> Outcome | None:
        reply = received.reply
        assert reply.control is not None
        sent = {normalise_path(payload.path) for payload in reply.payloads}
        held = [payload for payload in run.held if normalise_path(payload.path) not in sent]
        payloads, run.held = (*held, *reply.payloads), ()
        run.executing, run.refused, run.again = True, None, 0
        result = await self._block.run(reply.control, payloads)
        run.executing = False
        completion = (
            result.completion
            if result.completion is not None
            else (reply.completion.summary if reply.completion is not None else None)
        )
        withheld = why_withheld(received, result, self._toolset) if completion is not None else ""
        text = observed(reply, result, withheld, self._settings())
        self.tell(text)
        if completion is not None and not withheld:
            return self._done(run, completion)
        return None

    def _correct(self, correction: str) -> None:
        told, _, form = correction.partition("\nWrite it like this:")  # the form is for the model
        hint = "The model was shown the right form." if form else ""
        self._emit(e.RuntimeFailed(error=told, source="protocol", hint=hint))
        self.tell(protocol_observation(correction))

    def tell(self, observation: str) -> None:
        """Give the model the result of a step."""
        self._conversation.add_observation(observation)
        self._emit(e.ObservationMade(text=observation))

    def tell_words(self, words: str) -> None:
        """Give the model words of the person."""
        self._conversation.add_user_message(words)

    def _go_on_answering(self, run: Progress, reply: Reply, words: str) -> Outcome | None:
        """An answer that reached the output limit is an answer: the model goes on where it stopped."""
        run.said.append(reply.prose)
        run.continuations += 1
        if run.continuations > CONTINUATIONS or run.step >= run.max_steps:
            if run.continuations > 1:
                text = f"The answer reached the output limit {run.continuations} times and is cut there."
                self._emit(e.RuntimeFailed(error=text, source="provider", hint=RAISE_LIMIT))
            return self._replied(run, "".join(run.said).strip())
        self.tell(protocol_observation(words))
        return None

    def _go_on_from_cut(self, run: Progress, reply: Reply, words: str) -> Outcome | None:
        run.continuations += 1
        if run.continuations > CONTINUATIONS:
            text = f"The reply hit the output limit {run.continuations} times in a row."
            return self.failed(run, text, "provider", RAISE_LIMIT)
        run.held = (*run.held, *reply.payloads)
        self._correct(words)
        return None

    def _stopped(self, run: Progress, words: str) -> Outcome | None:
        """A reply without end is said once to be too long: each costs minutes, and as many tokens as a whole task."""
        run.endless += 1
        if run.endless < ENDLESS:
            self._correct(words)
            return None
        limit = f"{self._settings().max_reply:,} characters"
        text = f"{run.endless} replies of the model had no end; each was stopped after {limit}."
        return self.failed(run, text, "provider", ENDLESS_HINT)

    def _no_action(self, run: Progress, said: str, correction: str) -> Outcome:
        """The model means to act and was told often enough how; this is no answer."""
        what = correction.partition("\n")[0].removeprefix("Protocol error: ").rstrip(".")
        text = f"The model keeps to a form that does not run, so nothing was done: {what}."
        hint = "It was shown the right form each time. A larger model may do better; or say the task in smaller steps."
        return replace(self.failed(run, text, "protocol", hint), reply=said)

    def _taken_at_its_word(self, run: Progress, reply: Reply, said: str) -> Outcome:
        """The model was told how it would act, and says the same again: it is an answer."""
        if reply.completion is None:
            return self._replied(run, said)
        return self._done(run, reply.completion.summary, said)

    def _refused_words(self, run: Progress, said: str) -> str:
        """The answer that was taken for an act, where a completion says that it was none."""
        if run.refused is None:
            return ""
        return "\n\n".join(filter(None, [protocol.answer_of(run.refused), said]))

    def _done(self, run: Progress, summary: str, reply: str = "") -> Outcome:
        """The model says that it is done; whether that can be, if nobody was there to allow anything."""
        helpless = run.unanswered and not run.permitted
        status: Literal["done", "needs_person"] = "needs_person" if helpless else "done"
        return Outcome(status, summary, reply, steps=run.step, usage=run.usage)

    def _replied(self, run: Progress, said: str) -> Outcome:
        status: Literal["replied", "needs_person"] = "needs_person" if run.unanswered else "replied"
        return Outcome(status, reply=said, steps=run.step, usage=run.usage)

    def failed(
        self,
        run: Progress,
        error: str,
        source: Literal["provider", "protocol", "worker", "session", "context"],
        hint: str,
    ) -> Outcome:
        """The task ends here, by a failure."""
        self._emit(e.RuntimeFailed(error=error, source=source, hint=hint))
        return Outcome("failed", steps=run.step, error=error, error_source=source, hint=hint, usage=run.usage)
