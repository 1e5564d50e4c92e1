"""A session shown again, as it went: played at any speed, stepped through, and never changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from textual import work
from textual.timer import Timer
from textual.widget import Widget

from codepilot.errors import CodepilotError
from codepilot.journal.overview import Overview
from codepilot.journal.player import shown_events
from codepilot.text import clean_line
from codepilot_tui.bench.playing import Playing
from codepilot_tui.facts import Kind
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.pages.base import Page
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.chat.items import Empty

_AT_ONCE = 200
"""Events that are shown together where there is no pause between them; keys are taken after that."""
_AT_ITS_BEGINNING = Empty(
    [
        ("Space", "play it"),
        ("→", "the next step"),
        ("Ctrl+↓", "the next prompt"),
        ("+ -", "faster, or slower"),
    ],
    ["This is the beginning of the session.", "It is shown as it went; nothing of it is done again."],
)
_BREATH = 0.01
"""Seconds until the next ones, at least."""


class ReplayPage(Page[None]):
    """The chat of a session, as it was at one moment after another.

    Args:
        session: which.
    """

    kind: Kind = "replay"  # type: ignore[misc]

    def __init__(self, session: Overview) -> None:
        name = clean_line(" ".join(session.title.split()))
        self.title = f"Replay: {name or clean_line(session.id)}"
        super().__init__()
        self.chat = ChatView(empty=Empty(words=["The session is being read."]), classes="page-body")
        self.playing = Playing((), session.info.agent)
        self._session = session
        self._timer: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """The chat."""
        yield self.chat

    def keys(self) -> Sequence[tuple[str, str]]:
        """What can be done with the recording."""
        if not self.playing.events:
            return (("Esc", "back"),)
        play = "pause" if self.playing.plays else "again" if self.playing.ended else "play"
        ways = self._ways()
        steps = " ".join(sign for key, sign in (("right", "→"), ("left", "←")) if key in ways)
        prompts = " ".join(
            sign for key, sign in (("ctrl+down", "Ctrl+↓"), ("ctrl+up", "Ctrl+↑")) if key in ways
        )
        return (
            ("Space", play),
            (steps, "step"),
            *(((prompts, "prompt"),) if prompts else ()),
            ("+ -", "speed"),
            ("↑ ↓", "scroll"),
            ("Esc", "back"),
        )

    def _ways(self) -> frozenset[str]:
        """The keys that lead to another moment of it."""
        playing = self.playing
        return frozenset(
            (
                *(() if playing.ended else ("right", "ctrl+down")),
                *(("left",) if playing.can_step_back else ()),
                *(("ctrl+up",) if playing.has_former_prompt else ()),
            )
        )

    def offered(self) -> frozenset[str]:
        """Of a pair of keys in the foot both."""
        return super().offered() | (self._ways() if self.playing.events else frozenset())

    def on_mount(self) -> None:
        """Read the session, and play it."""
        self.chat.show(self.playing.transcript)
        self.say("reading…")
        self._load()

    @work(group="replay", exclusive=True)
    async def _load(self) -> None:
        info = self._session.info
        try:
            events = await asyncio.to_thread(lambda: list(shown_events(info)))
        except CodepilotError as error:
            self.say(f"{UNICODE.bad} {error.message}")
            return
        self.playing = Playing(events, info.agent)
        self.chat.empty = _AT_ITS_BEGINNING if events else Empty(words=["Nothing was said in this session."])
        self.chat.show(self.playing.transcript)
        if events:
            self._play()
        else:
            self.say("nothing was said in it")

    # -- playing ---------------------------------------------------------------------------------------------------

    def _play(self) -> None:
        self.playing.plays = True
        self._later()
        self._told()

    def _pause(self) -> None:
        self.playing.plays = False
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._told()

    def _later(self) -> None:
        """Go on when it is time."""
        if self._timer is not None:
            self._timer.stop()
        wait = self.playing.wait()
        if wait is None:
            self._pause()
        else:
            self._timer = self.set_timer(max(wait, _BREATH), self._go_on)

    def _go_on(self) -> None:
        changed: set[int] = set()
        for _ in range(_AT_ONCE):
            changed |= self.playing.step_on()
            if self.playing.wait() != 0:
                break
        self.chat.apply(self.playing.transcript, changed)
        self._told()
        self._later()

    def _told(self) -> None:
        """What the title says at its right."""
        playing = self.playing
        state = "plays" if playing.plays else "at the end" if playing.ended else "paused"
        speed = f"{playing.speed:g}{UNICODE.drop}" if playing.speed else "no pauses"
        prompt, prompts = playing.prompts
        self.say(f"{state} · {speed} · prompt {prompt} of {prompts}")
        self.keys_changed()

    # -- keys ------------------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """Play, step, scroll."""
        chat, playing = self.chat, self.playing
        if not playing.events:
            return False
        scrolls = {
            "up": chat.scroll_up,
            "down": chat.scroll_down,
            "pageup": chat.scroll_page_up,
            "pagedown": chat.scroll_page_down,
            "home": chat.scroll_home,
            "end": chat.scroll_end,
        }
        moves = {
            "right": lambda: playing.step(1),
            "left": lambda: playing.step(-1),
            "ctrl+down": lambda: playing.prompt(1),
            "ctrl+up": lambda: playing.prompt(-1),
        }
        if key == "space":
            self._play_or_pause()
        elif key in ("plus", "equals_sign", "minus"):
            playing.change_speed(-1 if key == "minus" else 1)
            self._told()
        elif key in moves:
            self._pause()
            self._moved(moves[key]())
        elif key in scrolls:
            scrolls[key](animate=False)
        else:
            return False
        return True

    def _play_or_pause(self) -> None:
        if self.playing.plays:
            self._pause()
            return
        if self.playing.ended:
            self._moved(self.playing.go_to(0))
        self._play()

    def _moved(self, changed: set[int] | None) -> None:
        self.chat.apply(self.playing.transcript, changed or ())
        self._told()
