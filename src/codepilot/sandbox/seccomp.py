"""The system calls that the worker may still make, as a seccomp filter.

The filter is a list of what is allowed: reading and writing what is open, memory, clocks, waiting, ending. All else
fails with EPERM (`clone3` with ENOSYS, so that the C library falls back), and a call for a foreign architecture
kills the process. Files may be opened for reading only, and not even that where Landlock does not narrow it down.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

_LD_ABS: Final = 0x20
_JEQ: Final = 0x15
_JGE: Final = 0x35
_AND: Final = 0x54
_RET: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_KILL: Final = 0x80000000
_EPERM: Final = 1
_EACCES: Final = 13
_ENOSYS: Final = 38
_OFFSET_NR: Final = 0
_OFFSET_ARCH: Final = 4
_OFFSET_ARGS: Final = 16
_CLONE_THREAD: Final = 0x00010000
_O_WRITING: Final = 0o3 | 0o100 | 0o1000 | 0o2000 | 0o20000000
"""Write, read-write, create, truncate, append, nameless temporary file."""
_X32: Final = 0x40000000
_CLONE3: Final = 435
_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2


# Numbers of each call on x86_64 and on aarch64; None: there is no such call.
_ALLOWED: Final = {
    # What is open: reading, writing, looking.
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "lseek": (8, 62), "close": (3, 57), "fstat": (5, 80), "getdents64": (217, 61),
    # Names of files; what may be opened is judged below.
    "stat": (4, None), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
    "getcwd": (79, 17),
    # Memory.
    "brk": (12, 214), "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226),
    "madvise": (28, 233), "membarrier": (324, 283),
    # Time and waiting.
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "times": (100, 153), "select": (23, None),
    "pselect6": (270, 72), "poll": (7, None), "ppoll": (271, 73), "restart_syscall": (219, 128),
    # Its own threads and signals.
    "futex": (202, 98), "set_robust_list": (273, 99), "set_tid_address": (218, 96), "rseq": (334, 293),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "getcpu": (309, 168), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    # Who and where it is.
    "getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178), "getuid": (102, 174),
    "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "uname": (63, 160),
    "sysinfo": (99, 179), "getrusage": (98, 165), "getrlimit": (97, 163), "getrandom": (318, 278),
    # The end.
    "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
"""What the worker may call whatever the arguments."""
_JUDGED: Final = {
    "open": (2, None), "openat": (257, 56), "clone": (56, 220), "fcntl": (72, 25), "tgkill": (234, 131),
    "prlimit64": (302, 261),
}  # fmt: skip
"""What it may call with certain arguments, see `program`."""
_MACHINES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Which of the numbers, and how the kernel names the machine in a filter."""


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("program", ctypes.c_void_p)]


def _op(code: int, k: int, jump_true: int = 0, jump_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, jump_true, jump_false, k)


def _argument(index: int, *, high: bool = False) -> bytes:
    return _op(_LD_ABS, _OFFSET_ARGS + 8 * index + (4 if high else 0))


def _on(number: int, *judgement: bytes) -> list[bytes]:
    """Instructions that judge one system call and always return; other numbers pass by."""
    return [_op(_JEQ, number, 0, len(judgement)), *judgement]


def program(machine: str, *, pid: int, reading: bool, threads: bool) -> bytes:
    """The filter as BPF instructions.

    Raises:
        ValueError: no table for this kind of machine.
    """
    if machine not in _MACHINES:
        raise ValueError(f"the system calls of this machine are not known: {machine}")
    column, architecture = _MACHINES[machine]

    def on(name: str, *judgement: bytes) -> list[bytes]:
        number = _JUDGED[name][column]
        return [] if number is None else _on(number, *judgement)

    allow, kill = _op(_RET, _ALLOW), _op(_RET, _KILL)
    refuse = _op(_RET, _ERRNO | _EPERM)
    denied = _op(_RET, _ERRNO | _EACCES)

    def read_only(argument: int) -> list[bytes]:
        if not reading:
            return [denied]
        return [_argument(argument), _op(_AND, _O_WRITING), _op(_JEQ, 0, 0, 1), allow, denied]

    code = [_op(_LD_ABS, _OFFSET_ARCH), _op(_JEQ, architecture, 1, 0), kill, _op(_LD_ABS, _OFFSET_NR)]
    if machine == "x86_64":
        code += [_op(_JGE, _X32, 0, 1), kill]
    for number in (numbers[column] for numbers in _ALLOWED.values()):
        code += [] if number is None else _on(number, allow)
    code += _on(_CLONE3, _op(_RET, _ERRNO | _ENOSYS))
    code += on("openat", *read_only(2))
    code += on("open", *read_only(1))
    if threads:
        code += on("clone", _argument(0), _op(_AND, _CLONE_THREAD), _op(_JEQ, 0, 1, 0), allow, refuse)
    # F_GETFD, F_SETFD, F_GETFL: the other commands can send signals.
    asks = [*(_op(_JEQ, k, 3 - k, 0) for k in (1, 2)), _op(_JEQ, 3, 0, 1), allow, refuse]
    code += on("fcntl", _argument(1), *asks)
    code += on("tgkill", _argument(0), _op(_JEQ, pid, 0, 1), allow, refuse)
    # Asking for a limit is harmless, setting one is not (root could raise it).
    asks = [_argument(2), _op(_JEQ, 0, 0, 3), _argument(2, high=True), _op(_JEQ, 0, 0, 1), allow, refuse]
    code += on("prlimit64", *asks)
    code.append(refuse)
    return b"".join(code)


def enter(libc: ctypes.CDLL, *, reading: bool, threads: bool) -> None:
    """Put the filter in force for this process. Needs `no_new_privs`.

    Raises:
        OSError: the kernel refused it.
        ValueError: no table for this kind of machine.
    """
    if struct.calcsize("P") != 8:
        raise ValueError("a 32-bit interpreter")
    code = program(os.uname().machine, pid=os.getpid(), reading=reading, threads=threads)
    buffer = ctypes.create_string_buffer(code, len(code))
    held = _Filter(len(code) // 8, ctypes.addressof(buffer))
    if libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_MODE_FILTER), ctypes.byref(held), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel refused the filter")
