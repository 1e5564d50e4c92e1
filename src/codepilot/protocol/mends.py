"""The corrected form of a call: what the model should have written, made of what it wrote.

Models bring habits: content inside the call, a command without its terminal, names and arguments of other systems'
tools. Whatever can be told from such a call is carried over into the form that works, so that the model has only to
send it again.
"""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from codepilot.protocol.calls import PREFIXES, Tools, fits, python_tree
from codepilot.protocol.correction import block, control_block, payload_info
from codepilot.protocol.habits import (
    CONTENT,
    EDITOR_COMMANDS,
    EDITORS,
    ELSEWHERE,
    NEW,
    OLD,
    PLACEHOLDERS,
    POSITIONS,
    SYNONYMS,
)
from codepilot.values import dataclass

MAX_CONTENT: Final = 600
"""Characters of a text that a corrected form repeats."""

_SUBJECTS: Final = ("path", "command", "pattern", "question", "summary")
_SEARCH: Final = "<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE"


class Source(str):
    """Python that stands for a value: shown as it is."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What should have been written: code, and the payloads that belong to it."""

    code: str
    payloads: tuple[tuple[str, str], ...] = ()
    """Path and text of each."""
    completion: str = ""

    def markdown(self) -> str:
        """As blocks of a reply."""
        blocks = [control_block(self.code)] if self.code else []
        blocks += [block(payload_info(path), text) for path, text in self.payloads]
        blocks += [block("completion", self.completion)] if self.completion else []
        return "\n\n".join(blocks)


def form_of_call(name: str, arguments: Mapping[str, Any], tools: Tools, args: Sequence[Any] = ()) -> Form:
    """A call of our or of another system's tool as it is written here.

    What is missing is filled in by an example, what does not belong is left out. Where nothing here stands for the
    tool, the form is only an example of a call.

    Args:
        name: of the tool.
        arguments: by name.
        tools: what there is.
        args: those without a name. Of another system's tool the first one is what the tool is about.
    """
    if name in tools:
        return _own_form(name, _named(name, list(args), arguments, tools[name]), tools[name])
    ours = ELSEWHERE.get(name.lower(), "")
    if name.lower() in EDITORS:
        command, args = (
            (arguments.get("command"), args) if "command" in arguments else (next(iter(args), ""), args[1:])
        )
        ours = EDITOR_COMMANDS.get(str(command), ours)
    arguments = {**_by_position(ours, args), **arguments}
    if ours == "list":
        folder = _first(arguments, ("path", *SYNONYMS["path"].split(), "directory", "dir")) or "."
        return form_of_call("execute", {"command": f"ls {shlex.quote(str(folder))}"}, tools)
    if ours == "glob":
        return form_of_call("execute", {"command": _listing(arguments)}, tools)
    if ours == "python" and isinstance(arguments.get("code"), str):
        return _fitted(arguments["code"], tools)
    if ours == "done":
        return Form("", completion=str(_first(arguments, SYNONYMS["summary"].split()) or "What was done."))
    if ours == "write_file" and not _first(arguments, CONTENT) and _first(arguments, OLD):
        ours = "edit_file"
    if ours == "execute" and ours not in tools and "run_command" in tools:
        ours = "run_command"
    if ours not in tools:
        return _example(tools)
    return _own_form(ours, arguments, tools[ours])


def form_of_code(code: str, tools: Tools) -> Form:
    """Python as a control block, its calls made to fit: content goes into payloads, terminals get their name."""
    code = re.sub(
        rf"\b(?:{'|'.join(PREFIXES)})\.(?=(?:{'|'.join(map(re.escape, tools)) or '-'})\()",
        "",
        code.strip("\n"),
    )
    return _fitted(code, tools)


def call_as(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], signature: inspect.Signature) -> str:
    """A call of a built-in tool that could not be made, in the form that can."""
    form = _own_form(name, _named(name, list(args), kwargs, signature), signature)
    where = "The content goes into a block of its own, outside the codepilot block. " if form.payloads else ""
    return f"{where}Write it like this:\n\n{form.markdown()}"


def literal(value: Any) -> str:
    """A value as Python, texts in double quotes where that is as short."""
    if isinstance(value, Source):
        return str.__str__(value)
    shown = repr(value)
    if isinstance(value, str) and shown.startswith("'") and '"' not in value:
        return f'"{shown[1:-1]}"'
    return shown


def _fitted(code: str, tools: Tools) -> Form:
    tree = python_tree(code)
    if tree is None:
        return Form(code)
    lines = code.split("\n")
    payloads: list[tuple[str, str]] = []
    for call, name in reversed(_misfits(tree, tools)):
        given = {str(word.arg): _value(word.value) for word in call.keywords}
        form = _own_form(
            name, _named(name, [_value(arg) for arg in call.args], given, tools[name]), tools[name]
        )
        payloads[:0] = form.payloads
        start, end = call.lineno - 1, (call.end_lineno or call.lineno) - 1
        head = lines[start].encode()[: call.col_offset].decode()
        tail = lines[end].encode()[call.end_col_offset or 0 :].decode()
        lines[start : end + 1] = [head + form.code + tail]
    return Form("\n".join(lines), tuple(payloads))


