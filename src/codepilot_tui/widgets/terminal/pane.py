"""The pane of the terminals: a line of tabs, and the terminal that is chosen."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from codepilot_tui.widgets.terminal.messages import Owner
from codepilot_tui.widgets.terminal.tabs import State, Tab, TerminalTabs
from codepilot_tui.widgets.terminal.view import TerminalView

HistoryRequest = Callable[[str, int, int], None]
"""Asks for rows of a terminal's history: its name, the first row, how many."""

_EMPTY_TEXT = (
    "Terminals",
    "The agent's shells are live here: watch what it runs, and take the keyboard with F6 whenever you like.",
)


class TerminalPane(Vertical):
    """Shows the terminals by name, one at a time.

    Args:
        request_history: asks for rows of a terminal's history; the answer goes to `view(name).apply_history`.
    """

    DEFAULT_CSS = """
    TerminalPane {
        background: $terminal-ground;
        color: $ink;
        padding: 0 0 0 1;
        & > .terminals--empty { color: $muted; padding: 1 1; height: 1fr; }
        & > TerminalTabs { display: none; }
        &.-some > TerminalTabs { display: block; }
        &.-some > .terminals--empty { display: none; }
        & > TerminalView { display: none; }
        & > TerminalView.-active { display: block; }
    }
    """

    class Activated(Message):
        """Another terminal is shown."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(
        self,
        *,
        request_history: HistoryRequest | None = None,
        ascii_only: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._request_history = request_history
        self._tabs = TerminalTabs(ascii_only=ascii_only)
        self._views: dict[str, TerminalView] = {}

    def compose(self) -> ComposeResult:
        """The tabs and the empty state; terminals are mounted as they come."""
        yield self._tabs
        heading, text = _EMPTY_TEXT
        yield Static(
            Content.assemble((heading, "bold"), "\n\n", text), classes="terminals--empty", markup=False
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The terminals shown, in the order of their tabs."""
        return tuple(self._views)

    @property
    def active(self) -> str:
        """The terminal that is seen; empty if there is none."""
        return self._tabs.active

    def view(self, name: str) -> TerminalView | None:
        """The view of a terminal."""
        return self._views.get(name)

    def add_terminal(self, name: str) -> TerminalView:
        """Show a terminal; the first one becomes active. One that is shown already is given back."""
        known = self._views.get(name)
        if known is not None:
            return known
        ask = self._request_history
        view = TerminalView(
            name, request_history=(lambda start, count: ask(name, start, count)) if ask is not None else None
        )
        self._views[name] = view
        self._tabs.tabs[name] = Tab(name)
        self.mount(view)
        self.add_class("-some")
        if not self.active:
            self.activate(name)
        self._tabs.refresh()
        return view

    def remove_terminal(self, name: str) -> None:
        """Show a terminal no longer; its neighbour becomes active."""
        view = self._views.get(name)
        if view is None:
            return
        order = list(self._views)
        at = order.index(name)
        focused = view.has_focus
        del self._views[name], self._tabs.tabs[name]
        if self.active == name:
            self._tabs.active = ""
            order.remove(name)
            if order:
                self.activate(order[min(at, len(order) - 1)], focus=focused)
        view.remove()
        self.set_class(bool(self._views), "-some")
        self._tabs.refresh()

    def activate(self, name: str, *, focus: bool = False) -> None:
        """Bring a terminal to the front."""
        if name not in self._views:
            return
        changed = name != self.active
        self._tabs.active = name
        for other, view in self._views.items():
            view.set_class(other == name, "-active")
        if focus:
            self._views[name].focus()
        self._tabs.refresh()
        if changed:
            self.post_message(self.Activated(name))

    def activate_next(self, step: int = 1) -> None:
        """Bring the terminal to the right to the front, or with -1 the one to the left."""
        names = self.names
        if names:
            at = names.index(self.active) if self.active in names else 0
            self.activate(names[(at + step) % len(names)], focus=True)

    def set_state(self, name: str, state: State, detail: str = "") -> None:
        """Show what a terminal does; `detail` is a word after the glyph, such as an exit code."""
        tab = self._tabs.tabs.get(name)
        if tab is not None and (tab.state, tab.detail) != (state, detail):
            tab.state, tab.detail = state, detail
            self._tabs.refresh()

    def set_owner(self, name: str, owner: Owner) -> None:
        """Show who holds a terminal's keyboard, and send keys accordingly."""
        tab = self._tabs.tabs.get(name)
        if tab is not None:
            tab.owner = owner
            self._views[name].owner = owner
            self._tabs.refresh()

    @on(TerminalTabs.Chosen)
    def _choose(self, event: TerminalTabs.Chosen) -> None:
        event.stop()
        self.activate(event.name, focus=True)
