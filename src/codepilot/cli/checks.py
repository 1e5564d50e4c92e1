"""What `codepilot doctor` looks at. Each check says how it is and, where something is to be done, what."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

from codepilot import __version__, credentials, models, paths
from codepilot.agentfile import AgentConfig, find_agent_file
from codepilot.errors import CodepilotError, SandboxError, TerminalError, UsageError
from codepilot.journal.holder import holder_of
from codepilot.journal.listing import sessions_of
from codepilot.journal.overview import overviews
from codepilot.journal.place import LOCK, on_network, sessions_root
from codepilot.permissions import TrustStore
from codepilot.terminal.shell.shells import chosen_shell
from codepilot.text import clean_line, counted
from codepilot.values import dataclass

CheckState = Literal["ok", "note", "broken"]
_LEAST_SPACE = 200 * 1024 * 1024
"""Bytes that should be free for journals."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: CheckState
    """`note`: it works, but not as well as it could; `broken`: something does not work."""
    said: str
    next: str = ""
    """What to do, if anything is."""


def python() -> Check:
    """The interpreter and this program."""
    said = f"{sys.version.split()[0]} ({sys.executable}), codepilot {__version__}"
    return Check("python", "ok", said)


def terminal() -> Check:
    """The one that this was typed in."""
    term = os.environ.get("TERM", "")
    size = shutil.get_terminal_size((0, 0))
    said = f"TERM={term or 'unset'}, {size.columns} × {size.lines}"
    if sys.stdout is None or not sys.stdout.isatty():
        return Check("terminal", "ok", "none: the output is not one")
    if term in ("", "dumb"):
        return Check("terminal", "broken", said, "Set TERM to your terminal's name; the workbench needs it.")
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        return Check("terminal", "note", f"{said}, {encoding}", "Set LANG=C.UTF-8 to see all characters.")
    if size.columns < 80 or size.lines < 24:
        return Check("terminal", "note", said, "Make the window 80 × 24 or larger for the workbench.")
    return Check("terminal", "ok", said)


def colours() -> Check:
    """How many the terminal says it has."""
    if os.environ.get("NO_COLOR"):
        return Check("colours", "note", "NO_COLOR is set", "Unset NO_COLOR to have colours.")
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return Check("colours", "ok", "16 million")
    if "256color" in os.environ.get("TERM", ""):
        return Check("colours", "ok", "256 (set COLORTERM=truecolor if your terminal has more)")
    return Check(
        "colours", "note", "fewer than 256 are known of", "Set COLORTERM=truecolor, or TERM=xterm-256color."
    )


def git() -> Check:
    """Whether it is there: it finds what commands change."""
    program = shutil.which("git")
    if program is None:
        return Check(
            "git",
            "note",
            "not found",
            "Install git: in large folders, changes by commands are found with it.",
        )
    return Check("git", "ok", program)


def shells() -> Check:
    """Which one the agent's commands run in."""
    try:
        shell = chosen_shell(None, os.environ)
    except TerminalError as error:
        return Check("shell", "broken", error.message, error.hint)
    program = shutil.which(shell.name)
    if program is None:
        return Check("shell", "broken", f"{shell.name} is not found in PATH", "Install bash.")
    others = [name for name in ("zsh", "fish") if shutil.which(name)]
    return Check("shell", "ok", f"{program}{''.join(f'; {name} is there, too' for name in others)}")


async def jail() -> Check:
    """Whether control blocks are kept from files, network and other processes, as a worker reports it."""
    from codepilot.sandbox import WorkerExecutor

    executor = WorkerExecutor()
    try:
        await executor.start()
        found = executor.isolation
    except SandboxError as error:
        return Check("code jail", "broken", error.message, error.hint or "See docs/security.md.")
    finally:
        await executor.close()
    if found.isolated:
        return Check("code jail", "ok", found.detail)
    return Check(
        "code jail",
        "note",
        found.detail,
        "Use a kernel with Landlock and seccomp (Linux 5.13), or work in a container; docs/security.md.",
    )


def state() -> Check:
    """The folder of the journals."""
    folder = paths.state_dir()
    try:
        paths.private_dir(sessions_root())
        probe = folder / f".doctor-{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check(
            "state folder",
            "broken",
            f"{folder} cannot be written: {error.strerror or error}",
            "Free some space or repair its rights, or set CODEPILOT_HOME to another folder.",
        )
    said = f"{folder}, {free // 1024 // 1024:,} MB free"
    if on_network(folder):
        return Check(
            "state folder",
            "note",
            f"{said}, on a network",
            "Set CODEPILOT_HOME to a local folder: it is faster.",
        )
    if free < _LEAST_SPACE:
        return Check(
            "state folder", "note", said, "Free some space: a full disk keeps sessions in memory only."
        )
    return Check("state folder", "ok", said)