def _misfits(tree: ast.Module, tools: Tools) -> list[tuple[ast.Call, str]]:
    """The calls that do not fit, in order; of calls in calls the outermost."""
    found: list[tuple[ast.Call, str]] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and name in tools and not fits(node, tools[name]):
            found.append((node, name))
        else:
            waiting += ast.iter_child_nodes(node)
    return sorted(found, key=lambda pair: (pair[0].lineno, pair[0].col_offset))


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Dict):
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, MemoryError, RecursionError):
            pass
    return Source(ast.unparse(node))


def _named(
    name: str, args: list[Any], kwargs: Mapping[str, Any], signature: inspect.Signature
) -> dict[str, Any]:
    """Arguments by name; those without one by what they most likely are."""
    if _is_one_object(args, kwargs, signature):
        return dict(args[0])
    if (
        name == "execute"
        and len(args) == 1
        and "command" not in kwargs
        and args[0] != PLACEHOLDERS["session_id"]
    ):
        return {"command": args[0], **kwargs}
    names = list(signature.parameters)
    if name == "write_file":
        names = ["path", "content"] if len(args) > 1 and isinstance(args[1], str) else names
    elif name == "edit_file":
        names = ["path", "old_str", "new_str"] if len(args) > 2 else ["path", "content"]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def _by_position(ours: str, args: Sequence[Any]) -> dict[str, Any]:
    """The arguments without a name of another system's tool, by what they most likely are."""
    if not args:
        return {}
    names = POSITIONS.get(ours)
    if names is None:
        return dict.fromkeys(_SUBJECTS, args[0])
    if isinstance(args[0], str) and "\n" in args[0]:  # a patch, say
        return {"content": args[0]}
    return dict(zip(names, args, strict=False))


def _listing(arguments: Mapping[str, Any]) -> str:
    """The command that lists the files whose names fit a glob."""
    glob = str(_first(arguments, ("pattern", "glob_pattern", "glob", *SYNONYMS["pattern"].split())) or "*.py")
    folder = str(_first(arguments, ("directory", "target_directory", "dir", "root")) or ".")
    if "/" not in glob.removeprefix("**/"):
        return f"find {shlex.quote(folder)} -name {shlex.quote(glob.removeprefix('**/'))}"
    path = f"{folder}/{glob.removeprefix('./')}".replace("**/", "*").replace("**", "*")
    return f"find {shlex.quote(folder)} -path {shlex.quote(path)}"


def _is_one_object(args: Sequence[Any], kwargs: Mapping[str, Any], signature: inspect.Signature) -> bool:
    """All arguments in one dictionary, as in JSON."""
    return (
        len(args) == 1
        and not kwargs
        and isinstance(args[0], dict)
        and not args[0].keys().isdisjoint(signature.parameters)
    )


def _own_form(name: str, arguments: Mapping[str, Any], signature: inspect.Signature) -> Form:
    """A call of one of our tools with arguments of any name."""
    given: dict[str, Any] = {}
    for parameter in signature.parameters.values():
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            given.update(
                (key, value) for key, value in arguments.items() if key not in given and key.isidentifier()
            )
            continue
        value = _argument(parameter.name, arguments)
        if value is None and parameter.default is inspect.Parameter.empty:
            value = PLACEHOLDERS.get(parameter.name, Source("…"))
        if value is not None and not _is_misplaced(parameter.name, value):
            given[parameter.name] = value
    payloads = _payloads(name, arguments, given)
    return Form(_call(name, given, signature), payloads)


def _argument(name: str, arguments: Mapping[str, Any]) -> Any:
    value = _first(arguments, (name, *SYNONYMS.get(name, "").split()))
    if name == "command" and isinstance(value, list | tuple):
        words = [str(word) for word in value]
        return words[2] if len(words) == 3 and words[1] in ("-c", "-lc") else shlex.join(words)
    return value


def _is_misplaced(name: str, value: Any) -> bool:
    """A text for a line number is content."""
    return name.endswith("_line") and isinstance(value, str) and not isinstance(value, Source)


def _payloads(
    name: str, arguments: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    if name not in ("write_file", "edit_file"):
        return ()
    path = given.get("path")
    path = path if isinstance(path, str) and not isinstance(path, Source) else "the/same/path"
    old, new = _text(_first(arguments, OLD)), _text(_first(arguments, NEW))
    content = _text(_first(arguments, CONTENT))
    if name == "edit_file":
        if not old and "<<<<<<< SEARCH" in content:
            return ((path, content),)
        return (
            (
                path,
                _SEARCH.format(old=old or "the old lines", new=new or "the new lines"),
            ),
        )
    return ((path, content or "the whole content"),)


def _text(value: Any) -> str:
    if not isinstance(value, str) or isinstance(value, Source):
        return ""
    return value.strip("\n") if len(value) <= MAX_CONTENT else ""


def _call(name: str, given: Mapping[str, Any], signature: inspect.Signature) -> str:
    words: list[str] = []
    positional = True
    for key, value in given.items():
        parameter = signature.parameters.get(key)
        required = parameter is not None and parameter.default is inspect.Parameter.empty
        positional = (
            positional and required and parameter is not None and parameter.kind is not parameter.KEYWORD_ONLY
        )
        words.append(literal(value) if positional else f"{key}={literal(value)}")
    return f"{name}({', '.join(words)})"


def _example(tools: Tools) -> Form:
    for name in ("read_file", "execute", "run_command"):
        if name in tools:
            return _own_form(name, {}, tools[name])
    first = next(iter(tools), "print")
    return _own_form(first, {}, tools[first]) if first in tools else Form("print(1 + 1)")


def _first(arguments: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((arguments[name] for name in names if arguments.get(name) is not None), None)
