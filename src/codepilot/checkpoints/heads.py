"""Whether a command made git's HEAD another commit or branch: a restore leaves that as it is, and says so."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from codepilot.events import HeadMoved
from codepilot.workspace.git.head import Head, find_repository, read_head


class Heads:
    """What is checked out in the repository of a folder; read from its files.

    Args:
        root: the folder.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._head: Head | None = None

    def look(self) -> None:
        """Know it as it is now, whoever moved it."""
        self._head = _head(self._root)

    def moved(self, call_id: str) -> HeadMoved | None:
        """What a call made of it since the last look; None: nothing, or it is not known."""
        was = self._head
        self.look()
        now = self._head
        if was is None or now is None or was == now:
            return None
        return HeadMoved(
            call_id=call_id,
            before=was.commit,
            after=now.commit,
            before_branch=was.branch,
            after_branch=now.branch,
        )


def head_of(folder: str) -> Head:
    """What is checked out in the repository of a folder; empty where there is none."""
    return _head(folder) or Head()


def _head(folder: str) -> Head | None:
    repository = find_repository(folder)
    return read_head(repository) if repository is not None else None


def way_back(moves: Sequence[Mapping[str, Any]]) -> str:
    """The command that takes some moves of HEAD back, given as the fields of `HeadMoved`; empty: nothing is to do."""
    if not moves:
        return ""
    commit, branch = str(moves[0]["before"]), str(moves[0]["before_branch"])
    now, branch_now = str(moves[-1]["after"]), str(moves[-1]["after_branch"])
    if (commit, branch) == (now, branch_now):
        return ""
    if branch and branch != branch_now:
        return f"git switch {shlex.quote(branch)}"
    if not commit:
        return "git update-ref -d HEAD"
    return f"git reset --soft {commit[:12]}" if branch else f"git switch --detach {commit[:12]}"
