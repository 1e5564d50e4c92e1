"""Which pane has how much room: a pure function of the window, of what the person wants, and of what is true.

The chat is never narrower than `CHAT` beside a neighbour. The files go first, then the terminal; what does not fit
beside the chat takes its place while it is focused or held, and is reached by the tabs of the top bar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, Literal

from codepilot.values import dataclass

Pane = Literal["files", "chat", "terminal"]
Splitter = Literal["files", "terminal"]
"""The gap at the right of the files, and the one at the left of the terminal."""
Pulse = Literal["none", "idle", "aside", "busy", "held", "asks"]
"""What the terminals do: there is none, nothing runs, the agent's command runs in one that is not shown or in the one
that is, the person types, one waits.
"""
PANES: tuple[Pane, ...] = ("files", "chat", "terminal")

CHAT = 60
"""Columns that the chat keeps beside a neighbour."""
HELD = 81
"""Columns of a terminal that the person holds, where the window has them: 80, and the border that says who holds it."""
TABS = 110
"""Below so many columns the panes are chosen by tabs."""
ROOMY = 140
"""From so many columns on, a terminal keeps its column at rest too."""
SMALLEST = 16
"""Columns that a drag leaves to a pane."""
GROWS_AFTER, SHRINKS_AFTER = 1.0, 10.0
"""Seconds that a terminal has to be busy, or at rest, until its room changes."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of the window, in cells."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Wants:
    """What the person chose, kept per folder."""

    folded: frozenset[Pane] = frozenset()
    maximised: Pane | None = None
    files: float | None = None
    """Share of the window's width; None: as the size gives it."""
    terminal: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return {
            "folded": sorted(self.folded),
            "maximised": self.maximised,
            "files": self.files,
            "terminal": self.terminal,
        }

    @classmethod
    def from_json(cls, data: object) -> Wants:
        """What a file says, as far as it makes sense: a wrong entry counts as not written."""
        if not isinstance(data, Mapping):
            return cls()
        folded = data.get("folded")
        names = folded if isinstance(folded, list) else []
        maximised = next((pane for pane in PANES if pane == data.get("maximised")), None)
        return cls(
            folded=frozenset(pane for pane in PANES if pane in names and pane != "chat"),
            maximised=maximised,
            files=_share(data.get("files")),
            terminal=_share(data.get("terminal")),
        )


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0.02 <= value <= 0.95 else None


@dataclass(frozen=True, slots=True)
class Sight:
    """What the arrangement depends on besides."""

    focus: Pane | None = None
    """The pane that has the keyboard; None: the composer, a dock."""
    pulse: Pulse = "none"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Columns of each pane, 0 for one that is not seen, and what stands for those."""

    files: int = 0
    chat: int = 0
    terminal: int = 0
    tabs: bool = False
    """The top bar offers the panes as tabs."""
    strip: bool = False
    """A terminal without a column is one row at the chat's foot."""
    alone: bool = False
    """A maximised terminal has the screen but for the status line."""
    handles: tuple[Splitter, ...] = ()
    """Folded panes that have a one-column handle to unfold them by."""

    def width(self, pane: Pane) -> int:
        """Columns of a pane."""
        return {"files": self.files, "chat": self.chat, "terminal": self.terminal}[pane]

    @property
    def shown(self) -> frozenset[Pane]:
        """The panes that are seen."""
        return frozenset(pane for pane in PANES if self.width(pane))


def arrange(size: Size, wants: Wants, sight: Sight) -> Arrangement:
    """Share the window's columns out.

    A gap of one column stands between two panes: it is what one drags.
    """
    if wants.maximised is not None:
        return _only(size, wants.maximised, tabs=False, alone=wants.maximised == "terminal")
    narrow = size.width < TABS
    handles: tuple[Splitter, ...] = () if narrow else _handles(wants)
    room = size.width - len(handles)
    terminal = _terminal(size, wants, sight)
    files = 0 if "files" in wants.folded else _files(size, wants)
    if terminal and room - terminal - 1 < CHAT:
        if sight.focus == "terminal" or (sight.pulse == "held" and sight.focus is None):
            return _only(size, "terminal", tabs=True)
        terminal = 0
    beside = terminal + 1 if terminal else 0
    if files and room - beside - files - 1 < CHAT:
        if sight.focus == "files" and narrow:
            return _only(size, "files", tabs=True)
        if sight.focus == "files" and room - files - 1 >= CHAT:
            terminal = beside = 0  # the files were asked for
        else:
            files = 0
    chat = room - beside - (files + 1 if files else 0)
    hidden = not terminal and "terminal" not in wants.folded and sight.pulse != "none"
    return Arrangement(
        files,
        chat,
        terminal,
        tabs=narrow,
        strip=hidden and not narrow,
        handles=handles,
    )


