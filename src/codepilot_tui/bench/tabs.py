"""The open sessions as the row of tabs shows them: a number, a name, and what the agent of each does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codepilot.text import clean_line, shorten

_NAME = 24
"""Characters of a name."""
_END = 14
"""Of those that say where a name differs from one that begins as it does."""
_WORD = 8
"""How far before that place its word begins, to be shown from there."""
TabState = Literal["idle", "working", "asks"]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One open session."""

    folder: str
    """The last name of its work folder."""
    first: str = ""
    """The person's first words in it; empty: none yet."""
    state: TabState = "idle"
    step: int = 0
    """Of the task that is under way."""
    title: str = ""
    """The name that it was given; empty: none."""


@dataclass(frozen=True, slots=True)
class TabLabel:
    """What one tab says."""

    number: int
    name: str
    state: TabState
    step: int
    shown: bool

    @property
    def words(self) -> str:
        """What its agent does; empty: nothing."""
        if self.state == "asks":
            return "asks"
        if self.state == "working":
            return f"step {self.step}" if self.step else "working"
        return ""


def labels(sessions: Sequence[OpenSession], shown: int) -> tuple[TabLabel, ...]:
    """The labels, in the order in which the sessions were opened.

    A session with a title has that; without one it has the name of its folder, and two of one folder are told apart by
    their first words. Where names that are too long begin alike, each shows where it differs.

    Args:
        sessions: in that order.
        shown: the index of the one on the screen.
    """
    often = Counter(each.folder for each in sessions)
    names = []
    for each in sessions:
        said = each.title or (each.first if often[each.folder] > 1 else "")
        names.append(clean_line(" ".join(said.split())) or clean_line(each.folder))
    cut = _cut(names)
    return tuple(
        TabLabel(at + 1, cut[names[at]], each.state, each.step, at == shown)
        for at, each in enumerate(sessions)
    )


def _cut(names: Sequence[str]) -> dict[str, str]:
    """Each name as it is shown, by the whole one."""
    made = {name: shorten(name, _NAME) for name in names}
    for _ in names:  # those that still are alike begin alike further on
        groups: dict[str, list[str]] = {}
        for name, short in made.items():
            groups.setdefault(short, []).append(name)
        for alike in groups.values():
            if len(alike) > 1:
                differ = _alike_upto(alike)
                made |= {name: _with_end(name, differ) for name in alike}
    return made


def _alike_upto(names: Sequence[str]) -> int:
    """How many characters all of them begin with."""
    return next(
        (at for at, signs in enumerate(zip(*names, strict=False)) if len(set(signs)) > 1),
        min(map(len, names)),
    )


def _with_end(name: str, differs: int) -> str:
    """The name without a part of its middle, so that the place at which it differs is seen, unless it ends there."""
    if differs >= len(name):
        return shorten(name, _NAME)
    word = name.rfind(" ", 0, differs + 1)
    end = shorten(name[word if 0 <= differs - word <= _WORD else differs :], _END)
    return f"{shorten(name, _NAME - len(end))}{end}"
