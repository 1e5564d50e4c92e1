"""What the kernel knows of a process: CPU time, memory, wake-ups, children. Linux."""

from __future__ import annotations

import time
from pathlib import Path

MB = 1024 * 1024


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads, ended ones too, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)


def _status(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def rss(pid: int) -> float:
    """Resident memory in MB."""
    return _status(pid, "VmRSS") / 1024


def peak_rss(pid: int) -> float:
    """The most that it ever was, in MB."""
    return _status(pid, "VmHWM") / 1024


def own_memory(pid: int) -> float:
    """What it has for itself, in MB: a forked process shares the rest with the one that it came from."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def forks(pid: int) -> list[int]:
    """Children that run its own program: it forked them, and they became nothing else."""
    program = Path(f"/proc/{pid}/cmdline").read_bytes()
    found = []
    for child in children(pid):
        try:
            if Path(f"/proc/{child}/cmdline").read_bytes() == program:
                found.append(child)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def wakeups(pid: int) -> int:
    """How often its threads went to sleep, which is how often they were woken."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def children(pid: int) -> list[int]:
    """Its descendants, nearest first."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children(int(child))]
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended while it was looked at
    return found


def alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
