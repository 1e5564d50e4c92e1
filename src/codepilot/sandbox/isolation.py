"""From what is in force to the one word that people see: the ladder of isolation.

The rungs, best first: bubblewrap with seccomp, Landlock with seccomp, seccomp alone, an own process with limits only.
A rung counts only if the worker reported all of its layers after closing them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from codepilot.messages import Isolation

NOT_STARTED = Isolation(level="process", detail="the worker has not been started yet")


def isolation_of(layers: Sequence[str], notes: Sequence[str]) -> Isolation:
    """Judge the layers that a worker reported.

    Args:
        layers: what is in force, e.g. "rlimits", "landlock 7", "seccomp".
        notes: why others are not.
    """
    landlock = any(layer.startswith("landlock") for layer in layers)
    seccomp = "seccomp" in layers
    level: Literal["landlock", "seccomp", "process"]
    if landlock and seccomp:
        level, words = "landlock", "own process without files, network or children (Landlock and seccomp)"
    elif seccomp:
        level, words = "seccomp", "own process without files, network or children, by seccomp alone"
    else:
        level, words = "process", "not isolated: an own process with limits only"
    return Isolation(level=level, detail="; ".join((words, *notes)), layers=tuple(layers))
