import subprocess
import sys
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot_tui.highlight import LIMIT, Colouring, colouring, highlight_line, highlight_lines, language_for
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


def test_both_signs_of_a_diff_are_coloured():
    """Report, Markdown: `+` lines were plain where they were the last, or came one by one."""
    assert highlight_lines(" a\n-old\n+new", "diff")[1:] == ((("-old", "bad"),), (("+new", "ok"),))
    assert highlight_line("+new", "diff") == (("+new", "ok"),)
    assert highlight_line("-old", "diff") == (("-old", "bad"),)


SOURCE = "\n".join(['"""Said', "and, in, not: words of a sentence, aren't they?", '"""', "x = 1"] * 400)


def test_a_part_of_a_file_has_the_colours_of_the_whole():
    """Report, diffs: context lines in the middle of a docstring were coloured as code."""
    colours = Colouring(SOURCE, "python")
    assert colours.line(401) == (("and, in, not: words of a sentence, aren't they?", "syntax-comment"),)
    assert colours.line(403) == (("x = ", ""), ("1", "syntax-number"))
    assert colours.lines() == highlight_lines(SOURCE, "python")


def test_only_what_is_asked_for_is_coloured():
    colours = Colouring(SOURCE, "python")
    assert (len(colours), colours.ready) == (1600, 0)
    assert colours.line_now(1) == (("and, in, not: words of a sentence, aren't they?", ""),)
    colours.advance(100)
    assert 100 <= colours.ready < 110
    assert colours.line_now(1)[0][1] == "syntax-comment" and colours.line_now(1500)[0][1] == ""
    colours.advance(9_999)
    assert colours.ready == 1600
    plain = Colouring(SOURCE, "")
    assert plain.ready == 1600 and plain.line(3) == (("x = 1", ""),)


def test_a_thread_may_colour_while_the_screen_reads():
    colours = Colouring(SOURCE, "python")
    threads = [Thread(target=colours.advance, args=(1600,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen = [colours.line(number) for number in range(0, 1600, 7)]
    for thread in threads:
        thread.join()
    whole = highlight_lines(SOURCE, "python")
    assert seen == [whole[number] for number in range(0, 1600, 7)]


def test_the_last_sources_are_kept():
    assert colouring(SOURCE, "python") is colouring(SOURCE, "python")


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


@pytest.mark.parametrize("language", ["py", "Python3", "C++", "c#"])
def test_a_language_may_be_called_by_any_of_its_names(language):
    assert any(kind for line in highlight_lines("int x = 'one'; # two\n$ ls", language) for _, kind in line)


def test_no_package_is_searched_for_a_language_that_is_not_known():
    """The first letters of a fence's language, while it streams: the search takes longer than a frame."""
    code = (
        "import sys; from codepilot_tui.highlight import highlight_line; from pygments import lexers\n"
        "assert highlight_line('x = 1', 'pyth') == (('x = 1', ''),)\n"
        "sys.exit('importlib.metadata' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
