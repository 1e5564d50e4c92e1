"""The first of several control blocks inside an element that nobody knows: a draft, or the one that is meant?"""

from __future__ import annotations

import re

from codepilot.protocol.blocks import ControlBlock, Prose, Reply
from codepilot.protocol.correction import correction

_TAG = re.compile(r"[ \t]{0,3}<(?P<end>/?)(?P<name>[A-Za-z][\w:.-]{0,60})(?:[ \t][^<>]{0,400})?>[ \t]*")


def enclosed(reply: Reply) -> str:
    """The correction for a first block inside an element that is closed before the second one; else nothing.

    What elements for thinking are called is known (`thinking`), but no list has all of them. A block alone in an
    element runs, since models also wrap the one that they mean.
    """
    if not reply.surplus_controls:
        return ""
    before, between = _prose_around_the_first(reply)
    still_open: list[str] = []
    for end, name in _tags(before):
        if not end:
            still_open.append(name)
        elif name in still_open:
            still_open.remove(name)
    name = next((name for end, name in _tags(between) if end and name in still_open), "")
    if not name:
        return ""
    first, second = reply.control, reply.surplus_controls[0]
    assert first is not None
    return correction(
        what=f"there are two codepilot blocks, and the first stands inside <{name}>, which may be a draft. "
        f"Send the one that you mean again, alone and outside <{name}>",
        where=f"lines {first.line} and {second.line}",
    )


def _prose_around_the_first(reply: Reply) -> tuple[str, str]:
    """The prose before the first control block, and that between it and the next one."""
    texts = ["", "", ""]
    at = 0
    for part in reply.parts:
        if isinstance(part, ControlBlock):
            at = min(at + 1, 2)
        elif isinstance(part, Prose):
            texts[at] += part.text
    return texts[0], texts[1]


def _tags(text: str) -> list[tuple[bool, str]]:
    """The tags that stand on lines of their own: whether each is a closing one, and its name."""
    found = (_TAG.fullmatch(line) for line in text.splitlines())
    return [(bool(tag["end"]), tag["name"].lower()) for tag in found if tag is not None]
