import ast
import re

import pytest

from codepilot.messages import ToolDescription
from codepilot.prompts import estimate_tokens, system_prompt
from codepilot.protocol import BUILTIN_TOOLS, PayloadBinder, parse_reply, tools_of
from codepilot.tools.builtin import builtin_registry
from codepilot.workspace import FileMemory, Workspace

IMPORTS = ("re", "json", "math", "datetime", "random", "itertools", "collections", "typing", "pathlib")


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """The built-in tools as the runtime describes them; none is called."""
    registry = builtin_registry(
        workspace=Workspace(tmp_path_factory.mktemp("work")),
        memory=FileMemory(),
        terminals=object(),
        complete=lambda summary: None,
        archive=object(),
    )
    return tuple(registry.describe())


def prompt(tools, **changed):
    values = {
        "agent_name": "CodePilot",
        "role": "Autonomous software engineering agent.",
        "tools": tools,
        "work_dir": "/home/ada/stats",
        "platform": "Linux x86_64",
        "shell": "bash",
        "developer_prompt": "",
        "allowed_imports": IMPORTS,
        "max_steps": 20,
    }
    return system_prompt(**{**values, **changed})


def some(tools, *names):
    return tuple(tool for tool in tools if tool.name in names)


SETS = {
    "all": BUILTIN_TOOLS,
    "as in 0.2.1": ("read_file", "write_file", "run_command", "ask_user", "think", "done"),
    "as in 0.9.2": (
        "write_file",
        "read_file",
        "execute",
        "read_output",
        "send_input",
        "terminate_terminal",
        "ask_user",
        "find",
    ),
    "lines and one-shot commands": ("read_file", "write_file", "find", "run_command"),
    "reads only": ("read_file", "find"),
    "none": (),
}


def replies(text):
    return [
        parse_reply(match + "\n") for match in re.findall(r"^<reply>\n(.*?)\n</reply>$", text, re.M | re.S)
    ]


def test_it_is_short_enough_with_every_built_in_tool(tools):
    assert {tool.name for tool in tools} == set(BUILTIN_TOOLS)
    assert estimate_tokens(prompt(tools)) <= 3_500


def test_the_same_arguments_give_the_same_bytes(tools):
    assert prompt(tools) == prompt(tools, allowed_imports={*IMPORTS})


def test_what_differs_between_projects_stands_at_the_end(tools):
    here, there = prompt(tools), prompt(tools, work_dir="/elsewhere", developer_prompt="Be brief.")
    common = next(index for index, (a, b) in enumerate(zip(here, there, strict=False)) if a != b)
    assert common > 0.98 * len(here) - 100


@pytest.mark.parametrize("names", SETS.values(), ids=SETS)
def test_every_example_runs_as_it_stands(tools, names):
    chosen = some(tools, *names)
    known = {tool.name for tool in chosen}
    found = replies(prompt(chosen))
    for reply in found:
        assert reply.sound
        assert reply.runnable or reply.completion is not None
        assert not reply.surplus_controls
        assert reply.prose.strip() or reply.completion
        if reply.control is not None:
            compile(reply.control.text, "<example>", "exec")
            called = [
                node.func.id for node in ast.walk(ast.parse(reply.control.text)) if isinstance(node, ast.Call)
            ]
            assert set(called) <= known
    assert len(found) == {"all": 5, "as in 0.9.2": 5, "lines and one-shot commands": 5}.get(
        next(name for name, given in SETS.items() if given is names), 1 if "write_file" in known else 0
    )


