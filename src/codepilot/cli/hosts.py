"""Which runtime and which terminal the words of a command line mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codepilot.errors import TerminalError, UsageError
from codepilot.paths import expanded
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.host.registry import HostAbout, find_hosts
from codepilot.terminal.protocol import TerminalInfo

PATIENCE = 5.0
"""Seconds in which a host has to answer."""
MAIN = "main"


def choose_host(wanted: str | None, here: Path) -> HostAbout:
    """The runtime that is meant: by its name, the beginning of it, its folder or the folder's name.

    Without a word: the only one, else the only one that works in the folder at hand or in one around it.

    Raises:
        TerminalError: there is none.
        UsageError: none is called so, or several fit.
    """
    hosts = find_hosts()
    if not hosts:
        raise TerminalError(
            "No runtime has terminals.",
            hint="codepilot-tui starts one; codepilot terminals lists them.",
        )
    if wanted is None:
        found = hosts if len(hosts) == 1 else _around(hosts, here)
    else:
        found = [host for host in hosts if host.id == wanted]
        found = found or [host for host in hosts if _is_called(host, wanted)]
    if len(found) == 1:
        return found[0]
    if found or wanted is None:
        raise UsageError("There are several runtimes; name one.", hint=_names(found or hosts))
    raise UsageError(f"No runtime is called {wanted!r}.", hint=f"There are: {_names(hosts)}")


def choose_terminal(terminals: Sequence[TerminalInfo], wanted: str | None) -> TerminalInfo:
    """The terminal that is meant; without a word the only one, or `main`.

    Raises:
        UsageError: there is none of that name, or several and no `main`.
    """
    if not terminals:
        raise UsageError("This runtime has no terminals.")
    names = [terminal.name for terminal in terminals]
    if wanted is None and len(terminals) > 1 and MAIN not in names:
        raise UsageError("There are several terminals; name one.", hint=f"They are: {', '.join(names)}")
    name = wanted if wanted is not None else MAIN if MAIN in names else names[0]
    for terminal in terminals:
        if terminal.name == name:
            return terminal
    raise UsageError(f"There is no terminal {name!r}.", hint=f"There are: {', '.join(names)}")


async def join(host: HostAbout, *, read_only: bool = False) -> TerminalClient:
    """Become a viewer of a host, which does not stay for our sake.

    Raises:
        TerminalError: it does not answer, or speaks another version.
    """
    return await TerminalClient.connect(Path(host.socket), keep=False, read_only=read_only, patience=PATIENCE)


def _resolved(wanted: str) -> Path | None:
    """The folder that is meant; None: there is no such user, or it is no path."""
    try:
        return expanded(wanted).resolve()
    except ValueError:
        return None


def _is_called(host: HostAbout, wanted: str) -> bool:
    folder = Path(host.work_dir)
    return (
        host.id.startswith(wanted)
        or wanted == folder.name
        or (("/" in wanted or wanted.startswith((".", "~"))) and _resolved(wanted) == folder)
    )


def _around(hosts: Sequence[HostAbout], here: Path) -> list[HostAbout]:
    here = here.resolve()
    return [host for host in hosts if here.is_relative_to(host.work_dir)]


def _names(hosts: Sequence[HostAbout]) -> str:
    return ", ".join(f"{host.id} ({host.work_dir})" for host in hosts)
