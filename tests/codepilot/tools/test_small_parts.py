"""Arguments for events, numbered lines, syntax checks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.tools.arguments import one_line, shown_arguments
from codepilot.tools.numbered import numbered, regions
from codepilot.tools.syntax import syntax_problem

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.tuples(st.integers()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_event_arguments_are_json(arguments):
    assert list(json.loads(json.dumps(shown_arguments(arguments)))) == list(arguments)


def test_event_arguments_are_short():
    deep = current = {}
    for _ in range(100):
        current["x"] = current = {}
    shown = shown_arguments({"text": "a" * 9_000, "list": list(range(1_000)), "deep": deep, "set": {1}})
    assert len(shown["text"]) == 400
    assert len(shown["list"]) == 50
    assert shown["set"] == [1]
    assert len(json.dumps(shown)) < 2_000


def test_labels_stand_on_one_line():
    assert one_line("a\nb\r\nc\n") == "a ⏎ b ⏎ c"
    assert len(one_line("x" * 1_000)) == 160


def test_numbered_lines():
    assert numbered(["a  ", "", "\tb\r"], 99) == ["   99 | a", "  100 |", "  101 | \tb"]


def test_regions():
    lines = [f"l{n}" for n in range(1, 101)]
    assert regions(lines, [(0, 1)]) == ["    1 | l1", "    2 | l2", "    3 | l3", "    4 | l4", "      …"]
    rows = regions(lines, [(50, 51), (52, 53), (98, 100)])
    assert rows[0] == rows[-6] == "      …"
    assert [row.split(" | ")[1] for row in rows if "|" in row] == [
        f"l{n}" for n in [*range(48, 57), *range(96, 101)]
    ]
    assert "      … (60 lines)" in regions(lines, [(0, 100)])
    assert regions([], [(0, 0)]) == []
    assert len(regions([f"{n}" for n in range(10_000)], [(n, n + 1) for n in range(0, 10_000, 20)])) == 121


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("a.py", "x = 1\n", ""),
        ("a.py", "x = '\\d'\n", ""),
        ("a.py", "a = 1\n b = 2\n", "line 2: unexpected indent"),
        ("a.py", "(" * 5_000, "line 1: too many nested parentheses"),
        ("a.json", '{"a": 1}', ""),
        ("a.json", "", ""),
        ("a.json", '{\n "a": 1,\n}', "line 2: Expecting property name enclosed in double quotes"),
        ("tsconfig.json", "{ // comment\n}", ""),
        ("a.json", "[" * 100_000, "line 1: nested too deeply"),
        ("a.yaml", "a: [1, 2]\nb: !tag x\n---\nc: *unknown\n", ""),
        ("a.yml", "a: 1\n  b: 2\n", "line 2: mapping values are not allowed here"),
        ("a.yaml", "a: [1\nb: 2\n", "line 2: "),
        ("a.toml", "a = 1\n", ""),
        ("a.toml", "a = 1\nb = \n", "line 2: Invalid value"),
        ("a.toml", 'a = "x', "line 1: "),
        ("a.txt", "def f(:", ""),
        ("Makefile", "def f(:", ""),
    ],
)
def test_syntax(path, text, problem):
    found = syntax_problem(path, text)
    assert (
        found == problem
        or (problem.endswith(": ") and found.startswith(problem))
        or (path.endswith(".json") and problem and found.startswith("line "))
    )
