"""Keeps keys and other secrets in the environment of this process away from the programs that it starts.

The variables that a process was started with stay readable in `/proc/PID/environ` for every program of the same user,
even after `os.environ` dropped them, and a command that the person allows is such a program. `codepilot` and the
workbench call `hide` first of all and `forbid_dumps` before they make an agent; then the secrets are in memory
only, and `environment()` still has them for requests to a service. A program that embeds the library is left alone:
there nothing is hidden, and `environment()` has what `os.environ` has.
"""

from __future__ import annotations

import os
import re
import sys
from collections import ChainMap
from collections.abc import Iterable, Mapping

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL", re.IGNORECASE)
_SECRET_NAMES = frozenset({"GH_PAT", "GITHUB_PAT", "PGPASS", "MYSQL_PWD", "NPM_AUTH", "DOCKER_AUTH_CONFIG"})
_PR_SET_DUMPABLE = 4
# Where the fields of /proc/self/stat say that the variables stand, counted from the one after the program's name.
_ENV_START, _ENV_END = 47, 48

_hidden: dict[str, str] = {}
_ours = False
"""This process is `codepilot` or the workbench, not a program that embeds the library."""


def is_secret(name: str) -> bool:
    """A variable of this name is taken for a secret; a setting of the screen (`TEXTUAL_DISABLE_KITTY_KEY`) is none."""
    return name in _SECRET_NAMES or (_SECRET.search(name) is not None and not name.startswith("TEXTUAL_"))


def environment() -> Mapping[str, str]:
    """The variables of this process including the hidden ones: for requests to services, not for child processes."""
    return ChainMap(os.environ, _hidden)


def hide() -> None:
    """Remove the secrets from this process's environment, and from what the system shows of it.

    For our own programs, before they do anything else.
    """
    global _ours
    _ours = True
    _hide({name for name in os.environ if is_secret(name)})


def in_own_program() -> bool:
    """This process is `codepilot` or the workbench, which called `hide`, not a program that embeds the library."""
    return _ours


def hide_also(name: str) -> None:
    """Hide one more variable, whose name does not tell: the key that an agent file names. Only after `hide`."""
    if _ours and name in os.environ:
        _hide({name})


def _hide(found: set[str]) -> None:
    if not found:
        return
    if not _erase_in_block({os.fsencode(name) for name in found}):
        _erase_by_address(found)
    for name in found:
        _hidden[name] = os.environ.pop(name)


def forbid_dumps() -> None:
    """Let no program of the same user read this process's memory, and the system write none of it into a core file.

    Only after `hide`, and on Linux only. From now on py-spy and debuggers have to be root to look inside.
    """
    if _ours and sys.platform == "linux":
        import ctypes  # takes a millisecond or more: not before the first frame

        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0)


def _erase_in_block(names: set[bytes]) -> bool:
    """Blank the variables where the kernel shows them. False where that cannot be done this way."""
    try:
        with open("/proc/self/stat", "rb", buffering=0) as stat:  # noqa: PTH123 - before anything is imported
            fields = stat.read().rpartition(b")")[2].split()
        start, end = int(fields[_ENV_START]), int(fields[_ENV_END])
        with open("/proc/self/mem", "r+b", buffering=0) as memory:  # noqa: PTH123
            memory.seek(start)
            block = memory.read(end - start)
            at = 0
            for entry in block.split(b"\0"):
                name, _, value = entry.partition(b"=")
                if name in names:  # the name stays, or the C library would not find it when it is taken out
                    memory.seek(start + at + len(name) + 1)
                    memory.write(b"\0" * len(value))
                at += len(entry) + 1
    except (OSError, IndexError, ValueError):
        return False
    return True


def _erase_by_address(names: Iterable[str]) -> None:
    """Blank the values where the C library has them: the same memory, unless a variable was set again since."""
    import ctypes

    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    for name in names:
        address = libc.getenv(os.fsencode(name))
        if address:
            ctypes.memset(address, 0, len(ctypes.string_at(address)))
