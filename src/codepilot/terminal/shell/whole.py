"""Commands of which it is sure at a glance that they are whole: simple ones, on one line, most of what is ever given.

To ask the shell costs a process for each command. What is not surely whole here is asked.
"""

from __future__ import annotations

import re

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


def surely_whole(text: str) -> bool:
    """Whether bash parses this without doubt: words, quotes, pipes, lists and redirections."""
    text = text.rstrip("\n")
    if len(text) > _LONGEST:
        return False
    begins, target, after = True, False, ""
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return False
        position = token.end()
        kind = token.lastgroup
        if kind == "blank":
            continue
        if kind == "operator":
            if begins or target:
                return False
            begins, after = True, token[0]
        elif kind == "redirection":
            if target:
                return False
            target = True
        elif target:
            if kind == "copy":
                return False
            target = False
        elif kind == "word":
            if begins and token[0] in _RESERVED:
                return False
            begins = False
    return not target and (not begins or after == ";")
