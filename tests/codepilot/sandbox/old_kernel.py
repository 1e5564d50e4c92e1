"""Runs Python as under a kernel without Landlock and seccomp filters: `python old_kernel.py ARGUMENTS…`.

A filter (which the kernel of the test does have) answers as an old kernel would: no such system call, no such option.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2
NUMBER, FIRST_ARGUMENT = 0, 16
LOAD, EQUAL, ANSWER = 0x20, 0x15, 0x06
ALLOWED, ERROR = 0x7FFF0000, 0x00050000
ENOSYS, EINVAL = 38, 22
LANDLOCK, SECCOMP = (444, 445, 446), {"x86_64": 317, "aarch64": 277}
PRCTL = {"x86_64": 157, "aarch64": 167}


def instruction(code: int, k: int, when: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when, otherwise, k)


def main() -> None:
    machine = os.uname().machine
    code = instruction(LOAD, NUMBER)
    for number in (*LANDLOCK, SECCOMP[machine]):
        code += instruction(EQUAL, number, 0, 1) + instruction(ANSWER, ERROR | ENOSYS)
    code += instruction(EQUAL, PRCTL[machine], 0, 3) + instruction(LOAD, FIRST_ARGUMENT)
    code += instruction(EQUAL, SET_SECCOMP, 0, 1) + instruction(ANSWER, ERROR | EINVAL)
    code += instruction(ANSWER, ALLOWED)

    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("program", ctypes.c_char_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    held = Filter(len(code) // 8, code)
    for arguments in ((NO_NEW_PRIVS, 1, 0, 0, 0), (SET_SECCOMP, FILTER, ctypes.byref(held), 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])


if __name__ == "__main__":
    main()
