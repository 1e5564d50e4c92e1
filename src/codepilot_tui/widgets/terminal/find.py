"""The find bar below a terminal: what is looked for, how many there are, and the way from one to the next."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from codepilot_tui.widgets.clicked import LEFT
from codepilot_tui.widgets.editing import LineInput
from codepilot_tui.widgets.terminal.search import Query, Search

_MANY = 100_000


class FindInput(LineInput):
    """Where the text is typed."""


class FindBar(Horizontal):
    """One line. It posts what to do; the pane does it."""

    DEFAULT_CSS = """
    FindBar {
        height: 1;
        background: $raised;
        display: none;
        &.-open { display: block; }
        & > Static { width: auto; color: $muted; background: $raised; }
        & > #find-label { color: $ink; text-style: bold; }
        & > #find-text { width: 1fr; height: 1; border: none; padding: 0; background: $raised; color: $ink; }
        & > #find-count { padding: 0 1; color: $muted; }
        & > #find-count.-none { color: $warn; }
        & > #find-regex { padding: 0 1; color: $faint; }
        & > #find-regex.-on { color: $terminal-ground; background: $you; }
        & > #find-keys { padding: 0 1 0 0; }
    }
    """

    class Asked(Message):
        """Something else is looked for."""

        def __init__(self, query: Query) -> None:
            super().__init__()
            self.query = query

    class Stepped(Message):
        """To the next match: 1 newer, -1 older."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Closed(Message):
        """The search is over."""

    _STEPS: ClassVar[dict[str, int]] = {"up": -1, "shift+enter": 1, "down": 1}

    def __init__(self) -> None:
        super().__init__()
        self._regex = False

    def compose(self) -> ComposeResult:
        """Label, text, count, switch, keys."""
        yield Static(" Find ", id="find-label", markup=False)
        yield FindInput(compact=True, select_on_focus=True, id="find-text")
        yield Static("", id="find-count", markup=False)
        yield Static(".*", id="find-regex", markup=False)
        yield Static("", id="find-keys", markup=False)

    @property
    def is_open(self) -> bool:
        """Whether it is seen."""
        return self.has_class("-open")

    @property
    def query_now(self) -> Query:
        """What is looked for."""
        return Query(self.query_one(Input).value, self._regex)

    def open(self) -> None:
        """Show it, with the text of the last time."""
        self.add_class("-open")
        self.query_one(Input).focus()
        self.post_message(self.Asked(self.query_now))

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    def tell(self, search: Search) -> None:
        """Show how the search stands."""
        text, none = "", False
        count = len(search.matches)
        if search.query.text and search.pattern is None:
            text, none = "invalid pattern", True
        elif search.too_slow:
            text, none = "too slow", True
        elif count:
            number = f"{count:,}" if count < _MANY else f"{_MANY:,}+"
            text = f"{search.at + 1:,} of {number}" + ("" if search.complete else " …")
        elif search.query.text:
            text, none = ("none", True) if search.complete else ("…", False)
        shown = self.query_one("#find-count", Static)
        shown.update(Content(text))
        shown.set_class(none, "-none")

    def on_resize(self, event: events.Resize) -> None:
        """Name the keys where there is room."""
        keys = [("↑", "older"), ("↓", "newer"), ("Alt+R", "pattern"), ("Esc", "close")]
        room = event.size.width - 40
        while keys and sum(len(key) + len(word) + 3 for key, word in keys) > room:
            keys.pop(2 if len(keys) == 4 else 0)
        parts = [part for key, word in keys for part in ((key, "$ink bold"), f" {word}  ")]
        self.query_one("#find-keys", Static).update(Content.assemble(*parts))

    def on_key(self, event: events.Key) -> None:
        """Steps, the switch, the end."""
        if event.key in self._STEPS:
            self.post_message(self.Stepped(self._STEPS[event.key]))
        elif event.key == "alt+r":
            self._switch()
        elif event.key == "escape":
            self.post_message(self.Closed())
        else:
            return
        event.stop()
        event.prevent_default()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Stepped(-1))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Asked(self.query_now))

    def on_click(self, event: events.Click) -> None:
        """The switch can be clicked."""
        if event.button != LEFT:
            return
        if event.widget is not None and event.widget.id == "find-regex":
            event.stop()
            self._switch()

    def _switch(self) -> None:
        self._regex = not self._regex
        self.query_one("#find-regex").set_class(self._regex, "-on")
        self.post_message(self.Asked(self.query_now))
