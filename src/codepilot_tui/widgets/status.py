"""The top bar and the status line: one row each, drawn from a few facts, most important first where it is narrow."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from codepilot.text import clean_line
from codepilot_tui.bench.jails import NO_CODE_JAIL
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.transcript import Status
from codepilot_tui.widgets.chat.glyphs import UNICODE, Glyphs
from codepilot_tui.widgets.chat.items import seconds_text
from codepilot_tui.widgets.chat.lines import Span, cells, cut

_TICK = 1 / 8


@dataclass(frozen=True, slots=True)
class Facts:
    """What the top bar says of the workbench itself."""

    folder: str = ""
    branch: str = ""
    dirty: bool = False
    mode: str = "ask"
    model: str = ""
    jail: str = ""
    """What holds for commands, as `bench.jails` words it; empty leaves it out."""
    isolated: bool = True
    """The agent's Python is in a jail of its own."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does now. `action` is posted when it is clicked."""

    key: str
    word: str
    action: str = ""


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

    class Pressed(Message):
        """A part with a name was clicked."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        clock: Callable[[], float] = time.time,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.glyphs = glyphs
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
                self.post_message(self.Pressed(name))
                return


class TopBar(_Bar):
    """Where, in which mode, with which model, what jails commands, and how full the context is."""

    facts: reactive[Facts] = reactive(Facts())

    class Pressed(_Bar.Pressed):
        """`mode`, `model`, `context` or `folder` was clicked."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        clock: Callable[[], float] = time.time,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, clock=clock, id=id, classes=classes)
        self._shown: tuple[int, int, float | None] = (0, 0, None)

    def show(self, status: Status) -> None:
        """Take tokens, window and cost from the transcript's status."""
        shown = (status.tokens, status.window, status.cost)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def _draw(self, width: int, tokens: Tokens) -> list[_Part | Span]:
        style, glyphs, facts = tokens.style, self.glyphs, self.facts
        plain = Style.null()
        left = [
            _Part(((f"{glyphs.logo} ", style("agent")), ("codepilot", style("ink", bold=True))), 6),
            _Part(
                ((cut(clean_line(facts.folder), 30), style("muted")),) if facts.folder else (), 4, "folder"
            ),
            _Part(self._branch(tokens), 7),
        ]
        jail: tuple[Span, ...] = ((clean_line(facts.jail), style("muted")),) if facts.jail else ()
        code: tuple[Span, ...] = () if facts.isolated else ((NO_CODE_JAIL, style("warn", bold=True)),)
        mode = style("you", bold=True)
        right = [
            _Part(((clean_line(facts.mode), mode),), 0, "mode"),
            _Part(((cut(clean_line(facts.model), 32), style("muted")),) if facts.model else (), 2, "model"),
            _Part(jail, 3),
            _Part(code, 2),
            _Part(self._meter(tokens), 1, "context"),
            _Part(self._cost(tokens), 5, "context"),
        ]
        kept = _fitting([*left, *right], width - 4, 3)
        left_kept = [part for part in kept if part in left]
        right_kept = [part for part in kept if part in right]
        row: list[_Part | Span] = [(" ", plain)]
        used = 2
        for at, part in enumerate(left_kept):
            row.extend([("   ", plain), part] if at else [part])
            used += part.width + (3 if at else 0)
        used += sum(part.width for part in right_kept) + 3 * (len(right_kept) - 1)
        row.append((" " * max(1, width - used), plain))
        for at, part in enumerate(right_kept):
            row.extend([(f" {glyphs.dot} ", style("faint")), part] if at else [part])
        return row

    def _branch(self, tokens: Tokens) -> tuple[Span, ...]:
        if not self.facts.branch:
            return ()
        name: Span = (cut(clean_line(self.facts.branch), 24), tokens.style("muted"))
        return (name, (f" {self.glyphs.branch}", tokens.style("warn"))) if self.facts.dirty else (name,)

    def _meter(self, tokens: Tokens) -> tuple[Span, ...]:
        used, window, _ = self._shown
        if not used:
            return ()
        count: Span = (short_count(used), tokens.style("muted"))
        if not window:
            return (count,)
        share = min(1.0, used / window)
        full = max(1, round(share * 8))
        ink = "bad" if share > 0.9 else "warn" if share > 0.75 else "you"
        return (
            (self.glyphs.full * full, tokens.style(ink)),
            (self.glyphs.empty * (8 - full), tokens.style("faint")),
            (f" {count[0]}", count[1]),
        )

    def _cost(self, tokens: Tokens) -> tuple[Span, ...]:
        cost = self._shown[2]
        return () if cost is None else ((f"${cost:.2f}", tokens.style("muted")),)


