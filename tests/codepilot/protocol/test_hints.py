"""What a control block that failed is told beside Python's own words."""

import pytest

from codepilot.protocol import BUILTIN_TOOLS, missing_payloads, parse_reply, syntax_hint, unknown_name
from codepilot.protocol.calls import fits, python_tree
from codepilot.protocol.mends import call_as


@pytest.mark.parametrize(
    ("code", "line", "message", "words"),
    [
        ("text = '''\nabc", 1, "unterminated triple-quoted string literal", ["A fence inside a string", "````text filename="]),
        ("write_file('a.md', '''\n# T", 1, "unterminated triple-quoted string literal", ['write_file("a.md")']),
        ("print(“hi”)", 1, "invalid character", ["straight quotes", 'print("hi")']),
        (
            "\ufeffexecute('main', 'ls')",
            1,
            "invalid non-printable character U+FEFF",
            ["invisible character (U+FEFF); leave it out", "\nexecute('main', 'ls')\n"],
        ),
        ("x\u00a0= 1", 1, "invalid non-printable character", ["no-break spaces"]),
        ("pytest -q tests", 1, "invalid syntax", ['execute("main", "pytest -q tests")']),
        ("!pip install x", 1, "invalid syntax", ['execute("main", "pip install x")']),
        ("$ git status", 1, "invalid syntax", ['execute("main", "git status")']),
        ("x = 1\n```\ny", 2, "invalid syntax", ["code fence"]),
        ("x = await read_file('a') y", 1, "invalid syntax", ["leave `await` out"]),
        ("  x = 1\ny = 2", 1, "unexpected indent", ["column one"]),
        ("I will read the file", 1, "invalid syntax", ["Python only"]),
        ("x = 'abc", 1, "unterminated string literal", ["payload block"]),
    ],
)  # fmt: skip
def test_a_slip_of_syntax_gets_its_mend(code, line, message, words):
    hint = syntax_hint(code, line, message)
    for word in words:
        assert word in hint


def test_a_plain_mistake_gets_no_hint():
    assert syntax_hint("x = = 1", 1, "invalid syntax") == ""
    assert syntax_hint("x = (1", 0, "") == ""


@pytest.mark.parametrize("code", ["\x00", "(" * 5000, "x = " + "-" * 100_000 + "1", "\ud800", "“" * 9_000])
def test_hostile_code_is_no_crash(code):
    syntax_hint(code, 1, "invalid syntax")
    unknown_name("name 'x' is not defined", code, list(BUILTIN_TOOLS))


def undefined(name):
    return f"name '{name}' is not defined"


def test_an_object_around_the_tools_is_left_out():
    hint = unknown_name(undefined("tools"), "text = tools.read_file('a.py')", list(BUILTIN_TOOLS))
    assert "plain names, without `tools.`" in hint
    assert "text = read_file('a.py')" in hint
    hint = unknown_name(undefined("functions"), "functions.nothing()", list(BUILTIN_TOOLS))
    assert ", ".join(BUILTIN_TOOLS) in hint


def test_an_unknown_tool_gets_the_list_and_what_stands_for_it():
    hint = unknown_name(undefined("list_files"), "print(list_files('src'))", list(BUILTIN_TOOLS))
    assert "There is no tool list_files. There are: read_file, write_file" in hint
    hint = unknown_name(undefined("list_files"), "list_files('src')", list(BUILTIN_TOOLS))
    assert 'execute("main", "ls src")' in hint
    hint = unknown_name(undefined("bash"), "bash('ls -la')", list(BUILTIN_TOOLS))
    assert 'execute("main", "ls -la")' in hint
    hint = unknown_name(undefined("get_weather"), "get_weather('Oslo')", ["read_file"])
    assert hint == "There is no tool get_weather. There are: read_file."


