"""Processes of a terminal: who they are and in which call they sleep (Linux), how they end, and who reaps them."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import platform
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_PROC = Path("/proc")
_SAID = 16_384
"""Bytes that are read of what a short program says."""


READ, _POLL, _SELECT, _EPOLL = "read", "poll", "select", "epoll"
"""Calls in which a process sleeps until something comes."""
_CALLS: dict[str, dict[int, str]] = {
    "x86_64": {
        0: READ,
        19: READ,
        7: _POLL,
        271: _POLL,
        23: _SELECT,
        270: _SELECT,
        232: _EPOLL,
        281: _EPOLL,
        441: _EPOLL,
    },
    "aarch64": {63: READ, 65: READ, 73: _POLL, 72: _SELECT, 22: _EPOLL, 441: _EPOLL},
}
_NUMBERS = _CALLS.get(platform.machine(), {})
_POLLIN = 1
_TTY_DEVICE = os.makedev(5, 0)


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    group: int
    session: int
    state: str
    name: str


class Reaper:
    """Collects every child of the host process, and tells those who asked.

    The host is a process of its own, so no other code's children are taken.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, Callable[[int], None]] = {}

    def start(self) -> None:
        """Begin; needs the running loop of the main thread."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)
        become_subreaper()

    def expect(self, pid: int, ended: Callable[[int], None]) -> None:
        """Call `ended` with the exit code (128 + n for signal n) when this child ends."""
        self._waiting[pid] = ended

    async def run(
        self, argv: Sequence[str], environment: Mapping[str, str], umask: int, patience: float
    ) -> tuple[int, str] | None:
        """Run a short program without input to its end.

        Args:
            argv: its command line.
            environment: all of its variables.
            umask: for it.
            patience: seconds after which it is killed.

        Returns:
            Exit code, and what it said on stderr; None if it was killed.
        """
        with tempfile.TemporaryFile() as said:
            ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            process = subprocess.Popen(
                [*argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=environment,
                umask=umask,
            )

            def done(code: int) -> None:
                process.returncode = code
                if not ended.done():
                    ended.set_result(code)

            self.expect(process.pid, done)
            try:
                async with asyncio.timeout(patience):
                    code = await asyncio.shield(ended)
            except TimeoutError:
                process.kill()
                return None
            return code, os.pread(said.fileno(), _SAID, 0).decode("utf-8", "replace")

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            ended = self._waiting.pop(pid, None)
            if ended is not None:
                ended(code if code >= 0 else 128 - code)


def become_subreaper() -> None:
    """Linux: daemons of our descendants become our children, so that none outlives the host unseen."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read_process(pid: int) -> Process | None:
    """The process as /proc tells it; None if it is gone or there is no /proc."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return Process(pid, int(fields[1]), int(fields[2]), int(fields[3]), fields[0], name)


def command_line(pid: int) -> str:
    """How a process was started, its program by name as one types it; empty if it is gone or there is no /proc."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return ""
    if words[0].startswith(b"/"):  # a launcher has looked it up
        words[0] = words[0].rpartition(b"/")[2]
    return shlex.join(word.decode("utf-8", "replace") for word in words if words != [b""])


def descendants(root: int) -> list[Process]:
    """All processes below `root`, nearest first, without itself."""
    found: list[Process] = []
    queue = [root]
    for pid in queue:
        for child in _children(pid):
            process = read_process(child)
            if process is not None:
                found.append(process)
                queue.append(child)
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            children += map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:
        return children
    return children


def of_session(session: int) -> list[Process]:
    """All processes of a session (a terminal's shell leads one), and their descendants outside of it."""
    if not _PROC.is_dir():
        return []
    members = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            process = read_process(int(entry.name))
            if process is not None and process.session == session:
                members[process.pid] = process
    for pid in list(members):
        for process in descendants(pid):
            members.setdefault(process.pid, process)
    return [process for process in members.values() if process.state != "Z"]


