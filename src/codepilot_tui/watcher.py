"""Follows a folder on disk: what the agent's commands, git and the person's editor do shows without a key.

Every folder that is not ignored is watched by itself. A recursive watch would walk `node_modules` and `.git/objects`
too, and wake for each object that git writes.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.workspace import Workspace
from codepilot.workspace.ignore import IgnoreRules
from codepilot.workspace.walk import ignore_rules

if TYPE_CHECKING:
    from watchfiles import Change

log = logging.getLogger(__name__)

STEP = 0.4
"""Seconds between two looks at what the system told: changes that follow each other so closely are one."""
MAX_FOLDERS = 4096
"""Folders watched at most, the upper ones first."""
MAX_POLLED = 256
"""Folders polled at most, where the system gives no watches."""
MAX_PATHS = 1000
"""Paths told one by one; more are told as `everything`."""

_DEBOUNCE = 1.0
_POLL_PAUSE = 2.0
_GONE = 1.0
"""Seconds between two looks for a folder that was deleted."""
_GIT_NOISE = ("FETCH_HEAD", "COMMIT_EDITMSG", "gc.log", "gc.pid")


@dataclass(frozen=True, slots=True)
class DiskChange:
    """What changed within about a second. Paths are relative to the folder, with `/`."""

    paths: frozenset[str] = frozenset()
    """Files and folders that came, went or were written; never ignored ones."""
    folders: frozenset[str] = frozenset()
    """The folders that they are in; `""` is the watched folder itself."""
    git: bool = False
    """Git's own state changed: another branch, another index."""
    everything: bool = False
    """Too much to tell one by one, or folders came or went, or others are ignored: look at all of it again."""


class FolderWatcher:
    """One thread that tells the loop on which it was started.

    Args:
        root: the folder.
        changed: called on the loop.
        step: seconds; see `STEP`.
        poll: look at the folders instead of being told by the system.
    """

    def __init__(
        self, root: Path, changed: Callable[[DiskChange], None], *, step: float = STEP, poll: bool = False
    ) -> None:
        self._workspace = Workspace(root)
        self._root = Path(os.path.realpath(root))
        self._changed = changed
        self._step = step
        self._poll = poll
        self._rules = ignore_rules(self._workspace)
        self._git: list[Path] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ready = threading.Event()
        """Set while changes are told."""
        self.folders: tuple[str, ...] = ()
        """The folders that are watched."""
        self.complete = True
        """Whether these are all that there are."""
        self.looked_in_vain = 0
        """How often the root itself was gone."""

    def start(self) -> None:
        """Begin to watch. Call it on the loop that is to be told."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Tell the thread to end, which takes it a step."""
        self._stop.set()

    def join(self) -> None:
        """Wait for its end: its native part must not run on when the interpreter ends."""
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether it watches, or is about to."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                if self._root.is_dir():
                    self._watch_once()
                else:
                    self.looked_in_vain += 1
                    self._stop.wait(_GONE)  # it may come back
        except OSError as error:
            log.warning("the folder %s is not followed: %s", self._root, error)
        finally:
            self.ready.clear()

    def _watch_once(self) -> None:
        """Watch until a folder came or went, or the ignored files are others."""
        from watchfiles import watch
        from watchfiles._rust_notify import WatchfilesRustInternalError

        self._rules = ignore_rules(self._workspace)
        found, self.complete = watched_folders(
            self._workspace, MAX_POLLED if self._poll else MAX_FOLDERS, self._rules
        )
        self._git = git_folders(self._root)
        self.folders = tuple(found)
        changes = watch(
            *(self._root / folder for folder in found),
            *self._git,
            watch_filter=None,
            debounce=int(_DEBOUNCE * 1000),
            step=int(self._step * 1000),
            stop_event=self._stop,
            rust_timeout=int(self._step * 1000),
            yield_on_timeout=True,
            recursive=False,
            force_polling=self._poll,
            poll_delay_ms=int(min(_POLL_PAUSE, self._step * 2) * 1000),
        )
        first = True
        try:
            for batch in changes:
                if first:
                    first = False
                    self.ready.set()
                    # What happened before this watch, since the folder was looked at, was told by nobody.
                    self._tell(DiskChange(everything=True))
                if batch and self._take(batch):
                    return
        except FileNotFoundError:
            self._stop.wait(self._step)  # a folder went away between the walk and the watch
        except (OSError, WatchfilesRustInternalError) as error:  # the second: there can be no more watchers
            if self._poll:
                raise OSError(str(error)) from error
            log.warning("%s is polled: %s", self._root, error)
            self._poll = True

    def _take(self, batch: set[tuple[Change, str]]) -> bool:
        """Tell what a batch says; whether other folders are to be watched now."""
        from watchfiles import Change

        paths: set[str] = set()
        git = everything = other_folders = False
        watched = set(self.folders)
        for kind, name in batch:
            path = Path(name)
            if any(path.parent == folder for folder in self._git):
                git = git or not (path.suffix == ".lock" or path.name in _GIT_NOISE)
                continue
            if not path.is_relative_to(self._root) or path == self._root:
                continue
            relative = path.relative_to(self._root).as_posix()
            folder = relative in watched or _is_folder(path)
            if path.name == ".git":
                git = other_folders = True
            if self._rules.hides(relative, folder=folder):
                continue
            if path.name == ".gitignore":
                everything = other_folders = True
            if folder and kind == Change.modified:
                continue  # what came or went in it is told by itself
            other_folders = other_folders or folder
            paths.add(relative)
        if len(paths) > MAX_PATHS:
            everything, paths = True, set()
        folders = {path.rpartition("/")[0] for path in paths}
        self._tell(DiskChange(frozenset(paths), frozenset(folders), git, everything))
        return other_folders

    def _tell(self, change: DiskChange) -> None:
        if change == DiskChange() or self._stop.is_set():
            return
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._changed, change)
        except RuntimeError:
            self._stop.set()  # the loop is closed, so nobody is there to be told


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def watched_folders(
    workspace: Workspace, limit: int, rules: IgnoreRules | None = None
) -> tuple[list[str], bool]:
    """The folders of a workspace that are not ignored, level by level, and whether that is all of them."""
    rules = rules or ignore_rules(workspace)
    found, queue = [""], deque([""])
    while queue:
        above = queue.popleft()
        for name in _folders_in(workspace.root / above):
            path = f"{above}/{name}" if above else name
            # watchfiles could leave out what may not be read, but leaves out what finds no room, too.
            if rules.ignores(path, folder=True) or not os.access(workspace.root / path, os.R_OK | os.X_OK):
                continue
            if len(found) == limit:
                return found, False
            found.append(path)
            queue.append(path)
    return found, True


def _folders_in(folder: Path) -> Iterable[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return ()  # gone, or not ours to read: then nothing in it is shown either


def git_folders(root: Path) -> list[Path]:
    """Where git keeps what changes with a branch or a commit, for a folder in a repository; none elsewhere."""
    for folder in (root, *root.parents):
        git = folder / ".git"
        try:
            if git.is_file():
                named = (
                    git.read_text(encoding="utf-8", errors="replace")[:4096].partition("gitdir:")[2].strip()
                )
                git = (folder / named) if named else git
            if git.is_dir():
                return [each for each in (git, git / "refs" / "heads") if each.is_dir()]
            if git.exists():
                return []
        except OSError:
            return []
        if (folder / ".git").exists():
            return []
    return []
