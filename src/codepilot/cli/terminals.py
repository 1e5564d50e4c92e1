"""`codepilot terminals`: which runtimes there are and what runs in them."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import time
from pathlib import Path
from typing import Any

from codepilot.cli import output
from codepilot.cli.folder import current_folder
from codepilot.cli.hosts import PATIENCE, choose_host, join
from codepilot.errors import TerminalError, UsageError
from codepilot.terminal.host.registry import HostAbout, find_hosts
from codepilot.terminal.protocol import HostInfo, TerminalInfo
from codepilot.text import clean_line, shorten


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    terminals = commands.add_parser(
        "terminals",
        help="list the terminals of all runtimes",
        description="List the runtimes of this user and their terminals: name, state, who holds the keyboard, size,"
        " how many watch, and the command.",
        epilog="exit codes: 0 listed (or ended), 1 failed, 2 usage",
    )
    terminals.add_argument("--json", action="store_true", help="one JSON object")
    terminals.add_argument(
        "--end", metavar="RUNTIME", help="end this runtime's terminals and all that runs in them"
    )
    terminals.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    if options.end == "":  # as a script leaves it whose variable is empty
        raise UsageError("--end wants the name of a runtime.", hint="codepilot terminals lists them.")
    if options.end is not None:
        return asyncio.run(_end(options.end))
    found = asyncio.run(_look())
    if options.json:
        output.json_line({"runtimes": [_as_json(*each) for each in found]})
    elif not found:
        output.narrate("No runtime has terminals now.")
    else:
        output.write("\n\n".join(_as_text(*each) for each in found) + "\n")
    return 0


async def _end(wanted: str) -> int:
    host = choose_host(wanted, current_folder())
    client = await join(host)
    await client.shutdown()
    try:
        async with asyncio.timeout(PATIENCE):
            while any(each.id == host.id for each in find_hosts()):
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise TerminalError(f"The terminals of {host.id} did not end (process {host.pid}).") from None
    output.narrate(f"Ended the terminals of {host.id} ({host.work_dir}).")
    return 0


Found = tuple[HostAbout, HostInfo | None, list[TerminalInfo], str]


async def _look() -> list[Found]:
    return list(await asyncio.gather(*(_ask(host) for host in find_hosts())))


async def _ask(host: HostAbout) -> Found:
    try:
        client = await join(host, read_only=True)
    except TerminalError as error:
        return host, None, [], error.message
    try:
        return host, await client.status(), await client.list(), ""
    except TerminalError as error:
        return host, None, [], error.message
    finally:
        await client.close()


def _as_json(
    host: HostAbout, info: HostInfo | None, terminals: list[TerminalInfo], error: str
) -> dict[str, Any]:
    return {
        **dataclasses.asdict(host),
        "kept": None if info is None else info.kept,
        "clients": None if info is None else info.clients - 1,  # without us
        "daemons": None if info is None else info.daemons,
        "terminals": [
            {**dataclasses.asdict(each), "running": info is not None and each.name in info.running}
            for each in terminals
        ],
        "error": error,
    }


def _as_text(host: HostAbout, info: HostInfo | None, terminals: list[TerminalInfo], error: str) -> str:
    age = _age(time.time() - host.started)
    alone = " · runs on its own" if info is not None and not info.kept else ""
    where, agent = clean_line(_short(host.work_dir)), clean_line(host.agent)
    lines = [f"{host.id}  {where}  {agent} · {age}{alone}".rstrip(" ·")]
    if error:
        lines.append(f"  does not answer: {clean_line(error)}")
    width = max((len(each.name) for each in terminals), default=0)
    for each in terminals:
        state = f"exit {each.exit_code}" if each.state == "exited" else each.state
        watched = f"{each.viewers} watch" if each.viewers else ""
        size = f"{each.columns}×{each.lines}"
        lines.append(
            f"  {each.name:<{width}}  {state:<8}  {each.owner:<6}  {size:<8}  {watched:<8}"
            f"  {shorten(clean_line(each.command), 60)}".rstrip()
        )
    if info is not None and info.daemons:
        lines.append(f"  {info.daemons} process{'es' if info.daemons != 1 else ''} outside of any terminal")
    return "\n".join(lines)


def _short(folder: str) -> str:
    home = str(Path.home())
    return "~" + folder[len(home) :] if folder == home or folder.startswith(home + "/") else folder


def _age(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return "just started"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
