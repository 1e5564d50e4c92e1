"""The private parts of Textual that are used are those of the decision."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.widget import Widget
from textual.widgets import Input, TextArea

ROOT = Path(__file__).parents[2]
OTHERS = {"_driver", "_mouse_pixels"}
"""Set on instances, so that a class does not have them."""


def private_names(kind: type) -> set[str]:
    return {name for name in dir(kind) if name.startswith("_") and not name.startswith("__")}


THEIRS = OTHERS.union(*map(private_names, (App, Screen, ScrollView, Widget, Input, TextArea, LinuxDriver)))


def used(source: str) -> set[str]:
    """Private names of Textual in a module: called on something, overridden, or imported."""
    tree = ast.parse(source)
    found, own = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("textual"):
            found |= {alias.name for alias in node.names if alias.name.startswith("_")}
        elif isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            methods = {
                each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            own |= methods
            for kind in (App, Screen, ScrollView, Widget, Input, TextArea):
                if kind.__name__ in bases:
                    found |= methods & private_names(kind)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.attr)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in THEIRS and node.attr not in own:
            found.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            found |= {each.value for each in node.args if isinstance(each, ast.Constant)} & THEIRS
    return found


def test_the_list_is_complete_and_true():
    page = (ROOT / "docs" / "decisions" / "0011-private-parts-of-textual.md").read_text()
    listed = {}
    for row in re.findall(r"^\| (`.*`) \| (.*?) \|", page, re.M):
        for name in re.findall(r"`(\w+)`", row[0]):
            listed[name] = {file.strip() for file in row[1].split(",")}
    sources = ROOT / "src" / "codepilot_tui"
    found = {}
    for path in sources.rglob("*.py"):
        for name in used(path.read_text()):
            found.setdefault(name, set()).add(str(path.relative_to(sources)))
    assert found == listed
