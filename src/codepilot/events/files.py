"""What became of files: by a tool, by a command, by a restore."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from codepilot.values import dataclass

ChangeSource = Literal["tool", "command", "restore"]
"""Who changed a file: a tool that writes, whatever a command did, or the undoing of such changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanged:
    """A file is another than it was, by what the agent did."""

    call_id: str
    """Of the call that did it; empty for a restore."""
    path: str
    """Relative to the work folder where it is inside."""
    before: str | None
    """None: it did not exist. Texts over 256 KB, and what is no text, are left out of both and `coarse` is set."""
    after: str | None
    """None: it exists no more."""
    added: int
    removed: int
    coarse: bool = False
    source: ChangeSource = "tool"
    before_id: str | None = ""
    """By which the file's bytes are kept in the checkpoints; None: it did not exist; empty: they are not kept."""
    after_id: str | None = ""
    before_mode: int = 0
    """Kind and permissions as `os.stat` has them; 0: it did not exist, or is not known."""
    after_mode: int = 0
    folders: int = 0
    """How many of the folders that it is in were made with it."""
    joined: bool = False
    """Several commands ran before anybody could look: which of them changed it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadMoved:
    """A command made git's HEAD another commit, or another branch."""

    call_id: str
    before: str
    """The commit, in hex; empty: there was none yet."""
    after: str
    before_branch: str
    """Empty: detached."""
    after_branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesTold:
    """The files were looked at behind a call: what it changed was told before this, as far as that is covered."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreStarted:
    """Files are about to be brought back to an earlier state."""

    to: int
    """The record of the journal at which they were so."""
    rows: tuple[dict[str, Any], ...]
    """Of each file `path`, `now_id`, `now_mode`, `then_id`, `then_mode`."""
    folders: dict[str, int] = field(default_factory=dict)
    """How many folders above these files go with them at its end, if they are empty then."""
    finishes: int = 0
    """The record of the restore that was cut and that this one finishes; 0: none."""
    rewinds: int = 0
    """Behind which record the conversation shall go on afterwards; 0: it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreFinished:
    """What came of a restore."""

    done: tuple[str, ...]
    """The files that were restored."""
    kept: dict[str, str] = field(default_factory=dict)
    """Those that stayed as they are, each with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointAwaited:
    """A command waits until the folder was looked at for the first time, so that what it changes can be undone."""

    seconds: float
    """For so long at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSeeded:
    """What commands change can be undone from now on, for the files of which it is known how they are."""

    method: Literal["watch", "scan", "none"]
    """How changes are found: the system tells, the folder is looked through, or only tools' changes are known."""
    captured: int = 0
    """Files whose contents are kept because git does not have them."""
    head: str = ""
    """The commit that git's HEAD is; empty without one."""
    branch: str = ""
    """Of HEAD; empty where it is on none."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Files and folders that are not covered, each with the reason."""
    seconds: float = 0.0
