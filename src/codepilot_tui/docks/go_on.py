"""Shall the last session of the folder go on, and the task in it that was cut? Shall a new one begin?"""

from __future__ import annotations

import time
from collections.abc import Sequence

from codepilot.text import clean_line, shorten
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.paint import Choice
from codepilot_tui.docks.words import Said, WordsDock

_LONGEST = 200
"""Characters of the first words of a session."""


class GoOnDock(WordsDock[bool]):
    """Yes or no. Esc is no: nothing is lost by it.

    Args:
        title: the question.
        lines: what it is about.
        no: the word beside `n`.
        deaf: for how many quiet seconds the answers are deaf.
    """

    kind = "confirm"

    def __init__(
        self, title: str, lines: Sequence[Sequence[Said]], *, no: str, deaf: float = DEAF_SECONDS
    ) -> None:
        super().__init__(title, lines, (Choice("y", "go on", "ok"), Choice("n", no)), deaf=deaf)
        self._no = no

    def tail(self) -> Sequence[tuple[str, str]]:
        """Esc is no."""
        return (("Esc", self._no),)

    def choose(self, key: str) -> None:
        """Answer."""
        self.finish(key == "y")

    def leave(self) -> None:
        """Esc is no."""
        self.finish(False)


def session_dock(first: str, last: float, now: float) -> GoOnDock:
    """Ask about a session.

    Args:
        first: its first words.
        last: when something was said in it last, in seconds since 1970.
        now: the same clock.
    """
    words = shorten(clean_line(" ".join(first.split())), _LONGEST) or "(no task yet)"
    lines = [[(words, "code")], [(f"Last used {_when(last, now)}.", "ink")]]
    return GoOnDock("Continue the last session of this folder?", lines, no="start a new one")


def cut_dock(where: str) -> GoOnDock:
    """Ask about a task that was cut.

    Args:
        where: in words, as `in step 3, in execute make`.
    """
    lines = [
        [("The program ended ", "ink"), (where, "code"), (".", "ink")],
        [("Nothing that may have run is repeated; the agent is told what is known.", "ink")],
    ]
    return GoOnDock("Continue this task?", lines, no="leave it")


def summary_dock() -> GoOnDock:
    """Offer a new session in place of one that has become large."""
    lines: list[list[Said]] = [
        [("The journal of this session has become large, and it grows with each step.", "ink")],
        [("A new one begins with a summary of it, in a tab of its own. This one stays as it is.", "ink")],
    ]
    return GoOnDock("Go on in a new session?", lines, no="stay in this one")


def new_dock() -> ConfirmDock:
    """Ask whether a new conversation begins in place of one that is not kept."""
    left = "This conversation is not saved: it disappears from the screen, and the model forgets it."
    stays = "Files, queued messages and terminals stay, and what runs in them goes on."
    return ConfirmDock("Start a new conversation?", f"{left}\n{stays}", yes="start new", no="stay")


def _when(last: float, now: float) -> str:
    then = time.localtime(last)
    clock = time.strftime("%H:%M", then)
    for day, name in ((now, "today"), (now - 86_400, "yesterday")):
        if time.localtime(day)[:3] == then[:3]:
            return f"{name} at {clock}"
    return time.strftime("on %Y-%m-%d at %H:%M", then)
