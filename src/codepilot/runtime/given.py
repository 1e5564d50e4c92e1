"""What a program gives to a runtime, checked before it is used: a wrong type would fail later and elsewhere."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import get_args

from codepilot import paths
from codepilot.agentfile import AgentConfig, TimeoutConfig
from codepilot.decision import Mode
from codepilot.errors import UsageError, WorkspaceError
from codepilot.messages import OnExit
from codepilot.ports import Clock
from codepilot.tools import ToolRegistry
from codepilot.values import dataclass

ALL = "all"
"""In `allow`: every tool."""


@dataclass(frozen=True, slots=True)
class Given:
    """The options of a runtime that its agent works by; see `AsyncRuntime` for each."""

    stream: bool
    mode: Mode | None
    allow: Collection[str]
    environment: Mapping[str, str]
    clock: Clock
    use_stdin: bool
    on_exit: OnExit | None
    adopt_terminals: bool


def config_of(
    agent_file: str | os.PathLike[str] | AgentConfig,
    work_dir: Path | str | None,
    timeout: TimeoutConfig | None,
) -> AgentConfig:
    """The agent file with what a program says instead of it.

    Args:
        agent_file: its path, or the file already loaded.
        work_dir: None: as in the file.
        timeout: None: as in the file.

    Raises:
        AgentFileNotFound, AgentFileError: the agent file.
        UsageError: it is neither a path nor an `AgentConfig`.
    """
    given: object = agent_file
    if not isinstance(given, (str, os.PathLike, AgentConfig)):
        raise UsageError(f"agent_file: expected a path or an AgentConfig, found {shown(given)}.")
    config = (
        agent_file
        if isinstance(agent_file, AgentConfig)
        else AgentConfig.load(_path("agent_file", agent_file))
    )
    if work_dir is not None:
        folder = str(_path("work_dir", work_dir).resolve())
    else:
        folder = str(config.runtime.work_dir)  # a program may have put a Path there
    if folder is not config.runtime.work_dir:
        config = replace(config, runtime=replace(config.runtime, work_dir=folder))
    if timeout is not None:
        config = replace(config, model=replace(config.model, timeout=timeout))
    return config


def check_limits(config: AgentConfig) -> None:
    """See that what a program may have changed can still be a limit.

    Raises:
        UsageError: one of them cannot.
    """
    limits: dict[str, object] = {
        "runtime.max_steps": config.runtime.max_steps,
        "model.max_tokens": config.model.max_tokens,
    }
    for name, limit in limits.items():
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise UsageError(
                f"The runtime's config.{name}: expected a whole number of at least 1, found {limit!r}."
            )


def with_limits(config: AgentConfig, max_cost: float | None, max_steps: int | None) -> AgentConfig:
    """The agent file with limits that a program gives instead of its own; None: as in the file.

    Raises:
        UsageError: one of them cannot be a limit.
    """
    if max_cost is not None:
        if isinstance(max_cost, bool) or not isinstance(max_cost, (int, float)) or not 0 < max_cost < inf:
            raise UsageError(f"max_cost: expected dollars above 0, found {shown(max_cost)}.")
        config = replace(config, runtime=replace(config.runtime, max_cost=float(max_cost)))
    if max_steps is not None:
        if isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 1:
            raise UsageError(f"max_steps: expected a whole number of at least 1, found {shown(max_steps)}.")
        runtime = replace(config.runtime, max_steps=max_steps)
        config = replace(config, runtime=runtime, max_steps_given=True)
    return config


def _path(name: str, value: object) -> Path:
    try:
        return paths.expanded(value)
    except ValueError as error:
        raise UsageError(f"{name}: {error}.") from None


def check_flags(**flags: object) -> None:
    """Refuse options that are neither on nor off: `"no"` would count as yes.

    Raises:
        UsageError: one of them.
    """
    for name, value in flags.items():
        if value not in (True, False, None):
            raise UsageError(f"{name}: expected True or False, found {shown(value)}.")


def check_options(
    allow: object,
    timeout: object,
    on_exit: object,
    session: object,
    provider: object = None,
    session_id: object = None,
    clock: object = None,
    environment: object = None,
) -> None:
    """Refuse options of a runtime that cannot mean anything.

    Raises:
        UsageError: one of them; the text says what is expected.
    """
    if isinstance(allow, str) or not isinstance(allow, Collection) or not _all_text(allow):
        example = f"allow=({allow!r},)" if isinstance(allow, str) else 'allow=("execute",)'
        raise UsageError(
            f"allow: expected the names of tools, found {shown(allow)}.", hint=f"As in {example}."
        )
    _check_timeout(timeout)
    if provider is not None and not callable(getattr(provider, "stream", None)):
        raise UsageError(
            f"provider: expected a model of your own, found {shown(provider)}.",
            hint="An object with name, model, stream() and close(); a provider's name goes into the agent file.",
        )
    if session_id is not None and not isinstance(session_id, str):
        raise UsageError(f"session_id: expected a text, found {shown(session_id)}.")
    if clock is not None and not callable(getattr(clock, "monotonic", None)):
        raise UsageError(
            f"clock: expected a clock, found {shown(clock)}.",
            hint="An object with time(), monotonic(), sleep() and timeout(), such as codepilot.testing.ManualClock.",
        )
    _check_environment(environment)
    if on_exit is not None and on_exit not in get_args(OnExit):
        expected = ", ".join(map(repr, get_args(OnExit)))
        raise UsageError(f"on_exit: expected one of {expected} or None, found {shown(on_exit)}.")
    if not isinstance(session, str) and (
        isinstance(session, type)
        or not all(callable(getattr(session, name, None)) for name in ("load", "save", "reset"))
    ):
        found = f"the class {session.__name__}" if isinstance(session, type) else shown(session)
        raise UsageError(
            "session: expected 'memory', 'file', 'db', 'journal' or an object with load, save and reset, "
            f"found {found}.",
            hint="BaseSession and AsyncBaseSession are the classes to derive from.",
        )


def _check_environment(environment: object) -> None:
    if environment is None:
        return
    if not isinstance(environment, Mapping):
        raise UsageError(f"environment: expected a mapping of variables, found {shown(environment)}.")
    for name, value in environment.items():
        if not isinstance(name, str) or not name or "=" in name or "\0" in name:
            raise UsageError(f"environment: expected the name of a variable, found {shown(name)}.")
        if not isinstance(value, str):
            raise UsageError(f"environment: expected a text for {name}, found {shown(value)}.")
        if "\0" in value:
            raise UsageError(
                f"environment: the value of {name} holds a NUL character, which no variable can."
            )


def _check_timeout(timeout: object) -> None:
    if timeout is None:
        return
    if not isinstance(timeout, TimeoutConfig):
        raise UsageError(
            f"timeout: expected a TimeoutConfig, found {shown(timeout)}.",
            hint="As in timeout=TimeoutConfig(first_word=30, between_words=30, whole_reply=600), in seconds.",
        )
    for name in ("first_word", "between_words", "whole_reply"):
        seconds = getattr(timeout, name)
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
            raise UsageError(f"timeout: expected seconds above 0 for {name}, found {shown(seconds)}.")


def check_allowed(allow: Collection[str], registry: ToolRegistry) -> None:
    """Refuse names in `allow` that allow nothing. Built-in tools that this agent has not may be named.

    Raises:
        UsageError: there is no such tool.
    """
    known = {*registry.names(), *registry.builtin_names(), ALL}
    unknown = sorted(set(allow) - known)
    if unknown:
        raise UsageError(
            f"allow names no tool: {', '.join(unknown)}.",
            hint=f"The tools are: {', '.join(registry.names())}, or {ALL!r}.",
        )


def check_text(value: object, name: str) -> None:
    """Refuse what is not text, or blank, where the model is to read one.

    Raises:
        UsageError: it is something else.
    """
    if not isinstance(value, str):
        raise UsageError(f"{name}: expected a text, found {shown(value)}.")
    if not value.strip():
        raise UsageError(f"{name}: expected words, found none.")


def check_number(value: object, name: str, what: str) -> None:
    """Refuse what is no whole number where one names something: `"1"` would be told as not there.

    Args:
        value: as it was given.
        name: of the argument.
        what: it is, for the message.

    Raises:
        UsageError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name}: expected {what}, found {shown(value)}.")


def check_names(values: object, name: str) -> None:
    """Refuse one text where several are expected: each of its letters would be taken for one.

    Raises:
        UsageError: it is something else than texts.
    """
    if isinstance(values, str) or not isinstance(values, Collection) or not _all_text(values):
        example = f" As in {name}=[{values!r}]." if isinstance(values, str) else ""
        raise UsageError(f"{name}: expected a list of paths, found {shown(values)}.", hint=example.strip())


def make_work_dir(folder: Path) -> None:
    """Make the folder where the agent works, if it is not there.

    Raises:
        WorkspaceError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(
            f"The work folder {folder} cannot be made: {error.strerror or error}.",
            hint="Name another with work_dir, or make it yourself.",
        ) from error


def _all_text(values: Collection[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def shown(value: object) -> str:
    """What was given, for a message."""
    plain = value is None or isinstance(value, str | int | float)
    return repr(value) if plain else f"an object of type {type(value).__name__}"
