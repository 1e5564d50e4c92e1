"""What a whole reply comes to: it runs, it ends the task, it is an answer, or the model has to say it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from codepilot.messages import NativeCall
from codepilot.protocol.blocks import Reply, Thinking
from codepilot.protocol.calls import Tools
from codepilot.protocol.correction import refusal
from codepilot.protocol.enclosed import enclosed
from codepilot.values import dataclass

GO_ON_ANSWERING = (
    "Your answer reached the output limit, and the person has read it up to there. Go on exactly where it stopped; "
    "repeat nothing."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a reply, and the words for the model where it has to say something again."""

    act: Literal["run", "done", "answer", "go on", "go on answering", "say again", "remind", "refused"]
    """`say again` is for what has no clear meaning, `remind` for what means to act in a form that does not run."""
    text: str = ""


def judge(reply: Reply, tools: Tools, calls: Sequence[NativeCall] = ()) -> Verdict:
    """Judge a reply that came to its end.

    Args:
        reply: a finished reply whose stream did not break.
        tools: what a control block may call.
        calls: function calls of the service's own form that came with it.
    """
    if reply.reason == "length" and _is_only_words(reply):
        return Verdict("go on answering", GO_ON_ANSWERING)
    fault = refusal(reply)
    if fault is not None:
        return Verdict("go on" if reply.reason == "length" else "say again", fault)
    if reply.runnable:
        doubt = enclosed(reply)
        return Verdict("say again", doubt) if doubt else Verdict("run")
    if reply.reason == "refusal":
        return Verdict("refused")
    from codepilot.protocol.reminder import intended_action  # most replies run, and need none of it

    reminder = intended_action(reply, tools, calls)
    if reminder is not None:
        return Verdict("remind", reminder)
    if reply.completion is not None:
        return Verdict("done", reply.completion.summary)
    return Verdict("answer")


def _is_only_words(reply: Reply) -> bool:
    """An answer and no act: it has words, no block, and is not still thinking."""
    blocks = reply.open_block or reply.control or reply.payloads or reply.completion or reply.malformed
    last = reply.parts[-1] if reply.parts else None
    return not blocks and bool(reply.prose.strip()) and not isinstance(last, Thinking)
