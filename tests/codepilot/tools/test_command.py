"""`run_command` over a real host."""

import asyncio
import os
import re
import time
from pathlib import Path

import pytest

from codepilot.decision import Decision
from codepilot.ports import CallContext
from codepilot.terminal.client import HostOptions, TerminalService
from codepilot.tools.command import CommandTool

pytestmark = pytest.mark.slow
GUARD = 60


@pytest.fixture
def asked():
    return []


@pytest.fixture
def context(asked):
    async def permit(request):
        asked.append(request)
        return Decision(allow="forbidden" not in request.command, reason="no")

    async def ask(question):
        return None

    return CallContext(
        call_id="c1",
        emit=lambda event: None,
        permit=permit,
        take_payload=lambda path: None,
        payload_paths=lambda: (),
        append=lambda text: None,
        ask=ask,
    )


@pytest.fixture
async def service(tmp_path):
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    service = TerminalService(HostOptions(work_dir=tmp_path, environment=environment))
    yield service
    await service.close()


@pytest.fixture
def tool(service):
    return CommandTool(service, timeout=GUARD, max_output_chars=500)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_output_and_code(tool, context, asked, tmp_path):
    result = await tool.run_command(context, "echo out; echo err >&2; exit 3")
    assert result.text == "[run_command] `echo out; echo err >&2; exit 3`\nSTDOUT:\nout\nerr\nReturn Code: 3"
    assert (result.state, result.figure) == ("ok", "exit 3")
    (request,) = asked
    assert request.description == "Execute: echo out; echo err >&2; exit 3" and request.cwd == str(tmp_path)
    assert (await tool.run_command(context, "true")).text == "[run_command] `true`\nReturn Code: 0"


async def test_nothing_is_kept_between_two(tool, context):
    await tool.run_command(context, "x=1; cd /")
    assert "\n[]\n" in (await tool.run_command(context, "echo [$x]")).text


async def test_denied(tool, context):
    result = await tool.run_command(context, "forbidden")
    assert result.text == "[run_command] Permission denied: forbidden. The user says: no."
    assert result.state == "denied"


async def test_time_is_up(tool, context):
    result = await tool.run_command(context, "echo begun; (sleep 300 & echo $!); sleep 300", timeout=0.5)
    assert "timed out after 0.5s." in result.text and "STDOUT:\nbegun\n" in result.text
    assert (result.state, result.figure) == ("error", "timed out")
    pid = int(re.search(r"begun\n(\d+)", result.text)[1])
    assert not running(pid)


async def test_a_question_nobody_answers(tool, context):
    result = await tool.run_command(context, "read -p 'Sure? ' x", timeout=0.6)
    assert "Sure?" in result.text and "waits for input" in result.text
    assert result.figure == "waits for input"


async def test_background(tool, context, service):
    result = await tool.run_command(context, "echo up; exec sleep 300", background=True)
    pid = int(re.search(r"Started in background\. PID: (\d+)", result.text)[1])
    name = re.search(r"read_output\('(.*?)'\)", result.text)[1]
    assert running(pid) and result.state == "running"
    client = await service.client()
    output = ""
    deadline = time.monotonic() + GUARD
    while "up" not in output and time.monotonic() < deadline:
        output += (await client.read(name, timeout=0.1)).output
    assert output == "up"
    await client.terminate(name)
    assert not running(pid)


async def test_the_person_closes_the_tab_of_a_command(tool, context, service):
    """Found by use: it read like a crash, so that the agent would run it again."""
    running = asyncio.create_task(tool.run_command(context, "echo begun; sleep 300"))
    async with asyncio.timeout(GUARD):
        while not (tabs := await (await service.client()).list()):
            await asyncio.sleep(0.02)
        (tab,) = tabs
        while "begun" not in await (await service.client()).text(tab.name):
            await asyncio.sleep(0.02)
    await (await service.client()).terminate(tab.name, by="person")
    result = await running
    closed = "[The person closed this terminal, which ended the command.]"
    assert f"\nSTDOUT:\nbegun\n{closed}\nReturn Code: 129" in result.text
    assert result.reason == f"You closed {tab.name}, which ended the command."
    assert "closed" not in (await tool.run_command(context, "exit 1")).text


async def test_long_output(tool, context):
    result = await tool.run_command(context, "seq 1 5000")
    assert "[Output truncated at 500 chars; all of it: " in result.text and result.text.endswith(
        "Return Code: 0"
    )


async def test_only_so_many_ended_tabs_stay(tool, context, service):
    for _ in range(12):
        await tool.run_command(context, "true")
    assert len(await (await service.client()).list()) <= 9


@pytest.mark.parametrize("timeout", ["abc", -1, float("nan"), [60]])
async def test_a_timeout_that_is_no_time_runs_nothing(tool, context, asked, timeout):
    result = await tool.run_command(context, "touch ran", timeout=timeout)
    assert result.state == "error" and "it is a number of seconds" in result.text
    assert asked == []


async def test_digits_in_quotes_are_a_timeout(tool, context):
    assert (await tool.run_command(context, "echo hi", timeout="20")).state == "ok"


@pytest.mark.parametrize(
    ("command", "kwargs", "words"),
    [
        (["sh", "-c", "touch x"], {}, """command must be text, not list. Write command="sh -c 'touch x'"."""),
        (None, {}, "command must be text, not NoneType."),
        ("ls", {"background": "no"}, "background must be True or False, not 'no'."),
    ],
)
async def test_arguments_of_the_wrong_kind_run_nothing_and_ask_nobody(
    tool, context, asked, command, kwargs, words
):
    result = await tool.run_command(context, command, **kwargs)
    assert result.text == f"[run_command] ERROR: {words}"
    assert asked == []
