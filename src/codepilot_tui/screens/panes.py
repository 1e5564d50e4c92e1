"""The panes of the session screen: carries out the arrangement of `bench.layout`, and what the person wants of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.widget import Widget

from codepilot_tui.bench import layout
from codepilot_tui.bench.layout import Arrangement, Pane, Pulse, Sight, Size, Splitter, TerminalPulse, Wants
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.widgets import splitter
from codepilot_tui.widgets.top_bar import PaneTab

if TYPE_CHECKING:
    from codepilot_tui.facts import Place
    from codepilot_tui.screens.session import SessionScreen

COLUMNS: dict[Pane, str] = {"files": "#files-column", "chat": "#chat-column", "terminal": "#terminal-column"}
FOCUS: dict[Pane, str] = {"files": "#file-tree", "chat": "#chat", "terminal": ""}
_STEP = 2
"""Columns that one press widens a pane by."""
_OF_PLACE: dict[Place, Pane] = {
    "files": "files", "changes": "files", "chat": "chat", "terminal": "terminal", "terminal-held": "terminal",
}  # fmt: skip

_SIGNS: dict[Pulse, str] = {
    "none": "", "idle": UNICODE.stopped, "aside": UNICODE.running, "busy": UNICODE.running,
    "held": UNICODE.running, "asks": UNICODE.asks,
}  # fmt: skip


class PaneControl:
    """Folds, widths, the maximised pane. The person's wishes outlive the program; what is focused does not.

    Args:
        screen: holds the columns, the splitters and the bars.
        place: gives where the keyboard is.
        keep: told when the person's wishes changed.
        now: seconds on a clock that only goes on.
    """

    def __init__(
        self,
        screen: SessionScreen,
        place: Callable[[], Place],
        keep: Callable[[Wants], None],
        now: Callable[[], float],
    ) -> None:
        self._screen = screen
        self._place = place
        self._keep = keep
        self.wants = Wants()
        self.shown = Arrangement()
        self.pulse = TerminalPulse(now)
        self._told: Pulse = "none"
        self._last: Pane | None = None
        self._sent = False
        """A message was sent and the keyboard stayed in the composer: its answer is to be seen."""
        self._timer: Timer | None = None
        self.focus_terminal: Callable[[], bool] = lambda: False
        """Gives the terminal that is shown the keyboard; False if there is none."""

    # -- what happens --

    def adopt(self, wants: Wants) -> None:
        """What was kept of this folder."""
        self.wants = wants
        self.arrange()

    def terminals_do(self, pulse: Pulse) -> None:
        """What the terminals do now."""
        self._told = pulse
        self._follow_pulse()

    def _follow_pulse(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        focused = self.focused == "terminal"
        if self.pulse.tell(self._told, focused=focused):
            self.arrange()
        wait = self.pulse.wake_in(focused=focused)
        if wait is not None:
            self._timer = self._screen.set_timer(max(0.05, wait), self._follow_pulse)

    def focus_moved(self) -> None:
        """The keyboard is elsewhere."""
        self._follow_pulse()
        self.arrange()

    @property
    def focused(self) -> Pane | None:
        """The pane that has the keyboard, or had it when a popup or a page was opened over it.

        What opens for a moment must not move what lies below, nor change the size of a terminal.
        """
        place = self._place()
        if place not in ("popup", "page"):
            self._last = _OF_PLACE.get(place)
        return self._last

    def message_sent(self) -> None:
        """A terminal that the person holds covers the chat no longer: the answer comes there."""
        self._sent = True
        self.arrange()

    def arrange(self) -> None:
        """Give each column its width."""
        size = self._screen.size
        if not size.width:
            return
        self._sent = self._sent and self.focused is None
        made = layout.arrange(Size(*size), self.wants, self._sight())
        if made == self.shown:
            return
        self.shown = made
        for pane, selector in COLUMNS.items():
            column = self._screen.query_one(selector)
            column.display = bool(made.width(pane))
            if made.width(pane):
                column.styles.width = made.width(pane)
        self._gaps(made)
        self._screen.query_one("#strip").display = made.strip
        self._screen.query_one("#chat-title").display = not made.tabs  # which name the chat themselves
        for selector in ("#top", "#composer"):
            self._screen.query_one(selector).display = not made.alone

    def _sight(self) -> Sight:
        return Sight("chat" if self._sent else self.focused, self.pulse.shown)

    def _gaps(self, made: Arrangement) -> None:
        for pane, selector in (("files", "#files-gap"), ("terminal", "#terminal-gap")):
            gap = self._screen.query_one(selector, splitter.Splitter)
            gap.folded = pane in made.handles
            beside = bool(made.files if pane == "files" else made.terminal) and bool(made.chat)
            gap.display = gap.folded or beside

    def tabs(self) -> tuple[PaneTab, ...]:
        """What the top bar offers; empty where the panes stand side by side."""
        if not self.shown.tabs:
            return ()
        shown = self.shown.shown
        asks = self._told == "asks"
        terminal = f"terminal {_SIGNS[self._told]}".rstrip()
        return (
            PaneTab("focus_chat", "chat", "chat" in shown),
            PaneTab("focus_files", "files", "files" in shown),
            PaneTab("focus_terminal", terminal, "terminal" in shown, asks),
        )

    # -- actions --

    def composer(self) -> None:
        """Give the composer the keyboard."""
        if self.shown.alone:
            self._want(replace(self.wants, maximised=None))
        self._screen.set_focus(self._screen.query_one("#composer Editor"))

    def chat(self) -> None:
        """Go to the chat."""
        self._go("chat")

    def files(self) -> None:
        """Go to the files."""
        self._go("files")

    def terminal(self) -> None:
        """Go to the terminal."""
        self._go("terminal")

    def next(self) -> None:
        """Go to the next pane that is seen: files, changes, chat, terminal, composer."""
        stops = [
            ("files", "#file-tree"), ("files", "#change-list"), ("chat", "#chat"), ("terminal", ""),
        ]  # fmt: skip
        seen = [(pane, selector) for pane, selector in stops if pane in self.shown.shown]
        places: dict[Place, int] = {"files": 0, "changes": 1, "chat": 2, "terminal": 3, "terminal-held": 3}
        here = places.get(self._place(), -1)
        for at, (pane, selector) in enumerate(stops):
            if at > here and (pane, selector) in seen:
                if selector:
                    self._screen.set_focus(self._screen.query_one(selector))
                    return
                if self.focus_terminal():
                    return
        self.composer()

    def _go(self, pane: Pane) -> None:
        if not self._screen.once_there(pane, partial(self._go, pane)):
            return
        self.reveal(pane)
        if pane == "terminal":
            # A column that is not displayed takes no keyboard: the terminal's comes with its focus.
            column = self._screen.query_one(COLUMNS[pane])
            column.display = True
            if not self.focus_terminal():
                self._arrange_again()
                self._screen.drop_typed()
            return
        target: Widget = self._screen.query_one(FOCUS[pane])
        self._screen.query_one(COLUMNS[pane]).display = True
        self._screen.set_focus(target)

    def _arrange_again(self) -> None:
        self.shown = Arrangement()
        self.arrange()

    def reveal(self, pane: Pane) -> None:
        """Let nothing that the person folded or maximised hide a pane."""
        wants = self.wants
        if pane in wants.folded:
            wants = replace(wants, folded=wants.folded - {pane})
        if wants.maximised not in (None, pane):
            wants = replace(wants, maximised=None)
        self._want(wants)

    def toggle_files(self) -> None:
        """Fold the files, or unfold them."""
        self._toggle("files")

    def toggle_terminal(self) -> None:
        """Fold the terminal, or unfold it."""
        self._toggle("terminal")

    def _toggle(self, pane: Pane) -> None:
        if pane not in self.wants.folded and self.shown.width(pane):
            if self.focused == pane:
                self.composer()
            self._want(replace(self.wants, folded=self.wants.folded | {pane}))
        elif pane in self.wants.folded:
            self._want(replace(self.wants, folded=self.wants.folded - {pane}))
        else:
            self._go(pane)  # it was not folded, there was no room: it gets some by having the keyboard

    def maximise(self) -> None:
        """Give the focused pane all the room, or give it back."""
        if self.wants.maximised is not None:
            self.restore()
        else:
            self._want(replace(self.wants, maximised=self.focused or "chat"))

    def restore(self) -> None:
        """No pane has all the room any more."""
        self._want(replace(self.wants, maximised=None))

    def widen(self) -> None:
        """Make the focused pane wider."""
        self._resize(_STEP)

    def narrow(self) -> None:
        """Make the focused pane narrower."""
        self._resize(-_STEP)

    def _resize(self, columns: int) -> None:
        pane = self.focused or "chat"
        wants = layout.resized(self.wants, pane, columns, Size(*self._screen.size), self._sight())
        if wants is not None:
            self._want(wants)
        else:
            self._screen.tell(f"The {pane} cannot be {'wider' if columns > 0 else 'narrower'} here.")

    def reset(self) -> None:
        """The usual widths."""
        before = self.shown
        self._want(replace(self.wants, files=None, terminal=None))
        if self.shown == before:  # also where the person made them so by hand
            self._screen.tell("The panes have their usual widths already.")

    def dragged(self, pane: str, x: int) -> None:
        """A gap follows the mouse."""
        self.wants = layout.drag(self.wants, _splitter(pane), x, Size(*self._screen.size))
        self.arrange()

    def released(self) -> None:
        """The gap stays there."""
        self._keep(self.wants)

    def reset_one(self, pane: str) -> None:
        """The usual width of one pane."""
        self._want(layout.reset(self.wants, _splitter(pane)))

    def _want(self, wants: Wants) -> None:
        changed = wants != self.wants
        self.wants = wants
        self.arrange()
        if changed:
            self._keep(wants)


def _splitter(pane: str) -> Splitter:
    return "files" if pane == "files" else "terminal"
