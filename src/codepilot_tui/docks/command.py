"""May this run? The dock for commands, input to a terminal, and tools of the agent file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from codepilot.decision import PermissionRequest
from codepilot.text import clean, clean_line
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.command_look import command_parts, effects
from codepilot_tui.docks.paint import PLANE
from codepilot_tui.docks.permission import PermissionDock
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.chat.lines import fold, split_lines, wrap
from codepilot_tui.widgets.painted import Cell, Filled, Picture, row_of
from codepilot_tui.widgets.row_selection import SelectableRows

_TITLES = {
    "command": "Run this command?",
    "input": "Type this into the terminal?",
    "edit": "Change this file?",
}
_ROLES = {
    "plain": ("ink", PLANE, False),
    "name": ("code", PLANE, True),
    "danger": ("bad", PLANE, True),
    "hidden": ("ground", "warn", False),
    "blank": ("muted", PLANE, False),
}
_SEVERITIES = {"calm": "ink", "warn": "warn", "bad": "bad"}
_INDENT = 3
_LABEL = 12
_SIDE_BY_SIDE = 100
"""Columns from which two facts share a row."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the dock shows."""

    request: PermissionRequest
    jail: str = ""
    """What holds the command, in words; empty leaves the row out."""
    top: int = 0
    """How many rows of a long command are scrolled away."""

    @property
    def runs(self) -> bool:
        """It is text for a shell."""
        return self.request.kind in ("command", "input")


def command_rows(asked: Asked, width: int, tokens: Tokens) -> list[Strip]:
    """The exact command, broken at the edge and never cut; what is dangerous or hidden in it stands out."""
    return [row for row, _ in _command_lines(asked, width, tokens)]


def _command_lines(asked: Asked, width: int, tokens: Tokens) -> list[tuple[Strip, str | None]]:
    """Its rows, and whether each goes on with the line above."""
    request, style = asked.request, tokens.style
    ground = style("", PLANE)
    cells: list[Cell]
    if asked.runs:
        cells = [(text, _role(role, tokens)) for text, role in command_parts(request.command)]
        if request.kind == "input" and request.command.endswith("\n"):
            cells = [*_without_last_newline(cells), (" Enter ", style("muted", "line"))]
    else:
        cells = [(clean(request.description), style("ink", PLANE))]
    rows = []
    for line in split_lines(cells):
        for part in fold(line, max(1, width - 2 * _INDENT)):
            text = [(segment.text, segment.style or ground) for segment in part.segments]
            rows.append((row_of([(" " * _INDENT, ground), *text], width, ground), part.joint))
    return rows


def _role(role: str, tokens: Tokens) -> Style:
    ink, plane, bold = _ROLES[role]
    return tokens.style(ink, plane, bold=bold)


def _without_last_newline(cells: Sequence[Cell]) -> list[Cell]:
    *before, (text, style) = cells
    return [*before, (text.removesuffix("\n"), style)]


def fact_rows(asked: Asked, width: int, tokens: Tokens) -> list[Strip]:
    """Effect, why and jail: two beside each other where there is room, else one a row."""
    style = tokens.style
    ground = style("", PLANE)
    facts = _facts(asked, tokens)
    rows: list[list[Cell]] = []
    half = width // 2
    waiting: list[Cell] | None = None
    for name, cells in facts:
        fact: list[Cell] = [(f" {name:<{_LABEL - 1}}", style("muted", PLANE)), *cells]
        size = sum(len(text) for text, _ in fact)
        if waiting is not None and size < half:
            used = sum(len(text) for text, _ in waiting)
            rows.append([*waiting, (" " * (half - used), ground), *fact])
            waiting = None
            continue
        if waiting is not None:
            rows.append(waiting)
            waiting = None
        if width >= _SIDE_BY_SIDE and size < half - 2:
            waiting = fact
            continue
        for at, line in enumerate(wrap(cells, max(1, width - _LABEL - 1))):
            label = f" {name:<{_LABEL - 1}}" if not at else " " * _LABEL
            rows.append(
                [(label, style("muted", PLANE)), *((s.text, s.style or ground) for s in line.segments)]
            )
    if waiting is not None:
        rows.append(waiting)
    return [row_of(cells, width, ground) for cells in rows]


def _facts(asked: Asked, tokens: Tokens) -> list[tuple[str, list[Cell]]]:
    request, style = asked.request, tokens.style
    facts: list[tuple[str, list[Cell]]] = []
    if asked.runs and request.command.strip():
        cells: list[Cell] = []
        for text, level in effects(request.command):
            cells.extend([(" · ", style("faint", PLANE))] if cells else [])
            cells.append((text, style(_SEVERITIES[level], PLANE)))
        facts.append(("effect", cells))
    if request.why:
        facts.append(("why", [(clean_line(request.why), style("ink", PLANE))]))
    if asked.jail and asked.runs:
        facts.append(("shell jail", [(clean_line(asked.jail), style("ink", PLANE))]))
    return facts


