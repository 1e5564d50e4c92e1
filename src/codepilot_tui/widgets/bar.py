"""What the top bar and the status line share: one row of parts, the least important left out where it is narrow."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.chat.lines import Span, cells
from codepilot_tui.widgets.clicked import LEFT, ActionClicked


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar. The highest rank is left out first; rank 0 stays."""

    spans: tuple[Span, ...]
    rank: int
    name: str = ""

    @property
    def width(self) -> int:
        """In columns."""
        return sum(cells(text) for text, _ in self.spans)


def fitting(parts: Sequence[Part], width: int, gap: int) -> list[Part]:
    """Those that have room, `gap` columns apart; empty ones are left out."""
    kept = [part for part in parts if part.spans]
    while len(kept) > 1 and sum(part.width for part in kept) + gap * (len(kept) - 1) > width:
        victim = max(kept, key=lambda part: part.rank)
        if victim.rank == 0:
            break
        kept.remove(victim)
    return kept


class Bar(Widget):
    """One row; remembers where its parts stand, for the mouse."""

    DEFAULT_CSS = "Bar { height: 1; width: 1fr; }"
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
        self._pressed = ""

    def _draw(self, width: int, tokens: Tokens) -> list[Part | Span]:
        """The row, from left to right."""
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
            spans = part.spans if isinstance(part, Part) else (part,)
            begin = at
            for text, style in spans:
                segments.append(Segment(text, style))
                at += cells(text)
            if isinstance(part, Part) and part.name:
                self._places.append((begin, at, part.name))
        return Strip(segments).crop_extend(0, width, None).apply_style(self.rich_style)

    def _part_under(self, event: events.MouseEvent) -> str:
        offset = event.get_content_offset(self)
        at = -1 if offset is None else offset.x
        return next((name for begin, end, name in self._places if begin <= at < end), "")

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click is one on the part where the button went down, if it goes up there."""
        self._pressed = self._part_under(event)

    def on_click(self, event: events.Click) -> None:
        """Say which part was meant."""
        name = self._part_under(event)
        if event.button == LEFT and name and name == self._pressed:
            event.stop()
            self.post_message(ActionClicked(name))
