"""The three columns of the session screen, and the gaps between them that the mouse drags."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from codepilot_tui.screens.panes import PaneControl
from codepilot_tui.widgets.splitter import Splitter
from codepilot_tui.widgets.strip import TerminalStrip


class Columns(Horizontal):
    """Files, chat and terminal, empty at first.

    Args:
        panes: knows how wide each is.
        terminal_key: shows the terminal, as a person reads it.
    """

    DEFAULT_CSS = """
    Columns { height: 1fr; layers: base dock; }
    Columns > #files-column { width: 28; background: $panel-plane; }
    Columns > #chat-column { width: 76; background: $ground; }
    Columns > #terminal-column { width: 54; background: $terminal-ground; }
    #chat-title { height: 1; padding: 0 1; color: $muted; }
    #chat-title.-focused { color: $you; text-style: bold; }
    """

    def __init__(self, panes: PaneControl, terminal_key: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._panes = panes
        self._terminal_key = terminal_key

    def compose(self) -> ComposeResult:
        """Three planes; the chat's has a title, and a row for a terminal that has no column."""
        yield Vertical(id="files-column")
        yield Splitter("files", "panel-plane", id="files-gap")
        with Vertical(id="chat-column"):
            yield Static("CHAT", id="chat-title", markup=False)
            yield TerminalStrip(self._terminal_key, id="strip")
        yield Splitter("terminal", "terminal-ground", id="terminal-gap")
        yield Vertical(id="terminal-column")

    def on_descendant_focus(self) -> None:
        """The chat's title is lit while the chat has the keyboard; files and terminals light their own."""
        # Asked of the screen: what one widget says of its loss may come behind what another says of its gain.
        focused = self.screen.focused
        self.query_one("#chat-title").set_class(focused is not None and focused.id == "chat", "-focused")

    on_descendant_blur = on_descendant_focus

    def on_splitter_dragged(self, event: Splitter.Dragged) -> None:
        """A gap follows the mouse."""
        self._panes.dragged(event.pane, event.x)

    def on_splitter_released(self) -> None:
        """The gap stays."""
        self._panes.released()

    def on_splitter_reset(self, event: Splitter.Reset) -> None:
        """The usual width."""
        self._panes.reset_one(event.pane)
