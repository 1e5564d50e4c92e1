"""Programs that run the command that stands behind their own options: `timeout -s KILL 5 make`.

Sources: the manuals of GNU coreutils, findutils and time, util-linux, procps (`watch`), sudo, doas and bash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")


@dataclass(frozen=True, slots=True)
class _Wrapper:
    short: str = ""
    """Short options that take the next word."""
    long: tuple[str, ...] = ()
    """Long options that do."""
    operands: int = 0
    """How many words of its own stand before the command."""
    flags: tuple[str, ...] = ()
    """Long options that take none."""


_SUDO = ("user", "group", "host", "prompt", "chdir", "chroot", "close-from", "role", "type", "other-user")
WRAPPERS = {
    "sudo": _Wrapper("ugCDhpRTUrt", (*_SUDO, "command-timeout"), flags=("preserve-env", "non-interactive")),
    "doas": _Wrapper("uC"),
    "pkexec": _Wrapper("", ("user",)),
    "env": _Wrapper("uC", ("unset", "chdir"), flags=("ignore-environment",)),
    "nohup": _Wrapper(),
    "nice": _Wrapper("n", ("adjustment",)),
    "timeout": _Wrapper("ks", ("signal", "kill-after"), 1, ("preserve-status", "foreground", "verbose")),
    "command": _Wrapper(),
    "builtin": _Wrapper(),
    "exec": _Wrapper("a"),
    "stdbuf": _Wrapper("ioe", ("input", "output", "error")),
    "setsid": _Wrapper(flags=("ctty", "fork", "wait")),
    "xargs": _Wrapper(
        "adEILnPs",
        ("arg-file", "delimiter", "max-args", "max-procs", "max-chars", "process-slot-var"),
        flags=("null", "no-run-if-empty", "verbose", "exit"),
    ),
    "time": _Wrapper("fo", ("format", "output"), flags=("append", "verbose", "portability")),
    "flock": _Wrapper("wE", ("timeout", "conflict-exit-code"), 1, ("shared", "exclusive", "nonblock")),
    "watch": _Wrapper("nq", ("interval", "equexit")),
    "chroot": _Wrapper("", ("groups", "userspec"), 1),
    "ionice": _Wrapper("cnpPu", ("class", "classdata", "pid", "pgid", "uid")),
    "taskset": _Wrapper("", (), 1, ("all-tasks", "cpu-list")),
    "busybox": _Wrapper(),
}


def wrapped(name: str, values: Sequence[str]) -> tuple[int, bool]:
    """Where the command begins that a wrapper runs.

    Args:
        name: of the wrapper.
        values: its arguments.

    Returns:
        How many of them stand before that command, and whether that is certain.
    """
    wrapper = WRAPPERS[name]
    at, sure = 0, name != "watch" or not any(re.search(r"[^\w ./=-]", value) for value in values)
    while at < len(values) and values[at].startswith("-"):
        value = values[at]
        if value == "--":
            at += 1
            break
        taken, known = _option(wrapper, value)
        at, sure = at + taken, sure and known
    if name in ("sudo", "doas", "env"):
        while at < len(values) and ASSIGNMENT.match(values[at]):
            at += 1
    return min(at + wrapper.operands, len(values)), sure


def _option(wrapper: _Wrapper, value: str) -> tuple[int, bool]:
    """How many words the option takes, itself counted, and whether it is known."""
    if value.startswith("--"):
        begun = value[2:]
        if "=" in begun or begun in wrapper.flags:
            return 1, True
        return 1 + any(option.startswith(begun) for option in wrapper.long), begun in wrapper.long
    for place, letter in enumerate(value[1:], 2):
        if letter in wrapper.short:
            return 1 + (place == len(value)), True
    return 1, "S" not in value  # `env -S` splits words, and makes a command of them
