"""Is a command whole, so that the shell understands it?

Most commands are simple ones on one line, of which that is sure at a glance. For the others the shell itself is asked,
which costs a process.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from codepilot.terminal.shell.integration import Shell

Run = Callable[[Sequence[str]], Awaitable[tuple[int, str] | None]]
"""Runs a command line to its end: exit code and what it said on stderr; None if it took too long."""

_LONGEST = 2000
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(
    r"(?P<blank>[ \t]+)"
    r"|(?P<operator>&&|\|\||[|;])"
    r"|(?P<copy>[0-9]?>&[0-9])"
    r"|(?P<redirection>[0-9]?>>|[0-9]?>|[0-9]?<|&>)"
    rf"|(?P<word>(?:[A-Za-z0-9_./:,@%+=~^*?-]|'[^'\n]*'|\"(?:[^\"\\$`\n]|\${_NAME})*\"|\${_NAME}|\$\?)+"
    r"|(?<![^ \t])[\[\]](?=[ \t]|$))"
)
_RESERVED = frozenset(
    (
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "case",
        "esac",
        "for",
        "select",
        "while",
        "until",
        "do",
        "done",
        "in",
    )
    + ("function", "time", "coproc")
)


async def refusal(shell: Shell, program: str, text: str, file: Path, run: Run) -> str:
    """Why a command may not run; empty if it may. A check that takes too long refuses nothing.

    Args:
        shell: that is to run it.
        program: path of the shell.
        text: the command.
        file: holds it.
        run: runs the check.
    """
    if shell.name == "bash" and surely_whole(text):
        return ""
    said = await run(shell.check_argv(program, file))
    return shell.refusal(*said, file) if said is not None else ""


def surely_whole(text: str) -> bool:
    """Whether bash parses this without doubt: words, quotes, pipes, lists and redirections."""
    tokens = _tokens(text.rstrip("\n"))
    if tokens is None:
        return False
    begins, target, after = True, False, ""
    for token in tokens:
        kind = token.lastgroup
        if kind == "operator":
            if begins or target:
                return False
            begins, after = True, token[0]
        elif target and kind in ("redirection", "copy"):
            return False
        elif kind == "redirection":
            target = True
        elif target:
            target = False
        elif kind == "word":
            if begins and token[0] in _RESERVED:
                return False
            begins = False
    return not target and (not begins or after == ";")


def _tokens(text: str) -> list[re.Match[str]] | None:
    """All but the blanks; None: it is too long, or there is more in it than is known here."""
    if len(text) > _LONGEST:
        return None
    found, position = [], 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position = token.end()
        if token.lastgroup != "blank":
            found.append(token)
    return found
