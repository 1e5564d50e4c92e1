"""The screen has one set of signs (decision 13): no other module writes one of them out."""

import ast
import dataclasses
from pathlib import Path

import pytest
from rich.cells import cell_len

import codepilot_tui
from codepilot_tui.glyphs import UNICODE

SOURCE = Path(codepilot_tui.__file__).parent
PUNCTUATION = {"?", "·", "…"}
"""Signs that sentences have, too."""
SIGNS = {sign for text in dataclasses.astuple(UNICODE) for sign in text} - PUNCTUATION


def written_out(source):
    """The signs in the strings of a module. Its docstrings may show them, and a set of characters may hold them."""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    sets = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "frozenset"
        for each in node.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told | sets:
            for sign in SIGNS.intersection(node.value):
                yield f"{node.lineno}: {sign}"


def test_each_sign_is_one_cell_wide():
    assert all(cell_len(sign) == 1 for sign in SIGNS)


def test_a_sign_that_is_written_out_is_found():
    assert list(written_out('"""Shows ✗."""\nMARK = f"✗ {name}"\nENDS = frozenset("│,")')) == ["2: ✗"]


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_other_module_writes_a_sign_out(path):
    if path.name != "glyphs.py":
        assert list(written_out(path.read_text(encoding="utf-8"))) == []
