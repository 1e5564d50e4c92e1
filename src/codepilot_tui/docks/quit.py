"""Quitting, or closing a tab, while an agent works or something runs: end it, keep it running, or stay."""

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
class Left:
    """What is left, beside the agent of the tab that is shown and what runs."""

    tab: bool = False
    """One tab is closed, and the program goes on."""
    others: Sequence[tuple[str, str]] = ()
    """The other sessions whose agents work or ask: their names, and what they do."""
    waiting: int = 0
    """Messages of the person that were not delivered yet."""
    kept: bool = True
    """They are kept with the session."""


@dataclass(frozen=True, slots=True)
class _Now:
    """What the question is about."""

    doing: str
    working: bool
    running: Running
    worked: bool
    """The agent worked at some time while the question stood."""
    left: Left


class QuitDock(WordsDock[Quit]):
    """What becomes of what runs. Esc stays, and gives None.

    Args:
        doing: what the agent does; empty: it is idle.
        working: the agent works.
        running: what goes on in terminals.
        left: what is left beside that.
        deaf: for how many quiet seconds the keys are deaf.
    """

    kind = "quit"

    def __init__(
        self,
        doing: str = "",
        *,
        working: bool = True,
        running: Running = (),
        left: Left = Left(),
        deaf: float = DEAF_SECONDS,
    ) -> None:
        self._now = now = _Now(doing, working, running, worked=working, left=left)
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
    asked = "Close this tab?" if now.left.tab else "Quit?"
    if now.working:
        return f"{asked} The agent is working."
    if now.left.others:
        return f"{asked} Agents work in other tabs."
    if not now.running:
        return f"{asked} Nothing is running any more."
    return f"{asked} {'This is' if len(now.running) == 1 else 'These are'} still running:"


def _choices(now: _Now) -> Sequence[Choice]:
    them = "it" if len(now.running) == 1 else "them"
    go = "close" if now.left.tab else "quit"
    works = now.working or bool(now.left.others)
    stay = Choice("n", "stay")
    if not now.running:
        stop = "stop all" if now.left.others else "stop it"
        return (Choice("y", f"{stop} and {go}" if works else go, "bad"), stay)
    end = Choice("y", f"end all and {go}" if works else f"end {them} and {go}", "bad")
    return (end, Choice("d", f"{go} and keep {them} running"), stay)


def _lines(now: _Now) -> Iterable[Sequence[Said]]:
    yield from _agents(now)
    yield from _terminals(now)
    if waiting := now.left.waiting:
        one = waiting == 1
        what = "1 message waits" if one else f"{waiting} messages wait"
        stays = f"{'It is' if one else 'They are'} held when the session is opened again."
        lost = f"{'It is' if one else 'They are'} lost: this session is not kept."
        yield [(f"{what} to be delivered. {stays if now.left.kept else lost}", "ink")]


def _agents(now: _Now) -> Iterable[Sequence[Said]]:
    others = now.left.others
    if now.working:
        doing = f"It is {now.doing}. " if now.doing else ""
        yield [(f"{doing}{'Closing' if now.left.tab else 'Quitting'} stops the task.", "ink")]
    if others:
        yield [("Quitting also stops these:" if now.working else "Quitting stops these:", "ink")]
    for name, does in others[:_SHOWN]:
        yield OneRow(((f"{shorten(clean_line(name), _NAME):<{_NAME}} ", "code"), (does, "muted")))
    if len(others) > _SHOWN:
        yield [(f"and {len(others) - _SHOWN} more", "muted")]
    if not now.running and not now.working and not others:
        yield [("The agent is idle." if not now.worked else "The agent is idle: its task has ended.", "ink")]


def _terminals(now: _Now) -> Iterable[Sequence[Said]]:
    running = now.running
    if not running:
        return
    if now.working or now.left.others:
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
