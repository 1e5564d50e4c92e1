"""Which shell a terminal gets."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import PurePath

from codepilot.errors import TerminalError
from codepilot.terminal.shell.bash import Bash
from codepilot.terminal.shell.fish import Fish
from codepilot.terminal.shell.integration import Shell
from codepilot.terminal.shell.posix import FAMILY, Posix
from codepilot.terminal.shell.zsh import Zsh


def shell_named(name: str) -> Shell:
    """The integration for a shell of that name, or at that path.

    Raises:
        TerminalError: there is none.
    """
    base = PurePath(name).name
    place = name if "/" in name else ""
    if base == "bash":
        return Bash(place)
    if base == "zsh":
        return Zsh(place)
    if base == "fish":
        return Fish(place)
    if base in FAMILY:
        return Posix(name)
    raise TerminalError(
        f"No integration for the shell {name!r}.",
        hint="Use bash, zsh, fish, sh or dash; any other program runs in a terminal of its own, as `argv`.",
    )


def chosen_shell(name: str | None, environment: Mapping[str, str]) -> Shell:
    """The shell of that name or path; None: bash where it is, else sh.

    Raises:
        TerminalError: there is no integration for it.
    """
    if name is None:
        name = "bash" if shutil.which("bash", path=environment.get("PATH")) else "sh"
    return shell_named(name)
