"""`codepilot run --steer`: what is written on standard input while the agent works."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

from codepilot import events as e
from codepilot.cli import output
from codepilot.cli.stdin import MOST
from codepilot.errors import UsageError
from codepilot.runtime import AsyncRuntime


def steer(runtime: AsyncRuntime) -> None:
    """From the task's beginning on, send each line of standard input to the agent."""

    def read() -> None:
        for line in _lines():
            if not runtime.running:
                return
            if line.strip():
                with contextlib.suppress(RuntimeError, UsageError):  # the task ended in this very moment
                    runtime.send_message(line)

    def begun(stamped: e.Stamped) -> None:
        if isinstance(stamped.event, e.TaskStarted) and sys.stdin is not None:
            threading.Thread(target=read, name="codepilot-steer", daemon=True).start()

    runtime.subscribe(begun)


def _lines() -> Iterator[str]:
    """Lines of standard input as they come; one longer than `MOST` is left out, and the person is told.

    Read from the descriptor, because a thread that waits inside of `sys.stdin` holds a lock that the end of the program
    may want.
    """
    rest, too_long = b"", False
    while data := os.read(sys.stdin.fileno(), 65536):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            if too_long or len(line) > MOST:
                _refuse()
                too_long = False
            else:
                yield line.decode("utf-8", "replace").rstrip("\r")
        if too_long or len(rest) > MOST:
            rest, too_long = b"", True  # what follows belongs to the same line
    if too_long:
        _refuse()
    elif rest:
        yield rest.decode("utf-8", "replace")


def _refuse() -> None:
    output.narrate(
        f"codepilot: a message on standard input was longer than {MOST:,} bytes, so it was not sent. "
        "Save it to a file in the folder, and send the name of that file."
    )
