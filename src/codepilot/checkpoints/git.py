"""Git as the one who knows: which files are other than its index has them, and what the index has.

It works on a copy of the person's index and writes nothing of theirs: no index, reference, stash or object. What a
repository may have git start (hooks, file system monitors, filters, transports) is turned off.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from codepilot.checkpoints.replacing import State
from codepilot.values import dataclass
from codepilot.workspace.filetext import digest

SECONDS = 30.0
"""For one call of git."""
_FEW = 64
"""Paths that are named to git; more are looked for among all."""
_QUIET = (
    *("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "submodule.recurse=false"),
    *("protocol.allow=never", "core.splitIndex=false", "status.renames=false", "core.quotePath=false"),
)
_OFF = {"clean": "", "smudge": "", "process": "", "required": "false"}
_ENTRY = re.compile(rb"(\d{6}) ([0-9a-f]+) (\d)\t([^\0]*)\0(?:.*\n){4}  size: (\d+)\tflags: \w+\n")


class GitFailed(Exception):
    """Git cannot say; the text has its words."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index has of a path."""

    mode: int
    id: str
    """Of git's object."""
    size: int
    """Bytes of the file when it was looked at last; 0: not known."""


class Git:
    """One repository, as far as it lies in a folder.

    Args:
        folder: absolute, without links; in the work tree, or its top.
        scratch: a folder of ours for the copy of the index.

    Raises:
        GitFailed: there is no git, no repository, or git refuses it.
    """

    def __init__(self, folder: str, scratch: Path) -> None:
        self.folder = folder
        self._program = shutil.which("git") or ""
        if not os.path.isabs(self._program):  # noqa: PTH117 - nor one of the folder itself
            raise GitFailed("git is not installed")
        self._running: subprocess.Popen[bytes] | None = None
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
            **{"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"},
            **{"GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"},
        }
        self._options: list[str] = [part for each in _QUIET for part in ("-c", each)]
        asked = ("--show-toplevel", "--absolute-git-dir", "--show-prefix", "--git-path", "index")
        said = os.fsdecode(self._run(["rev-parse", *asked])).split("\n")
        if len(said) < 5:
            raise GitFailed("this repository has no work tree")
        self.top, self._dir, self.prefix = said[0], said[1], said[2]
        self._index = Path(self.folder, said[3])
        self._turn_filters_off()
        self._options += [f"--git-dir={self._dir}", f"--work-tree={self.top}"]
        handle, name = tempfile.mkstemp(prefix=f"index-{os.getpid()}-", dir=scratch)
        os.close(handle)
        self._copy = Path(name)
        self._environment["GIT_INDEX_FILE"] = name

    def close(self) -> None:
        """End what runs, and remove the copy of the index."""
        if (running := self._running) is not None:
            with suppress(OSError):
                running.kill()
        self._copy.unlink(missing_ok=True)

    @property
    def index_bytes(self) -> int:
        """How large the index is."""
        try:
            return self._copy.stat().st_size
        except OSError:
            return 0

    def take_index(self) -> None:
        """Copy the person's index as it is now.

        Raises:
            GitFailed, OSError: it cannot be copied.
        """
        self._turn_filters_off()
        try:
            shutil.copyfile(self._index, self._copy)
        except FileNotFoundError:  # nothing was ever added
            self._copy.unlink(missing_ok=True)
            return
        found = self._index.stat()
        os.utime(self._copy, ns=(found.st_atime_ns, found.st_mtime_ns))  # by it git tells what may be racy
        if self._is_special():
            self._run(["read-tree", "HEAD"])
        with suppress(GitFailed):  # an old git, or a folder that it cannot test: only slower
            self._run(["update-index", "--force-untracked-cache"])

    def _is_special(self) -> bool:
        """A split or sparse index: a copy of it would lack what lies in other files, or in folders."""
        data = self._copy.read_bytes()
        return b"link" in data[-4096:] or b"sdir" in data[-4096:]

    def differing(self) -> tuple[set[str], set[str]]:
        """The files that are not as the index has them or not in it, and the folders of which it knows nothing.

        Paths are relative to the folder.

        Raises:
            GitFailed: it cannot be told.
        """
        self._turn_filters_off()
        said = self._run(["status", "--porcelain", "-z", "--ignore-submodules=all", "-unormal", "--", "."])
        files, folders = set(), set()
        for entry in said.split(b"\0"):
            if len(entry) < 4 or entry[1:2] == b" ":
                continue
            path = os.fsdecode(entry[3:])
            if not path.startswith(self.prefix):
                continue
            path = path[len(self.prefix) :]
            if path.endswith("/"):
                folders.add(path[:-1])
            elif path:
                files.add(path)
        return files, folders

    def submodules(self) -> list[str]:
        """The paths of the submodules, relative to the top."""
        file = f"{self.top}/.gitmodules"
        if not os.path.lexists(file):
            return []
        asked = ["config", "-z", "--file", file, "--get-regexp", r"^submodule\..*\.path$"]
        try:
            said = self._run(asked, codes=(0, 1))
        except GitFailed:
            return []  # a file that git cannot read names none
        paths = (os.fsdecode(entry.partition(b"\n")[2]) for entry in said.split(b"\0") if entry)
        return [path for path in paths if path and not path.startswith("/") and ".." not in path.split("/")]

    def ignored(self, paths: Sequence[str]) -> set[str]:
        """Those of the paths that git ignores.

        Raises:
            GitFailed: it cannot be told.
        """
        if not paths:
            return set()
        # Paths are patterns to this command, but for what begins like this.
        asked = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)
        said = self._run(["check-ignore", "-z", "--stdin"], asked, codes=(0, 1), literal=False)
        return {os.fsdecode(path[2:]) for path in said.split(b"\0") if path}

    def indexed(self, paths: Iterable[str], below: Iterable[str] = ()) -> dict[str, Indexed]:
        """What the index has of these paths, and of all below these folders.

        Raises:
            GitFailed: it cannot be told.
        """
        wanted, folders = set(paths), tuple(folder + "/" for folder in below)
        if not wanted and not folders:
            return {}
        few = len(wanted) + len(folders) <= _FEW
        names = [*wanted, *(folder[:-1] for folder in folders)] if few else ["."]
        said = self._run(["ls-files", "--stage", "--debug", "-z", "--", *names])
        found = {}
        for mode, key, number, name, size in _ENTRY.findall(said):
            path = os.fsdecode(name)
            if number == b"0" and (path in wanted or path.startswith(folders)):
                found[path] = Indexed(int(mode, 8), key.decode(), int(size))
        return found

    def contents(self, entries: Sequence[Indexed]) -> Iterator[tuple[State, bytes] | None]:
        """What the files of these entries held, in order; None where the index does not tell.

        Where git converts files (line ends, large files kept elsewhere) its object is not what was on the disk: by its
        size that is seen.

        Raises:
            GitFailed: it cannot be told.
        """
        asked = [entry for entry in entries if stat.S_IFMT(entry.mode) in (stat.S_IFREG, stat.S_IFLNK)]
        objects = dict(self._objects([entry.id for entry in asked]))
        for entry in entries:
            data = objects.get(entry.id)
            if data is None or (entry.size and len(data) != entry.size):
                yield None
            else:
                yield State(digest(data), entry.mode), data

    def _objects(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        if not keys:
            return
        said = self._run(["cat-file", "--batch"], "".join(f"{key}\n" for key in keys).encode())
        at = 0
        for key in keys:
            end = said.index(b"\n", at)
            head = said[at:end].split(b" ")
            at = end + 1
            if len(head) == 3:
                size = int(head[2])
                yield key, said[at : at + size]
                at += size + 1

    def _turn_filters_off(self) -> None:
        """Have no file pass through a program that this repository, or the person, has named for it by now.

        By the environment: of `-c NAME=VALUE` git takes the first `=` for the end of the name, and a filter's own name
        may have one.

        Raises:
            GitFailed: there is one that stays on: this git is older than 2.31.
        """
        for number, name in enumerate(names := sorted(self._filters())):
            self._environment[f"GIT_CONFIG_KEY_{number}"] = name
            self._environment[f"GIT_CONFIG_VALUE_{number}"] = _OFF[name.rpartition(".")[2]]
        self._environment["GIT_CONFIG_COUNT"] = str(len(names))
        if any(value != _OFF[name.rpartition(".")[2]] for name, value in self._filters().items()):
            raise GitFailed("it cannot be kept from starting the filters of this repository")

    def _filters(self) -> dict[str, str]:
        """What is set of filters, by name; the last word on each counts."""
        asked = ["config", "-z", "--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$"]
        said = os.fsdecode(self._run(asked, codes=(0, 1))).split("\0")
        return {name: value for name, _, value in (entry.partition("\n") for entry in said) if name}

    def _run(
        self,
        arguments: Sequence[str],
        given: bytes = b"",
        codes: Sequence[int] = (0,),
        *,
        literal: bool = True,
    ) -> bytes:
        command = [self._program, *self._options, *(("--literal-pathspecs",) if literal else ()), *arguments]
        pipe = subprocess.PIPE
        try:
            with subprocess.Popen(
                command, cwd=self.folder, env=self._environment, stdin=pipe, stdout=pipe, stderr=pipe
            ) as running:
                self._running = running
                with suppress(OSError):  # it may be over already
                    os.setpriority(os.PRIO_PROCESS, running.pid, 10)
                try:
                    said, wrong = running.communicate(given, timeout=SECONDS)
                except subprocess.TimeoutExpired:
                    running.kill()
                    raise GitFailed(f"git {arguments[0]} took longer than {SECONDS:g} s") from None
        except OSError as error:
            raise GitFailed(str(error)) from error
        finally:
            self._running = None
        if running.returncode not in codes:
            raise GitFailed(wrong.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed")
        return said
