"""The cells of a run: which characters stand in how many columns, and what must never reach a person's terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codepilot.terminal.screen import Run

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""What could steer the person's own terminal or turn a line round, if an engine should ever let it through."""


def cell_texts(run: Run) -> Iterator[tuple[str, int]]:
    """The characters of a run, or its one cluster, each with its cells."""
    if not run.text:
        return
    each, rest = divmod(run.width, len(run.text))
    if rest or each not in (1, 2):
        yield run.text, run.width
        return
    for character in run.text:
        yield character, each
