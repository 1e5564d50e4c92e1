"""Where a session lies: `<state>/sessions/<id>/`, with its journal, its lock, its draft and what waits."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

from codepilot import paths
from codepilot.errors import UsageError

JOURNAL = "journal.jsonl"
UNFINISHED = "journal.new"
"""The journal of a session that is being made at one go, or that nobody went on with making; see `making.py`."""
LOCK = "lock"
DRAFT = "draft"
WAITING = "waiting"
TEXTS = "texts"
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that is taken for another
_LONGEST = 200
_NETWORKS = frozenset(
    {
        *(0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x01021997),  # NFS, SMB, CIFS, SMB 2, 9p
        *(0x65735546, 0x00C36400, 0x0BD00BD0),  # FUSE, Ceph, Lustre
    }
)
"""Kinds of file systems on which another machine may write, too."""


def sessions_root() -> Path:
    """The folder that holds the folders of all sessions."""
    return paths.state_dir() / "sessions"


def new_session_id(now: float | None = None) -> str:
    """A new id, `20261121-164146-k3f9x2`: by their names sessions stand in the order of their making.

    Args:
        now: seconds since 1970; default: the time of this machine.
    """
    when = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return f"{when}-{''.join(_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(6))}"


def folder_of(session_id: str, root: Path | None = None) -> Path:
    """The folder of a session; no two ids share one.

    Args:
        session_id: any text; what is no letter, digit or ``-_.`` stands in the name as ``%XX``.
        root: where the folders lie; default `sessions_root()`.

    Raises:
        UsageError: the id is empty, or too long for a file system.
    """
    name = re.sub(
        rb"[^A-Za-z0-9\-_.]", lambda at: f"%{at[0][0]:02X}".encode(), session_id.encode("utf-8", "replace")
    )
    shown = name.decode()
    if not shown.strip("."):
        shown = shown.replace(".", "%2E")
    if not shown or len(shown) > _LONGEST:
        found = session_id if len(session_id) <= 40 else f"{session_id[:40]}…"
        raise UsageError(
            f"session_id: expected 1 to {_LONGEST} characters, of which all but A-Z a-z 0-9 - _ . count three for each"
            f" byte of UTF-8; found {len(shown)}: {found!r}."
        )
    return (root or sessions_root()) / shown


def on_network(folder: Path) -> bool:
    """Whether a folder lies on a file system in which another machine may write, as far as this system tells."""
    if sys.platform != "linux":
        return False
    import ctypes

    told = ctypes.create_string_buffer(512)
    if ctypes.CDLL(None).statfs(os.fsencode(folder), told) != 0:
        return False
    kind = ctypes.cast(told, ctypes.POINTER(ctypes.c_long))[0]
    return kind & 0xFFFFFFFF in _NETWORKS
