"""Reading and writing files in the work folder.

A path is resolved to a place free of links (`places`); that place is then opened part by part without following
anything (`beneath`), and what was opened is judged on its descriptor. What is not a regular file is refused.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeVar

from codepilot.errors import WorkspaceError
from codepilot.workspace import filetext
from codepilot.workspace.beneath import SWAPPED, make_folders, open_beneath, remove_folders
from codepilot.workspace.filetext import FileText
from codepilot.workspace.places import PROTECTED, PathLike, Place, Places, cannot
from codepilot.workspace.regular import MAX_BYTES, Expected, only_regular, read, replace_in

_TRIES = 16
_FOLDER = os.O_RDONLY | os.O_DIRECTORY
T = TypeVar("T")


class Workspace:
    """Files beneath one folder.

    Args:
        root: the work folder; must exist.
        unsafe: allow places outside it. What is not a regular file stays refused.
        protected: names (or paths of several names) that are closed at any depth.

    Raises:
        WorkspaceError: there is no such folder.
    """

    def __init__(self, root: PathLike, *, unsafe: bool = False, protected: Iterable[str] = PROTECTED) -> None:
        self._places = Places(root, unsafe=unsafe, protected=protected)
        self.root = self._places.root
        self.unsafe = unsafe
        self.protected = self._places.protected
        self.shelves: Callable[[], Sequence[Path]] = tuple
        """Gives folders outside that hold long results for the agent: `read_file` shows the texts in them, too."""

    def locate(self, path: PathLike) -> Place:
        """Follow every link to where a path really is; see `Places.locate`.

        Raises:
            WorkspaceError: outside the work folder, a control file, a circle of links, or no path at all.
        """
        return self._places.locate(path)

    def is_protected(self, parts: Iterable[str]) -> bool:
        """Names below the work folder lead into a control folder; see `Places.is_protected`."""
        return self._places.is_protected(parts)

    def display(self, path: PathLike) -> str:
        """A path as messages show it: relative to the work folder where it is written inside."""
        return self._places.display(path)

    def gone(self) -> WorkspaceError:
        """What is to be raised where the work folder was removed."""
        return WorkspaceError(
            f"The work folder '{self.root}' is gone.",
            hint="Nothing can be read or written until it is there again.",
        )

    def exists(self, path: PathLike) -> bool:
        """A regular file or a folder is there."""
        return self.kind(path) != "missing"

    def kind(self, path: PathLike) -> Literal["file", "folder", "other", "missing"]:
        """What is at a path."""

        def look(place: Place) -> Literal["file", "folder", "other", "missing"]:
            try:
                with self._folder_of(place) as (folder, name):
                    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            except (FileNotFoundError, NotADirectoryError):
                return "missing"
            if stat.S_ISLNK(mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"

        return self._steadily(path, look)

    def open_folder(self, path: PathLike = ".") -> int:
        """A descriptor of a folder, for listing it; the caller closes it.

        Raises:
            FileNotFoundError: it is not there.
            WorkspaceError: it may not be opened, or is not a folder.
        """

        def enter(place: Place) -> int:
            with self._start(place) as start:
                return open_beneath(start, place.parts, _FOLDER)

        return self._steadily(path, enter)

    @contextmanager
    def open(self, path: PathLike) -> Iterator[int]:
        """A descriptor of a regular file, for reading.

        Raises:
            FileNotFoundError: it is not there.
            WorkspaceError: it may not be opened.
        """
        _refuse_folder_name(path)
        descriptor = self._steadily(path, self._open_regular)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def read_bytes(self, path: PathLike, *, limit: int = MAX_BYTES) -> bytes:
        """The bytes of a regular file.

        Raises:
            FileNotFoundError: it is not there.
            WorkspaceError: it may not be opened, or is larger than `limit`.
        """
        with self.open(path) as descriptor:
            return read(descriptor, self.display(path), limit)[0]

    def read_text(self, path: PathLike, *, limit: int = MAX_BYTES) -> FileText:
        """A text file with encoding, line ends and mode.

        Raises:
            FileNotFoundError: it is not there.
            BinaryFile: it holds no text.
            WorkspaceError: it may not be opened, or is larger than `limit`.
        """
        shown = self.display(path)
        with self.open(path) as descriptor:
            data, status = read(descriptor, shown, limit)
        mode = stat.S_IMODE(status.st_mode)
        return filetext.decode(data, shown=shown, mode=mode, mtime=status.st_mtime_ns)

    def write_text(
        self,
        path: PathLike,
        text: str,
        like: FileText | None = None,
        *,
        expect: Expected = "anything",
    ) -> FileText:
        r"""Replace or create a file in one step: readers see the old text or the new one, never a part.

        Missing folders are created. The mode of an existing file stays, and a link inside the work folder
        stays a link. If anything fails, everything is as before.

        Args:
            path: what to write.
            text: with line ends as `read_text` gives them.
            like: whose encoding, byte-order mark, line ends and (for a new file) mode to use; None is UTF-8
                with the text's own line ends.
            expect: what must still stand there when the new text is put in place.

        Returns:
            The file as it is now.

        Raises:
            StaleFile: something else than `expect` is there.
            WorkspaceError: it may not be written, the encoding cannot hold the text, or the disk refuses.
        """
        shown = self.display(path)
        data, written, like = self.rendered(path, text, like)

        def put(place: Place) -> os.stat_result:
            return self._replace(place, data, shown, like.mode if like.digest else None, expect)

        status = self._steadily(path, put, verb="write")
        return replace(written, mode=stat.S_IMODE(status.st_mode), mtime=status.st_mtime_ns)

    def rendered(
        self, path: PathLike, text: str, like: FileText | None = None
    ) -> tuple[bytes, FileText, FileText]:
        """What `write_text` would put on the disk: the bytes, the file read back from them, and `like`.

        Raises:
            WorkspaceError: the encoding cannot hold the text, or no text file may look like that.
        """
        _refuse_folder_name(path)
        shown = self.display(path)
        if like is None:
            like = FileText(text="")
        data = filetext.encode(text, like, shown=shown)
        if len(data) > MAX_BYTES:
            raise WorkspaceError(
                f"{len(data):,} bytes are too much for '{shown}'.", hint="Write less at once."
            )
        try:
            written = filetext.decode(data, shown=shown)
        except filetext.BinaryFile as error:
            raise WorkspaceError(
                f"The text would make '{shown}' a binary file.", hint="Leave the control characters out."
            ) from error
        return data, written, like

    def _steadily(self, path: PathLike, act: Callable[[Place], T], *, verb: str = "open") -> T:
        """Locate and act; look again when something was swapped for a link in between."""
        given = os.fspath(path)
        for _ in range(_TRIES):
            place = self.locate(path)
            try:
                return act(place)
            except WorkspaceError:
                raise
            except OSError as error:
                shown = self.display(given)
                if (
                    not self.root.is_dir()
                ):  # removed since `_start` opened it; a write there is "not permitted"
                    raise self.gone() from None
                if isinstance(error, FileNotFoundError) and verb == "open":
                    raise FileNotFoundError(errno.ENOENT, f"there is no file '{shown}'", shown) from None
                if error.errno not in SWAPPED:
                    raise cannot(verb, shown, error) from error
        raise WorkspaceError(
            f"'{given}' keeps changing while it is being opened.",
            hint="Find out what replaces it, then try again.",
        )

    @contextmanager
    def _start(self, place: Place) -> Iterator[int]:
        try:
            descriptor = os.open(self.root if place.inside else "/", _FOLDER | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            raise self.gone() from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _folder_of(self, place: Place) -> Iterator[tuple[int, str]]:
        with self._start(place) as start:
            folder = open_beneath(start, place.parts[:-1], _FOLDER)
        try:
            yield folder, place.parts[-1] if place.parts else "."
        finally:
            os.close(folder)

    def _open_regular(self, place: Place) -> int:
        with self._folder_of(place) as (folder, name):
            # Looked at first, since merely opening a device can have effects; judged on the descriptor after.
            only_regular(os.stat(name, dir_fd=folder, follow_symlinks=False), place.shown)
            descriptor = open_beneath(folder, [name], os.O_RDONLY)
        try:
            only_regular(os.fstat(descriptor), place.shown)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _replace(
        self,
        place: Place,
        data: bytes,
        shown: str,
        mode: int | None,
        expect: Expected,
    ) -> os.stat_result:
        if not place.parts:
            raise WorkspaceError(f"'{shown}' is a folder.", hint="Name a file in it.")
        name = place.parts[-1]
        with self._start(place) as start:
            folder, made = make_folders(start, place.parts[:-1])
            try:
                return replace_in(folder, name, data, shown, mode, expect)
            except BaseException:
                remove_folders(start, place.parts[:-1], made)
                raise
            finally:
                os.close(folder)


def _refuse_folder_name(path: PathLike) -> None:
    """A path that can only mean a folder is none of a file: ``a/`` must not be written as ``a``."""
    given = os.fspath(path)
    if isinstance(given, str) and len(given.strip()) > 1 and given.rpartition("/")[2] in ("", ".", ".."):
        raise WorkspaceError(f"'{given}' names a folder.", hint="Name a file in it.")
