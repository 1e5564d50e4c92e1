"""Cells joined to runs, the same way for every engine.

A run holds characters of one look and one kind: narrow ones, wide ones, or a single cluster of several code
points. So a viewer knows the cell of every character without measuring it again.
"""

from __future__ import annotations

from collections.abc import Iterable

from codepilot.terminal.screen import Colour, Row, Run

Look = tuple[Colour, Colour, int, Colour]
"""Foreground, background, attributes, and the colour of the underline."""
Part = tuple[str, int, Look, str]
"""Text, kind, look, link; the kind says how many cells each character takes."""
CLUSTER, WIDE_CLUSTER = -1, -2
"""Kinds of a part that is one cluster of several characters, in one or two cells."""

PLAIN: Look = (None, None, 0, None)
EMPTY = Row()


def join_parts(parts: Iterable[Part], wrapped: bool) -> Row:
    """Join neighbours that look alike, and cut the blank end unless the line goes on."""
    runs: list[Run] = []
    texts: list[str] = []
    width, kind, look, link = 0, 0, PLAIN, ""
    for text, new_kind, new_look, new_link in parts:
        taken = len(text) * new_kind if new_kind > 0 else -new_kind
        if texts and new_kind == kind > 0 and new_look == look and new_link == link:
            texts.append(text)
            width += taken
            continue
        if texts:
            runs.append(Run("".join(texts), width, *look[:3], link, look[3]))
        texts, width, kind, look, link = [text], taken, new_kind, new_look, new_link
    if texts:
        runs.append(Run("".join(texts), width, *look[:3], link, look[3]))
    while runs and not wrapped:
        last = runs[-1]
        if last.foreground is not None or last.background is not None or last.attributes or last.link:
            break
        kept = last.text.rstrip(" ")
        if kept:
            runs[-1] = Run(kept, last.width - (len(last.text) - len(kept)))
            break
        runs.pop()
    return Row(tuple(runs), wrapped) if runs or wrapped else EMPTY
