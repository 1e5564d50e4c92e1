"""What can be told about a control block before it runs: from its syntax tree, never from its text.

A name in a comment or a string means nothing here. Only `syntax_error` keeps a block from running;
`payload_advice` is for the observation, since which payload a call takes is decided when the call is made.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from codepilot.protocol.blocks import Reply
from codepilot.protocol.calls import python_tree
from codepilot.protocol.correction import control_block, correction
from codepilot.protocol.fences import read_fence
from codepilot.protocol.payloads import PayloadBinder, normalise_path
from codepilot.text import shorten
from codepilot.values import dataclass

WRITERS = ("write_file", "edit_file")
_CONTENT_NAMES = frozenset(
    {"content", "contents", "text", "data", "payload", "file_text", "new_content", "body"}
)
_COMMAND = re.compile(
    r"\s*[$%!>]?\s*(?:cd|ls|cat|git|pip|pip3|uv|npm|npx|yarn|pnpm|make|pytest|python3?|cargo|go|mkdir|rm|cp|mv|grep|rg|"
    r"sed|echo|curl|docker|node|ruff|mypy|touch|chmod|sudo|apt|apt-get)(?:\s+[^=(\s].*)?\s*\Z"
)
_CURLY_QUOTES = "“”‘’"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxProblem:
    """Why a control block is no Python."""

    message: str
    """Python's own words."""
    line: int
    """Of the block, from 1; 0 where unknown."""
    text: str
    """The observation's text: message, line, caret, how to mend it."""


def syntax_error(code: str) -> SyntaxProblem | None:
    """Compile the block without running it; None when it is valid Python."""
    try:
        with warnings.catch_warnings():
            # Python's advice on odd escapes would go to the host's own standard error.
            warnings.simplefilter("ignore")
            compile(code, "<control block>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return _syntax_problem(code, error)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        message = str(error) or type(error).__name__
        what = f"the control block cannot be compiled: {message}"
        return SyntaxProblem(message=message, line=0, text=correction(what=what))
    return None


def payload_advice(reply: Reply, *, held: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Judge literal writes against the payloads of the reply; each string is one note.

    Args:
        reply: a finished reply.
        held: paths of payloads kept from an earlier reply that was cut.
    """
    tree = python_tree(reply.control.text) if reply.control is not None else None
    if tree is None:
        return ()
    calls = list(_write_calls(tree))
    literal = [path for path in map(_path_of, calls) if path is not None]
    named = {normalise_path(path) for path in literal}
    given = {normalise_path(payload.path): payload.path for payload in reply.payloads}
    known = given.keys() | {normalise_path(path) for path in held}
    advice = list(_inline_content(calls))
    for path in dict.fromkeys(literal):
        if normalise_path(path) not in known and not any(
            call.keywords for call in calls if _has_content(call)
        ):
            advice.append(_missing(path, reply))
    if len(literal) == len(calls):
        advice.extend(
            f"The payload {path} (line {_line_of(reply, path)}) is named by no write_file or edit_file call."
            for key, path in given.items()
            if key not in named
        )
    return tuple(advice)


def _syntax_problem(code: str, error: SyntaxError) -> SyntaxProblem:
    line = error.lineno or 0
    lines = code.split("\n")
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    message = error.msg or "invalid syntax"
    shown = [f"SyntaxError: {message}" + (f" (line {line} of the control block)" if line else "")]
    if source.strip():
        # Tabs would push the caret astray; only the neighbourhood of a very long line is shown.
        column = max((error.offset or 1) - 1, 0)
        start = max(column - 80, 0)
        piece = shorten(source[start:].replace("\t", " "), 120)
        shown += [f"  {line:4} | {piece}", f"       | {' ' * min(column - start, len(piece))}^"]
    hint, instead = _syntax_hint(code, source, message)
    text = correction(
        what="the control block is not valid Python", where=f"line {line}" if line else "", instead=instead
    )
    details = "\n".join(shown) + (f"\nHint: {hint}" if hint else "")
    return SyntaxProblem(message=message, line=line, text=f"{details}\n{text}")


def _syntax_hint(code: str, source: str, message: str) -> tuple[str, str]:
    if "triple-quoted" in message:
        return (
            "a bare fence inside a string closes the block at that line. Put long texts into a payload "
            "block, or fence the control block with four backticks.",
            "````codepilot\nprint('''\n```\n''')\n````",
        )
    if any(quote in source for quote in _CURLY_QUOTES):
        return "use straight quotes.", control_block(re.sub("[‘’]", "'", re.sub("[“”]", '"', source.strip())))
    if _COMMAND.match(source) and "=" not in source.split(" ", 1)[0]:
        command = source.strip().lstrip("$%!> ")
        return "shell commands run through a tool.", control_block(f'execute("main", {command!r})')
    if any(read_fence(line) for line in code.split("\n")):
        return "a line of the block is a code fence; it is not Python.", ""
    if "'await'" in message or re.search(r"\bawait\b", source):
        return "tools are plain calls; leave `await` out.", control_block(
            source.strip().replace("await ", "")
        )
    if "indent" in message:
        return "the block's first statement starts in column one.", ""
    return "the control block holds Python only; words for the person go outside it.", ""


def _write_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITERS:
            yield node


def _path_of(call: ast.Call) -> str | None:
    """The call's path where it is written out."""
    given = next(
        (word.value for word in call.keywords if word.arg == "path"), call.args[0] if call.args else None
    )
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def _has_content(call: ast.Call) -> bool:
    return any(word.arg in _CONTENT_NAMES for word in call.keywords)


def _inline_content(calls: list[ast.Call]) -> Iterator[str]:
    for call in calls:
        if _has_content(call):
            name = call.func.id if isinstance(call.func, ast.Name) else "write_file"
            path = _path_of(call) or "src/app.py"
            yield (
                f"Line {call.lineno} of the control block passes the content as an argument. "
                f"{name}({path!r}) takes it from a block fenced as ```text filename={path} in the same "
                "reply."
            )


def _missing(path: str, reply: Reply) -> str:
    unnamed = [fence for fence in reply.display if fence.info]
    after = f" The `{unnamed[0].info}` block at line {unnamed[0].line} names no file." if unnamed else ""
    given = ", ".join(PayloadBinder(reply.payloads).remaining())
    there = f" Payloads of the reply: {given}." if given else ""
    return f"No payload is named {path}.{there}{after} Its fence is written ```text filename={path}."


def _line_of(reply: Reply, path: str) -> int:
    return next(payload.line for payload in reply.payloads if payload.path == path)
