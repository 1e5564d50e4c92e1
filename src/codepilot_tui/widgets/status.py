"""The top bar and the status line: one row each, drawn from a few facts, most important first where it is narrow.

The status line holds the only clock of the screen: once a second, while the agent works and no question waits, it
paints its own left end again and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from codepilot.text import clean_line
from codepilot_tui.bench.footer import Hint
from codepilot_tui.bench.jails import NO_CODE_JAIL
from codepilot_tui.state import Status, seconds_text
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.chat.glyphs import UNICODE
from codepilot_tui.widgets.chat.lines import Span, cells, cut
from codepilot_tui.widgets.clicked import ActionClicked

TICK = 1.0
"""Seconds between two looks at the clock: the one thing on the screen that moves by itself."""

NoticeKind = Literal["info", "warn", "error"]
_NOTICE_INK = {"info": "ink", "warn": "warn", "error": "bad"}


@dataclass(frozen=True, slots=True)
class BarFacts:
    """What the top bar says of the workbench itself."""

    folder: str = ""
    branch: str = ""
    dirty: bool = False
    mode: str = ""
    model: str = ""
    jail: str = ""
    """What holds for commands, as `bench.jails` words it; empty leaves it out."""
    isolated: bool = True
    """The agent's Python is in a jail of its own."""


@dataclass(frozen=True, slots=True)
class PaneTab:
    """A pane that is chosen in the top bar, where the window is too narrow for several."""

    action: str
    word: str
    shown: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a bar. The highest rank is left out first; rank 0 stays."""

    spans: tuple[Span, ...]
    rank: int
    name: str = ""

    @property
    def width(self) -> int:
        return sum(cells(text) for text, _ in self.spans)


def _fitting(parts: Sequence[_Part], width: int, gap: int) -> list[_Part]:
    kept = [part for part in parts if part.spans]
    while len(kept) > 1 and sum(part.width for part in kept) + gap * (len(kept) - 1) > width:
        victim = max(kept, key=lambda part: part.rank)
        if victim.rank == 0:
            break
        kept.remove(victim)
    return kept


class _Bar(Widget):
    """One row; remembers where its parts stand, for the mouse."""

    DEFAULT_CSS = "_Bar { height: 1; width: 1fr; }"
    ALLOW_SELECT = False

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._places: list[tuple[int, int, str]] = []

    def _draw(self, width: int, tokens: Tokens) -> list[_Part | Span]:
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """The row."""
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        segments: list[Segment] = []
        self._places = []
        at = 0
        for part in self._draw(width, tokens_for(self.app)):
            spans = part.spans if isinstance(part, _Part) else (part,)
            begin = at
            for text, style in spans:
                segments.append(Segment(text, style))
                at += cells(text)
            if isinstance(part, _Part) and part.name:
                self._places.append((begin, at, part.name))
        return Strip(segments).crop_extend(0, width, None).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Say which part was meant."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for begin, end, name in self._places:
            if begin <= offset.x < end:
                event.stop()
                self.post_message(ActionClicked(name))
                return


class TopBar(_Bar):
    """Where, in which mode, with which model, in which jail, and how full the context is; tabs where it is narrow."""

    facts: reactive[BarFacts] = reactive(BarFacts())
    tabs: reactive[tuple[PaneTab, ...]] = reactive(())
    """The panes to choose from; empty where they stand side by side."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        id: str | None = None,
    ) -> None:
        super().__init__(clock=clock, id=id)
        self._shown: tuple[int, int, float | None] = (0, 0, None)

    def show(self, status: Status) -> None:
        """Take tokens, window and cost from the transcript's status."""
        shown = (status.tokens, status.window, status.cost)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def _draw(self, width: int, tokens: Tokens) -> list[_Part | Span]:
        left, right = self._left(tokens), self._right(tokens)
        kept = _fitting([*left, *right], width - 4, 3)
        left_kept = [part for part in kept if part in left]
        right_kept = [part for part in kept if part in right]
        plain = Style.null()
        row: list[_Part | Span] = [(" ", plain)]
        used = 2
        for at, part in enumerate(left_kept):
            row.extend([("   ", plain), part] if at else [part])
            used += part.width + (3 if at else 0)
        used += sum(part.width for part in right_kept) + 3 * (len(right_kept) - 1)
        row.append((" " * max(1, width - used), plain))
        for at, part in enumerate(right_kept):
            row.extend([(f" {UNICODE.dot} ", tokens.style("faint")), part] if at else [part])
        return row

    def _left(self, tokens: Tokens) -> list[_Part]:
        style, facts = tokens.style, self.facts
        if self.tabs:
            return [_Part(self._tab(tab, tokens), 0, tab.action) for tab in self.tabs]
        name = ((f"{UNICODE.logo} ", style("agent")), ("codepilot", style("ink", bold=True)))
        folder = ((cut(clean_line(facts.folder), 30), style("muted")),) if facts.folder else ()
        return [_Part(name, 6), _Part(folder, 4), _Part(self._branch(tokens), 7)]

    def _right(self, tokens: Tokens) -> list[_Part]:
        style, facts = tokens.style, self.facts
        mode = (clean_line(facts.mode), style("you", bold=True))
        modes = (("mode ", style("muted")), mode) if facts.mode else ()
        model = ((cut(clean_line(facts.model), 32), style("muted")),) if facts.model else ()
        return [
            _Part(modes, 3 if self.tabs else 0),
            _Part(model, 2, "model"),
            _Part(self._jail(tokens), 4),
            _Part(self._meter(tokens), 1),
            _Part(self._cost(tokens), 5),
        ]

    def _tab(self, tab: PaneTab, tokens: Tokens) -> tuple[Span, ...]:
        ink = "warn" if tab.asks else "you" if tab.shown else "muted"
        return ((tab.word, tokens.style(ink, bold=tab.shown or tab.asks)),)

    def _jail(self, tokens: Tokens) -> tuple[Span, ...]:
        facts, style = self.facts, tokens.style
        said: list[Span] = [(clean_line(facts.jail), style("muted"))] if facts.jail else []
        if not facts.isolated:
            said += [(f" {UNICODE.dot} ", style("faint"))] if said else []
            said.append((NO_CODE_JAIL, style("warn", bold=True)))
        return tuple(said)

    def _branch(self, tokens: Tokens) -> tuple[Span, ...]:
        if not self.facts.branch:
            return ()
        name: Span = (cut(clean_line(self.facts.branch), 24), tokens.style("muted"))
        return (name, (f" {UNICODE.branch}", tokens.style("warn"))) if self.facts.dirty else (name,)

    def _meter(self, tokens: Tokens) -> tuple[Span, ...]:
        used, window, _ = self._shown
        if not used:
            return ()
        muted = tokens.style("muted")
        if not window:
            return ((f"{short_count(used)} tokens", muted),)
        share = min(1.0, used / window)
        full = max(1, round(share * 8))
        ink = "bad" if share > 0.9 else "warn" if share > 0.75 else "you"
        return (
            (UNICODE.full * full, tokens.style(ink)),
            (UNICODE.empty * (8 - full), tokens.style("faint")),
            (f" {short_count(used)} of {short_count(window)}", muted),
        )

    def _cost(self, tokens: Tokens) -> tuple[Span, ...]:
        cost = self._shown[2]
        return () if cost is None else ((f"${cost:.2f}", tokens.style("muted")),)


