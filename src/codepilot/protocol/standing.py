"""An answer that was refused as an act: whether the model stands by it, and what it said.

What shows code may be an answer or a slip. The model is told once how it would act; where it says the same again, it
means the words, and the person gets them. What calls a tool by its name, or is written as another system calls its
tools, stays a slip however often it comes.
"""

from __future__ import annotations

from codepilot.protocol.blocks import Reply
from codepilot.protocol.calls import Tools, called_tools
from codepilot.protocol.foreign import find_call
from codepilot.protocol.nearly import means_calls
from codepilot.protocol.prose import PYTHON, language, plain_text
from codepilot.protocol.turns import foreign_turn


def answer_of(reply: Reply) -> str:
    """The words of a refused reply that may have been an answer all the same; empty where they are none."""
    if reply.payloads or reply.control or foreign_turn(plain_text(reply)) is not None:
        return ""
    return reply.prose.strip()


def stands_by(refused: Reply | None, reply: Reply, tools: Tools) -> bool:
    """Whether a reply says again what was refused as an act, and may be an answer.

    Args:
        refused: the last reply that was; None if there is none.
        reply: what came after the correction.
        tools: what there is.
    """
    if refused is None or not answer_of(reply) or _calls(reply, tools):
        return False
    shown, again = _fences(refused), _fences(reply)
    return (bool(shown) and shown <= again) or _words(refused) == _words(reply)


def _calls(reply: Reply, tools: Tools) -> bool:
    """A tool is called, in whatever shape."""
    plain = plain_text(reply)
    if find_call("\n".join(line for _, line in plain), tools) is not None:
        return True
    return any(
        called_tools(fence.text, tools) and means_calls(plain, fence, tools)
        for fence in reply.display
        if language(fence) in PYTHON or not fence.info
    )


def _fences(reply: Reply) -> set[str]:
    return {" ".join(fence.text.split()) for fence in reply.display if fence.text.strip()}


def _words(reply: Reply) -> list[str]:
    return reply.prose.split()
