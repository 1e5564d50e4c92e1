import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot_tui.highlight import LIMIT, highlight_line, highlight_lines, language_for
from codepilot_tui.theme import SYNTAX

KINDS = {"", "ok", "bad", *(f"syntax-{name}" for name in SYNTAX)}


def joined(lines):
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_python_is_coloured():
    (line,) = highlight_lines("def f(): return 'x' # y", "python")
    kinds = dict(line)
    assert kinds["def"] == "syntax-keyword"
    assert kinds["f"] == "syntax-function"
    assert "syntax-string" in kinds.values()
    assert kinds["# y"] == "syntax-comment"


@given(st.text(), st.sampled_from(["python", "json", "bash", "markdown", "html", "", "no-such-language"]))
def test_no_character_is_lost_or_changed(source, language):
    lines = highlight_lines(source, language)
    assert joined(lines) == source
    assert {kind for line in lines for _, kind in line} <= KINDS


def test_a_docstring_goes_over_lines():
    lines = highlight_lines('"""a\nb"""\nx = 1', "python")
    assert len(lines) == 3
    assert lines[1][0] == ('b"""', "syntax-comment")


def test_a_huge_source_stays_plain():
    lines = highlight_lines("def f(): pass\n" * (LIMIT // 10), "python")
    assert {kind for line in lines for _, kind in line} == {""}


def test_one_line_on_its_own():
    assert highlight_line("return 1", "python")[0] == ("return", "syntax-keyword")
    assert highlight_line("", "python") == ()
    assert highlight_line("x" * 5000, "python") == (("x" * 5000, ""),)


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("a/b.YML", "yaml"),
        ("Makefile", "make"),
        ("notes.txt", ""),
        ("x.nosuchsuffix", ""),
        ("main.kt", "kotlin"),
        ("", ""),
    ],
)
def test_language_by_name(path, language):
    assert language_for(path) == language
