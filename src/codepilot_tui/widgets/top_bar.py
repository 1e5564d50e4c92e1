"""The top bar: where, in which mode, with which model, in which jail, how full the context is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.style import Style
from textual.reactive import reactive

from codepilot.text import clean_line
from codepilot_tui.bench.jails import NO_CODE_JAIL
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.state import Status
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.bar import Bar, Part, fitting
from codepilot_tui.widgets.chat.lines import Span, cut


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


class TopBar(Bar):
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

    def _draw(self, width: int, tokens: Tokens) -> list[Part | Span]:
        left, right = self._left(tokens), self._right(tokens)
        kept = fitting([*left, *right], width - 4, 3)
        left_kept = [part for part in kept if part in left]
        right_kept = [part for part in kept if part in right]
        plain = Style.null()
        row: list[Part | Span] = [(" ", plain)]
        used = 2
        for at, part in enumerate(left_kept):
            row.extend([("   ", plain), part] if at else [part])
            used += part.width + (3 if at else 0)
        used += sum(part.width for part in right_kept) + 3 * (len(right_kept) - 1)
        row.append((" " * max(1, width - used), plain))
        for at, part in enumerate(right_kept):
            row.extend([(f" {UNICODE.dot} ", tokens.style("faint")), part] if at else [part])
        return row

    def _left(self, tokens: Tokens) -> list[Part]:
        style, facts = tokens.style, self.facts
        if self.tabs:
            return [Part(self._tab(tab, tokens), 0, tab.action) for tab in self.tabs]
        name = ((f"{UNICODE.logo} ", style("agent")), ("codepilot", style("ink", bold=True)))
        folder = ((cut(clean_line(facts.folder), 30), style("muted")),) if facts.folder else ()
        return [Part(name, 6), Part(folder, 3), Part(self._branch(tokens), 8)]

    def _right(self, tokens: Tokens) -> list[Part]:
        style, facts = tokens.style, self.facts
        mode = (clean_line(facts.mode), style("you", bold=True))
        modes = (("mode ", style("muted")), mode) if facts.mode else ()
        model = ((cut(clean_line(facts.model), 32), style("muted")),) if facts.model else ()
        return [
            Part(modes, 1 if self.tabs else 0),  # mode and jail, what keeps the person safe, go last
            Part(model, 4, "model"),
            Part(self._jail(tokens), 2),
            Part(self._meter(tokens), 5),
            Part(self._cost(tokens), 7),
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
