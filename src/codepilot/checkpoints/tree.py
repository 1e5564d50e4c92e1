"""What is known of a work folder without having looked at it: by git where there is git, else by a walk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from codepilot import paths
from codepilot.checkpoints.git import Git, GitFailed
from codepilot.checkpoints.replacing import State
from codepilot.values import dataclass
from codepilot.workspace import Workspace
from codepilot.workspace.walk import ignore_rules

MOST_WALKED = 50_000
"""Files of a folder without git; with more of them only what tools change is known."""
SMALL = 2 * 1024 * 1024
"""Bytes of an index of some 20,000 files."""
_MOST_UNITS = 50
"""Submodules that are looked at."""


class TooMany(Exception):
    """There are more files than are looked at."""


@dataclass(slots=True)
class Survey:
    """What must be looked at to know how all files are."""

    files: set[str] = field(default_factory=set)
    """Not as git has them, or all there are."""
    left_out: dict[str, str] = field(default_factory=dict)


class Tree:
    """The files of a work folder that count: not those that git, or everybody, ignores.

    Args:
        workspace: the folder.
        scratch: a folder of ours for copies of git's index.
        session: gives the folder of the session, which may lie in the work folder.
    """

    def __init__(self, workspace: Workspace, scratch: Path, session: Callable[[], Path]) -> None:
        self._session = session
        self._ended = False
        self._workspace = workspace
        self.root = str(workspace.root)
        self._scratch = scratch
        self._units: dict[str, Git] = {}
        """Repositories by their folders, relative to the root; "" is the one that the root lies in."""
        self.refresh_rules()

    @property
    def has_git(self) -> bool:
        """Whether the root lies in a repository that can be asked."""
        return "" in self._units

    def refresh_rules(self) -> None:
        """Read the ignore files anew when they are next asked; our own folders never count."""
        self._rules = ignore_rules(self._workspace)
        ours = (os.path.realpath(each) for each in (self._session(), self._scratch.parent))
        self._ours = {each for each in ours if each.startswith(self.root + "/")}

    def sweep(self) -> None:
        """Make our folder, and remove what programs that were killed left in it.

        Raises:
            OSError: the disk refuses.
        """
        paths.private_dir(self._scratch)
        for file in self._scratch.glob("index-*"):
            pid = file.name.split("-")[1]
            if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
                with suppress(OSError):
                    file.unlink()

    def leaves_out(self, folder: str) -> bool:
        """Whether nothing in a folder counts; that this holds for none above it is the caller's to know."""
        return (
            self._ended
            or self._workspace.is_protected(folder.split("/"))
            or self._rules.ignores(folder, folder=True)
            or f"{self.root}/{folder}" in self._ours
        )

    def survey(self) -> Survey:
        """Look which files are not known already.

        Raises:
            TooMany: there is no git, and too many files.
            GitFailed: git cannot say.
        """
        self._open_units()
        if not self.has_git:
            return Survey({path for path, _ in self.walk("", MOST_WALKED)})
        found = Survey()
        for where, git in list(self._units.items()):
            if self._ended:
                raise GitFailed("the program ends")
            try:
                git.take_index()
                self._differing(where, git, found)
            except (GitFailed, OSError) as error:
                if not where:
                    raise GitFailed(str(error)) from error
                found.left_out[where] = f"git cannot read this submodule: {error}"
                self._units.pop(where).close()
        return found

    def changed(self) -> set[str]:
        """The files that may be other than at the survey, or that nothing was known of; others were looked at then.

        Raises:
            TooMany, GitFailed: as `survey`.
        """
        if not self.has_git:
            return {path for path, _ in self.walk("", MOST_WALKED)}
        found = Survey()
        for where, git in self._units.items():
            self._differing(where, git, found)
        return found.files

    def _differing(self, where: str, git: Git, found: Survey) -> None:
        top = f"{where}/" if where else ""
        files, folders = git.differing()
        found.files.update(top + path for path in files)
        # Of a folder in the place of a file git says that the file is gone, and nothing of the folder.
        folders.update(path for path in files if _is_folder(f"{self.root}/{top}{path}"))
        for folder in folders:
            if top + folder not in self._units and not self.leaves_out(top + folder):
                found.files.update(path for path, _ in self.walk(top + folder, MOST_WALKED))

    def walk(self, start: str, most: int) -> Iterator[tuple[str, os.stat_result]]:
        """The files and links below a folder, but for what is ignored.

        Raises:
            TooMany: there are more than `most`.
        """
        pending, count = [start], 0
        while pending:
            folder = pending.pop()
            for path, status in self._listed(folder):
                if stat.S_ISDIR(status.st_mode):
                    if path not in self._units and not self.leaves_out(path):
                        pending.append(path)
                elif not self.hides_file(path) and stat.S_IFMT(status.st_mode) in (
                    stat.S_IFREG,
                    stat.S_IFLNK,
                ):
                    count += 1
                    if count > most:
                        raise TooMany(folder or ".")
                    yield path, status

    def hides_file(self, path: str) -> bool:
        """Whether a file does not count; that this holds for no folder above it is the caller's to know."""
        return self._rules.ignores(path, folder=False) or self._workspace.is_protected(path.split("/"))

    def _listed(self, folder: str) -> Iterator[tuple[str, os.stat_result]]:
        if self._ended:
            raise GitFailed("the program ends")
        try:
            entries = list(os.scandir(f"{self.root}/{folder}" if folder else self.root))
        except OSError:
            return  # gone, or closed to us: so it is to the agent
        for entry in entries:
            with suppress(OSError):  # gone meanwhile
                status = entry.stat(follow_symlinks=False)
                yield (f"{folder}/{entry.name}" if folder else entry.name), status

    @property
    def small(self) -> bool:
        """Whether git looks through it in some milliseconds."""
        return sum(git.index_bytes for git in self._units.values()) <= SMALL

    def known(self, paths: Iterable[str]) -> dict[str, tuple[State, bytes] | None]:
        """How git has these files, at the survey; those that it does not have are missing.

        None: git has it, but not as it was on the disk.

        Raises:
            GitFailed: git cannot say.
        """
        found: dict[str, tuple[State, bytes] | None] = {}
        for where, names in self._by_unit(paths).items():
            git, top = self._units[where], f"{where}/" if where else ""
            entries = git.indexed(names)
            for path, content in zip(entries, git.contents(list(entries.values())), strict=True):
                found[top + path] = content
        return found

    def indexed_below(self, folders: Iterable[str]) -> set[str]:
        """The files that git has below some folders.

        Raises:
            GitFailed: git cannot say.
        """
        return {
            (f"{where}/" if where else "") + path
            for where, names in self._by_unit(folders).items()
            for path in self._units[where].indexed((), names)
        }

    def counting(self, paths: Sequence[str]) -> list[str]:
        """Those of the paths that are not ignored, of files that git does not have.

        Raises:
            GitFailed: git cannot say.
        """
        kept = [path for path in paths if not self.hides(path)]
        if not self.has_git:
            return kept
        ignored: set[str] = set()
        for where, names in self._by_unit(kept).items():
            top = f"{where}/" if where else ""
            ignored.update(top + path for path in self._units[where].ignored(names))
        return [path for path in kept if path not in ignored]

    def hides(self, path: str) -> bool:
        """Whether a file does not count, as far as that is known without asking git."""
        return (
            self._workspace.is_protected(path.split("/"))
            or self._rules.hides(path)
            or any(f"{self.root}/{path}".startswith(each + "/") for each in self._ours)
        )

    def end(self) -> None:
        """Close, and let what is under way come to its end soon. From any thread."""
        self._ended = True
        self.close()

    def close(self) -> None:
        """End what runs, and remove what was copied."""
        for git in list(self._units.values()):
            git.close()
        self._units.clear()

    def _by_unit(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """Paths by their repositories, relative to those."""
        sorted_in: dict[str, list[str]] = {}
        for path in paths:
            where = ""
            if len(self._units) > 1:
                parts = path.split("/")
                above = ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))
                where = next((each for each in above if each in self._units), "")
            if where in self._units and path != where:
                sorted_in.setdefault(where, []).append(path[len(where) + 1 :] if where else path)
        return sorted_in

    def _open_units(self) -> None:
        self.close()
        if not any(os.path.lexists(f"{each}/.git") for each in _upwards(self.root)):
            return
        try:
            self._units[""] = Git(self.root, self._scratch)
        except GitFailed:
            return  # then it is walked
        pending = self._submodules("")
        while pending and len(self._units) < _MOST_UNITS:
            where = pending.pop()
            if where in self._units or not os.path.lexists(f"{self.root}/{where}/.git"):
                continue
            try:
                self._units[where] = Git(f"{self.root}/{where}", self._scratch)
            except GitFailed:
                continue
            pending += self._submodules(where)

    def _submodules(self, where: str) -> list[str]:
        git = self._units[where]
        prefix = git.prefix
        top = f"{where}/" if where else ""
        return [top + path[len(prefix) :] for path in git.submodules() if path.startswith(prefix)]


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _upwards(folder: str) -> Iterator[str]:
    path = Path(folder)
    yield folder
    yield from map(str, path.parents)
