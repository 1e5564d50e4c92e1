"""The shape of everything that tells a model about its own mistake: what, where, what ran, and how it is written."""

from __future__ import annotations

import re

from codepilot.protocol.blocks import OpenBlock, Reply, Thinking
from codepilot.protocol.fences import fence_for

MAX_EXAMPLE = 1_500
"""Characters of the model's own code that a correction repeats."""


def correction(*, what: str, where: str = "", ran: str = "nothing", instead: str = "") -> str:
    """Compose one correction.

    Args:
        what: what is wrong, a clause without a full stop.
        where: a line or a block of the reply.
        ran: what of the reply took effect.
        instead: the corrected form, Markdown.
    """
    lines = [f"Protocol error: {what}."]
    if where:
        lines.append(f"Where: {where}.")
    lines.append(f"What ran: {ran}.")
    text = "\n".join(lines)
    return f"{text}\nWrite it like this:\n\n{instead.strip()}" if instead else text


def control_block(code: str) -> str:
    """Code as the control block that it should have been."""
    return block("codepilot", code)


def block(info: str, text: str) -> str:
    """A fenced block that can hold this text."""
    fence = fence_for(text)
    body = text.strip("\n")
    return f"{fence}{info}\n{body}\n{fence}" if body else f"{fence}{info}\n{fence}"


def inline(text: str) -> str:
    """A mark in a sentence: between more back quotes than it has in a row."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    pad = " " if longest else ""
    return f"{'`' * (longest + 1)}{pad}{text}{pad}{'`' * (longest + 1)}"


def payload_info(path: str) -> str:
    """The info string of a payload's fence."""
    return f"text filename={_quoted(path)}"


def refusal(reply: Reply) -> str | None:
    """Say why nothing of a reply may run: a block without a clear end, a reply that was cut; None if it may."""
    if reply.malformed:
        return _malformed(reply)
    if not reply.complete:
        return _cut(reply) if reply.reason != "refusal" else None
    if reply.open_block is not None:
        return _never_closed(reply.open_block)
    return None


def _malformed(reply: Reply) -> str:
    first = reply.malformed[0]
    what = "; ".join(fault.message for fault in reply.malformed[:3])
    if first.instead:
        return correction(what=what, where=first.where, instead=first.instead)
    path = (
        next((part.path for part in reply.payloads if part.line == first.line), "docs/guide.md")
        or "docs/guide.md"
    )
    example = f"````markdown filename={_quoted(path)}\n# Title\n\n```bash\nmake test\n```\n````"
    return correction(what=what, where=first.where, instead=example)


def _never_closed(open_block: OpenBlock) -> str:
    name = block_name(open_block)
    text = open_block.text if len(open_block.text) <= MAX_EXAMPLE else "…"
    why = (
        f"; it holds a fence itself (line {open_block.nested_line}), so use a longer fence around it"
        if open_block.nested_line
        else ""
    )
    return correction(
        what=f"{name} is never closed{why}",
        where=f"opened at line {open_block.line}, still open at the end of the reply",
        instead=block(block_info(open_block), text),
    )


def _cut(reply: Reply) -> str:
    opened = reply.open_block
    limit = reply.reason == "length"
    what = "the reply reached the output limit" if limit else "the reply broke off before its end"
    if opened is not None:
        lines = opened.text.count("\n") + 1 if opened.text else 0
        what += f" inside {block_name(opened)}, after {lines} line{'' if lines == 1 else 's'} of it"
    elif _still_thinking(reply):
        what += " while you were still thinking"
    text = correction(what=what, where=f"line {opened.line}" if opened is not None else "")
    return f"{text}\n{_how_to_go_on(reply, held=limit)}"


def _still_thinking(reply: Reply) -> bool:
    last = reply.parts[-1] if reply.parts else None
    return isinstance(last, Thinking) and not last.closed


def _how_to_go_on(reply: Reply, *, held: bool) -> str:
    opened = reply.open_block
    paths = [payload.path for payload in reply.payloads]
    steps: list[str] = []
    if paths and held:
        steps.append(f"Kept, so you need not send it again: payload {', '.join(paths)}.")
    if opened is not None and opened.kind == "payload":
        steps.append(
            f"Go on with the payload {opened.path} from its first line. If it is too long for one reply, "
            f"send a first "
            'part with mode="w" now and append the rest with mode="a" in the next steps.'
        )
    if opened is None or opened.kind != "completion":
        steps.append("Then send the control block, whole.")
    else:
        steps.append("Send the completion block again, shorter.")
    if not held and paths:
        steps.insert(0, "Send the payloads again too.")
    return " ".join(steps)


def block_name(opened: OpenBlock) -> str:
    """How a block is spoken of."""
    if opened.kind == "payload":
        return f"the payload {opened.path}"
    return f"the `{block_info(opened)}` block"


def block_info(opened: OpenBlock) -> str:
    """The info string of a block's kind."""
    if opened.kind == "payload":
        return payload_info(opened.path)
    return "codepilot" if opened.kind == "control" else "completion"


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
