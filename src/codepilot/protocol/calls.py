"""What a control block may call: the tools with their arguments, and whether a call fits them."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Final

from codepilot.messages import ToolDescription

Tools = Mapping[str, inspect.Signature]
"""What a control block may call, with the arguments of each."""

PREFIXES: Final = ("default_api", "functions", "tools", "codepilot", "tool", "api")
"""Objects on which models call the tools; here they are plain names."""


def tools_of(descriptions: Iterable[ToolDescription]) -> Tools:
    """The tools of a toolset, by name."""
    return {tool.name: signature_of(tool.signature) for tool in descriptions}


@functools.cache
def signature_of(text: str) -> inspect.Signature:
    """``read_file(path, start_line=1) -> str`` as a signature; anything goes where the text cannot be read."""
    tree = python_tree(f"def {text}: ...")
    function = tree.body[0] if tree is not None else None
    if not isinstance(function, ast.FunctionDef):
        kinds = {"args": inspect.Parameter.VAR_POSITIONAL, "kwargs": inspect.Parameter.VAR_KEYWORD}
        return inspect.Signature([inspect.Parameter(name, kind) for name, kind in kinds.items()])
    return inspect.Signature(list(_parameters(function.args)))


def python_tree(code: str) -> ast.Module | None:
    """The tree of some Python, or None where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def fits(call: ast.Call, signature: inspect.Signature) -> bool:
    """Whether a call in the code agrees with the tool's arguments, as far as the code shows them."""
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(
        word.arg is None for word in call.keywords
    ):
        return True
    if len(call.args) == 1 and isinstance(call.args[0], ast.Dict) and not call.keywords:
        keys = {key.value for key in call.args[0].keys if isinstance(key, ast.Constant)}
        if not keys.isdisjoint(signature.parameters):
            return False  # all arguments in one dictionary, as in JSON
    args = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args]
    kwargs = {str(word.arg): None for word in call.keywords}
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return not (
        isinstance(call.func, ast.Name)
        and call.func.id == "write_file"
        and isinstance(bound.arguments.get("start_line"), str)
    )


def is_signature(code: str) -> bool:
    """Whether a text shows how something is called, as in `find(pattern, scope="x")`: a name that nothing defines."""
    tree = python_tree(code.strip())
    call = (
        tree.body[0].value
        if tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
        else None
    )
    return isinstance(call, ast.Call) and any(isinstance(each, ast.Name) for each in call.args)


def _parameters(arguments: ast.arguments) -> Iterable[inspect.Parameter]:
    first, named = len(arguments.posonlyargs), [*arguments.posonlyargs, *arguments.args]
    required = len(named) - len(arguments.defaults)
    for index, arg in enumerate(named):
        kind = inspect.Parameter.POSITIONAL_ONLY if index < first else inspect.Parameter.POSITIONAL_OR_KEYWORD
        yield inspect.Parameter(arg.arg, kind, default=inspect.Parameter.empty if index < required else None)
    if arguments.vararg is not None:
        yield inspect.Parameter(arguments.vararg.arg, inspect.Parameter.VAR_POSITIONAL)
    for arg, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        default = inspect.Parameter.empty if given is None else None
        yield inspect.Parameter(arg.arg, inspect.Parameter.KEYWORD_ONLY, default=default)
    if arguments.kwarg is not None:
        yield inspect.Parameter(arguments.kwarg.arg, inspect.Parameter.VAR_KEYWORD)


def called_tools(code: str, tools: Iterable[str]) -> list[str]:
    """Which of the tools a piece of Python calls by their names, in order; also as `default_api.read_file()`.

    A name that the code defines itself is the code's own. Code that does not parse is read line by line.
    """
    tools = frozenset(tools)
    tree = python_tree(code)
    if tree is None:
        prefix = rf"(?:(?:{'|'.join(PREFIXES)})\.)?"
        names = re.findall(rf"^[ \t>]*(?:\w+\s*=\s*|print\()?{prefix}(\w+)\(", code, re.MULTILINE)
        return list(dict.fromkeys(name for name in names if name in tools))
    own: set[str] = set()
    called: list[tuple[int, int, str]] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                own.add(name)
            case ast.alias(name=name, asname=asname):
                own.add((asname or name).split(".")[0])
            case ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.Call(func=ast.Name(id=name)) if name in tools:
                called.append((node.lineno, node.col_offset, name))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=base), attr=name)) if (
                name in tools and base in PREFIXES
            ):
                called.append((node.lineno, node.col_offset, name))
            case _:
                pass
    return list(dict.fromkeys(name for _, _, name in sorted(called) if name not in own))


BUILTIN_TOOLS: Final[Tools] = {
    name: signature_of(name + parameters)
    for name, parameters in {
        "read_file": "(path, start_line=1, end_line=None)",
        "write_file": "(path, start_line=None, end_line=None, after_line=None, mode='w', edits=None)",
        "edit_file": "(path)",
        "find": "(pattern, scope='codebase', target=None, include=None, max_results=50)",
        "execute": "(session_id, command, timeout=10, new_terminal=False, shell=None, *, wait_for='', wait_port=0)",
        "read_output": "(session_id, timeout=5, *, wait_for='', wait_port=0)",
        "send_input": "(session_id, text='', timeout=5, *, keys=())",
        "terminate_terminal": "(session_id)",
        "run_command": "(command, timeout=None, background=False)",
        "ask_user": "(question)",
        "archive_context": "(task, summary)",
        "reveal_context": "(what, page=1)",
        "list_archived_context": "()",
        "think": "(message)",
        "done": "(summary='Task complete.')",
    }.items()
}
"""Those that come with the library; a test holds them to the real ones."""
