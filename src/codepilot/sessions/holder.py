"""Who writes to a session, and whether that program still lives: for stores that have no lock of the system."""

from __future__ import annotations

import functools
import os
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_process = uuid.uuid4().hex
_live: set[str] = set()
"""The claims that are held in this process."""


def _of_a_fork() -> None:
    """A forked child is another program: what its parent holds, it does not, and the other way round."""
    global _process
    _process = uuid.uuid4().hex
    _live.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_of_a_fork)


def begin() -> dict[str, Any]:
    """A new claim of this process, as it is stored; `end` takes its `claim`."""
    claim = uuid.uuid4().hex
    _live.add(claim)
    return {
        "claim": claim,
        "process": _process,
        "pid": os.getpid(),
        "started": _started(os.getpid()),
        "host": socket.gethostname(),
        "boot": _boot(),
    }


def end(claim: str) -> None:
    """Give a claim up; one that is not held is passed over."""
    _live.discard(claim)


def held(claim: str) -> bool:
    """Whether this process holds a claim that it made."""
    return claim in _live


def alive(claim: Mapping[str, Any]) -> bool:
    """Whether the program that made this claim surely holds it still.

    Of a program on another machine nothing is known, so that the answer is no: a session must not stay shut because a
    machine is gone. If that program does live, it is told at its next write, and overwrites nothing.
    """
    if claim.get("process") == _process:
        return claim.get("claim") in _live
    if (claim.get("host"), claim.get("boot")) != (socket.gethostname(), _boot()):
        return False
    pid = claim.get("pid")
    if not isinstance(pid, int) or pid <= 0 or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # of another user, but there
    return bool(claim.get("started") == _started(pid))


@functools.cache
def _boot() -> str:
    """Tells one start of the machine from the next, where the system says it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process was started, in the system's own figure; empty where it does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return fields[19]
