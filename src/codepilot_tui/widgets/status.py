"""The status line: what happens now and for how long, and the keys that matter now.

It holds the only clock of the screen: once a second, while the agent works and no question waits, it paints its own
left end again and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Region
from textual.reactive import reactive
from textual.timer import Timer

from codepilot.text import clean_line
from codepilot_tui.bench.footer import Hint
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.state import Status, seconds_text
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.bar import Bar, Part, fitting
from codepilot_tui.widgets.chat.lines import Span, cut

TICK = 1.0
"""Seconds between two looks at the clock: the one thing on the screen that moves by itself."""

_STAY = 2
"""Hints for which what happens is shortened."""

NoticeKind = Literal["info", "warn", "error"]
_NOTICE_INK = {"info": "ink", "warn": "warn", "error": "bad"}


class StatusLine(Bar):
    """What happens now and for how long; then the keys that matter now, or for a while a notice in their place."""

    hints: reactive[tuple[Hint, ...]] = reactive(())

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        id: str | None = None,
    ) -> None:
        super().__init__(clock=clock, id=id)
        self._status = Status()
        self._starting = False
        self._shown: tuple[object, ...] = ()
        self._timer: Timer | None = None
        self._tick = 0
        self._notice: tuple[str, NoticeKind] | None = None
        self._phase_width = 0
        self._now: tuple[str, float] = ("", 0.0)
        """The phase that is shown, and since when."""

    @property
    def notice(self) -> str:
        """What is said in place of the hints; empty: nothing."""
        return self._notice[0] if self._notice is not None else ""

    def say(self, text: str, kind: NoticeKind = "info") -> None:
        """Say something in place of the hints; empty: the hints again."""
        notice = (clean_line(text), kind) if text else None
        if notice != self._notice:
            self._notice = notice
            self.refresh()

    def show(self, status: Status, *, starting: bool = False) -> None:
        """Take the transcript's status; it may be the same object, changed.

        Args:
            status: what the agent does.
            starting: it is not up yet.
        """
        self._status, self._starting = status, starting
        now = status.at(self._clock())
        shown = (status.activity, *now, status.later, status.step, status.max_steps, starting)
        if shown == self._shown:
            return
        self._shown = shown
        ticks = status.working and status.activity != "waiting"
        if ticks and self._timer is None and self.is_running:
            self._timer = self.set_interval(TICK, self._on_tick)
        elif not ticks and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.refresh()

    def on_mount(self) -> None:
        """A status may have come before the widget ran."""
        self._shown = ()
        self.show(self._status, starting=self._starting)

    def _on_tick(self) -> None:
        """One step of the sign, one more second, and no more cells than those."""
        self._tick += 1
        if self._status.at(self._clock()) != self._now:  # other words are of another width
            self.refresh()
        elif self._phase_width:
            self.refresh(Region(0, 0, self._phase_width, 1))

    def _draw(self, width: int, tokens: Tokens) -> list[Part | Span]:
        style, plain = tokens.style, Style.null()
        hints = [self._hint(hint, tokens) for hint in self.hints]
        phase = Part(self._phase(tokens, _phase_room(width, hints)), 0)
        self._phase_width = 1 + phase.width
        if self._notice is not None:
            text, kind = self._notice
            beside: list[Part | Span] = [phase, ("   ", plain)]
            if cell_len(text) > width - phase.width - 5:  # all of the words rather than both by halves
                self._phase_width, beside = 0, []
            room = max(8, width - 2 - (phase.width + 3 if beside else 0))
            return [(" ", plain), *beside, Part(((cut(text, room), style(_NOTICE_INK[kind])),), 0)]
        # The two that matter most stay longest, then the way to all keys.
        ranks = [
            3 if part.name == "help" else at if at <= _STAY else at + 1 for at, part in enumerate(hints, 1)
        ]
        kept = [Part(part.spans, rank, part.name) for rank, part in zip(ranks, hints, strict=True)]
        row: list[Part | Span] = [(" ", plain)]
        for at, part in enumerate(fitting([phase, *kept], width - 2, 3)):
            if at:
                row.append(("   ", plain))
            row.append(part)
        return row

    def _hint(self, hint: Hint, tokens: Tokens) -> Part:
        spans = ((hint.key, tokens.style("ink", bold=True)), (f" {hint.word}", tokens.style("muted")))
        return Part(spans, 0, hint.action)

    def _phase(self, tokens: Tokens, room: int) -> tuple[Span, ...]:
        style, status = tokens.style, self._status
        self._now = words, since = status.at(self._clock())
        if self._starting and not status.working:
            return ((f"{UNICODE.stopped} ", style("muted")), ("starting", style("muted")))
        if not status.working:
            return ((f"{UNICODE.stopped} ", style("muted")), (words or "ready", style("muted")))
        if status.activity == "waiting":
            return ((f"{UNICODE.asks} {cut(words, room - 2)}", style("warn", bold=True)),)
        # As wide for 5 s as for 50, so that the keys beside it stand still.
        seconds = f"  {whole_seconds(self._clock() - since):<6}"
        sign = UNICODE.spinner[self._tick % len(UNICODE.spinner)]
        verb, _, rest = words.partition(" ")
        rest = cut(f" {rest}" if rest else "", room - 2 - len(verb) - len(seconds))
        return ((f"{sign} {verb}", style("warn")), (rest, style("ink")), (seconds, style("muted")))


def _phase_room(width: int, hints: Sequence[Part]) -> int:
    """Columns for what happens: all that the hints leave, or about half; less where the first hints need them."""
    most = width - 22 if width < 60 else width // 2 - 3
    needed = [hint.width + 3 for hint in hints]
    left, beside_first = width - 2 - sum(needed), width - 2 - sum(needed[:_STAY])
    return max(12, left, min(most, beside_first))


def whole_seconds(seconds: float) -> str:
    """As `seconds_text`, without a fraction: the clock looks once a second."""
    return f"{max(0.0, seconds):.0f} s" if seconds < 9.95 else seconds_text(seconds)
