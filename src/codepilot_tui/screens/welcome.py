"""The first screen where no model is configured: what was found, and how to begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from codepilot.text import clean_line


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to begin."""

    id: str
    """`demo`, or `provider:model`."""
    title: str
    detail: str


DEMO = Offer("demo", "Guided demo", "a scripted model, a small real project")


class WelcomeScreen(Screen[None]):
    """Offers what can be started here and now; the guided demo is always there.

    Args:
        offers: models whose key or server was found.
        missing: why the model that the setup names cannot be used, in words.
        chosen: told the id of the offer.
    """

    DEFAULT_CSS = """
    WelcomeScreen { background: $ground; align: center middle; }
    WelcomeScreen > #card { width: 76; max-width: 96%; height: auto; max-height: 96%; }
    WelcomeScreen #title { color: $ink; text-style: bold; height: 1; }
    WelcomeScreen .words { color: $muted; height: auto; margin-bottom: 1; }
    WelcomeScreen #offers {
        height: auto; max-height: 12; border: none; background: $panel-plane; padding: 1 2;
        color: $ink; margin-bottom: 1;
    }
    WelcomeScreen #offers > .option-list--option-highlighted { background: $line; color: $you; }
    WelcomeScreen #foot { color: $muted; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+c", "app.leave", "Quit", show=False)]

    def __init__(self, offers: Sequence[Offer], missing: str, chosen: Callable[[str], None]) -> None:
        super().__init__()
        self._chosen = chosen
        self._offers = (*offers, DEMO)
        self._missing = missing
        self._went = False
        """The person moved over the rows."""

    def compose(self) -> ComposeResult:
        """A card in the middle."""
        with Vertical(id="card"):
            yield Static(Content.assemble(("◆ ", "$agent"), "codepilot"), id="title")
            yield Static(
                "A workbench beside a coding agent: its words, its shells and its edits before your eyes,"
                " and nothing that needs your say happens without it.",
                classes="words",
                markup=False,
            )
            yield Static(clean_line(self._missing), classes="words", markup=False)
            yield OptionList(*(Option(self._line(offer), id=offer.id) for offer in self._offers), id="offers")
            yield Static(
                Content.assemble(
                    ("Enter", "$ink bold"), " begin   ", ("↑ ↓", "$ink bold"), " choose   ",
                    ("Ctrl+Q", "$ink bold"), " quit",
                    "\n\nA model whose key is set when codepilot-tui starts stands here too, for example:\n",
                    ("  export ANTHROPIC_API_KEY=…", "$code"),
                    "\nSo do those of Ollama, LM Studio and llama.cpp while they run on this machine.",
                ),
                id="foot",
            )  # fmt: skip

    def on_mount(self) -> None:
        """The list has the keyboard."""
        self.query_one(OptionList).focus()

    def add(self, offers: Sequence[Offer]) -> None:
        """Offer more, before the demo: servers that were found meanwhile."""
        listed = self.query_one(OptionList)
        at = listed.highlighted
        chosen = listed.get_option_at_index(at).id if at is not None else None
        self._offers = (*self._offers[:-1], *offers, DEMO)
        listed.clear_options()
        listed.add_options([Option(self._line(offer), id=offer.id) for offer in self._offers])
        known = [offer.id for offer in self._offers]
        # The best one is on top; what the person went to stays chosen.
        listed.highlighted = known.index(chosen) if self._went and chosen in known else 0

    def on_key(self, event: events.Key) -> None:
        """Whoever moves has chosen."""
        self._went = self._went or event.key in ("up", "down", "home", "end", "pageup", "pagedown")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Pass the choice on."""
        if event.option.id is not None:
            self._chosen(event.option.id)

    @staticmethod
    def _line(offer: Offer) -> Content:
        return Content.assemble(
            (f"{clean_line(offer.title):<30}", "$ink bold"), (clean_line(offer.detail), "$muted")
        )
