"""A quick look at whether a text that was just written can be read at all: Python, JSON, YAML, TOML."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable
from pathlib import PurePosixPath

_MAX_CHARACTERS = 512 * 1024
_COMMENTED_JSON = ("tsconfig", "jsconfig", "devcontainer")


def syntax_problem(path: str, text: str) -> str:
    """``line 3: ...`` if the text is broken; empty if it is fine or of a kind that is not looked at."""
    name = PurePosixPath(path)
    check = _CHECKS.get(name.suffix.lower())
    if check is None or len(text) > _MAX_CHARACTERS:
        return ""
    if name.suffix == ".json" and (name.stem.startswith(_COMMENTED_JSON) or ".vscode" in name.parts):
        return ""
    return check(text)


def _python(text: str) -> str:
    try:
        with warnings.catch_warnings():
            # Odd escapes are the project's business, and must not be printed from here.
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno or 1}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"line 1: {error or type(error).__name__}"
    return ""


def _json(text: str) -> str:
    if not text.strip():
        return ""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {error.msg}"
    except RecursionError:
        return "line 1: nested too deeply"
    return ""


def _yaml(text: str) -> str:
    import yaml

    try:
        # Events only: nothing is built, so aliases cannot blow up and tags cannot construct anything.
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return f"line {mark.line + 1 if mark else 1}: {error.problem or error.context}"
    except yaml.YAMLError as error:
        return f"line 1: {error}".split("\n")[0]
    except RecursionError:
        return "line 1: nested too deeply"
    return ""


def _toml(text: str) -> str:
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at line ")
        if place:
            return f"line {place.split(',')[0]}: {message}"
        return f"line {max(1, len(text.splitlines()))}: {message.removesuffix(' (at end of document)')}"
    except RecursionError:
        return "line 1: nested too deeply"
    return ""


_CHECKS: dict[str, Callable[[str], str]] = {
    ".py": _python,
    ".pyi": _python,
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".toml": _toml,
}
