"""Results taken apart: from the texts that the real tools give."""

import pytest

from codepilot.decision import Decision
from codepilot.ports import CallContext
from codepilot.tools.builtin import builtin_registry
from codepilot.workspace import FileMemory, Workspace
from codepilot_tui.transcript import CallLine
from codepilot_tui.transcript.results import Result, split_result


def split(text, tool="execute", state="ok", **args):
    call = CallLine(id=1, at=0, call_id="c", tool=tool, label="", state=state, args=args, result=text)
    return split_result(call)


STATUS = "[status: completed | return_code: 0 | pid: 7 | cwd: /work]"


def test_a_command_in_a_terminal():
    text = f"[terminal:main:cmd1] $ pytest -q\none\n[two]\n\n{STATUS}"
    assert split(text, command="pytest -q") == Result("one\n[two]")
    assert split(f"[terminal:main:cmd1] $ true\n{STATUS}", command="true") == Result("")


def test_a_command_of_many_lines_goes_whole():
    command = "cat <<END\n[status: x]\nEND"
    assert split(f"[terminal:main:cmd1] $ {command}\n[status: x]\n{STATUS}", command=command) == Result(
        "[status: x]"
    )


def test_what_else_is_to_be_known_comes_after_the_output():
    text = (
        "[terminal:main:cmd1] $ cat big\nline\n[Output truncated at 10000 chars; all of it: /tmp/x]\n"
        "[status: waiting | waits for: a password | pid: 7 | cwd: /work]\n[main runs make]"
    )
    assert split(text, command="cat big") == Result(
        "line",
        ("Output truncated at 10000 chars; all of it: /tmp/x", "waits for: a password", "main runs make"),
    )


def test_a_call_that_was_cut_off_shows_how_far_its_command_came():
    """Its row says the first line already: that it was stopped, and what is known of it."""
    head = "Call c7 was cut off before it had a result. It was started, and ended with exit code 130.\n"
    text = f"[execute] {head}[terminal:main:cmd1] $ make\nbuilding\n^C\n{STATUS}\n[It was sent SIGTERM.]"
    found = split(text, state="aborted", command="make")
    assert found == Result("building\n^C", ("It was sent SIGTERM.",))
    text = f"[run_command] {head}[run_command] `make`\nSTDOUT:\nbuilding"
    assert split(text, "run_command", state="aborted", command="make") == Result("building")
    assert split(f"[slow] {head}".strip(), "slow", state="aborted") == Result("")
    assert split("[mine] Call the office", "mine", state="aborted") == Result("[mine] Call the office")


def test_a_line_of_the_output_that_only_begins_like_our_note_is_output():
    text = f"[terminal:main:cmd1] $ cat log\n[Output truncated] said the log\n{STATUS}"
    assert split(text, command="cat log") == Result("[Output truncated] said the log")


def test_more_output_of_a_terminal():
    assert split(f"[terminal:main:cmd1] (continued output)\nmore\n{STATUS}", "read_output") == Result("more")


def test_one_shot_commands():
    assert split("[run_command] `ls`\nSTDOUT:\na\nb\nReturn Code: 0", "run_command") == Result("a\nb")
    assert split("[run_command] `true`\nReturn Code: 0", "run_command") == Result("")
    late = "[run_command] `make` timed out after 5s.\nPID 9 and what it had started were ended.\nSTDOUT:\na"
    assert split(late, "run_command") == Result(
        "a", ("timed out after 5s.", "PID 9 and what it had started were ended.")
    )


def test_a_command_that_prints_the_word_of_our_frame_keeps_what_it_printed():
    text = "[run_command] `cat log`\nSTDOUT:\na\nb\nSTDOUT:\nc\nReturn Code: 0"
    assert split(text, "run_command") == Result("a\nb\nSTDOUT:\nc")
    other = "[run_command] `cat log 1>&2`\nSTDERR:\na\nb\nSTDOUT:\nc\nReturn Code: 0"
    assert split(other, "run_command") == Result("STDERR:\na\nb\nSTDOUT:\nc")


@pytest.mark.parametrize("text", ["", "plain", "[1, 2, 3]", "[x] y\nz", "a\n[status: no]"])
def test_other_texts_stay_as_they_are(text):
    assert split(text, "my_tool") == Result(text)


def test_errors_lose_their_label():
    assert split("[find] ERROR: no such folder", "find", "error") == Result("no such folder")
    assert split("[terminal:x] session 'x' not found.", state="error") == Result("session 'x' not found.")
    assert split("Traceback\n  x", "my_tool", "error") == Result("Traceback\n  x")


async def test_the_file_tools(tmp_path):
    """What they really say, so that a change of their words is met here."""
    tools = builtin_registry(
        workspace=Workspace(tmp_path), memory=FileMemory(), terminals=None, tools=(), complete=print
    )
    payloads = {"a.py": ["x = 1\n"]}
    said = {}

    async def run(name, *args, **kwargs):
        async def permit(request):
            return Decision(allow=True)

        context = CallContext(
            call_id="c", emit=lambda event: None, permit=permit, append=lambda text: None, ask=None,
            take_payload=lambda path: payloads[path].pop(0) if payloads.get(path) else None, payload_paths=list,
        )  # fmt: skip
        said[name] = await tools.call(name, args, kwargs, context)
        return split(said[name], name)

    wrote = await run("write_file", "a.py")
    assert "[write_file]" in said["write_file"] and "[write_file]" not in wrote.output
    assert await run("read_file", "a.py") == Result("    1 | x = 1") and "END OF FILE" in said["read_file"]
    assert await run("find", "x = ") == Result("a.py:1:x = 1")
    nothing = await run("find", "zzz")
    assert nothing.output.startswith("No matches found")
    payloads["a.py"] = ["<<<<<<< SEARCH\nx = 1\n=======\nx = (\n>>>>>>> REPLACE\n"]
    edited = await run("edit_file", "a.py")
    assert "[edit_file]" not in edited.output and any("never closed" in note for note in edited.notes)
