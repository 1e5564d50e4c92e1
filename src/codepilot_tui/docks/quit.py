"""Quitting while the agent works or something runs in a terminal: end it, keep it running, or stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from codepilot.text import clean_line, shorten
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.paint import Choice
from codepilot_tui.docks.words import OneRow, Said, WordsDock

Quit = Literal["end", "detach"]
Running = Sequence[tuple[str, str]]
"""Terminals in which something runs, each with its command."""
_SHOWN = 4
"""So many terminals are named."""
_NAME = 20
"""Characters of a terminal's name, as in its tab."""


@dataclass(frozen=True, slots=True)
class _Now:
    """What the question is about."""

    doing: str
    working: bool
    running: Running
    worked: bool
    """The agent worked at some time while the question stood."""


class QuitDock(WordsDock[Quit]):
    """What becomes of what runs. Esc stays, and gives None.

    Args:
        doing: what the agent does; empty: it is idle.
        working: the agent works.
        running: what goes on in terminals.
        deaf: for how many quiet seconds the keys are deaf.
    """

    kind = "quit"

    def __init__(
        self,
        doing: str = "",
        *,
        working: bool = True,
        running: Running = (),
        deaf: float = DEAF_SECONDS,
    ) -> None:
        self._now = now = _Now(doing, working, running, worked=working)
        super().__init__(_title(now), list(_lines(now)), _choices(now), deaf=deaf)

    def agent_does(self, doing: str, *, working: bool) -> None:
        """What the agent does became something else.

        Args:
            doing: in a few words; empty: it is idle.
            working: it works.
        """
        self._say(replace(self._now, doing=doing, working=working, worked=self._now.worked or working))

    def now_running(self, running: Running) -> None:
        """Other commands run in the terminals, or none any more."""
        self._say(replace(self._now, running=running))

    def _say(self, now: _Now) -> None:
        self._now = now
        self.say(_title(now), list(_lines(now)), _choices(now))

    def tail(self) -> Sequence[tuple[str, str]]:
        """Esc changes nothing."""
        return (("Esc", "stay"),)

    def choose(self, key: str) -> None:
        """Answer."""
        answers: dict[str, Quit] = {"y": "end", "d": "detach"}
        self.finish(answers.get(key))


def _title(now: _Now) -> str:
    if now.working:
        return "Quit? The agent is working."
    if not now.running:
        return "Quit? Nothing is running any more."
    return f"Quit? {'This is' if len(now.running) == 1 else 'These are'} still running:"


def _choices(now: _Now) -> Sequence[Choice]:
    them = "it" if len(now.running) == 1 else "them"
    stay = Choice("n", "stay")
    if not now.running:
        return (Choice("y", "stop it and quit" if now.working else "quit", "bad"), stay)
    end = Choice("y", "end all and quit" if now.working else f"end {them} and quit", "bad")
    return (end, Choice("d", f"quit and keep {them} running"), stay)


def _lines(now: _Now) -> Iterable[Sequence[Said]]:
    running = now.running
    if now.working:
        doing = f"It is {now.doing}. " if now.doing else ""
        yield [(f"{doing}Quitting stops the task.", "ink")]
    if not running:
        if not now.working:
            yield [
                ("The agent is idle." if not now.worked else "The agent is idle: its task has ended.", "ink")
            ]
        return
    if now.working:
        yield [("Still running in the terminals:", "ink")]
    for name, command in running[:_SHOWN]:
        what = clean_line(command) or "a background job"
        yield OneRow(((f"{shorten(clean_line(name), _NAME):<10} ", "muted"), (what, "code")))
    if len(running) > _SHOWN:
        yield [(f"and {len(running) - _SHOWN} more", "muted")]
    them = "it runs" if len(running) == 1 else "they run"
    yield [
        (f"If kept, {them} in the background. To see {'it' if len(running) == 1 else 'them'}: ", "ink"),
        ("codepilot attach", "code"),
    ]
