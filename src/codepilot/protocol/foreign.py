"""Recognises tool calls written in other systems' shapes, so that the correction can show the model its own
call.

Nothing here is ever executed; it is read for the sake of a good sentence.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

# Names that models know from elsewhere and reach for.
ELSEWHERE = frozenset(
    {
        "apply_patch",
        "bash",
        "cat",
        "create_file",
        "edit",
        "exec",
        "execute_bash",
        "execute_command",
        "fs_read",
        "fs_write",
        "glob",
        "grep",
        "list_dir",
        "list_files",
        "ls",
        "open_file",
        "python",
        "read",
        "read_file",
        "replace_in_file",
        "run",
        "run_bash",
        "run_command",
        "run_shell_command",
        "search",
        "search_files",
        "shell",
        "str_replace",
        "str_replace_based_edit_tool",
        "str_replace_editor",
        "terminal",
        "view",
        "view_file",
        "write",
        "write_file",
    }
)

_XML = re.compile(
    r"^[ \t]*<(?:antml:)?(?P<tag>"
    r"invoke|function_calls|tool_calls?|tool_use|tool_code|use_tool|function(?==)|\|tool[▁_]?calls?"
    r")[^>\n]*>",
    re.MULTILINE,
)
_INVOKE = re.compile(
    r"<(?:antml:)?invoke\s+name=[\"']?([\w.-]+)[\"']?\s*>(.*?)(?:</(?:antml:)?invoke>|\Z)", re.DOTALL
)
_PARAMETER = re.compile(
    r"<(?:antml:)?parameter\s+name=[\"']?(\w+)[\"']?[^>]*>(.*?)</(?:antml:)?parameter>", re.DOTALL
)
_TOOL_TAG = re.compile(r"^[ \t]*<(?P<name>[a-z_]+)(?=[\s>/])[^>\n]*>", re.MULTILINE)
# Tags that mean something else: reasoning models open their replies with <think>.
_NO_CALLS = frozenset(["think", "done"])
_OBJECT = re.compile(r"^[ \t]*(?:\[\s*)?\{", re.MULTILINE)
_NAME_KEYS = ("name", "tool", "tool_name", "function", "action", "recipient_name")
_ARGUMENT_KEYS = (
    "arguments",
    "parameters",
    "input",
    "args",
    "action_input",
    "params",
    "kwargs",
    "tool_input",
)
_MAX_READ = 50_000


@dataclass(frozen=True, slots=True)
class ForeignCall:
    """A call in another shape: where it stands, what it is, and how it is written here."""

    line: int
    shape: str
    """``JSON``, ``XML``."""
    name: str
    code: str
    """As Python; empty where it could not be read."""


def find_call(text: str, tools: Collection[str], *, first_line: int = 1) -> ForeignCall | None:
    """The first call-like JSON object or XML element at a line's start."""
    text = text[:_MAX_READ]
    found = [call for call in (_json_call(text, tools), _xml_call(text, tools)) if call is not None]
    if not found:
        return None
    at, shape, name, code = min(found, key=lambda call: call[0])
    return ForeignCall(first_line + text.count("\n", 0, at), shape, name, code)


def python_tree(code: str) -> ast.Module | None:
    """The tree of some Python, or None where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def called_tools(code: str, tools: Collection[str]) -> list[str]:
    """Which of the tools a piece of Python calls by their bare names, in order.

    A name that the code defines itself is the code's own. Code that does not parse is read line by line.
    """
    tree = python_tree(code)
    if tree is None:
        names = re.findall(r"^[ \t>]*(?:\w+\s*=\s*)?(\w+)\(", code, re.MULTILINE)
        return list(dict.fromkeys(name for name in names if name in tools))
    own: set[str] = set()
    called: list[tuple[int, int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.alias):
            own.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in tools:
            called.append((node.lineno, node.col_offset, node.func.id))
    return list(dict.fromkeys(name for _, _, name in sorted(called) if name not in own))


def _json_call(text: str, tools: Collection[str]) -> tuple[int, str, str, str] | None:
    decoder = json.JSONDecoder()
    for match in _OBJECT.finditer(text):
        start = match.end() - 1
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            name = _name_in_broken_json(text[start : start + 400])
            if name is not None and (name in tools or name in ELSEWHERE):
                return start, "JSON", name, ""
            continue
        call = _call_of(value)
        if call is not None and (call[0] in tools or call[0] in ELSEWHERE):
            return start, "JSON", call[0], _as_python(*call) if call[0] in tools else ""
    return None


def _name_in_broken_json(text: str) -> str | None:
    named = re.search(r"[\"'](?:" + "|".join(_NAME_KEYS) + r")[\"']\s*:\s*[\"']([\w.]+)[\"']", text)
    given = re.search(r"[\"'](?:" + "|".join(_ARGUMENT_KEYS) + r")[\"']\s*:", text)
    return named[1] if named and given else None


def _call_of(value: Any) -> tuple[str, Mapping[str, Any]] | None:
    if not isinstance(value, dict):
        return None
    for key in ("tool_calls", "tool_uses", "calls"):
        inner = value.get(key)
        if isinstance(inner, list) and inner:
            return _call_of(inner[0])
    if isinstance(value.get("function"), dict):
        return _call_of(value["function"])
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), None)
    if name is None:
        return None
    arguments = next((value[key] for key in _ARGUMENT_KEYS if key in value), None)
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            arguments = {}
    if arguments is None:
        # {"tool": "read_file", "path": "a.py"}: the arguments stand beside the name.
        if not any(key in value for key in ("tool", "tool_name", "action")):
            return None
        arguments = {key: item for key, item in value.items() if key not in _NAME_KEYS}
    return name.rsplit(".", 1)[-1], arguments if isinstance(arguments, dict) else {}


def _xml_call(text: str, tools: Collection[str]) -> tuple[int, str, str, str] | None:
    tag = next((match for match in _TOOL_TAG.finditer(text) if _is_tool_tag(match["name"], tools)), None)
    call = _XML.search(text)
    if call is None or (tag is not None and tag.start() < call.start()):
        return None if tag is None else (tag.start(), "XML", tag["name"], "")
    inner = _INVOKE.search(text, call.start())
    if inner is not None:
        arguments = {key: value.strip("\n") for key, value in _PARAMETER.findall(inner[2])}
        name = inner[1].rsplit(".", 1)[-1]
        return call.start(), "XML", name, _as_python(name, arguments) if name in tools else ""
    nested = _json_call(text[call.end() :].lstrip(), tools)
    if nested is not None:
        return call.start(), "XML", nested[2], nested[3]
    return call.start(), "XML", call["tag"].strip("|"), ""


def _is_tool_tag(name: str, tools: Collection[str]) -> bool:
    """One-word tags of elsewhere may be HTML; those of our own tools are calls."""
    return name not in _NO_CALLS and (name in tools or (name in ELSEWHERE and "_" in name))


def _as_python(name: str, arguments: Mapping[str, Any]) -> str:
    """The call as it is written here, or nothing where it would not be valid or is long."""
    shown = {key: value for key, value in arguments.items() if str(key).isidentifier()}
    content = next((key for key in ("content", "text", "data", "file_text") if key in shown), None)
    if name == "write_file" and content is not None:
        del shown[content]
    code = f"{name}({', '.join(f'{key}={value!r}' for key, value in shown.items())})"
    return code if len(code) <= 600 else f"{name}(…)"
