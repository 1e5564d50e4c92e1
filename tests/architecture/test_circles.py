"""No module imports what imports it, not even for its types or when a function is called."""

import ast
from pathlib import Path

import codepilot
import codepilot_tui

SCREENS = {
    f"codepilot_tui.screens.{name}"
    for name in (
        *("bars", "columns", "commands", "escape", "half_done", "host_screen", "overlays", "panes", "parts"),
        *("place", "session", "writing"),
    )
}
"""The session screen and these of its parts know each other: they are one thing in several files. None may be added."""


def graph():
    """Module → the modules of ours that it names in an import, wherever that stands."""
    paths = {}
    for source in (Path(codepilot.__file__).parent, Path(codepilot_tui.__file__).parent):
        for path in source.rglob("*.py"):
            name = ".".join(path.relative_to(source.parent).with_suffix("").parts)
            paths[name.removesuffix(".__init__")] = path
    return {name: named(path, paths) - {name} for name, path in paths.items()}


def named(path, known):
    """The modules that a file names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & known.keys() or {node.module}
    return found & known.keys()


def circle_of(name, imports):
    """A way from a module back to it; empty: there is none."""
    ways = [(name, each) for each in sorted(imports[name])]
    seen = set()
    while ways:
        way = ways.pop()
        if way[-1] == name:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [(*way, each) for each in sorted(imports[way[-1]])]
    return ()


def test_a_circle_is_found():
    assert circle_of("a", {"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ("a", "b", "c", "a")
    assert circle_of("a", {"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ()


def test_there_is_none():
    imports = graph()
    found = {way for name in imports if (way := circle_of(name, imports))}
    assert {way for way in found if not SCREENS.issuperset(way)} == set()


def test_a_part_that_is_in_no_circle_leaves_the_list():
    imports = graph()
    assert {name for name in SCREENS if not circle_of(name, imports)} == set()
