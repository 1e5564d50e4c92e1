"""A fence that is nearly a control block: its name is misspelled, or nothing but calls of the tools is in it."""

from __future__ import annotations

import ast
import difflib
import unicodedata
from typing import Final

from codepilot.protocol.calls import Tools, called_tools, python_tree

_OURS: Final = "codepilot"
_ALIKE: Final = str.maketrans("асԁеоріӏтοιρı", "acdeopiltoipi", "\u200b\u200c\u200d\u2060\ufeff\u00ad")
"""Cyrillic, Greek and other letters that look like those of our name; what cannot be seen goes."""
_ENOUGH: Final = 0.8


def is_nearly_ours(language: str) -> bool:
    """Whether the name of a fence is ours but for a slip: `copilot`, `codpilot`, a letter of another alphabet."""
    seen = unicodedata.normalize("NFKC", language).casefold().translate(_ALIKE)
    return difflib.SequenceMatcher(None, seen[:40], _OURS, autojunk=False).ratio() >= _ENOUGH


def only_calls(code: str, tools: Tools) -> bool:
    """Whether each statement of a text is a call of a tool, printed or kept under a name at most."""
    tree = python_tree(code)
    if tree is None or not tree.body:
        return False
    return all(
        isinstance(each, ast.Expr | ast.Assign)
        and isinstance(each.value, ast.Call)
        and called_tools(ast.unparse(each), tools)
        for each in tree.body
    )
