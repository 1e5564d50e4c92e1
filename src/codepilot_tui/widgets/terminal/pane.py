"""The pane of the terminals: a line of tabs, the terminal that is chosen, and the find bar."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from codepilot.terminal.screen import Row
from codepilot_tui.widgets.terminal.find import FindBar
from codepilot_tui.widgets.terminal.finding import Finding
from codepilot_tui.widgets.terminal.hint_line import HintLine, StartTimer
from codepilot_tui.widgets.terminal.messages import FindWanted, HintsChanged, KeyRefused, Owner
from codepilot_tui.widgets.terminal.tabs import State, Tab, TerminalTabs
from codepilot_tui.widgets.terminal.view import TerminalView

FetchHistory = Callable[[str, int, int], Awaitable[Sequence[Row]]]
"""Fetches rows of a terminal's history: its name, the first row, how many."""

TIGHT = 80
"""Columns of a pane that has none to spare for a border."""
_EMPTY = "The agent's shells are live here: watch what it runs, and take the keyboard with {take_over} at any time."


class TerminalPane(Vertical):
    """Shows the terminals by name, one at a time.

    Args:
        fetch: fetches rows of a terminal's history.
        keys: the keys that hints name, by `take_over` and `copy`.
        reserved: keys that no program gets.
        timer: starts the timers of the hint about a refused key; the pane's own by default.
    """

    DEFAULT_CSS = """
    TerminalPane {
        background: $terminal-ground;
        color: $ink;
        padding: 0 0 0 1;
        &.-agent { padding: 0; border-left: outer $agent; }
        &.-person { padding: 0; border-left: outer $you; }
        &.-refused { border-left: outer $warn; }
        &.-tight { padding: 0; border-left: none; }
        & > .terminals--empty { color: $muted; padding: 1 1; height: 1fr; }
        & > TerminalTabs { display: none; }
        &.-some > TerminalTabs { display: block; }
        &.-some > .terminals--empty { display: none; }
        & > TerminalView { display: none; }
        & > TerminalView.-active { display: block; }
    }
    """

    NewWanted: TypeAlias = TerminalTabs.NewWanted
    KeyWanted: TypeAlias = TerminalTabs.KeyWanted
    CloseWanted: TypeAlias = TerminalTabs.CloseWanted

    class HolderChanged(Message):
        """Somebody else holds the keyboard of the terminal that is seen, or another one is seen."""

    class MarksChanged(Message):
        """A walk with the keys or a selection begins or ends: other keys mean something."""

    class LastClosed(Message):
        """The terminal that had the keyboard was the only one, and is gone."""

    def __init__(
        self,
        *,
        fetch: FetchHistory | None = None,
        keys: Mapping[str, str] | None = None,
        reserved: frozenset[str] = frozenset(),
        timer: StartTimer | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._fetch = fetch
        self._reserved = reserved
        self._tabs = TerminalTabs()
        self._tabs.keys.update(keys or {})
        self._find = FindBar()
        self._finding = Finding(self._find, lambda work: self.run_worker(work, group="find", exclusive=True))
        self._hints = HintLine(
            self._tabs, lambda lit: self.set_class(lit, "-refused"), timer or self.set_timer
        )
        self._views: dict[str, TerminalView] = {}
        self._marks: tuple[TerminalView | None, bool, bool] = (None, False, False)
        """The view that was marked last, whether it is walked over, and whether something in it is selected."""
        self._chosen = ""
        """The terminal that the person brought to the front; it stays there until it is closed or handed back."""

    def compose(self) -> ComposeResult:
        """The tabs and the empty state; terminals are mounted as they come."""
        yield self._tabs
        text = Content.assemble(("Terminals", "bold"), "\n\n", _EMPTY.format_map(self._tabs.keys))
        yield Static(text, classes="terminals--empty", markup=False)
        yield self._find

    def on_resize(self) -> None:
        """In a window of 80 columns the shell has all of them: the line of tabs says who holds the keyboard, too."""
        self.set_class(self.outer_size.width == TIGHT, "-tight")

    # Terminals

    @property
    def names(self) -> tuple[str, ...]:
        """The terminals shown, in the order of their tabs."""
        return tuple(self._views)

    @property
    def active(self) -> str:
        """The terminal that is seen; empty if there is none."""
        return self._tabs.active

    @property
    def active_view(self) -> TerminalView | None:
        """The view of the terminal that is seen."""
        return self._views.get(self.active)

    @property
    def finding(self) -> bool:
        """The find bar is open."""
        return self._finding.view is not None

    @property
    def asks(self) -> bool:
        """The find bar has the keyboard."""
        focused = self.screen.focused
        return focused is not None and self._find in focused.ancestors_with_self

    def view(self, name: str) -> TerminalView | None:
        """The view of a terminal."""
        return self._views.get(name)

    def state(self, name: str) -> State:
        """What a terminal does."""
        tab = self._tabs.tabs.get(name)
        return tab.state if tab is not None else "exited"

    def allow_opening(self) -> None:
        """Offer a new terminal beside the tabs."""
        self._tabs.can_open = True
        self._tabs.refresh()

    def add_terminal(self, name: str) -> TerminalView:
        """Show a terminal; the first one becomes active. One that is shown already is given back."""
        known = self._views.get(name)
        if known is not None:
            return known
        fetch = self._fetch
        view = TerminalView(
            name,
            fetch=(lambda start, count: fetch(name, start, count)) if fetch is not None else None,
            reserved=self._reserved,
        )
        self._views[name] = view
        self._tabs.tabs[name] = Tab(name)
        self.mount(view, before=self._find)
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
        if view is self._finding.view:
            self.close_find(focus=False)
        order = list(self._views)
        at = order.index(name)
        focused = view.has_focus
        del self._views[name], self._tabs.tabs[name]
        self._let_go(name)
        if self.active == name:
            self._tabs.active = ""
            order.remove(name)
            if order:
                self.activate(order[min(at, len(order) - 1)], focus=focused)
            elif focused:
                self.post_message(self.LastClosed())
        view.remove()
        self.set_class(bool(self._views), "-some")
        self._show_holder()
        self._tabs.refresh()

    def activate(self, name: str, *, focus: bool = False) -> None:
        """Bring a terminal to the front."""
        if name not in self._views:
            return
        if name != self.active:
            self.close_find(focus=False)
        self._tabs.active = name
        self._tabs.tabs[name].bell = False
        for other, view in self._views.items():
            view.set_class(other == name, "-active")
        if focus:
            # At once: what is typed next is meant for it.
            self.screen.set_focus(self._views[name])
        self._show_holder()
        self._tabs.refresh()

    def activate_next(self, step: int = 1) -> None:
        """Bring the terminal to the right to the front, or with -1 the one to the left."""
        names = self.names
        if names:
            at = names.index(self.active) if self.active in names else 0
            self._choose(names[(at + step) % len(names)])

    def _choose(self, name: str) -> None:
        self._chosen = name
        self.activate(name, focus=True)

    def _let_go(self, name: str) -> None:
        if name == self._chosen:
            self._chosen = ""

    def follow(self, name: str) -> None:
        """The agent begins to work in a terminal: bring it to the front, unless the person looks at another one."""
        shown, view = self._tabs.tabs.get(self.active), self.active_view
        focused = self.screen.focused is view  # the view itself is told later
        looks = view is not None and (focused or view.marks.dragging.selection is not None)
        if not (self._chosen or looks or self.finding or (shown is not None and shown.owner == "person")):
            self.activate(name)

    def set_wanted(self, names: frozenset[str]) -> None:
        """Mark terminals that the person holds and the agent waits for."""
        for name, tab in self._tabs.tabs.items():
            if tab.wanted != (name in names):
                tab.wanted = name in names
                self._tabs.refresh()

    def set_state(self, name: str, state: State, detail: str = "", note: str = "") -> None:
        """Show what a terminal does.

        Args:
            name: of the terminal.
            state: what it does.
            detail: a word after the glyph, such as an exit code.
            note: in place of the title, such as what it waits for.
        """
        tab = self._tabs.tabs.get(name)
        if tab is not None and (tab.state, tab.detail, tab.note) != (state, detail, note):
            tab.state, tab.detail, tab.note = state, detail, note
            self._tabs.refresh()

    def set_owner(self, name: str, owner: Owner) -> None:
        """Show who holds a terminal's keyboard, and send keys accordingly."""
        tab = self._tabs.tabs.get(name)
        if tab is not None:
            if tab.owner == "person" != owner:
                self._let_go(name)
            tab.owner = owner
            self._views[name].owner = owner
            self._show_holder()
            self._hints.show(self._views[name])

    def ring(self, name: str) -> None:
        """A program rang the bell: marks the tab of a terminal that is not looked at."""
        tab = self._tabs.tabs.get(name)
        if tab is not None and (name != self.active or not self._views[name].frames.seen):
            tab.bell = True
            self._tabs.refresh()

    def copy_selection(self) -> bool:
        """Copy what is selected in the terminal that is seen; False if nothing is."""
        view = self.active_view
        return view is not None and view.copy_selection()

    def _show_holder(self) -> None:
        tab = self._tabs.tabs.get(self.active)
        for owner in ("agent", "person"):
            self.set_class(tab is not None and tab.owner == owner, f"-{owner}")
        self.post_message(self.HolderChanged())

    # Hints

    @on(HintsChanged)
    def _hints_changed(self, event: HintsChanged) -> None:
        event.stop()
        view = self._views.get(event.terminal)
        if view is None:
            return
        self._hints.show(view)
        marks = (view, view.marks.browser is not None, view.marks.dragging.selection is not None)
        if marks != self._marks:
            self._marks = marks
            self.post_message(self.MarksChanged())

    @on(KeyRefused)
    def _key_refused(self, event: KeyRefused) -> None:
        view = self._views.get(event.terminal)
        if view is not None:
            self._hints.refuse(view)

    # Tabs

    @on(TerminalTabs.Chosen)
    def _tab_chosen(self, event: TerminalTabs.Chosen) -> None:
        event.stop()
        self._choose(event.name)

    @on(TerminalTabs.Wheeled)
    def _wheeled(self, event: TerminalTabs.Wheeled) -> None:
        event.stop()
        self.activate_next(event.step)

    # Find

    def open_find(self) -> None:
        """Open the find bar for the terminal that is seen."""
        view = self.active_view
        if view is not None:
            self._finding.open(view)

    def close_find(self, *, focus: bool = True) -> None:
        """Close the find bar; the terminal stays where it was looked at."""
        self._finding.close(focus=focus)

    @on(FindWanted)
    def _find_wanted(self, event: FindWanted) -> None:
        event.stop()
        self.open_find()

    @on(FindBar.Closed)
    def _find_closed(self, event: FindBar.Closed) -> None:
        event.stop()
        self.close_find()

    @on(FindBar.Asked)
    def _find_asked(self, event: FindBar.Asked) -> None:
        event.stop()
        self._finding.ask(event.query)

    @on(FindBar.Stepped)
    def _find_stepped(self, event: FindBar.Stepped) -> None:
        event.stop()
        self._finding.step(event.step)