def short_count(number: int) -> str:
    """`940`, `12.4k`, `1.2M`."""
    if number < 1000:
        return str(number)
    if number < 999_950:
        return f"{number / 1000:.1f}k"
    return f"{number / 1e6:.1f}M"


WORKING_HINTS = (
    Hint("Esc", "stop", "stop"),
    Hint("Enter", "next step"),
    Hint("Tab", "after this task"),
    Hint("F1", "keys", "help"),
    Hint("Ctrl+P", "everything", "palette"),
)
WAITING_HINTS = (Hint("Ctrl+O", "answer", "pending_question"), *WORKING_HINTS)
IDLE_HINTS = (
    Hint("Enter", "send"),
    Hint("/", "commands"),
    Hint("F1", "keys", "help"),
    Hint("Ctrl+P", "everything", "palette"),
)


class StatusLine(_Bar):
    """What happens now and for how long, and the keys that matter now. Without a timer while nothing happens."""

    hints: reactive[tuple[Hint, ...] | None] = reactive(None)
    """None: those that fit the status."""

    class Pressed(_Bar.Pressed):
        """A hint was clicked; `name` is its action."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        clock: Callable[[], float] = time.time,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, clock=clock, id=id, classes=classes)
        self._status = Status()
        self._shown: tuple[object, ...] = ()
        self._timer: Timer | None = None
        self._tick = 0

    def show(self, status: Status) -> None:
        """Take the transcript's status; it may be the same object, changed."""
        self._status = status
        shown = (status.activity, status.phase, status.since, status.step, status.max_steps)
        if shown == self._shown:
            return
        self._shown = shown
        if status.working and self._timer is None and self.is_running:
            self._timer = self.set_interval(_TICK, self._on_tick)
        elif not status.working and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.refresh()

    def on_mount(self) -> None:
        """A status may have come before the widget ran."""
        self._shown = ()
        self.show(self._status)

    def _on_tick(self) -> None:
        if not self.app.app_focus:
            return
        self._tick += 1
        still = self._status.activity == "waiting" or self.app.animation_level == "none"
        if not still or self._tick % 8 == 0:
            self.refresh()

    def _draw(self, width: int, tokens: Tokens) -> list[_Part | Span]:
        style, plain = tokens.style, Style.null()
        hints = self.hints if self.hints is not None else self._own_hints()
        phase = _Part(self._phase(tokens, max(12, width - 2 if width < 60 else width // 2)), 0)
        parts = [phase]
        for rank, hint in enumerate(hints, 1):
            spans = ((hint.key, style("ink", bold=True)), (f" {hint.word}", style("muted")))
            parts.append(_Part(spans, rank, hint.action))
        row: list[_Part | Span] = [(" ", plain)]
        for at, part in enumerate(_fitting(parts, width - 2, 3)):
            if at:
                row.append(("   ", plain))
            row.append(part)
        return row

    def _own_hints(self) -> tuple[Hint, ...]:
        if self._status.activity == "waiting":
            return WAITING_HINTS
        return WORKING_HINTS if self._status.working else IDLE_HINTS

    def _phase(self, tokens: Tokens, room: int) -> tuple[Span, ...]:
        style, status = tokens.style, self._status
        if not status.working:
            return ((f"{self.glyphs.stopped} ", style("muted")), ("ready", style("muted")))
        seconds = f"  {seconds_text(self._clock() - status.since)}"
        if status.activity == "waiting":
            sign, rest = self.glyphs.asks, cut(status.phase, room - 2 - len(seconds))
            return ((f"{sign} {rest}", style("warn", bold=True)), (seconds, style("muted")))
        sign = self.glyphs.spinner[self._tick % len(self.glyphs.spinner)]
        verb, _, rest = status.phase.partition(" ")
        rest = cut(f" {rest}" if rest else "", room - 2 - len(verb) - len(seconds))
        return ((f"{sign} {verb}", style("warn")), (rest, style("ink")), (seconds, style("muted")))
