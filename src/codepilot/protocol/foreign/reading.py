"""Reads a call out of JSON, of Python, or of a name and what follows it."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from codepilot.protocol.calls import BUILTIN_TOOLS, Tools, python_tree
from codepilot.protocol.habits import ELSEWHERE
from codepilot.protocol.mends import Form, form_of_call
from codepilot.values import dataclass

Call = tuple[str, Mapping[str, Any], tuple[Any, ...]]
"""A tool's name, its arguments by name, and those without one."""

_NAME_KEYS: Final = ("name", "tool", "tool_name", "function", "action", "recipient_name", "command_name")
_ARGUMENT_KEYS: Final = (
    *("arguments", "parameters", "input", "args", "action_input", "params", "kwargs", "tool_input"),
    "function_args",
)
_EDITOR: Final = ("view", "create", "str_replace", "insert")
"""What Claude's editor is told in `command`, always with a `path`; the tool's name is in no place of it."""
_LISTS: Final = ("tool_calls", "tool_uses", "calls", "function_calls", "actions")
_WRAPPINGS: Final = (
    "function",
    "function_call",
    "tool_call",
    "functionCall",
    "toolCall",
    "toolcall",
    "command",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A call in another shape: where in the text it stands, and what it is."""

    at: int
    name: str
    """Of the tool, as it is spelled there; empty for what is not a call."""
    form: Form
    known: bool
    """The tool is one of ours, or stands for one."""


def a_call(at: int, call: Call, tools: Tools) -> Found:
    """What was found; the tool may be of another system."""
    name = bare(call[0])
    known = name in tools or name.lower() in ELSEWHERE
    return Found(at, name, form_of_call(name, call[1], tools, call[2]), known)


def bare(name: str) -> str:
    """`functions.read_file:0` is `read_file`."""
    return re.sub(r":\d+\Z", "", name.strip()).rsplit(".", 1)[-1].rsplit(":", 1)[-1]


def whatever(text: str) -> Call | None:
    """A call of any usual kind at the beginning of a text: JSON, Python, or a name and then JSON."""
    text = text.lstrip()
    if text[:1] in ("{", "["):
        try:
            value, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            name = name_in_broken_json(text[:400])
            return (name, {}, ()) if name else None
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), dict):
            return *next(iter(value.items())), ()
        return call_of(value)
    named = re.match(r"(?:print\()?([A-Za-z_][\w.]*(?::\d+)?)\s*", text)
    if named is None:
        return None
    rest = text[named.end() :]
    if rest.startswith("("):
        line = text.split("\n", 1)[0].strip()
        tree = python_tree(line) or python_tree(line.rpartition(")")[0] + ")")
        first = tree.body[0] if tree is not None and tree.body else None
        read = python_call(first.value) if isinstance(first, ast.Expr) else None
        return read or (named[1], {}, ())
    brace = rest.find("{")
    return named[1], json_object(rest[brace:]) if 0 <= brace <= 60 else {}, ()


def python_call(node: ast.AST) -> Call | None:
    """A call expression as name and arguments; None for anything else."""
    if not isinstance(node, ast.Call):
        return None
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name == "print" and node.args:
        return python_call(node.args[0])
    named = {str(word.arg): constant(word.value) for word in node.keywords if word.arg}
    args = tuple(constant(arg) for arg in node.args)
    return name, {key: value for key, value in named.items() if value is not None}, args


def constant(node: ast.expr) -> Any:
    """A literal's value; None for anything else."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return None


def json_object(text: str) -> dict[str, Any]:
    """The JSON object at the beginning of a text, as far as it is one."""
    try:
        value, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def name_in_broken_json(text: str) -> str | None:
    """The name that a call in broken JSON gives."""
    named = re.search(r"[\"'](?:" + "|".join(_NAME_KEYS) + r")[\"']\s*:\s*[\"']([\w.]+)[\"']", text)
    given = re.search(r"[\"'](?:" + "|".join(_ARGUMENT_KEYS) + r")[\"']\s*:", text)
    return named[1] if named and given else None


def call_of(value: Any) -> Call | None:
    """A decoded JSON value as a call, if it is one."""
    if not isinstance(value, dict):
        return None
    if wrapped := _wrapped(value):
        return call_of(wrapped[0])
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), None)
    if name is None and value.get("command") in _EDITOR and isinstance(value.get("path"), str):
        given = {key: item for key, item in value.items() if key != "command"}
        return ("edit" if value["command"] == "insert" else value["command"]), given, ()
    if name is None:
        return _command_of(value)
    if _is_definition(value):
        return None
    arguments = next((value[key] for key in _ARGUMENT_KEYS if key in value), None)
    if isinstance(arguments, str):
        arguments = json_object(arguments)
    if arguments is None:
        arguments = _beside(name, value)
        if arguments is None:
            return None
    return name, arguments if isinstance(arguments, dict) else {}, ()


def _is_definition(value: dict[Any, Any]) -> bool:
    """A tool as an API is told of it: its parameters are a JSON schema."""
    schema = next((value[key] for key in ("parameters", "input_schema", "inputSchema") if key in value), None)
    return (
        isinstance(schema, dict)
        and schema.get("type") == "object"
        and isinstance(schema.get("properties"), dict)
    )


def _command_of(value: dict[Any, Any]) -> Call | None:
    """Codex's `{"command": ["bash", "-lc", "ls"]}`, whose tool is in no place of it.

    A container is described likewise (`["sh", "-c", "npm start"]`); `-lc` and what stands beside tell.
    """
    command = value.get("command")
    if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
        return None
    if not value.keys() <= _BESIDE_COMMAND:
        return None
    marked = len(value) > 1
    if len(command) == 3 and command[0].rsplit("/", 1)[-1] in ("bash", "sh", "zsh"):
        if command[1] == "-lc" or (command[1] == "-c" and marked):
            return "execute", {"command": command[2]}, ()
    elif command and marked:
        return "execute", {"command": shlex.join(command)}, ()
    return None


_BESIDE_COMMAND = frozenset(
    [
        "command",
        "workdir",
        "timeout",
        "timeout_ms",
        "with_escalated_permissions",
        "justification",
        "sandbox_permissions",
    ]
)


def _wrapped(value: dict[Any, Any]) -> list[Any]:
    """The calls in a list, or in a wrapping that is known; empty: it is none of these."""
    lists = (value[key] for key in _LISTS if isinstance(value.get(key), list) and value[key])
    return next(lists, []) or [value[key] for key in _WRAPPINGS if isinstance(value.get(key), dict)]


def _beside(name: str, value: dict[Any, Any]) -> dict[Any, Any] | None:
    """The arguments that stand beside the name: {"tool": "read_file", "path": "a.py"}."""
    tool = BUILTIN_TOOLS.get(name)
    marked = any(key in value for key in ("tool", "tool_name", "action"))
    if not marked and (tool is None or value.keys().isdisjoint(tool.parameters)):
        return None
    return {key: item for key, item in value.items() if key not in _NAME_KEYS}
