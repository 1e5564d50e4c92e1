"""A fence that is nearly a control block: its name is misspelled, or calls of the tools are in it that can be meant."""

from __future__ import annotations

import ast
import difflib
import re
import unicodedata
from typing import Final

from codepilot.protocol.blocks import DisplayFence
from codepilot.protocol.calls import Tools, called_tools, python_tree
from codepilot.protocol.prose import Plain, ends_prose, is_told, language

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


_TRANSCRIPT = re.compile(
    r"^\s*(?:Traceback \(most|File \"[^\"\n]*\", line \d)|^>>> .*\n(?!>>>|\.\.\.)[^\n]", re.MULTILINE
)
_QUOTED_CALL = re.compile(r"^[ \t>]*\w+\(.*\)[ \t]+\w", re.MULTILINE)

_TOOL_FENCES: Final = frozenset(["tool_code", "tool_call", "tool", "tools", "codepilot_python"])


def means_calls(plain: Plain, fence: DisplayFence, tools: Tools) -> bool:
    """Whether a fence that calls functions named like tools can be meant to run, or only quotes code.

    Args:
        plain: the prose around it.
        fence: it calls a tool by name.
        tools: what there is.
    """
    if language(fence) in _TOOL_FENCES:
        return True
    if not ends_prose(plain, fence) and not is_told(plain, fence):
        return False
    tree = python_tree(fence.text)
    if tree is None:
        return _TRANSCRIPT.search(fence.text) is None and _QUOTED_CALL.search(fence.text) is None
    own = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    asserted = {
        id(node) for each in ast.walk(tree) if isinstance(each, ast.Assert) for node in ast.walk(each)
    }
    return any(
        isinstance(node, ast.Call)
        and id(node) not in asserted
        and called_tools(ast.unparse(node), tools)
        and not _takes_the_unknown(node, own)
        for node in ast.walk(tree)
    )


def _takes_the_unknown(call: ast.Call, own: set[str]) -> bool:
    """Each argument is a name that nothing defines: `execute(name, sql)`."""
    given = [*call.args, *(word.value for word in call.keywords)]
    return bool(given) and all(isinstance(each, ast.Name) and each.id not in own for each in given)
