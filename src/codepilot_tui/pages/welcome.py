"""The first page where no model can be used yet: what was found, and how to begin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.containers import VerticalScroll
from textual.widget import Widget

from codepilot.text import clean
from codepilot_tui.pages.base import Page
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.lines import wrap
from codepilot_tui.widgets.options import Option, OptionRows, matching
from codepilot_tui.widgets.painted import Cell, Painted, Picture, row_of
from codepilot_tui.widgets.row_list import Rows

_PLANE = "panel-plane"
_INDENT = 2
_MOST = 12
"""Rows of the list."""
COLUMNS = 84
"""The most that the sentences take: longer rows are hard to read."""

Said = tuple[str, str]
INTRODUCTION: Said = (
    "A workbench for a coding agent: you see its messages, shells and edits, and what needs your approval waits "
    "for it.",
    "muted",
)
HOW: tuple[Said, ...] = (
    ("To list a model here, set its key before you start codepilot-tui, for example:", "muted"),
    ("  export ANTHROPIC_API_KEY=…", "code"),
    ("Models of Ollama, LM Studio and llama.cpp are listed while those run on this machine.", "muted"),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to begin."""

    id: str
    """`demo`, or `provider:model`."""
    title: str
    detail: str


DEMO = Offer("demo", "Guided demo", "a scripted model on a small real project")


class Sentences(Painted):
    """Paragraphs, wrapped; a blank row behind each block of them."""

    def __init__(self, said: Sequence[Said]) -> None:
        super().__init__()
        self._said = tuple(said)

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The rows."""
        ground = tokens.style("", _PLANE)
        rows = []
        for text, ink in self._said:
            for line in wrap([(clean(text), tokens.style(ink, _PLANE))], min(COLUMNS, width - 2 * _INDENT)):
                cells: list[Cell] = [(part.text, part.style or ground) for part in line.segments]
                rows.append(row_of([(" " * _INDENT, ground), *cells], width, ground))
        return Picture((*rows, row_of([], width, ground)))


class WelcomePage(Page[str]):
    """Offers what can be started here and now; the guided demo is always there. The result is an offer's id.

    Args:
        offers: models whose key or server was found, the best one first.
        missing: why the model that the setup names cannot be used, in words.
    """

    title = "Choose a model to begin"
    kind = "welcome"
    placeholder = "Type to find"

    DEFAULT_CSS = """
    WelcomePage > VerticalScroll { height: 1fr; background: $panel-plane; scrollbar-size-vertical: 1; }
    WelcomePage OptionRows { background: $panel-plane; margin-bottom: 1; }
    """

    def __init__(self, offers: Sequence[Offer], missing: str) -> None:
        self._offers = (*offers, DEMO)
        self._missing = missing
        self._went = False
        """The person moved over the rows."""
        self.list = OptionRows(self._options(), plane=_PLANE)
        super().__init__()

    def body(self) -> Iterable[Widget]:
        """Why one is asked, the list, what else could stand in it."""
        box = VerticalScroll(
            Sentences((INTRODUCTION,)), Sentences(((self._missing, "warn"),)), self.list, Sentences(HOW),
            classes="page-body",
        )  # fmt: skip
        box.can_focus = False
        yield box

    def on_mount(self) -> None:
        """The list is as high as it needs."""
        self._fit()

    def keys(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        return (("↑ ↓", "choose"), ("Enter", "begin"), ("Esc", "clear" if self.field.value else "quit"))

    def add(self, offers: Sequence[Offer]) -> None:
        """Offer more, before the demo: servers that were found meanwhile."""
        at = self.list.chosen.value if self._went and self.list.chosen is not None else ""
        self._offers = (*self._offers[:-1], *offers, DEMO)
        # The best one is on top; what the person went to stays chosen.
        self.list.show(matching(self._options(), self.field.words), self.field.words, at)
        self._fit()

    def searched(self, words: str) -> None:
        """Narrow the list."""
        self.list.show(matching(self._options(), words), words)
        self.keys_changed()

    def press(self, key: str) -> bool:
        """Move, or begin."""
        if key == "enter":
            self._choose()
            return True
        self._went = self._went or key in ("up", "down", "pageup", "pagedown", "home", "end")
        return self.list.press(key)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click takes it."""
        event.stop()
        self._choose()

    def _choose(self) -> None:
        chosen = self.list.chosen
        if chosen is not None:
            self.finish(chosen.value)

    def _fit(self) -> None:
        self.list.styles.height = min(_MOST, len(self._offers))

    def _options(self) -> list[Option]:
        return [Option(offer.id, offer.title, offer.detail) for offer in self._offers]
