"""Tells a reply that means to act, but does not, from one that is only talk.

A reply without a control block ends the task. Models slip: they fence their call as ``python``, write JSON or
XML as another system taught them, wrap the whole reply in a fence, or send nothing at all. Such a reply gets a
correction instead of being taken for the last word. It is never executed, and when in doubt talk stays talk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from codepilot.messages import NativeCall
from codepilot.protocol.acts import act_in_prose
from codepilot.protocol.blocks import Reply, Thinking
from codepilot.protocol.calls import BUILTIN_TOOLS, Tools, called_tools
from codepilot.protocol.correction import MAX_EXAMPLE, control_block, correction, refusal
from codepilot.protocol.mends import Form, form_of_call, form_of_code, literal
from codepilot.protocol.parser import parse_reply
from codepilot.protocol.prose import (
    PYTHON,
    is_act,
    language,
    plain_text,
)
from codepilot.protocol.stops import END_TOKENS
from codepilot.protocol.turns import foreign_turn

_ONLY_AN_EXAMPLE = (
    "If it was your answer, or only an example, and nothing is left to do, send a `completion` block that says so; "
    "the person has read the words."
)
_COMPLETION_WAITS = (
    "The completion was not accepted. If the block was only an example, send the `completion` block again, "
    "alone."
)


def intended_action(
    reply: Reply, tools: Tools = BUILTIN_TOOLS, calls: Sequence[NativeCall] = ()
) -> str | None:
    """The correction for a reply that means to act but has no control block; None when it is plain talk.

    Args:
        reply: a finished reply.
        tools: what a control block could call.
        calls: function calls of the service's own form that came with it.
    """
    if reply.control is not None:
        return None
    problem = refusal(reply)
    if problem is not None:
        return problem
    if calls:
        return _native(calls[0], tools)
    if reply.payloads:
        return _payloads_alone(reply, tools)
    if reply.completion is None and not END_TOKENS.sub("", reply.prose).strip():
        return _nothing(reply, tools)
    if reply.completion is None and (swallowed := _swallowed(reply)) is not None:
        return swallowed
    found = act_in_prose(reply, tools)
    if found is None:
        return None
    return f"{found}\n\n{_ONLY_AN_EXAMPLE if reply.completion is None else _COMPLETION_WAITS}"


def overlooked(reply: Reply, tools: Tools = BUILTIN_TOOLS, calls: Sequence[NativeCall] = ()) -> str:
    """What of a reply with a control block means to act too, but did not run; empty if there is nothing.

    A completion beside it would tell of things that never happened.
    """
    if calls:
        return f"the native function call {calls[0].name or 'of the reply'} did not run"
    plain = plain_text(reply)
    turn = foreign_turn(plain)
    if turn is not None:
        return f"`{turn.shown}` at line {turn.line} begins a turn that is not yours, and nothing in it is so"
    for fence in reply.display:
        if called_tools(fence.text, tools) if language(fence) in PYTHON else is_act(plain, fence):
            return (
                f"the `{fence.info}` block at line {fence.line} did not run; only the `codepilot` block does"
            )
    return ""


def _native(call: NativeCall, tools: Tools) -> str:
    what = f"a native function call ({call.name})" if call.name else "a native function call"
    from codepilot.protocol.foreign import native_form

    return correction(
        what=f"the reply holds {what}, and no functions are offered here; tools are called in Python, in a "
        "`codepilot` block of the text",
        instead=native_form(call.name, call.arguments, tools).markdown(),
    )


def _nothing(reply: Reply, tools: Tools) -> str:
    """An empty reply, or one that is all thinking. A block in the thinking may be the one that was meant to run."""
    thoughts = [part for part in reply.parts if isinstance(part, Thinking)]
    if not thoughts:
        return correction(
            what="the reply is empty. Send a `codepilot` block to act, a `completion` block to end the task, or words",
            instead=form_of_call("read_file", {}, tools).markdown(),
        )
    last = thoughts[-1]
    meant = parse_reply(last.text).control
    form = form_of_call("read_file", {}, tools)
    if meant is not None and len(meant.text) <= MAX_EXAMPLE:
        form = form_of_code(meant.text, tools)
    tag = last.tag.partition("<|message|>")[0]
    within = f"between {tag} and its end" if tag else "before a closing tag such as </think>"
    return correction(
        what=f"all of the reply stands {within}, where nothing is a block",
        where=f"lines {last.line}–{last.end_line}",
        instead=form.markdown(),
    )


def _swallowed(reply: Reply) -> str | None:
    """A block before a closing tag inside a line that nothing opened: that tag may only have been spoken of."""
    first = reply.parts[0]
    if not isinstance(first, Thinking) or first.tag:
        return None
    above, _, line = first.text.rpartition("\n")
    words = re.split(r"[<\[&◁]", line, maxsplit=1)[0]
    block = parse_reply(above).control if re.search(r"\w", words) else None
    if block is None:
        return None
    return correction(
        what=f"the closing tag of thinking in line {first.end_line} makes thinking of all before it, and the "
        "`codepilot` block there did not run. If you mean the block, send it again; write about such a tag in "
        "backticks: `</think>`",
        where=f"line {block.line}",
        instead=control_block(block.text if len(block.text) <= MAX_EXAMPLE else 'read_file("src/app.py")'),
    )


def _payloads_alone(reply: Reply, tools: Tools) -> str:
    first = reply.payloads[0]
    if first.language == "codepilot":
        return correction(
            what=f"the block is fenced as `codepilot filename={first.path}`, which makes it the content of a file; the "
            "fence of a block that runs holds `codepilot` alone",
            where=f"line {first.line}",
            instead=form_of_code(first.text[:MAX_EXAMPLE], tools).markdown(),
        )
    paths = list(dict.fromkeys(payload.path for payload in reply.payloads))
    s = "s" if len(paths) > 1 else ""
    tool = "edit_file" if "<<<<<<< SEARCH" in first.text else "write_file"
    code = "\n".join(f"{tool}({literal(path)})" for path in paths[:8])
    return correction(
        what=f"the reply has payload{s} for {', '.join(paths[:8])} but no `codepilot` block",
        where=f"line {first.line}",
        instead=Form(code).markdown() + f"\n\nfollowed by the payload{s}, sent again.",
    )