def sockets() -> Check:
    """The folder by which terminals are found."""
    folder = paths.runtime_dir()
    try:
        paths.private_dir(folder)
    except OSError as error:
        return Check(
            "runtime folder",
            "broken",
            f"{folder} cannot be used: {error.strerror or error}",
            "Remove what stands there, or set XDG_RUNTIME_DIR to a folder of your own.",
        )
    return Check("runtime folder", "ok", str(folder))


def sessions() -> Check:
    """How many there are, which programs have some open, and which are damaged."""
    found = sessions_of()
    holes = [each for each in overviews(found) if each.figures.missing]
    if holes:
        told = (f"{clean_line(each.id)}: {counted(each.figures.missing, 'record')}" for each in holes)
        return Check(
            "sessions",
            "note",
            f"{counted(len(found), 'session')}, of which some miss records ({', '.join(told)})",
            "The rest of such a session is there. Check the disk, and codepilot events ID for where it is.",
        )
    held = []
    for info in found:
        holder = holder_of(info.path.with_name(LOCK))
        if holder is not None:
            held.append(f"{clean_line(info.id)} in {clean_line(holder.program)} (process {holder.pid})")
    said = counted(len(found), "session")
    return Check("sessions", "ok", f"{said}, open: {', '.join(held)}" if held else f"{said}, none open")


def keys() -> Check:
    """Which providers could be used: names of variables only, never what they hold."""
    try:
        known = models.providers()
    except UsageError as error:
        return Check("providers", "broken", error.message, error.hint or "Mend models.yaml.")
    environment = credentials.environment()
    there = [
        f"{each.title} ({each.key_env})"
        for each in known.values()
        if each.key_env and environment.get(each.key_env, "").strip()
    ]
    if there:
        return Check("providers", "ok", f"keys are set for {', '.join(there)}")
    names = ", ".join(each.key_env for each in list(known.values())[:3] if each.key_env)
    return Check(
        "providers", "note", "no key is set", f"Set one ({names} …), or use a server on this machine."
    )


def agent(folder: Path, named: Path | None) -> tuple[Check, AgentConfig | None]:
    """The agent file that would be used in a folder, and its model's key.

    Args:
        folder: the work folder.
        named: the agent file; None: as `codepilot run` finds it.
    """
    try:
        config = AgentConfig.load(find_agent_file(named, folder, TrustStore().answer(folder) is True))
        credentials.hide_also(config.model.api_key_env)
        profile = models.providers().get(config.model.provider)
    except (CodepilotError, OSError) as error:
        return Check("agent file", "broken", str(error), getattr(error, "hint", "") or "Mend it."), None
    said = f"{config.path}, model {config.model.provider}:{config.model.name}"
    variable = config.model.api_key_env
    local = (profile is not None and profile.local) or bool(config.model.base_url)
    if not local and not credentials.environment().get(variable, "").strip():
        return (
            Check(
                "agent file",
                "broken",
                f"{said}: {variable} is not set",
                f"Set {variable}, or name another model.",
            ),
            None,
        )
    if config.warnings:
        return Check("agent file", "note", f"{said}; {config.warnings[0]}", "Mend that line."), config
    return Check("agent file", "ok", said), config


async def reachable(config: AgentConfig) -> Check:
    """Whether the model answers. This costs some tokens."""
    from codepilot.messages import ModelMessage, ModelRequest
    from codepilot.providers import provider_for

    name = f"{config.model.provider}:{config.model.name}"
    request = ModelRequest(system="", messages=(ModelMessage("user", "Say ok."),), max_tokens=64)
    try:
        provider = provider_for(config.model, environ=credentials.environment(), file=config.path)
        try:
            async for _ in provider.stream(request):
                pass
        finally:
            await provider.close()
    except CodepilotError as error:
        return Check("model", "broken", f"{name}: {error.message}", error.hint or "Try another model.")
    return Check("model", "ok", f"{name} answers")


def quick() -> Iterator[Check]:
    """Those that take no time to speak of."""
    for check in (python, terminal, colours, git, shells, state, sockets, sessions, keys):
        yield check()


async def everything(folder: Path, named: Path | None, *, reach: bool) -> AsyncIterator[Check]:
    """All checks.

    Args:
        folder: the work folder.
        named: the agent file; None: as `codepilot run` finds it.
        reach: ask the model for a word, too.
    """
    for check in quick():
        yield check
    yield await jail()
    found, config = agent(folder, named)
    yield found
    if reach and config is not None:
        yield await reachable(config)
