"""The subcommand: which terminal, and in which way."""

from __future__ import annotations

import argparse
import asyncio

from codepilot.cli import output
from codepilot.cli.attach.attached import Attached
from codepilot.cli.attach.follow import follow
from codepilot.cli.attach.tty import PersonsTerminal
from codepilot.cli.folder import current_folder
from codepilot.cli.hosts import choose_host, choose_terminal, join


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    attach = commands.add_parser(
        "attach",
        help="see and use a terminal of a runtime",
        description="Show a terminal of a runtime here, and type into it. Typing takes a terminal that nobody holds;"
        " Ctrl+] t takes one that the agent holds. Ctrl+] shows the keys, Ctrl+] d detaches.",
        epilog="exit codes: 0 detached, or it ended; 1 failed; 2 usage; 128 + n at signal n",
    )
    attach.add_argument(
        "runtime", nargs="?", help="its name in `codepilot terminals`, or its folder (default: the one here)"
    )
    attach.add_argument("terminal", nargs="?", help="default: the only one, or `main`")
    attach.add_argument("--read-only", action="store_true", help="watch without typing")
    attach.add_argument(
        "--raw",
        action="store_true",
        help="print history, screen and then the output as plain lines (the default when stdout is not a terminal)",
    )
    attach.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    return asyncio.run(_attach(options))


async def _attach(options: argparse.Namespace) -> int:
    host = choose_host(options.runtime, current_folder())
    raw = options.raw or not PersonsTerminal.is_there()
    client = await join(host, read_only=raw or options.read_only)
    try:
        terminal = choose_terminal(await client.list(), options.terminal)
        if raw:
            return await follow(client, terminal)
        attached = Attached(client, host.id, terminal, read_only=options.read_only)
        said, code = await attached.run()
    finally:
        await client.close()
    if said:
        output.narrate(f"codepilot: {said}")
    return code
