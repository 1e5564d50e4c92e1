"""The process: started by `client.launch`, with its settings as one line of JSON on stdin."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

from codepilot.errors import TerminalError
from codepilot.terminal.engines import new_engine
from codepilot.terminal.host.host import Host
from codepilot.terminal.host.registry import check_folder
from codepilot.terminal.host.server import Server


async def _serve(settings: dict[str, Any], umask: int) -> None:
    first = socket.socket(fileno=int(settings["descriptor"]))
    first.setblocking(False)
    await Server(Host(settings, umask, new_engine)).serve(first)


def main() -> int:
    """Run the host until it ends; its folder is removed then."""
    umask = os.umask(0o077)
    settings = json.loads(sys.stdin.readline())
    directory = Path(settings["directory"])
    os.set_inheritable(settings["lock"], False)  # held by this process alone, until it ends
    try:
        check_folder(directory)
    except TerminalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        asyncio.run(_serve(settings, umask))
    finally:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
