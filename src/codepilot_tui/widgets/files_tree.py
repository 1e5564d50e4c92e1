"""The tree of a workspace as rows: what was loaded, what is unfolded, and what of it shows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from codepilot_tui.glyphs import UNICODE


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a folder."""

    name: str
    is_dir: bool = False


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A visible entry."""

    path: str
    """From the root of the workspace, with `/`."""
    name: str
    depth: int
    is_dir: bool = False
    unfolded: bool = False
    note: str = ""
    """Instead of an entry: why a folder shows none."""
    gone: bool = False
    """Git knows the file, but it is not there any more."""


class FileTreeModel:
    """Folders are loaded when they are first unfolded; the root is `""`."""

    def __init__(self) -> None:
        self._children: dict[str, tuple[Entry, ...]] = {}
        self._errors: dict[str, str] = {}
        self._unfolded: set[str] = {""}
        self._folded_by_hand: set[str] = set()
        self._gone: dict[str, set[str]] = {}
        self._rows: list[TreeRow] | None = None

    @property
    def rows(self) -> list[TreeRow]:
        """What shows, from top to bottom."""
        if self._rows is None:
            self._rows = list(self._walk("", 0))
        return self._rows

    @property
    def loaded(self) -> frozenset[str]:
        """Folders whose entries are known, or known to be unreadable."""
        return frozenset(self._children) | frozenset(self._errors)

    def missing(self) -> list[str]:
        """Unfolded folders that have to be loaded, the outer ones first."""
        known = self.loaded
        return sorted(path for path in self._unfolded if path not in known and self._is_reachable(path))

    def fill(self, path: str, entries: Sequence[Entry]) -> None:
        """The entries of a folder, in the order to show: folders first, names as given."""
        self._errors.pop(path, None)
        self._children[path] = (*(e for e in entries if e.is_dir), *(e for e in entries if not e.is_dir))
        self._forget_below(path)
        self._rows = None

    def _forget_below(self, path: str) -> None:
        """Drop what was read of folders that are no more: one of the same name may come back with other files."""
        above = f"{path}/" if path else ""
        there = {above + entry.name for entry in self._children[path] if entry.is_dir}
        for known in [*self._children, *self._errors]:
            if known != path and known.startswith(above):
                first = known.find("/", len(above))
                if (known if first < 0 else known[:first]) not in there:
                    self._children.pop(known, None)
                    self._errors.pop(known, None)

    def set_gone(self, paths: Iterable[str]) -> None:
        """Files to show in the folders that they are missing from."""
        self._gone = {}
        for path in paths:
            folder, _, name = path.rpartition("/")
            self._gone.setdefault(folder, set()).add(name)
        self._rows = None

    def fail(self, path: str, why: str) -> None:
        """A folder could not be read."""
        self._children.pop(path, None)
        self._errors[path] = why
        self._rows = None

    def fold(self, path: str) -> None:
        """Hide the entries of a folder; the person's wish, so that `reveal` leaves it alone."""
        self._unfolded.discard(path)
        self._folded_by_hand.add(path)
        self._rows = None

    def unfold(self, path: str) -> None:
        """Show the entries of a folder."""
        self._unfolded.add(path)
        self._folded_by_hand.discard(path)
        self._rows = None

    def reveal(self, path: str) -> None:
        """Unfold the folders above a path, but none that was folded by hand."""
        for folder in parents(path):
            if folder in self._folded_by_hand:
                return
            self._unfolded.add(folder)
        self._rows = None

    def index_of(self, path: str) -> int | None:
        """In which row a path stands."""
        return next((index for index, row in enumerate(self.rows) if row.path == path and not row.note), None)

    def last_within(self, index: int) -> int:
        """The last row of what is in the folder of a row; the row itself where nothing of it shows."""
        rows, last = self.rows, index
        while last + 1 < len(rows) and rows[last + 1].depth > rows[index].depth:
            last += 1
        return last

    def _is_reachable(self, path: str) -> bool:
        return all(folder in self._unfolded for folder in parents(path))

    def _walk(self, folder: str, depth: int) -> Iterable[TreeRow]:
        if folder in self._errors:
            yield TreeRow(folder, "", depth, note=self._errors[folder])
            return
        for entry in self._entries(folder):
            path = f"{folder}/{entry.name}" if folder else entry.name
            unfolded = entry.is_dir and path in self._unfolded
            gone = entry.name in self._gone.get(folder, ()) and entry not in self._children[folder]
            yield TreeRow(path, entry.name, depth, entry.is_dir, unfolded, gone=gone)
            if unfolded:
                yield from self._walk(path, depth + 1)

    def _entries(self, folder: str) -> Sequence[Entry]:
        there = self._children.get(folder, ())
        missing = self._gone.get(folder, set()) - {entry.name for entry in there}
        if not missing or folder not in self._children:
            return there
        files = [*(entry for entry in there if not entry.is_dir), *(Entry(name) for name in missing)]
        files.sort(key=lambda entry: (entry.name.casefold(), entry.name))
        return (*(entry for entry in there if entry.is_dir), *files)


def indent(depth: int, width: int) -> str:
    """What stands before a row of the tree: two fifths of the width at most, so that a name far down can be read."""
    most = width // 5
    return "  " * depth if depth <= most else "  " * (most - 1) + f"{UNICODE.gap} "


def parents(path: str) -> list[str]:
    """The folders above a path, the outermost first, the root aside."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """For each path the shortest tail that no other one shares."""
    shared = Counter(tail for path in set(paths) for tail in _tails(path))
    return {path: next((tail for tail in _tails(path) if shared[tail] == 1), path) for path in paths}


def _tails(path: str) -> Iterator[str]:
    """The name, the name with the folder above it, and so on to the whole path."""
    at = len(path)
    while (at := path.rfind("/", 0, at)) >= 0:
        yield path[at + 1 :]
    yield path
