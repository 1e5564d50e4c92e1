"""The jail that the worker closes around itself: resource limits, an audit hook, Landlock, seccomp.

Runs in the worker, after everything that may be imported is imported and before any code of a model. Each layer says
for itself whether it is in force; nothing is claimed that the kernel did not confirm. The kernel is called through
ctypes, so there is nothing to install.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from codepilot.sandbox import reach, seccomp

_SYSCALL_CREATE_RULESET: Final = 444
_SYSCALL_ADD_RULE: Final = 445
_SYSCALL_RESTRICT_SELF: Final = 446
_CREATE_RULESET_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_FILE_RIGHTS_BY_ABI: Final = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From which Landlock version on how many kinds of file access can be forbidden."""
_TCP_FROM_ABI: Final = 4
_SCOPES_FROM_ABI: Final = 6

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_SIGKILL: Final = 9


class _RulesetAttr(ctypes.Structure):
    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _PathBeneathAttr(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


class Jail(NamedTuple):
    """What holds now."""

    layers: tuple[str, ...]
    notes: tuple[str, ...]
    """Why a layer is missing."""


def enter(*, memory: int, threads: bool, host: int) -> Jail:
    """Close the jail around this process, for good.

    Args:
        memory: bytes of address space.
        threads: blocks may start threads, because they may import a module that needs them.
        host: process id of the host; when it dies this process dies.
    """
    layers: list[str] = []
    notes: list[str] = []

    def attempt(name: str, close: Callable[[], str | None]) -> bool:
        try:
            said = close()
        except (OSError, ValueError, AttributeError, ImportError) as error:
            notes.append(f"no {name}: {error}")
            return False
        layers.append(said or name)
        return True

    filtered = False
    attempt("rlimits", lambda: _limit_resources(memory))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        attempt("dies with host", lambda: _die_with(libc, host))
        attempt("no new privileges", lambda: _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1))
        library = tuple(_library())
        walled = attempt("landlock", lambda: _landlock(libc, library))
        filtered = attempt("seccomp", lambda: seccomp.enter(libc, reading=walled, threads=threads))
    else:
        notes.append(f"there is no kernel jail for {sys.platform}")
    if not filtered:
        reach.withdraw()
    sys.addaudithook(_auditor(tuple(root + os.sep for root in _library_roots()), threads))
    layers.append("audit hook")
    for name in [name for name in sys.modules if name.partition(".")[0] in ("ctypes", "_ctypes", "resource")]:
        del sys.modules[name]
    return Jail(tuple(layers), tuple(notes))


def _limit_resources(memory: int) -> None:
    import resource

    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_AS, memory),
    ):
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option} failed")


def _die_with(libc: ctypes.CDLL, host: int) -> None:
    _prctl(libc, _PR_SET_DUMPABLE, 0)
    _prctl(libc, _PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != host:  # it died before the signal was asked for
        os._exit(0)


# -- Landlock --------------------------------------------------------------------------------------------------------


def _landlock(libc: ctypes.CDLL, readable: Sequence[str]) -> str:
    abi = _call(libc, _SYSCALL_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    rights = max(bits for since, bits in _FILE_RIGHTS_BY_ABI if abi >= since)
    attr = _RulesetAttr(handled_access_fs=(1 << rights) - 1)
    size = 8
    if abi >= _TCP_FROM_ABI:
        attr.handled_access_net, size = 0b11, 16
    if abi >= _SCOPES_FROM_ABI:
        attr.scoped, size = 0b11, 24
    ruleset = _call(libc, _SYSCALL_CREATE_RULESET, ctypes.byref(attr), size, 0)
    try:
        for path in readable:
            with contextlib.suppress(PermissionError, FileNotFoundError):  # unreadable anyway
                _may_read(libc, ruleset, path)
        _call(libc, _SYSCALL_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return f"landlock {abi}"


def _may_read(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    access = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE  # noqa: PTH112 - no pathlib before the jail
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneathAttr(allowed_access=access, parent_fd=descriptor)
        _call(libc, _SYSCALL_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _call(libc: ctypes.CDLL, number: int, *args: Any) -> int:
    result = int(libc.syscall(ctypes.c_long(number), *args))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


_INSTALLED: Final = ("site-packages", "dist-packages")


def _library_roots() -> Iterator[str]:
    """Where the standard library lies. Installed packages often lie below it and are left out."""
    for path in sys.path:
        if path and os.path.basename(path) not in _INSTALLED:  # noqa: PTH119
            yield path


def _library() -> Iterator[str]:
    for root in _library_roots():
        if not os.path.isdir(root) or not os.access(root, os.R_OK):  # noqa: PTH112
            continue
        with os.scandir(root) as entries:
            for entry in entries:
                if entry.name not in _INSTALLED:
                    yield entry.path


# -- audit hook ------------------------------------------------------------------------------------------------------

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED: Final = (
    "os.", "subprocess.", "socket.", "ctypes.", "shutil.", "tempfile.", "pty.", "mmap.", "fcntl.", "resource.",
    "signal.", "syslog.", "sqlite3.", "webbrowser.", "http.", "urllib.", "ftplib.", "smtplib.", "winreg.", "msvcrt.",
    "gc.get_", "sys.addaudithook", "cpython.", "setopencodehook",
)  # fmt: skip
"""Prefixes of the audit events that are refused."""


def _auditor(roots: tuple[str, ...], threads: bool) -> Callable[[str, tuple[Any, ...]], None]:
    """A hook that refuses effects early, with a message; it cannot be removed.

    Where the kernel offers no jail, this is what remains. Clever code gets around it.
    """
    listing = frozenset(("os.listdir", "os.scandir"))

    def inside(path: object) -> bool:
        return isinstance(path, str) and (path + os.sep).startswith(roots) and ".." not in path

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args[0], args[1], args[2]
            writes = isinstance(mode, str) and bool(set(mode) & set("wax+"))
            writes = writes or (isinstance(flags, int) and bool(flags & _WRITING))
            if isinstance(path, int) or writes or not inside(path):
                raise PermissionError(
                    f"a control block cannot open files ({str(path)[:200]}): "
                    "use read_file(path) and write_file(path)"
                )
        elif event.startswith(_REFUSED):
            if event in listing and inside(args[0]):
                return
            raise PermissionError(
                f"a control block cannot do this ({event}): use the tools, e.g. execute('main', command)"
            )
        elif event == "_thread.start_new_thread" and not threads:
            raise PermissionError("a control block cannot start threads: tools are called one after another")

    return refuse
