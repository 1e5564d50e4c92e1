"""Does the program in a terminal wait for the keyboard, and for what?

On Linux the kernel tells in which call each process sleeps, so a blocked read of the terminal is a
fact and not a guess. Where that cannot be seen (another user's process, another system) a silent program under a line
that looks like a question counts.
"""

from __future__ import annotations

import os
import platform
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from codepilot.terminal.session.processes import Process, descendants, read_process
from codepilot.terminal.session.pty import LineModes

Kind = Literal["password", "pager", "confirm", "keys", "input"]

_PASSWORD = re.compile(
    r"(?i)\b(?:password|passphrase|passcode|passwort|pin|otp|verification code)\b[^:?]*[:?]\s*$"
)
_CONFIRM = re.compile(
    r"(?i)[\[(<]\s*y(?:es)?\s*[/|]\s*no?\b[^\])>]*[\])>]|\by/n\b|\bare you sure\b|\bcontinue\s*\?"
)
_PAGER_LINE = re.compile(
    r"^(?::|\(END\)|--More--.*|.*\(END\)|lines \d+-\d+.*|.*\(press h for help or q to quit\).*)\s*$"
)
_QUESTION = re.compile(r"[:?>$#%\])]\s*$")
_PAGERS = frozenset({"less", "more", "most", "pg", "lv"})

_READ, _POLL, _SELECT, _EPOLL = "read", "poll", "select", "epoll"
_CALLS: dict[str, dict[int, str]] = {
    "x86_64": {
        0: _READ,
        19: _READ,
        7: _POLL,
        271: _POLL,
        23: _SELECT,
        270: _SELECT,
        232: _EPOLL,
        281: _EPOLL,
        441: _EPOLL,
    },
    "aarch64": {63: _READ, 65: _READ, 73: _POLL, 72: _SELECT, 22: _EPOLL, 441: _EPOLL},
}
_NUMBERS = _CALLS.get(platform.machine(), {})
_POLLIN = 1
_TTY_DEVICE = os.makedev(5, 0)


@dataclass(frozen=True, slots=True)
class Wait:
    """What the program waits for."""

    kind: Kind
    program: str
    prompt: str
    sure: bool = False
    """It is blocked in a read of the terminal. Else it sleeps until something comes, from there or elsewhere."""

    def __str__(self) -> str:
        what = {
            "password": "a password",
            "pager": f"a key ({self.program} is a pager: q leaves it)",
            "confirm": "yes or no",
            "keys": f"keys ({self.program} is a full-screen program)",
            "input": f"input to {self.program}",
        }[self.kind]
        return f"{what}: {self.prompt!r}" if self.prompt and self.kind not in ("pager", "keys") else what


def find_wait(
    *,
    shell: int,
    group: int,
    tty: str,
    modes: LineModes,
    line: str,
    full_screen: bool,
    quiet: float,
    expected: bool = False,
) -> Wait | None:
    """Look once.

    Args:
        shell: the terminal's own process.
        group: the process group that has the keyboard.
        tty: path of the terminal device; empty if unknown.
        modes: of its line discipline.
        line: the row on which the cursor stands.
        full_screen: the alternate screen is on.
        quiet: seconds since the last output.
        expected: a program that sleeps until something comes counts, also where no row looks like a question.
    """
    line = line.rstrip()[-200:]
    seen = False
    for process in _group(shell, group):
        sleeping = _waits_for(process.pid, tty)
        if sleeping is None:
            continue
        seen = True
        if sleeping == _READ or (sleeping and (line or full_screen or expected)):
            found = _describe(process.name, line, modes, full_screen)
            return replace(found, sure=sleeping == _READ)
    if seen or quiet < 0.5 or not group:
        return None
    leader = read_process(group)
    name = leader.name if leader is not None else "the program"
    if (modes.canonical and not modes.echo) or (
        line and _QUESTION.search(line) and (_PASSWORD.search(line) or modes.canonical)
    ):
        return _describe(name, line, modes, full_screen)
    return None


def _describe(name: str, line: str, modes: LineModes, full_screen: bool) -> Wait:
    if _PASSWORD.search(line) or (modes.canonical and not modes.echo):
        return Wait("password", name, line)
    if name in _PAGERS or _PAGER_LINE.match(line):
        return Wait("pager", name, line)
    if full_screen:
        return Wait("keys", name, "")
    if _CONFIRM.search(line):
        return Wait("confirm", name, line)
    return Wait("input", name, line)


def _group(shell: int, group: int) -> Iterable[Process]:
    """Who may read the keyboard: the group that has it, and what that started in sessions of their own (`su -c`)."""
    leader = read_process(shell)
    if leader is None:
        return
    members = set()
    for process in (leader, *descendants(shell)):
        own = process.session != leader.session and process.parent in members
        if process.group == group or own:
            members.add(process.pid)
            yield process


def stray_readers(shell: int, group: int, tty: str) -> list[int]:
    """Processes of the running command that read the keyboard from a session of their own: ^C does not reach them.

    When the command is gone they would go on to read what is meant for the shell.
    """
    leader = read_process(shell)
    return [
        process.pid
        for process in _group(shell, group)
        if leader is not None and process.session != leader.session and _waits_for(process.pid, tty) == _READ
    ]


def _waits_for(pid: int, tty: str) -> str | None:
    """The kind of call in which `pid` waits for the terminal; "" if in none; None if that is hidden."""
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
    if kind == _READ:
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
