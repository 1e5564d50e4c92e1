"""What stands beside the name of a file: git's letter, and the figures of the agent's change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codepilot_tui.figures import signed
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.files_tree import parents
from codepilot_tui.widgets.painted import Cell

INKS = {"M": "warn", "A": "ok", "?": "ok", "D": "bad", "U": "bad"}
"""A letter's colour, and its file's."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the agent did to a file."""

    path: str
    added: int
    removed: int
    created: bool = False


@dataclass(frozen=True)
class Marks:
    """The marks of all files. In a repository git decides what is changed: the person changes files, too."""

    changes: Mapping[str, Change] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    """As git has them: `M`, `A`, `D`, `U`."""
    tracked: frozenset[str] | None = None
    """What git knows; None without a repository."""

    def with_changes(self, changes: Sequence[Change]) -> Marks:
        """The same with these changes of the agent."""
        return Marks({change.path: change for change in changes}, self.letters, self.tracked)

    def with_git(self, letters: Mapping[str, str], tracked: frozenset[str] | None) -> Marks:
        """The same with this state of the repository."""
        return Marks(self.changes, dict(letters), tracked)

    def letter(self, path: str) -> str:
        """`M`, `A`, `D`, `U`, `?` for what git does not know and the agent did not make, or nothing.

        In a submodule, and without a repository, only what the agent did.
        """
        change = self.changes.get(path)
        if self.tracked is None or not self.tracked.isdisjoint(parents(path)):
            # No repository, or in a submodule: git lists that as one entry and looks at no file of it.
            return "" if change is None else "A" if change.created else "M"
        if path in self.letters or path in self.tracked:
            return self.letters.get(path, "")
        return "A" if change is not None and change.created else "?"

    def figures(self, path: str) -> Change | None:
        """The agent's change, if the file is still changed."""
        return self.changes.get(path) if self.letter(path) else None

    @property
    def gone(self) -> list[str]:
        """Files that git misses."""
        return [path for path, letter in self.letters.items() if letter == "D"]

    @property
    def touched(self) -> frozenset[str]:
        """Folders with a changed file in them, however deep."""
        changed = [*self.letters, *(path for path in self.changes if self.letter(path))]
        return frozenset(folder for path in changed for folder in parents(path))


def figure_cells(change: Change, plane: str, tokens: Tokens) -> list[Cell]:
    """` +3 −1`; nothing for a side without lines."""
    if not change.added and not change.removed:
        return []
    inks = zip(signed(change.added, change.removed), ("ok", "bad"), strict=True)
    return [(f" {said}", tokens.style(ink, plane)) for said, ink in inks if said]
