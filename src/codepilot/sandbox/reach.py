"""Takes out of a worker's reach what neither the kernel nor an audit hook stops: for where the kernel has no jail.

Some functions of the interpreter have effects and raise no audit event: `_posixsubprocess.fork_exec`, `os.mkfifo`,
`signal.pidfd_send_signal` … Here they are replaced wherever anything refers to them, and the doors through which a
fresh copy of their modules could come are shut. What is left of `posix` is a list of what is harmless, so that a
function of the next Python is out of reach before anyone has heard of it. It is not a wall: a worker that depends on it
is called not isolated.
"""

from __future__ import annotations

import gc
import importlib
import sys
from types import BuiltinFunctionType, ModuleType
from typing import Any, Final

_COMPUTING: Final = (
    "array", "_asyncio", "_bisect", "_blake2", "_bz2", "cmath", "_codecs_cn", "_codecs_hk", "_codecs_iso2022",
    "_codecs_jp", "_codecs_kr", "_codecs_tw", "_csv", "_datetime", "_decimal", "_elementtree", "_hashlib", "_heapq",
    "_json", "_lzma", "math", "_md5", "_multibytecodec", "_opcode", "_pickle", "pyexpat", "_queue", "_random",
    "_sha1", "_sha2", "_sha256", "_sha3", "_sha512", "_statistics", "_struct", "_typing", "unicodedata", "zlib",
    "_zoneinfo", "binascii", "select",
)  # fmt: skip
"""Modules in C that compute and do nothing else: loaded before the doors close, so that what needs them finds them."""
_HARMLESS: Final = frozenset({
    "_exit", "_path_isdir", "_path_isfile", "_path_islink", "_path_exists", "_path_normpath", "_path_splitroot",
    "_path_splitroot_ex", "close", "cpu_count", "device_encoding", "fspath", "fstat", "get_inheritable",
    "get_terminal_size", "getcwd", "getcwdb", "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom",
    "getuid", "isatty", "listdir", "lseek", "lstat", "open", "read", "readlink", "register_at_fork", "scandir",
    "stat", "strerror", "sysconf", "times", "uname", "urandom", "write", "WCOREDUMP", "WEXITSTATUS", "WIFCONTINUED",
    "WIFEXITED", "WIFSIGNALED", "WIFSTOPPED", "WSTOPSIG", "WTERMSIG", "waitstatus_to_exitcode",
})  # fmt: skip
"""Of `posix`: what the worker itself needs, and what only looks."""
_REFUSED: Final = {
    "_imp": ("create_builtin", "create_dynamic"),
    "_signal": ("pidfd_send_signal", "pthread_kill"),
    "_posixsubprocess": ("fork_exec",),
}
_HIDDEN: Final = ("ctypes", "_ctypes", "_posixsubprocess", "resource", "_posixshmem", "_multiprocessing")


def _refuse(*_: Any, **__: Any) -> Any:
    raise PermissionError(
        "a control block cannot do this: use the tools, e.g. execute('main', command) in the shell"
    )


def withdraw() -> None:
    """Do it, for good; call it last, when everything that may be used is loaded."""
    for name in _COMPUTING:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # not of this Python
    for original in _effects():
        _replace(original)
    for name in _HIDDEN:
        module = sys.modules.pop(name, None)
        if module is not None:
            for holder in list(sys.modules.values()):
                _forget(holder, module)


def _effects() -> list[Any]:
    """The functions that are to be out of reach."""
    posix = sys.modules["posix"]
    found = [
        value
        for name, value in vars(posix).items()
        if isinstance(value, BuiltinFunctionType) and name not in _HARMLESS
    ]
    for module, names in _REFUSED.items():
        held = vars(sys.modules[module]) if module in sys.modules else {}
        found += [held[name] for name in names if name in held]
    return found


def _replace(original: Any) -> None:
    """Put a refusal wherever this function is kept: in modules, classes, sets such as `os.supports_fd`."""
    for holder in gc.get_referrers(original):
        if isinstance(holder, dict):
            for key in [key for key, value in holder.items() if value is original]:
                holder[key] = _refuse
        elif isinstance(holder, set):
            holder.discard(original)


def _forget(holder: object, module: ModuleType) -> None:
    if isinstance(holder, ModuleType):
        for name in [name for name, value in vars(holder).items() if value is module]:
            del vars(holder)[name]
