"""The list of sessions as rows: which ones fit what was typed, and what each says. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codepilot.journal.overview import Overview
from codepilot.text import clean_line

WORDS: Mapping[str, str] = {
    "new": "no task",
    "open": "in use",
    "cut": "cut",
    "asks": "asks",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
}
"""What a list says of a session's state."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of the list."""

    overview: Overview
    hit: str = ""
    """Some words of a message that holds what was typed; empty: the title or folder holds it."""

    @property
    def id(self) -> str:
        """Of the session."""
        return self.overview.id

    @property
    def title(self) -> str:
        """Its name, or the person's first words, on one line."""
        return clean_line(" ".join(self.overview.title.split())) or "(no task yet)"


def rows_of(sessions: Iterable[Overview], words: str, hits: Mapping[str, str]) -> list[SessionRow]:
    """The sessions that fit: those whose title, folder or id holds all words, then those of which a message does.

    Args:
        sessions: the one that was used last first.
        words: what was typed.
        hits: some words of a message, by the ids of the sessions in which it was found.
    """
    wanted = words.lower().split()
    named, said = [], []
    for each in sessions:
        about = f"{each.title} {each.info.folder} {each.id}".lower()
        if all(word in about for word in wanted):
            named.append(SessionRow(each))
        elif each.id in hits:
            said.append(SessionRow(each, clean_line(" ".join(hits[each.id].split()))))
    return [*named, *said]


def age(then: float, now: float) -> str:
    """How long ago something was, shortly: `2 min`, `3 h`, `yesterday`, `Tue`, `2026-10-01`.

    Args:
        then: seconds since 1970; so is `now`.
        now: the time.
    """
    seconds = max(0.0, now - then)
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds / 60)} min"
    day = time.localtime(then)
    if time.localtime(now)[:3] == day[:3]:
        return f"{int(seconds / 3600)} h"
    if time.localtime(now - 86_400)[:3] == day[:3]:
        return "yesterday"
    return time.strftime("%a" if seconds < 6 * 86_400 else "%Y-%m-%d", day)


def figures(overview: Overview) -> tuple[str, str]:
    """Steps and cost in words; each empty where there is none or it is not known."""
    steps, cost = overview.figures.steps, overview.figures.cost
    return (
        f"{steps} step{'' if steps == 1 else 's'}" if steps else "",
        f"${cost:.2f}" if cost is not None else "",
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said, for the preview of a session."""

    who: str
    """`You` or `Agent`."""
    text: str


def note(shown: int, of: int, here: bool) -> str:
    """What the title says at its right: how many of how many, and of which folders."""
    scope = "this folder" if here else "all folders"
    count = f"{shown} of {of:,}" if shown != of else f"{of:,}"
    return f"{count} · {scope}"
