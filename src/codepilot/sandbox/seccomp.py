"""The system calls that the worker may still make, as a seccomp filter.

The filter is a list of what is allowed: reading and writing what is open, memory, clocks, waiting, ending. All else
fails with EPERM (`clone3` with ENOSYS, so that the C library falls back), and a call for a foreign architecture
kills the process. Files may be opened for reading only, and not even that where Landlock does not narrow it down.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final, NamedTuple

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


class _Machine(NamedTuple):
    audit_arch: int
    allowed: tuple[int, ...]
    open: int | None
    openat: int
    clone: int
    fcntl: int
    tgkill: int
    prlimit64: int


_MACHINES: Final = {
    "x86_64": _Machine(
        audit_arch=0xC000003E,
        allowed=(
            *(
                0,
                1,
                3,
                4,
                5,
                6,
                7,
                8,
                9,
                10,
                11,
                12,
                13,
                14,
                15,
                17,
                19,
                20,
                21,
                23,
                24,
                25,
                28,
                35,
                39,
                60,
                63,
            ),
            *(
                79,
                89,
                96,
                97,
                98,
                99,
                100,
                102,
                104,
                107,
                108,
                110,
                131,
                186,
                202,
                204,
                217,
                218,
                219,
                228,
                229,
            ),
            *(230, 231, 262, 267, 269, 270, 271, 273, 309, 318, 324, 332, 334, 439),
        ),
        open=2,
        openat=257,
        clone=56,
        fcntl=72,
        tgkill=234,
        prlimit64=302,
    ),
    "aarch64": _Machine(
        audit_arch=0xC00000B7,
        allowed=(
            *(
                17,
                48,
                57,
                61,
                62,
                63,
                64,
                65,
                66,
                67,
                72,
                73,
                78,
                79,
                80,
                93,
                94,
                96,
                98,
                99,
                101,
                113,
                114,
                115,
            ),
            *(
                123,
                124,
                128,
                132,
                134,
                135,
                139,
                153,
                160,
                163,
                165,
                168,
                169,
                172,
                173,
                174,
                175,
                176,
                177,
                178,
            ),
            *(179, 214, 215, 216, 222, 226, 233, 278, 283, 291, 293, 439),
        ),
        open=None,
        openat=56,
        clone=220,
        fcntl=25,
        tgkill=131,
        prlimit64=261,
    ),
}


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
    table = _MACHINES.get(machine)
    if table is None:
        raise ValueError(f"no table of system calls for {machine}")
    allow, kill = _op(_RET, _ALLOW), _op(_RET, _KILL)
    refuse = _op(_RET, _ERRNO | _EPERM)
    opening = [_op(_RET, _ERRNO | _EACCES)]
    if reading:

        def read_only(argument: int) -> list[bytes]:
            return [
                _argument(argument),
                _op(_AND, _O_WRITING),
                _op(_JEQ, 0, 0, 1),
                allow,
                _op(_RET, _ERRNO | _EACCES),
            ]
    else:

        def read_only(argument: int) -> list[bytes]:
            return opening

    code = [_op(_LD_ABS, _OFFSET_ARCH), _op(_JEQ, table.audit_arch, 1, 0), kill, _op(_LD_ABS, _OFFSET_NR)]
    if machine == "x86_64":
        code += [_op(_JGE, _X32, 0, 1), kill]
    for number in table.allowed:
        code += _on(number, allow)
    code += _on(_CLONE3, _op(_RET, _ERRNO | _ENOSYS))
    code += _on(table.openat, *read_only(2))
    if table.open is not None:
        code += _on(table.open, *read_only(1))
    if threads:
        code += _on(table.clone, _argument(0), _op(_AND, _CLONE_THREAD), _op(_JEQ, 0, 1, 0), allow, refuse)
    # F_GETFD, F_SETFD, F_GETFL: the other commands can send signals.
    code += _on(
        table.fcntl,
        _argument(1),
        *(_op(_JEQ, k, 3 - k, 0) for k in (1, 2)),
        _op(_JEQ, 3, 0, 1),
        allow,
        refuse,
    )
    code += _on(table.tgkill, _argument(0), _op(_JEQ, pid, 0, 1), allow, refuse)
    # Asking for a limit is harmless, setting one is not (root could raise it).
    asks = [_argument(2), _op(_JEQ, 0, 0, 3), _argument(2, high=True), _op(_JEQ, 0, 0, 1), allow, refuse]
    code += _on(table.prlimit64, *asks)
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
        raise OSError(ctypes.get_errno(), "the kernel took no filter")
