"""A completion that tells of what never ran: the prose beside it shows the act that was meant.

A summary may quote code, so only what is clearly the model's own next act counts: announced, handed in as a file's new
content, or with a result that the model has made up itself.
"""

from __future__ import annotations

import re

from codepilot.protocol.blocks import DisplayFence, Reply
from codepilot.protocol.calls import Tools, called_tools, is_signature
from codepilot.protocol.correction import MAX_EXAMPLE, correction
from codepilot.protocol.foreign.edits import form_of_diff
from codepilot.protocol.mends import Form, form_of_call, form_of_code
from codepilot.protocol.observation import RESULT_TAG
from codepilot.protocol.prose import (
    PYTHON,
    SHELL,
    Plain,
    ends_prose,
    file_of,
    is_announced,
    is_diff,
    language,
    shown,
    words_before,
)
from codepilot.protocol.turns import foreign_turn

_MAX_COMMAND = 400
_KIND = r"(?: (?:the|a|an|my|your|new|updated|full|complete|whole|final|fixed|file|code|contents?|version|of|for|in))*"
_HANDED_IN = re.compile(
    rf"here(?:'s|’s| is){_KIND} [`*'\"]*(?P<path>[\w./-]{{0,200}}\w\.[A-Za-z]\w{{0,7}})[`*'\"]*:?\Z", re.I
)
_HANDED_IN_DIFF = re.compile(
    rf"here(?:'s|’s| is){_KIND} (?:fix|change|patch|diff|edit)\b(?!.*\b(?:I|made|applied|was)\b)", re.I
)
_PROMPT = re.compile(r"\s*(?:<s>\s*)?\[INST\].*\[/INST\][^\w]*", re.IGNORECASE)
_INLINE = re.compile(r"[ \t]*`(?P<code>[^`]+\))`[.:]?[ \t]*\Z")


def form_of_fence(fence: DisplayFence, plain: Plain, tools: Tools) -> Form:
    """What a display fence would have been as blocks.

    Args:
        fence: the fence.
        plain: the prose around it.
        tools: what there is.
    """
    code, handed_in = fence.text.strip("\n"), _HANDED_IN.search(words_before(plain, fence))
    path = file_of(plain, fence) or (handed_in["path"] if handed_in is not None else "")
    if is_diff(fence):
        return form_of_diff(fence.text, path or "src/app.py", tools)
    if path:
        return form_of_call("write_file", {"path": path, "content": code}, tools)
    if language(fence) in SHELL:
        command = _commands(code)
        return form_of_call("execute", {"command": command if len(command) <= _MAX_COMMAND else "…"}, tools)
    return form_of_code(code[:MAX_EXAMPLE], tools)


def invented_turn(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    """The model has written the result of a block, or the person's words, itself."""
    turn = foreign_turn(plain)
    if turn is None or (reply.completion is None and _is_example(turn.line, plain)):
        return None
    if turn.shown != RESULT_TAG:
        return correction(
            what=f"`{turn.shown}` begins a turn that is not yours, and nobody said what stands there. Say your own "
            "part again, and end your reply where it ends",
            where=f"line {turn.line}",
        )
    before = [
        fence for fence in reply.display if fence.line < turn.line and language(fence) in PYTHON | SHELL
    ]
    form = form_of_fence(before[-1], plain, tools) if before else form_of_call("read_file", {}, tools)
    return correction(
        what=f"the reply holds an {RESULT_TAG} that no run produced; it comes only after a `codepilot` block has run",
        where=f"line {turn.line}",
        instead=form.markdown(),
    )


def _is_example(number: int, plain: Plain) -> bool:
    """A prompt between `[INST]` and `[/INST]` on a line, as in words on Llama's format."""
    return any(_PROMPT.fullmatch(line) for line_of, line in plain if line_of == number)


def told_as_done(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    """A fence or a call beside a completion, meant to have run."""
    if reply.completion is None:
        return None
    for fence in reply.display:
        words = words_before(plain, fence)
        if fence.text.strip() and _is_meant(fence, words, plain):
            return correction(
                what=f"the reply shows {shown(fence)} as if it had run; only a `codepilot` block runs",
                where=f"lines {fence.line}–{fence.end_line}",
                instead=form_of_fence(fence, plain, tools).markdown(),
            )
    for number, line in plain:
        inline = _INLINE.match(line)
        if inline is not None and called_tools(inline["code"], tools) and not is_signature(inline["code"]):
            return correction(
                what="a call in inline code does not run; only a `codepilot` block does",
                where=f"line {number}",
                instead=form_of_code(inline["code"][:MAX_EXAMPLE], tools).markdown(),
            )
    return None


def _is_meant(fence: DisplayFence, words: str, plain: Plain) -> bool:
    if is_diff(fence):
        return (
            is_announced(words)
            or _HANDED_IN_DIFF.search(words) is not None
            or _HANDED_IN.search(words) is not None
            or (not words and ends_prose(plain, fence))
        )
    if language(fence) not in SHELL and _HANDED_IN.search(words) is not None:
        return True
    return language(fence) in PYTHON | SHELL and is_announced(words)


def _commands(code: str) -> str:
    """The commands of a shell fence; where some lines have a prompt, the others are what the commands printed."""
    lines = code.splitlines()
    if not any(line.startswith("$ ") for line in lines):
        return "\n".join(lines)
    kept: list[str] = []
    for line in lines:
        if line.startswith("$ "):
            kept.append(line[2:])
        elif kept and kept[-1].endswith("\\"):
            kept.append(line.removeprefix("> "))
    return "\n".join(kept)