@pytest.mark.parametrize(
    ("call", "form"),
    [
        ("glob('*.py')", """execute("main", "find . -name '*.py'")"""),
        ("glob('**/*.py')", """execute("main", "find . -name '*.py'")"""),
        ("glob(pattern='src/**/*.py')", """execute("main", "find . -path './src/*.py'")"""),
        ("create_file('b.py', 'print(1)')", "```text filename=b.py\nprint(1)\n```"),
        ("create_file(path='b.py', file_text='print(1)')", "```text filename=b.py\nprint(1)\n```"),
        ("str_replace('a.py', 'x = 1', 'y = 2')", "SEARCH\nx = 1\n=======\ny = 2\n>>>>>>> REPLACE"),
        ("str_replace_editor('create', 'b.py', 'print(1)')", "```text filename=b.py\nprint(1)\n```"),
        ("str_replace_editor(command='view', path='b.py')", 'read_file("b.py")'),
        ("apply_patch('*** Begin Patch\\n*** End Patch')", 'edit_file("src/app.py")'),
    ],
)
def test_a_tool_of_another_system_keeps_what_it_was_given(call, form):
    hint = unknown_name(undefined(call.partition("(")[0]), call, list(BUILTIN_TOOLS))
    assert form in hint


def test_a_name_that_is_no_call_is_left_to_python():
    assert unknown_name(undefined("x"), "y = x + 1", list(BUILTIN_TOOLS)) == ""
    assert unknown_name("something else", "x()", list(BUILTIN_TOOLS)) == ""


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "code"),
    [
        ("execute", ("ls",), {}, 'execute("main", "ls")'),
        ("execute", (), {"command": "ls"}, 'execute("main", "ls")'),
        ("execute", ("main",), {}, 'execute("main", "ls")'),
        ("execute", ("ls",), {"timeout": 60}, 'execute("main", "ls", timeout=60)'),
        ("execute", (["ls", "-la", "my dir"],), {}, """execute("main", "ls -la 'my dir'")"""),
        ("read_file", (), {}, 'read_file("src/app.py")'),
        ("read_file", (), {"file_path": "a.py", "offset": 3}, 'read_file("a.py")'),
        ("read_file", ({"path": "a.py", "start_line": 3},), {}, 'read_file("a.py", start_line=3)'),
        ("find", (), {"query": "TODO", "path": "src"}, 'find("TODO")'),
        ("write_file", ("a.py",), {"content": "x", "mode": "a"}, 'write_file("a.py", mode="a")'),
        ("read_output", (), {}, 'read_output("main")'),
        ("ask_user", (), {"message": "Which?"}, 'ask_user("Which?")'),
        ("run_command", (), {"cmd": "ls"}, 'run_command("ls")'),
    ],
)
def test_a_call_that_does_not_fit_is_shown_as_one_that_does(name, args, kwargs, code):
    text = call_as(name, args, kwargs, BUILTIN_TOOLS[name])
    assert f"```codepilot\n{code}\n```" in text
    assert fits(python_tree(code).body[0].value, BUILTIN_TOOLS[name])


def test_a_write_without_its_payload_is_pointed_to_the_block_that_holds_it():
    reply = parse_reply("```codepilot\nwrite_file('src/a.py')\n```\n```python:src/a.py\nx = 1\n```\n")
    (note,) = missing_payloads(reply, ["src/a.py"])
    assert "The `python:src/a.py` block at line 4 is only shown" in note
    assert "```text filename=src/a.py" in note
    one = parse_reply("```codepilot\nwrite_file('a.py')\n```\n```python\nx = 1\n```\n")
    assert "The `python` block at line 4" in missing_payloads(one, ["a.py"])[0]
    two = parse_reply("```python\nx\n```\n```text\ny\n```\n")
    assert missing_payloads(two, ["a.py"]) == ()


def test_a_write_whose_block_is_a_diff_is_not_told_to_send_the_diff_as_content():
    reply = parse_reply(
        "```codepilot\nwrite_file('a.py')\n```\n```diff\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n```\n"
    )
    (note,) = missing_payloads(reply, ["a.py"])
    assert "a diff is not the content of a file" in note
    assert 'edit_file("a.py")' in note and "<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE" in note
