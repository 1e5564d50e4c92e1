"""What the model passed to a tool: checked with clear words, and made fit for events and call lines."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from codepilot.errors import WorkspaceError
from codepilot.paths import model_path
from codepilot.text import clean_line, shorten
from codepilot.tools.result import ToolResult, ToolState
from codepilot.workspace import Walk, Workspace

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
MAX_SHOWN = 400
_LONGEST_WAIT = 3600.0
_MAX_LABEL = 160
_MAX_FILES = 5_000
_MAX_ITEMS = 50
_MAX_DEPTH = 4
_LAST_PORT = 65535

_SHELLS = ("bash", "zsh", "fish", "sh", "dash")
_FOREIGN_SHELLS = ("cmd", "powershell")


class Refused(Exception):
    """A tool does not do what was asked. Its words go to the model as the call's result, they are never raised.

    Args:
        message: what is wrong, where, and what to do next.
        state: how the call ended.
        reason: the same for the person, in a sentence; empty: the message can be read by both.
    """

    def __init__(self, message: str, *, state: ToolState = "error", reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.state: ToolState = state
        self.reason = reason

    def result(self, tool: str) -> ToolResult:
        """As the call's result."""
        if self.state == "denied":
            return ToolResult(f"[{tool}] {self.message}", "denied", "denied")
        return ToolResult(f"[{tool}] ERROR: {self.message}", self.state, reason=self.reason)


def path_argument(value: Any, name: str = "path") -> str:
    r"""A path as text, read like the paths of payloads (`paths.model_path`).

    Raises:
        Refused: it is not text, empty, or names a drive where there are none.
    """
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise Refused(f"{name} must be text, not {type(value).__name__}.")
    if not value.strip():
        raise Refused(f"{name} is empty. Name a file, e.g. 'src/app.py'.")
    if os.name != "nt" and _DRIVE.match(value.strip()):
        raise Refused(
            f"{shorten(repr(value), 120)} is a Windows path, and this system has no drives. "
            "Use a path below the work folder, e.g. 'src/app.py'."
        )
    return model_path(value)


def missing(workspace: Workspace, path: str) -> str:
    """``there is no file 'x'.`` with the names that come near it."""
    shown = workspace.display(path)
    name = shown.rpartition("/")[2]
    if workspace.kind(path) == "folder":
        return f"'{shown}' is a folder. Name a file in it, or list it in a terminal."
    try:
        paths = [entry.path for entry in Walk(workspace, limit=_MAX_FILES)]
    except WorkspaceError:
        paths = []
    import difflib  # of use only here

    same = [found for found in paths if found.rpartition("/")[2] == name]
    near = same or difflib.get_close_matches(shown, paths, n=3, cutoff=0.75)
    hint = (
        " Did you mean " + " or ".join(f"'{clean_line(found)}'" for found in near[:3]) + "?" if near else ""
    )
    return f"there is no file '{shown}'.{hint}"


def text_argument(value: Any, name: str) -> str:
    """A text that is not empty.

    Raises:
        Refused: it is something else.
    """
    if not isinstance(value, str):
        raise Refused(f"{name} must be text, not {type(value).__name__}.")
    if not value.strip():
        raise Refused(f"{name} is empty.")
    return value


