"""Where a repository lies, and what is checked out in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codepilot.workspace.git.objects import read_small

_SMALL: Final = 4096
_MAX_CONFIG: Final = 1 << 20
_MAX_PACKED_REFS: Final = 32 << 20
_MAX_LINKS: Final = 5
_MAX_PARENTS: Final = 64


@dataclass(frozen=True, slots=True)
class Head:
    """What is checked out."""

    branch: str = ""
    """Without ``refs/heads/``; empty when detached. Text from outside: clean it before it is shown."""
    commit: str = ""
    """In hex; empty before the first commit."""

    @property
    def label(self) -> str:
        """The branch, or the beginning of a detached commit's name."""
        return self.branch or self.commit[:7]


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the parts of a repository lie."""

    top: Path
    """The work tree's top folder."""
    folder: Path
    """Of this work tree: HEAD and index."""
    common: Path
    """Shared by all its work trees: references, objects, configuration."""


def find_repository(folder: str | os.PathLike[str]) -> Repository | None:
    """The repository that a folder belongs to: the nearest `.git` in it or above it."""
    here = Path(folder).resolve()
    for top in (here, *here.parents[:_MAX_PARENTS]):
        repository = repository_at(top)
        if repository is not None:
            return repository
    return None


def repository_at(top: Path) -> Repository | None:
    """The repository whose work tree begins in this very folder."""
    place = top / ".git"
    git = place if os.path.isdir(place) else _pointed_to(place)  # noqa: PTH112 - says no where it may not look
    if git is None or not os.path.lexists(git / "HEAD"):
        return None
    common = _line(git / "commondir")
    return Repository(top, git, git / common if common else git)


def read_head(repository: Repository) -> Head | None:
    """What is checked out; None if that is stored in a way that is not read here."""
    place = repository.folder / "HEAD"
    try:
        text = f"ref: {os.fspath(place.readlink())}"  # as very old versions of git wrote it
    except OSError:
        text = _line(place)
    if not text.startswith("ref: "):
        return Head(commit=text) if _is_name(text) else None
    name = text.removeprefix("ref: ").strip()
    if not _is_reference(name) or name == "refs/heads/.invalid":  # as reftable leaves it
        return None
    return Head(name.removeprefix("refs/heads/"), _commit_of(repository, name))


def read_settings(repository: Repository) -> dict[str, str]:
    """The plain settings of the repository's own configuration: `section.name` and value in lower case.

    Includes are not followed and subsections not told apart: what is asked for here has neither.
    """
    found: dict[str, str] = {}
    section = ""
    data = read_small(repository.common / "config", _MAX_CONFIG) or b""
    for line in data.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text.startswith("["):
            section, _, text = (part.strip() for part in text[1:].partition("]"))
            section = section.lower()
        if text and text[0] not in "#;" and section:
            name, equals, value = text.partition("=")
            value = value.split("#")[0].split(";")[0].strip().strip('"').lower() if equals else "true"
            found[f"{section}.{name.strip().lower()}"] = value
    return found


def _pointed_to(place: Path) -> Path | None:
    """Where a `.git` file points, as linked work trees and submodules have it."""
    text = _line(place)
    return place.parent / text.removeprefix("gitdir: ") if text.startswith("gitdir: ") else None


def _commit_of(repository: Repository, name: str) -> str:
    """The commit that a reference stands for; empty if there is none yet."""
    for _ in range(_MAX_LINKS):
        text = _line(repository.folder / name) or _line(repository.common / name) or _packed(repository, name)
        if not text.startswith("ref: "):
            return text if _is_name(text) else ""
        name = text.removeprefix("ref: ").strip()
        if not _is_reference(name):
            return ""
    return ""


def _packed(repository: Repository, name: str) -> str:
    wanted = b" " + os.fsencode(name)
    for line in (read_small(repository.common / "packed-refs", _MAX_PACKED_REFS) or b"").splitlines():
        if line.endswith(wanted) and not line.startswith((b"#", b"^")):
            return line.partition(b" ")[0].decode("ascii", "replace")
    return ""


def _line(path: Path) -> str:
    return os.fsdecode((read_small(path, _SMALL) or b"").partition(b"\n")[0].strip())


def _is_name(text: str) -> bool:
    return len(text) in (40, 64) and all(letter in "0123456789abcdef" for letter in text)


def _is_reference(name: str) -> bool:
    """A name below ``refs/`` that leads nowhere else."""
    parts = name.split("/")
    return parts[0] == "refs" and len(parts) > 1 and all(part not in ("", ".", "..") for part in parts)
