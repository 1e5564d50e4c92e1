"""May this run? The modal for commands, input to a terminal, and tools of the agent file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from textual import events
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from codepilot.decision import PermissionRequest
from codepilot.text import clean, clean_line
from codepilot_tui.docks.command_look import command_parts, effects
from codepilot_tui.modals.ask import AskModal
from codepilot_tui.modals.panel import DEAF_SECONDS

_HEADINGS = {
    "command": "The agent asks to run a command",
    "input": "The agent asks to type into a terminal",
    "edit": "The agent asks to change a file",
}
_ROLE_STYLES = {
    "plain": "$ink",
    "name": "$code bold",
    "danger": "$bad bold",
    "hidden": "$ground on $warn",
    "blank": "$muted",
}
_SEVERITY_STYLES = {"calm": "$ink", "warn": "$warn", "bad": "$bad"}


class PermissionModal(AskModal):
    """The exact command, what it would do, why it asks and where it is jailed.

    Args:
        request: what waits for a yes.
        position: which of the waiting questions it is.
        total: how many there are.
        jail: what holds the command, in words; empty leaves the row out.
        home: shown as `~` in the working directory.
        deaf: for how many quiet seconds the answer keys are deaf.
        stray: takes characters typed while they are.
    """

    DEFAULT_CSS = """
    PermissionModal #where { height: auto; max-height: 3; margin-bottom: 1; color: $muted; }
    PermissionModal #command-box {
        height: auto; scrollbar-size-vertical: 1; background: $raised;
        scrollbar-background: $raised; scrollbar-background-hover: $raised;
    }
    PermissionModal #command { width: 100%; height: auto; padding: 0 1; color: $ink; }
    PermissionModal #more { height: 1; padding: 0 1; color: $warn; }
    PermissionModal .fact { height: auto; }
    PermissionModal .fact-name { width: 9; color: $muted; }
    PermissionModal .fact-text { width: 1fr; height: auto; max-height: 4; color: $ink; }
    """

    def __init__(
        self,
        request: PermissionRequest,
        *,
        position: int = 1,
        total: int = 1,
        jail: str = "",
        home: str = "",
        deaf: float = DEAF_SECONDS,
        stray: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(request, position=position, total=total, deaf=deaf, stray=stray)
        self.heading = _HEADINGS.get(request.kind, f"The agent asks to use {request.tool}")
        self._jail = jail
        self._room = 0
        self._home = home or str(Path.home())

    def compose_body(self) -> Iterable[Widget]:
        """Where, what, and the facts about it."""
        where = self._where()
        if where is not None:
            yield Static(where, id="where", markup=False)
        box = VerticalScroll(Static(self._command(), id="command", markup=False), id="command-box")
        box.can_focus = False
        yield box
        yield Static("", id="more", markup=False)
        for name, text in self._facts():
            label = Static(name, classes="fact-name", markup=False)
            yield Horizontal(label, Static(text, classes="fact-text", markup=False), classes="fact")
        yield from self.compose_chips()

    def on_mount(self) -> None:
        """Follow the scrolling of a long command."""
        self.watch(self.query_one("#command-box"), "scroll_y", self._tell_more, init=False)
        self.call_after_refresh(self._fit)

    def on_resize(self, event: events.Resize) -> None:
        """The command gives way first: the answers and the facts stay in sight."""
        self.call_after_refresh(self._fit)

    def other_key(self, key: str) -> bool:
        """Scroll a long command."""
        box = self.query_one("#command-box", VerticalScroll)
        page = max(1, box.size.height - 1)
        steps = {
            "up": -1,
            "k": -1,
            "down": 1,
            "j": 1,
            "pageup": -page,
            "pagedown": page,
            "home": -(10**6),
            "end": 10**6,
        }
        if key not in steps:
            return False
        box.scroll_relative(y=steps[key], animate=False)
        return True

    def _where(self) -> Content | None:
        request = self.request
        if request.kind not in ("command", "input"):
            return None
        cwd = request.cwd
        if cwd == self._home or cwd.startswith(self._home + "/"):
            cwd = "~" + cwd[len(self._home) :]
        parts = [Content.styled(clean_line(request.terminal), "$ink")] if request.terminal else []
        if cwd:
            parts.append(Content.assemble(("in ", "$muted"), (clean_line(cwd), "$ink")))
        return Content(" ").join(parts) if parts else None

    def _command(self) -> Content:
        request = self.request
        if request.kind not in ("command", "input"):
            return Content(clean(request.description))
        parts = [Content.styled(text, _ROLE_STYLES[role]) for text, role in command_parts(request.command)]
        whole = Content("").join(parts)
        if request.kind == "input" and request.command.endswith("\n"):
            return Content.assemble(whole[:-1], (" Enter ", "$muted on $line"))
        return whole

    def _facts(self) -> Iterable[tuple[str, Content]]:
        request = self.request
        if request.kind in ("command", "input") and request.command.strip():
            found = [
                Content.styled(text, _SEVERITY_STYLES[level]) for text, level in effects(request.command)
            ]
            yield "effect", Content.styled(" · ", "$faint").join(found)
        if request.why:
            yield "why", Content(clean_line(request.why))
        if self._jail:
            yield "shell jail", Content(clean_line(self._jail))

    def _fit(self) -> None:
        """Give the command what the other rows leave; what does not fit scrolls, and a line says so."""
        if not self.is_mounted:
            return
        panel, box, foot = self.query_one("#panel"), self.query_one("#command-box"), self.query_one("#foot")
        if foot.virtual_region:
            others = foot.virtual_region.bottom - box.virtual_region.height + panel.gutter.height
            room = max(2, self.size.height - others)
        else:
            # Pushed out of sight, the foot has no place to measure by: make the command small first.
            room = 2
            self.call_after_refresh(self._fit)
        if room != self._room:
            self._room = room
            box.styles.max_height = room
            self.call_after_refresh(self._fit)
        self._tell_more()

    def _tell_more(self) -> None:
        """Say under the command how much of it is below; else that row is the blank one before the facts."""
        if not self.is_mounted:
            return
        box, more = self.query_one("#command-box"), self.query_one("#more", Static)
        whole = box.virtual_size.height
        hidden = whole - self._room - round(box.scroll_y)
        lines = "line" if hidden == 1 else "lines"
        says = f"⋯ {hidden} more {lines} · ↓" if hidden > 0 else "⋯ the end · ↑" if whole > self._room else ""
        more.update(says)
