"""Finds what a control block may not do before it runs, and says how to write it instead.

It helps the model and protects nothing: the jail of the worker does that. It runs inside the worker, so that the host
never parses a model's text; it may import nothing but the standard library.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

DEFAULT_IMPORTS: Final = (
    # Text and data.
    "re", "string", "textwrap", "difflib", "unicodedata", "html", "shlex", "fnmatch", "pprint", "reprlib", "keyword",
    "json", "csv", "tomllib", "struct", "base64", "binascii", "hashlib", "zlib", "io", "urllib.parse", "pathlib",
    # Numbers and time.
    "math", "cmath", "numbers", "fractions", "decimal", "statistics", "random", "colorsys",
    "datetime", "calendar", "time",
    # The language itself.
    "typing", "types", "abc", "enum", "dataclasses", "collections", "contextlib", "functools", "itertools", "operator",
    "copy", "bisect", "heapq", "graphlib", "ast",
)  # fmt: skip
"""What a block may import unless the agent file says otherwise: parts of the standard library that compute and do
nothing else. A dotted name allows that submodule only. The one list; the agent file has none of its own."""

REMOVED_BUILTINS: Final = {
    "open": "files",
    "input": "question",
    "exec": "code",
    "eval": "code",
    "compile": "code",
    "__import__": "import",
    "breakpoint": "debug",
    "help": "debug",
}
"""Built-in functions that a control block does not have, each with the topic of its hint."""

_MODULE_TOPICS: Final = {
    module: topic
    for topic, modules in {
        "command": ("subprocess", "pty", "multiprocessing", "signal", "venv", "pip", "pytest", "runpy"),
        "system": ("os", "shutil", "tempfile", "glob", "fileinput", "mmap", "zipfile", "tarfile"),
        "network": ("requests", "httpx", "socket", "urllib", "http", "ssl", "ftplib", "smtplib"),
        "parallel": ("asyncio", "threading", "concurrent", "queue", "anyio", "trio"),
        "sys": ("sys",),
    }.items()
    for module in modules
}

_HINTS: Final = {
    "files": "Read with read_file(path) and write with write_file(path).",
    "command": "Run it in the shell with execute('main', command).",
    "system": "Run commands with execute('main', command), read with read_file(path), join paths with pathlib.",
    "network": "There is no network in a control block; use the shell, e.g. execute('main', 'curl URL').",
    "parallel": "Tools are plain functions that return when they are done: call them one after another.",
    "sys": "A control block has no process of its own to ask about; exit() ends the block.",
    "question": "Ask the person with ask_user(question).",
    "code": "Write the statements into the control block itself, or run a file with execute('main', 'python FILE').",
    "import": "Use an import statement.",
    "debug": "Print what you want to see.",
    "async": "Tools are plain functions: call them without await, one after another.",
    "dunder": "Nothing of the interpreter's insides is needed: everything outside is done with the tools.",
    "other": "Run a script that needs it with execute('main', 'python FILE').",
}

_INSIDES: Final = frozenset({
    "__globals__", "__builtins__", "__subclasses__", "__bases__", "__base__", "__mro__", "__code__", "__closure__",
    "__loader__", "__spec__", "__self__", "__func__", "__reduce__", "__reduce_ex__", "__getattribute__",
    "__traceback__", "f_globals", "f_builtins", "f_locals", "f_back", "gi_frame", "cr_frame", "ag_frame", "tb_frame",
    "tb_next", "gi_code", "cr_code",
})  # fmt: skip
_OWN: Final = frozenset({"__reduce__", "__getattribute__"})
"""Of these, what a class may well define for itself."""


class Violation(NamedTuple):
    """One thing in a control block that cannot work there."""

    line: int
    """Of the block, from 1."""
    message: str
    hint: str
    """What to write instead."""


def permitted(name: str, allowed: Collection[str]) -> bool:
    """Whether this module may be imported: it is listed, lies in a listed package, or is `__future__`."""
    parts = name.split(".")
    return name == "__future__" or any(".".join(parts[:n]) in allowed for n in range(1, len(parts) + 1))


def refusal(name: str, allowed: Sequence[str]) -> tuple[str, str]:
    """Message and hint about a module that may not be imported."""
    top = name.partition(".")[0]
    below = [entry for entry in allowed if entry.startswith(top + ".")]
    if below:
        return f"of {top!r} only {', '.join(below)} can be imported here", "Import just that."
    return f"{name!r} cannot be imported in a control block", _HINTS[_MODULE_TOPICS.get(top, "other")]


def missing_builtin(name: str) -> tuple[str, str] | None:
    """Message and hint about a built-in function that control blocks do not have."""
    topic = REMOVED_BUILTINS.get(name)
    return (f"{name}() does not exist in a control block", _HINTS[topic]) if topic else None


def check(
    tree: ast.Module, allowed_imports: Sequence[str], *, known: Collection[str] = ()
) -> list[Violation]:
    """Everything in a block that is sure to fail, by line.

    Args:
        tree: the control block.
        allowed_imports: modules that it may import; a package includes what is below it.
        known: names that exist already, from earlier blocks and as tools.
    """
    nodes = list(ast.walk(tree))
    own = {*known, *_bound(nodes)}
    found = {violation for node in nodes for violation in _judge(node, allowed_imports, own)}
    return sorted(found)


def _bound(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Names that the block itself gives a meaning."""
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]


def _judge(node: ast.AST, allowed: Sequence[str], own: Collection[str]) -> Iterator[Violation]:
    line = getattr(node, "lineno", 1)
    match node:
        case ast.Import() | ast.ImportFrom():
            yield from _judge_import(node, allowed)
        case ast.Call(func=ast.Name(id=name)) if name not in own and (said := missing_builtin(name)):
            yield Violation(line, *said)
        case ast.Attribute(attr=name, value=value) if name in _INSIDES and not (
            name in _OWN and _is_super(value)
        ):
            yield Violation(line, f"{name} cannot be used in a control block", _HINTS["dunder"])
        case ast.Name(id=name, ctx=ast.Load()) if name in _INSIDES:
            yield Violation(line, f"{name} cannot be used in a control block", _HINTS["dunder"])
        case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith() | ast.Await():
            yield Violation(line, "a control block is synchronous: no async, no await", _HINTS["async"])
        case _:
            pass


def _judge_import(node: ast.Import | ast.ImportFrom, allowed: Sequence[str]) -> Iterator[Violation]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                if not permitted(alias.name, allowed):
                    yield Violation(node.lineno, *refusal(alias.name, allowed))
        case ast.ImportFrom(level=level) if level:
            said = "a control block is not part of a package, so it has no relative imports"
            yield Violation(node.lineno, said, _HINTS["other"])
        case ast.ImportFrom(module=str(module), names=names) if not permitted(module, allowed):
            for alias in names:
                if not permitted(f"{module}.{alias.name}", allowed):
                    yield Violation(node.lineno, *refusal(module, allowed))


def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