def _only(size: Size, pane: Pane, *, tabs: bool, alone: bool = False) -> Arrangement:
    files, chat, terminal = (size.width if pane == each else 0 for each in PANES)
    return Arrangement(files, chat, terminal, tabs=tabs, alone=alone)


def _handles(wants: Wants) -> tuple[Splitter, ...]:
    splitters: tuple[Splitter, ...] = ("files", "terminal")
    return tuple(each for each in splitters if each in wants.folded)


def _files(size: Size, wants: Wants) -> int:
    if wants.files is not None:
        return max(SMALLEST, round(size.width * wants.files))
    return 30 if size.width >= 180 else 28 if size.width >= ROOMY else 24


def _terminal(size: Size, wants: Wants, sight: Sight) -> int:
    """Columns that the terminal would have beside the chat; 0 where it would have none."""
    if "terminal" in wants.folded and sight.pulse != "held":
        return 0
    if sight.pulse == "held":
        return max(HELD, _chosen(size, wants, size.width / 2))
    if size.width < ROOMY and sight.focus != "terminal" and sight.pulse in ("none", "idle"):
        return 0
    if size.width < ROOMY:
        return _chosen(size, wants, size.width * 0.43)
    at_rest = sight.pulse in ("none", "idle") and size.width < 180
    return _chosen(size, wants, size.width * (0.34 if at_rest else 0.4))


def _chosen(size: Size, wants: Wants, usual: float) -> int:
    return round(usual if wants.terminal is None else size.width * wants.terminal)


def drag(wants: Wants, splitter: Splitter, x: int, size: Size) -> Wants:
    """The gap was dragged to a column, counted from 0."""
    if splitter == "files":
        return replace(wants, files=_within(x, size))
    return replace(wants, terminal=_within(size.width - x - 1, size))


def widen(wants: Wants, splitter: Splitter, columns: int, shown: Arrangement, size: Size) -> Wants:
    """The pane beside the gap is to have so many columns more, or (negative) fewer."""
    if splitter == "files":
        return replace(wants, files=_within(shown.files + columns, size))
    return replace(wants, terminal=_within(shown.terminal + columns, size))


def resized(wants: Wants, pane: Pane, columns: int, size: Size, sight: Sight) -> Wants | None:
    """The pane is to have so many columns more, or (negative) fewer; None: it cannot, and nothing is to change.

    The chat has no width of its own: its neighbour gives the columns, or takes them.
    """
    shown = arrange(size, wants, sight)
    if pane == "chat":
        wanted = widen(wants, "terminal" if shown.terminal else "files", -columns, shown, size)
    else:
        wanted = widen(wants, pane, columns, shown, size)
    made = arrange(size, wanted, sight)
    came = made.shown > shown.shown  # a narrower neighbour leaves room for another pane
    right = (made.width(pane) - shown.width(pane)) * columns > 0
    return wanted if made.chat and (came or right) else None


def reset(wants: Wants, splitter: Splitter) -> Wants:
    """As the size gives it."""
    return replace(wants, files=None) if splitter == "files" else replace(wants, terminal=None)


def _within(columns: int, size: Size) -> float:
    return max(SMALLEST, min(columns, size.width - SMALLEST)) / max(1, size.width)


@dataclass(slots=True)
class TerminalPulse:
    """Steadies what the terminals do, so that a `git status` of 50 ms moves nothing.

    Args:
        now: seconds on a clock that only goes on.
    """

    now: Callable[[], float]
    shown: Pulse = "none"
    """What the layout is to reckon with."""
    _wanted: Pulse = "none"
    _since: float = field(default=float("-inf"))

    def tell(self, pulse: Pulse, *, focused: bool) -> bool:
        """What the terminals do now; true if the layout is to be made anew.

        Args:
            pulse: what they do.
            focused: the terminal has the keyboard, so that its room must not shrink under the person's hands.
        """
        if pulse == "aside":  # the terminal that would get the room is idle
            pulse = "idle"
        if pulse != self._wanted:
            self._wanted, self._since = pulse, self.now()
        before = self.shown
        if self._due(focused) <= 0:
            self.shown = self._wanted
        return self.shown != before

    def wake_in(self, *, focused: bool) -> float | None:
        """In how many seconds to `tell` again if nothing else happens; None: nothing changes by itself."""
        if self.shown == self._wanted:
            return None
        due = self._due(focused)
        return None if due == float("inf") else max(0.0, due)

    def _due(self, focused: bool) -> float:
        growing = self._wanted == "busy" and self.shown in ("none", "idle")
        shrinking = self._wanted in ("none", "idle") and self.shown in ("busy", "asks", "held")
        if shrinking and focused:
            return float("inf")
        wait = GROWS_AFTER if growing else SHRINKS_AFTER if shrinking and self.shown != "held" else 0.0
        return self._since + wait - self.now()
