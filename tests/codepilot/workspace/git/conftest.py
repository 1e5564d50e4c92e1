"""Repositories made by git itself: what ours reads is held against what git says of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@localhost",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@localhost",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Made:
    """A repository and git's own view of it."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def git(self, *arguments: str, folder: Path | None = None, **variables: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            ["git", *arguments],
            cwd=folder or self.top,
            env=environment | IDENTITY | variables,
            check=True,
            capture_output=True,
            text=True,
            errors="surrogateescape",
        ).stdout

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def commit(self, message: str = "x") -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def letters(self) -> dict[str, str]:
        """What `git status` says, as one letter a path."""
        said = self.git("status", "--porcelain=v1", "--no-renames", "-z", "--untracked-files=no")
        return {entry[3:]: letter_of(entry[:2]) for entry in said.split("\0") if entry}


def letter_of(pair: str) -> str:
    """One letter for git's two: the index against the commit, the disk against the index."""
    if "U" in pair or pair in ("AA", "DD"):
        return "U"
    if "D" in pair:
        return "D"
    return "A" if "A" in pair else "M"


@pytest.fixture
def repository(tmp_path: Path) -> Made:
    made = Made(tmp_path / "repository")
    made.top.mkdir()
    made.git("init", "-q", "-b", "main")
    return made


@pytest.fixture
def made_in() -> type[Made]:
    """Makes one from a folder."""
    return Made