@pytest.mark.parametrize("names", [SETS["all"], SETS["as in 0.9.2"], SETS["lines and one-shot commands"]])
def test_the_worked_example_tells_the_truth(tools, names):
    """What the example shows of the file before and after is what its own edit makes of it."""
    text = prompt(some(tools, *names))
    shown = re.search(r"\[read_file\] 'src/stats.py'.*?\n((?: +\d+ \|.*\n)+)\[END OF FILE\]", text)[1]
    before = "".join(row.partition(" | ")[2] + "\n" for row in shown.splitlines())
    change = next(
        reply for reply in replies(text) if "src/stats.py" in [part.path for part in reply.payloads]
    )
    binder = PayloadBinder(change.payloads)
    payload = binder.take("src/stats.py")
    if "SEARCH" in payload:
        search, replace = re.fullmatch(
            r"<<<<<<< SEARCH\n(.*?)=======\n(.*?)>>>>>>> REPLACE\n", payload, re.S
        ).groups()
        assert before.count(search) == 1
        after = before.replace(search, replace)
    else:
        lines = before.splitlines(keepends=True)
        lines[5:6] = [payload]
        after = "".join(lines)
    namespace = {}
    exec(compile(after, "stats", "exec"), namespace)
    assert namespace["mean"]([]) == 0.0
    assert namespace["mean"]([1, 2]) == 1.5
    region = re.search(r"      …\n((?: +\d+ \|.*\n)+)\n\[write_file\]", text)[1]
    assert [row.partition(" | ")[2] for row in region.splitlines()] == after.splitlines()[2:6]
    test = binder.take("tests/test_empty.py")
    ast.parse(test)
    assert f"({len(test.encode())} bytes, {test.count(chr(10))} lines)" in text


def test_fences_of_the_prompt_itself_are_whole(tools):
    for names in SETS.values():
        text = prompt(some(tools, *names))
        assert "{{" not in text
        assert text.endswith("\n") and "\n\n\n\n" not in text
        assert text == text.replace("\r", "")


def test_tools_are_listed_from_signature_and_docstring():
    tool = ToolDescription(
        name="deploy", signature="deploy(env: str) -> str", text="Ship it.\n\nTwice.", builtin=False
    )
    assert "`deploy(env: str) -> str`\n  Ship it.\n\n  Twice.\n" in prompt((tool,))


def test_what_custom_tools_return_has_to_be_printed(tools):
    words = "is seen only if you `print` it."
    custom = [
        ToolDescription(name=name, signature=f"{name}() -> str", text="", builtin=False)
        for name in ("deploy", "search")
    ]
    assert words not in prompt(tools)
    text = prompt((*tools, *custom))
    assert f"# Tools\n\nWhat `deploy`, `search` returned {words}\n\n" in text
    assert text == prompt((*tools, *custom))
    assert len(text) < len(prompt(tools)) + 200


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("execute", ["# Terminals", 'execute("']),
        ("edit_file", ["SEARCH is copied", "<<<<<<<"]),
        ("write_file", ["## Payloads", "# A whole task"]),
    ],
)
def test_only_what_is_there_is_taught(tools, missing, words):
    text = prompt(tuple(tool for tool in tools if tool.name != missing)).partition("\n# Tools")
    text = text[0] + text[2].partition("# A whole task")[2]
    for word in words:
        assert word not in text


def test_what_is_filled_in_is_never_filled_again(tools):
    text = prompt(tools, agent_name="{{role}}", work_dir="/x/{{shell}}", developer_prompt="Use {{name}}.")
    assert "You are {{role}}, " in text
    assert "/x/{{shell}}" in text
    assert text.endswith("Use {{name}}.\n")


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("", "You are CodePilot, a software engineering agent. You work"),
        (
            "Autonomous software engineering agent.",
            "You are CodePilot, an autonomous software engineering agent. You",
        ),
        ("SQL expert", "You are CodePilot, SQL expert. You"),
        ("the team's reviewer", "You are CodePilot, the team's reviewer. You"),
        ("You review code. You are strict.", "You are CodePilot. You review code. You are strict. You work"),
    ],
)
def test_the_role_reads_on(tools, role, words):
    assert words in prompt(tools, role=role)


def test_without_imports():
    assert "Nothing can be imported." in prompt((), allowed_imports=())


def test_a_lone_surrogate_does_not_break_the_request(tools):
    prompt(tools, developer_prompt="x\ud800").encode()


def test_the_tools_that_corrections_know_are_the_real_ones(tools):
    for name, signature in tools_of(tools).items():
        known = BUILTIN_TOOLS[name].parameters.values()
        assert [(one.name, one.kind, one.default is one.empty) for one in known] == [
            (one.name, one.kind, one.default is one.empty) for one in signature.parameters.values()
        ]