def short_count(number: int) -> str:
    """`940`, `12.4k`, `200k`, `1.2M`."""
    if number < 1000:
        return str(number)
    if number < 999_950:
        return f"{number / 1000:.1f}".removesuffix(".0") + "k"
    return f"{number / 1e6:.1f}".removesuffix(".0") + "M"


class StatusLine(_Bar):
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
        shown = (status.activity, status.phase, status.since, status.step, status.max_steps, starting)
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
        if self._phase_width:
            self.refresh(Region(0, 0, self._phase_width, 1))

    def _draw(self, width: int, tokens: Tokens) -> list[_Part | Span]:
        style, plain = tokens.style, Style.null()
        phase = _Part(self._phase(tokens, max(12, width - 22 if width < 60 else width // 2 - 3)), 0)
        self._phase_width = 1 + phase.width
        if self._notice is not None:
            text, kind = self._notice
            room = max(8, width - phase.width - 5)
            said = _Part(((cut(text, room), style(_NOTICE_INK[kind])),), 0)
            return [(" ", plain), phase, ("   ", plain), said]
        parts = [phase]
        for rank, hint in enumerate(self.hints, 2):
            spans = ((hint.key, style("ink", bold=True)), (f" {hint.word}", style("muted")))
            parts.append(_Part(spans, 1 if hint.action == "help" else rank, hint.action))
        row: list[_Part | Span] = [(" ", plain)]
        for at, part in enumerate(_fitting(parts, width - 2, 3)):
            if at:
                row.append(("   ", plain))
            row.append(part)
        return row

    def _phase(self, tokens: Tokens, room: int) -> tuple[Span, ...]:
        style, status = tokens.style, self._status
        if self._starting and not status.working:
            return ((f"{UNICODE.stopped} ", style("muted")), ("starting", style("muted")))
        if not status.working:
            return ((f"{UNICODE.stopped} ", style("muted")), ("ready", style("muted")))
        if status.activity == "waiting":
            return ((f"{UNICODE.asks} {cut(status.phase, room - 2)}", style("warn", bold=True)),)
        # As wide for 5 s as for 50, so that the keys beside it stand still.
        seconds = f"  {whole_seconds(self._clock() - status.since):<6}"
        sign = UNICODE.spinner[self._tick % len(UNICODE.spinner)]
        verb, _, rest = status.phase.partition(" ")
        rest = cut(f" {rest}" if rest else "", room - 2 - len(verb) - len(seconds))
        return ((f"{sign} {verb}", style("warn")), (rest, style("ink")), (seconds, style("muted")))


def whole_seconds(seconds: float) -> str:
    """As `seconds_text`, without a fraction: the clock looks once a second."""
    return f"{max(0.0, seconds):.0f} s" if seconds < 9.95 else seconds_text(seconds)