def line_argument(value: Any, name: str, *, least: int = 1) -> int:
    """A line number.

    Raises:
        Refused: it is not a whole number, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        shown = "None" if value is None else f"{shorten(repr(value), 40)}"
        raise Refused(f"{name} must be a whole number, not {shown}.")
    if value < least:
        raise Refused(f"{name} is {value}, but it must be at least {least}.")
    return value


def wrong_shell(shell: str | None) -> str:
    """Why a terminal cannot have this shell; empty if it can."""
    if shell is None or shell in _SHELLS:
        return ""
    if shell not in _FOREIGN_SHELLS:
        return f"unknown shell '{shell}'. Valid options: {', '.join(_SHELLS)}."
    return f"the shell '{shell}' is not available on {sys.platform}. Use bash."


def wrong_seconds(timeout: Any) -> str:
    """What is wrong with a timeout; empty where nothing is. Digits in quotes are taken for the number."""
    try:
        seconds = 0.0 if timeout is None else float(timeout)
    except (TypeError, ValueError):
        seconds = -1.0
    if seconds >= 0:
        return ""
    return f"timeout is {shorten(repr(timeout), 60)}; it is a number of seconds, 0 or more, e.g. timeout=60."


def seconds_of(timeout: float | None) -> float:
    """The timeout that a terminal gets; None: as if none had been named."""
    return min(float(10 if timeout is None else timeout), _LONGEST_WAIT)


def wrong_texts(**given: Any) -> str:
    """Which of these arguments is no text, and what to write instead; empty where all are."""
    for name, value in given.items():
        if isinstance(value, str):
            continue
        words = isinstance(value, list | tuple) and value and all(isinstance(word, str) for word in value)
        instead = f" Write {name}={shorten(shlex.join(value), 200)!r}." if words else ""
        return f"{name} must be text, not {type(value).__name__}.{instead}"
    return ""


def wrong_choices(**given: Any) -> str:
    """Which of these arguments is neither True nor False; None stands for no choice. Empty where all are."""
    wrong = [
        f"{name} must be True or False, not {shorten(repr(value), 60)}."
        for name, value in given.items()
        if value is not None and value not in (True, False)
    ]
    return next(iter(wrong), "")


def wrong_keys(keys: Any) -> str:
    """What is wrong with the keys to press; empty where nothing is."""
    if isinstance(keys, list | tuple) and all(isinstance(key, str) for key in keys):
        return ""
    return f"keys is {shorten(repr(keys), 60)}; it is a list of names, e.g. keys=['Down', 'Enter']."


def wrong_port(port: Any) -> str:
    """What is wrong with a port to wait for; empty where nothing is. None and 0 stand for none."""
    if port is None or (isinstance(port, int) and not isinstance(port, bool) and 0 <= port <= _LAST_PORT):
        return ""
    return (
        f"wait_port is {shorten(repr(port), 60)}; it is the number of a port, 1 to {_LAST_PORT}, e.g. 8000."
    )


def wrong_execute(
    session_id: Any, command: Any, timeout: Any, new_terminal: Any, shell: Any, wait_for: Any, wait_port: Any
) -> str:
    """What is wrong with the arguments of `execute`; empty where nothing is."""
    return (
        wrong_texts(session_id=session_id, command=command, wait_for=wait_for)
        or wrong_shell(shell)
        or wrong_seconds(timeout)
        or wrong_choices(new_terminal=new_terminal)
        or wrong_port(wait_port)
    )


def misused(name: str, arguments: Mapping[str, Any]) -> str:
    """What is wrong with arguments that fit by their number, but cannot be meant so; empty if nothing is.

    Args:
        name: a built-in tool.
        arguments: as they are bound to its parameters.
    """
    if name == "write_file" and isinstance(arguments.get("start_line"), str):
        return "it takes no content"
    first = next(iter(arguments.values()), None)
    if len(arguments) == 1 and isinstance(first, dict):
        return "it takes its arguments one by one, not in a dictionary"
    return ""


def shown_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as JSON values with long texts shortened, for events."""
    return {name: _plain(value, 0) for name, value in arguments.items()}


def one_line(text: str, limit: int = _MAX_LABEL) -> str:
    """A text for a call line: its first lines on one row."""
    return shorten(" ⏎ ".join(text[: limit * 4].strip().splitlines()), limit)


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return shorten(value, MAX_SHOWN)
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        some = list(value.items())[:_MAX_ITEMS]
        return {shorten(str(key), MAX_SHOWN): _plain(item, depth + 1) for key, item in some}
    if depth < _MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth + 1) for item in list(value)[:_MAX_ITEMS]]
    return shorten(repr(value), MAX_SHOWN)