def body_picture(asked: Asked, width: int, height: int, tokens: Tokens) -> Picture:
    """Command and facts in the rows that there are; a command that is too long for them scrolls, and says so."""
    lines, facts = _command_lines(asked, width, tokens), fact_rows(asked, width, tokens)
    command, joints = [row for row, _ in lines], tuple(joint for _, joint in lines)
    room = max(1, height - len(facts))
    if len(command) <= room:
        return Picture((*command, *facts)[:height], joints=joints, indent=_INDENT)
    shown = max(1, room - 1)
    top = min(asked.top, len(command) - shown)
    left = len(command) - top - shown
    many = "line" if left == 1 else "lines"
    says = f"{UNICODE.gap} {left} more {many} · ↓" if left else f"{UNICODE.gap} the end · ↑"
    ground = tokens.style("", PLANE)
    more = row_of([(f"{' ' * _INDENT}{says}", tokens.style("warn", PLANE))], width, ground)
    rows = (*command[top : top + shown], more, *facts)[: max(height, shown + 1)]
    return Picture(rows, joints=joints[top : top + shown], indent=_INDENT)


class CommandBody(SelectableRows, Filled):
    """Command and facts.

    Args:
        asked: what is shown.
        resized: told that it has other rows, once it has them.
    """

    def __init__(self, asked: Asked, resized: Callable[[], None]) -> None:
        super().__init__(classes="dock-body")
        self.asked = asked
        self._resized = resized

    def on_resize(self) -> None:
        """Another height: more or less of it is in sight."""
        self._resized()

    def picture_in(self, width: int, height: int, tokens: Tokens) -> Picture:
        """What is in sight of them."""
        return body_picture(self.asked, width, height, tokens)


class CommandDock(PermissionDock):
    """The exact command, what it would do, why it asks and what holds it.

    Args:
        request: what waits for a yes.
        jail: what holds a command, in words; empty leaves the row out.
        home: shown as `~` in the working directory.
        draft: a reason that was begun before.
        deaf: for how many quiet seconds the answers are deaf.
    """

    subject = "command"

    def __init__(
        self,
        request: PermissionRequest,
        *,
        jail: str = "",
        home: str = "",
        draft: str = "",
        deaf: float = DEAF_SECONDS,
    ) -> None:
        self.request = request
        self.title = _TITLES.get(request.kind, f"Use {request.tool}?")
        self.detail = place_of(request, home or str(Path.home()))
        self._command = CommandBody(Asked(request, jail), self.repaint)
        super().__init__(draft=draft, deaf=deaf)

    def body(self) -> Iterable[Widget]:
        """Command and facts."""
        yield self._command

    def body_rows(self, width: int) -> int:
        """All of the command and the facts."""
        tokens, asked = tokens_for(self.app), self._command.asked
        return len(command_rows(asked, width, tokens)) + len(fact_rows(asked, width, tokens))

    def tail(self) -> Sequence[tuple[str, str]]:
        """F5 only where there is more than can be seen."""
        return super().tail() if self.writing else (*self.full_key(), *super().tail())

    @property
    def full_changes(self) -> bool:
        """A short command is shown as it is."""
        return self.grows and (self.full or self._hidden())

    def _hidden(self) -> bool:
        size = self._command.size
        return bool(size.height) and self.body_rows(size.width) > size.height

    def scrolls(self) -> frozenset[str]:
        """A long command."""
        return frozenset(("down",) if self._hidden() else ())

    def other_key(self, key: str) -> bool:
        """Move in a long command; F5 gives it the whole body."""
        if key == "f5":
            return self.press_full()
        size, asked = self._command.size, self._command.asked
        page = max(1, size.height - 4)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -(10**6), "end": 10**6}
        if key not in steps:
            return False
        rows = len(command_rows(asked, size.width, tokens_for(self.app)))
        shown = size.height - len(fact_rows(asked, size.width, tokens_for(self.app))) - 1
        top = max(0, min(asked.top + steps[key], rows - shown))
        if rows > shown + 1 and top != asked.top:
            self._command.asked = replace(asked, top=top)
            self._command.repaint()
        return True


def place_of(request: PermissionRequest, home: str) -> str:
    """`main · ~/inventory`: which terminal, and where it stands."""
    if request.kind not in ("command", "input"):
        return ""
    cwd = request.cwd
    if cwd == home or cwd.startswith(home + "/"):
        cwd = "~" + cwd[len(home) :]
    return " · ".join(part for part in (request.terminal, cwd) if part)
