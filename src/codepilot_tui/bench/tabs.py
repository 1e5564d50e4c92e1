"""The open sessions as the row of tabs shows them: a number, a name, and what the agent of each does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codepilot.text import clean_line, shorten

_NAME = 24
"""Columns of a name."""
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
    their first words.

    Args:
        sessions: in that order.
        shown: the index of the one on the screen.
    """
    often = Counter(each.folder for each in sessions)
    made = []
    for at, each in enumerate(sessions):
        said = each.title or (each.first if often[each.folder] > 1 else "")
        name = clean_line(" ".join(said.split())) or clean_line(each.folder)
        made.append(TabLabel(at + 1, shorten(name, _NAME), each.state, each.step, at == shown))
    return tuple(made)
