"""Asks the shell itself whether a command is whole, before it is run."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from codepilot.terminal.processes import Reaper
from codepilot.terminal.shell import Shell
from codepilot.terminal.shell.whole import surely_whole

_PATIENCE = 5.0


async def refusal(
    shell: Shell,
    program: str,
    text: str,
    file: Path,
    *,
    environment: Mapping[str, str],
    reaper: Reaper,
    umask: int,
) -> str:
    """Why the command may not run, whose text is in `file`; empty if it may.

    A check that takes too long refuses nothing.
    """
    if shell.name == "bash" and surely_whole(text):
        return ""
    messages = file.with_suffix(".check")
    descriptor = os.open(messages, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        process = subprocess.Popen(
            [*shell.check_argv(program, file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=descriptor,
            env={"PATH": environment.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            umask=umask,
        )

        def done(code: int) -> None:
            process.returncode = code
            if not ended.done():
                ended.set_result(code)

        reaper.expect(process.pid, done)
        try:
            code = await asyncio.wait_for(asyncio.shield(ended), _PATIENCE)
        except TimeoutError:
            process.kill()
            return ""
        message = os.pread(descriptor, 16384, 0).decode("utf-8", "replace")
        return shell.refusal(code, message, file)
    finally:
        os.close(descriptor)
        messages.unlink(missing_ok=True)