def of_terminal(session: int, variable: str) -> list[Process]:
    """All processes of a terminal.

    Those of its session and below them, and what left both (`setsid`, a double fork) but still carries the variable
    that the terminal's shell was born with.

    Args:
        session: of the terminal, as its number.
        variable: `NAME=value`, unlike that of any other terminal.
    """
    members = {process.pid: process for process in of_session(session)}
    mine = variable.encode()
    for process in descendants(os.getpid()):
        if process.pid not in members and process.state != "Z" and mine in _variables(process.pid):
            members[process.pid] = process
    return list(members.values())


def _variables(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def send_signal(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal those that still are there and are ours."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def parents_first(pids: Collection[int]) -> list[int]:
    """In the order in which they are to be told to end: a shell whose child dies first goes on to its next command."""
    parents = {pid: process.parent for pid in pids if (process := read_process(pid)) is not None}

    def depth(pid: int) -> int:
        above = 0
        while (pid := parents.get(pid, 0)) in parents and above < len(parents):
            above += 1
        return above

    return sorted(pids, key=depth)


async def end_processes(alive: Callable[[], list[int]], *, patience: float = 1.0) -> None:
    """Hang up, then TERM, then after `patience` seconds KILL, until `alive` names nobody."""
    loop = asyncio.get_running_loop()
    for number, wait in ((signal.SIGHUP, 0.2), (signal.SIGTERM, patience), (signal.SIGKILL, 1.0)):
        pids = parents_first(alive())
        if not pids:
            return
        send_signal(pids, number)
        # A stopped process takes nothing but KILL until it goes on.
        send_signal(pids, signal.SIGCONT)
        until = loop.time() + wait
        while alive() and loop.time() < until:
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    """There is such a process, and it has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return (
            Path(f"/proc/{pid}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()[0]
            != "Z"
        )
    except OSError:
        return not Path("/proc/self").exists()


def sleeps_for(pid: int, tty: str) -> str | None:
    """The kind of call in which a process waits for a terminal; "" if in none; None if that is hidden.

    Args:
        pid: of the process.
        tty: path of the terminal device; empty if unknown.
    """
    try:
        device = Path(tty).stat().st_rdev if tty else -1
        tasks = list(Path(f"/proc/{pid}/task").iterdir())[:64]
        for task in tasks:
            found = _task_waits(task, device)
            if found:
                return found
    except FileNotFoundError:
        return ""  # it ended meanwhile
    except (OSError, ValueError):
        return None
    return "" if _NUMBERS and tasks else None


def _task_waits(task: Path, device: int) -> str:
    fields = (task / "syscall").read_text(encoding="ascii").split()
    if len(fields) < 3:
        return ""  # "running"
    kind = _NUMBERS.get(int(fields[0]), "")
    first, second = int(fields[1], 16), int(fields[2], 16)
    if kind == READ:
        return kind if _is_terminal(task, first, device) else ""
    if kind == _POLL:
        return kind if any(_is_terminal(task, fd, device) for fd in _polled(task, first, second)) else ""
    if kind == _SELECT:
        return kind if any(_is_terminal(task, fd, device) for fd in _selected(task, first, second)) else ""
    if kind == _EPOLL:
        return kind if any(_is_terminal(task, fd, device) for fd in _epolled(task, first)) else ""
    return ""


def _is_terminal(task: Path, descriptor: int, device: int) -> bool:
    try:
        found = (task / "fd" / str(descriptor)).stat().st_rdev
    except FileNotFoundError:
        return False
    return found in (device, _TTY_DEVICE)


def _memory(task: Path, address: int, size: int) -> bytes:
    with (task / "mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(size)


def _polled(task: Path, address: int, count: int) -> list[int]:
    data = _memory(task, address, 8 * min(count, 256))
    return [fd for fd, events, _ in struct.iter_unpack("ihh", data[: len(data) // 8 * 8]) if events & _POLLIN]


def _selected(task: Path, count: int, address: int) -> list[int]:
    if not address:
        return []
    bits = int.from_bytes(_memory(task, address, 128), "little")
    return [fd for fd in range(min(count, 1024)) if bits >> fd & 1]


def _epolled(task: Path, descriptor: int) -> list[int]:
    watched = []
    for line in (task / "fdinfo" / str(descriptor)).read_text(encoding="ascii").splitlines():
        if line.startswith("tfd:"):
            watched.append(int(line.split()[1]))
    return watched
