import pytest

from codepilot.protocol import parse_reply, payload_advice, syntax_error


def reply(code, *paths, tail=""):
    files = "".join(f"```text filename={path}\nx\n```\n" for path in paths)
    return parse_reply(f"````codepilot\n{code}\n````\n{files}{tail}")


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        ("write_file('a.py')", ["a.py"]),
        ("write_file('./a.py')", ["a.py"]),
        ("write_file(path='a.py', mode='a')\nedit_file('b.py')", ["b.py", "a.py"]),
        ("# write_file('x.py')\nprint(\"write_file('y.py')\")", []),
        ("for p in ('a.py', 'b.py'):\n    write_file(p)", ["a.py", "b.py"]),
        ("if False:\n    write_file('a.py')\nelse:\n    write_file('b.py')", ["a.py", "b.py"]),
        ("write_file('m.py', mode='multi_edit', edits=[[1, 1], [2, 2]])", ["m.py", "m.py"]),
        ("db.write_file('a.py')", []),
        ("this is no python", ["a.py"]),
    ],
)
def test_what_fits_gets_no_advice(code, paths):
    assert payload_advice(reply(code, *paths)) == ()


def test_a_call_without_its_payload_is_named():
    (advice,) = payload_advice(reply("write_file('a.py')\nwrite_file('b.py')", "b.py"))
    assert "No payload is named a.py" in advice
    assert "```text filename=a.py" in advice


def test_a_payload_without_its_call_is_named_with_its_line():
    (advice,) = payload_advice(reply("write_file('a.py')", "a.py", "b.py"))
    assert "The payload b.py (line 7)" in advice


def test_an_unnamed_block_is_pointed_at():
    (advice,) = payload_advice(reply("write_file('a.py')", tail="```python\nx = 1\n```\n"))
    assert "The `python` block at line 4 names no file" in advice


def test_content_as_an_argument_is_corrected():
    (advice,) = payload_advice(reply("write_file('a.py', content='x')"))
    assert "passes the content as an argument" in advice
    assert "```text filename=a.py" in advice


def test_a_held_payload_counts():
    assert payload_advice(reply("write_file('a.py')"), held=("./a.py",)) == ()


def test_valid_code_has_no_syntax_error():
    assert syntax_error("import re\nx = '\\d'\nfor i in range(3):\n    print(i)") is None


@pytest.mark.parametrize(
    ("code", "line", "words"),
    [
        ("x = 1\ny = (2", 2, ["y = (2", "^", "line 2"]),
        ("text = '''\nabc", 1, ["triple-quoted", "fence", "````codepilot"]),
        ("print(“hi”)", 1, ["straight quotes", 'print("hi")']),
        ("pytest -q tests", 1, ["execute(\"main\", 'pytest -q tests')"]),
        ("!pip install x", 1, ["execute(\"main\", 'pip install x')"]),
        ("$ git status", 1, ["execute(\"main\", 'git status')"]),
        ("x = 1\n```\ny", 2, ["code fence"]),
        ("  x = 1\ny = 2", 1, ["column one"]),
        ("I will read the file", 1, ["Python only"]),
        ("x = 1\n\ty = (\t3 +", 2, ["^"]),
    ],
)
def test_a_syntax_error_shows_line_caret_and_way_out(code, line, words):
    problem = syntax_error(code)
    assert problem is not None
    assert problem.line == line
    assert "What ran: nothing." in problem.text
    for word in words:
        assert word in problem.text


def test_the_caret_stands_under_the_fault():
    problem = syntax_error("value = = 1")
    rows = problem.text.split("\n")
    assert rows[2].index("^") == rows[1].index("= = 1") + 2


def test_a_very_long_line_is_cut_around_the_fault():
    problem = syntax_error("x = [" + "1, " * 3000 + "= ]")
    assert max(map(len, problem.text.split("\n"))) < 300


@pytest.mark.parametrize("code", ["\x00", "(" * 5000, "x = " + "-" * 100_000 + "1", "\ud800"])
def test_hostile_code_is_an_answer_and_no_crash(code):
    problem = syntax_error(code)
    assert problem is not None
    assert problem.text


def test_await_is_told_apart():
    problem = syntax_error("x = await read_file('a') y")
    assert "leave `await` out" in problem.text
