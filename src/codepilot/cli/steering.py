"""`codepilot run --steer`: what is written on standard input while the agent works."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

from codepilot import events as e
from codepilot.runtime import AsyncRuntime


def steer(runtime: AsyncRuntime) -> None:
    """From the task's beginning on, send each line of standard input to the agent."""

    def read() -> None:
        for line in _lines():
            if not runtime.running:
                return
            if line.strip():
                with contextlib.suppress(RuntimeError):  # the loop ended in this very moment
                    runtime.send_message(line)

    def begun(stamped: e.Stamped) -> None:
        if isinstance(stamped.event, e.TaskStarted) and sys.stdin is not None:
            threading.Thread(target=read, name="codepilot-steer", daemon=True).start()

    runtime.subscribe(begun)


def _lines() -> Iterator[str]:
    """Lines of standard input as they come.

    Read from the descriptor, because a thread that waits inside of `sys.stdin` holds a lock that the end of the program
    may want.
    """
    rest = b""
    while data := os.read(sys.stdin.fileno(), 65536):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace")
