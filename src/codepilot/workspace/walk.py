"""Going through the work folder: lazily, in order, with a cap, never through a link to a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import field
from itertools import islice

from codepilot.errors import WorkspaceError
from codepilot.values import dataclass
from codepilot.workspace.ignore import IgnoreRules
from codepilot.workspace.workspace import Workspace

_MAX_IGNORE_FILE = 256 * 1024
_MAX_IN_FOLDER = 50_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder."""

    path: str
    """Relative to the work folder, with ``/``."""
    folder: bool
    """A real folder; a link to one is not a folder here."""
    link: bool = False
    ignored: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Node:
    """An entry with what is in it."""

    entry: Entry
    children: tuple[Node, ...] = ()
    more: int = 0
    """How many further entries it has that were left out; -1: it was not opened."""


@dataclass(slots=True)
class Walk:
    """The files below a folder, in the order of their paths. Iterate it once; then `truncated` says if a cap
    cut it.
    """

    workspace: Workspace
    start: str = ""
    limit: int = 50_000
    max_depth: int = 40
    ignore: bool = True
    truncated: bool = False
    rules: IgnoreRules = field(init=False)

    def __post_init__(self) -> None:
        self.rules = ignore_rules(self.workspace)

    def __iter__(self) -> Iterator[Entry]:
        pending = self._inside(self.start.strip("/"))
        count = 0
        while pending:
            entry = pending.pop()
            if entry.folder:
                pending.extend(self._inside(entry.path))
                continue
            if count == self.limit:
                self.truncated = True
                return
            count += 1
            yield entry

    def _inside(self, path: str) -> list[Entry]:
        """What a folder holds, last first."""
        if path.count("/") >= self.max_depth:
            self.truncated = True
            return []
        entries, cut = _listing(self.workspace, path, self.rules)
        self.truncated = self.truncated or cut
        kept = [entry for entry in entries if not (self.ignore and entry.ignored)]
        kept.sort(key=lambda entry: os.fsencode(entry.name), reverse=True)
        return kept


def ignore_rules(workspace: Workspace) -> IgnoreRules:
    """The ignore rules of a work folder, read through it."""

    def read(folder: str) -> str | None:
        path = f"{folder}/.gitignore" if folder else ".gitignore"
        try:
            return workspace.read_bytes(path, limit=_MAX_IGNORE_FILE).decode("utf-8-sig", "replace")
        except (FileNotFoundError, WorkspaceError):
            # No rules, or none that may be read: then nothing is ignored by them.
            return None

    return IgnoreRules(read)


def children(workspace: Workspace, path: str = "", rules: IgnoreRules | None = None) -> list[Entry]:
    """What one folder holds, folders first: for a tree that opens by and by. Ignored entries are marked, not
    left out.

    Raises:
        FileNotFoundError: there is no such folder.
        WorkspaceError: it may not be opened.
    """
    path = path.strip("/")
    entries, _ = _list(workspace, path, rules or ignore_rules(workspace))
    return sorted(entries, key=lambda entry: (not entry.folder, entry.name.casefold(), entry.name))


def tree(workspace: Workspace, path: str = "", *, depth: int = 3, limit: int = 400) -> Node:
    """A folder with what is in it, without ignored entries, level by level until `limit` are named."""
    rules = ignore_rules(workspace)
    root = Entry(path.strip("/"), folder=True)
    holds: dict[str, list[Entry]] = {}
    more: dict[str, int] = {}
    room = limit
    level = [root]
    for _ in range(depth):
        following: list[Entry] = []
        for folder in level:
            entries, _ = _listing(workspace, folder.path, rules)
            kept = [entry for entry in entries if not entry.ignored]
            kept.sort(key=lambda entry: (not entry.folder, entry.name.casefold(), entry.name))
            holds[folder.path] = kept[:room]
            more[folder.path] = len(kept) - len(kept[:room])
            room -= len(kept[:room])
            following.extend(entry for entry in holds[folder.path] if entry.folder)
        level = following

    def build(entry: Entry) -> Node:
        if not entry.folder:
            return Node(entry)
        if entry.path not in holds:
            return Node(entry, more=-1)
        return Node(entry, tuple(build(child) for child in holds[entry.path]), more[entry.path])

    return build(root)


def _listing(workspace: Workspace, path: str, rules: IgnoreRules) -> tuple[list[Entry], bool]:
    """`_list`, where a folder that cannot be read counts as empty and cut."""
    try:
        return _list(workspace, path, rules)
    except (FileNotFoundError, WorkspaceError):
        return [], True


def _list(workspace: Workspace, path: str, rules: IgnoreRules) -> tuple[list[Entry], bool]:
    """What one folder holds, unsorted, and whether there was too much."""
    descriptor = workspace.open_folder(path or ".")
    entries: list[Entry] = []
    try:
        with os.scandir(descriptor) as found:
            for item in islice(found, _MAX_IN_FOLDER):
                where = f"{path}/{item.name}" if path else item.name
                folder = item.is_dir(follow_symlinks=False)
                ignored = workspace.is_protected(where.split("/")) or rules.ignores(where, folder=folder)
                entries.append(Entry(where, folder, item.is_symlink(), ignored))
            cut = next(found, None) is not None
    finally:
        os.close(descriptor)
    return entries, cut
