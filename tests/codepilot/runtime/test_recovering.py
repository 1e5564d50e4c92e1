"""A program that is killed in a command, where its terminals live on: the next one asks them what became of it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import codepilot
from codepilot import AsyncRuntime
from codepilot import events as e
from codepilot.journal.unfinished import OpenCall
from codepilot.runtime.recovering import of_recovered
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.host.registry import find_hosts
from codepilot.terminal.protocol import CommandResult
from codepilot.testing import ModelServer

GUARD = 60
COMMAND = (
    "echo x >> ../witness; touch ../began; while [ ! -e ../go ]; do sleep 0.02; done; echo it-came; (exit 3)"
)
EXECUTE = f"```codepilot\nexecute('main', {COMMAND!r}, timeout=60)\nprint('never here')\n```\n"
RUN = EXECUTE.replace("execute('main', ", "run_command(")
DONE = "```completion\nDone.\n```\n"


@pytest.fixture
async def stage(tmp_path):
    (tmp_path / "work").mkdir()
    with ModelServer() as server:
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: Test\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work, max_steps: 6}\n  terminals: {on_exit: detach}\n"
        )
        yield tmp_path, server
        for about in find_hosts():
            client = await TerminalClient.connect(Path(about.socket), keep=False)
            await client.shutdown()


PROGRAM = """
import asyncio, os, signal, sys
from codepilot import AsyncRuntime, events as e

async def main():
    runtime = AsyncRuntime(sys.argv[1], session="journal", session_id="one", allow=("all",), use_stdin=False)
    if sys.argv[2] == "at the effect":
        def watch(stamped):
            if isinstance(stamped.event, e.EffectStarted) and stamped.event.command != "true":
                os.kill(os.getpid(), signal.SIGKILL)

        runtime.subscribe(watch)
    await runtime.run("work")

asyncio.run(main())
"""


async def until(holds):
    async with asyncio.timeout(GUARD):
        while not holds():
            await asyncio.sleep(0.01)


async def killed(folder, turn, server, how="in the command"):
    server.script.add(turn)
    root = str(Path(codepilot.__file__).resolve().parents[1])
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(folder / "agent.yaml"), how],
        env={**os.environ, "PYTHONPATH": root, "OPENAI_API_KEY": "none"},
    )
    if how == "in the command":
        await until((folder / "began").exists)
        program.send_signal(signal.SIGKILL)
    assert await asyncio.to_thread(program.wait) == -signal.SIGKILL


async def resumed(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    async with AsyncRuntime(
        str(folder / "agent.yaml"), session="journal", session_id="one", allow=("all",), use_stdin=False
    ) as runtime:
        finished = []
        runtime.subscribe(lambda s: finished.append(s.event) if isinstance(s.event, e.ToolFinished) else None)
        assert await runtime.resume() == "Done."
        return finished[0], runtime.messages


@pytest.mark.slow
@pytest.mark.parametrize("turn", [EXECUTE, RUN], ids=["execute", "run_command"])
async def test_a_command_that_ended_meanwhile_is_told_with_its_end(stage, monkeypatch, turn):
    folder, server = stage
    await killed(folder, turn, server)
    (folder / "go").touch()
    (about,) = find_hosts()
    client = await TerminalClient.connect(Path(about.socket), keep=False)
    await until_idle(client)
    await client.close()
    server.script.add(DONE)
    call, messages = await resumed(folder, monkeypatch)
    assert (call.state, call.figure, call.recovered) == ("ok", "exit 3", True)
    told = messages[2]["content"]
    assert (
        "it-came" in told
        and "return_code: 3" in told
        and "The program that ran this block ended here" in told
    )
    assert (folder / "witness").read_text() == "x\n"


async def until_idle(client):
    async with asyncio.timeout(GUARD):
        while any(each.state == "busy" for each in await client.list()):
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_command_that_still_runs_is_told_to_run(stage, monkeypatch):
    folder, server = stage
    await killed(folder, EXECUTE, server)
    server.script.add(DONE)
    call, messages = await resumed(folder, monkeypatch)
    assert (call.state, call.figure, call.recovered) == ("running", "running", True)
    assert "The command still runs: read_output('main')." in messages[2]["content"]


@pytest.mark.slow
async def test_its_terminal_is_joined_again(stage, monkeypatch):
    folder, server = stage
    await killed(folder, EXECUTE, server)
    server.script.add("```codepilot\nread_output('main', timeout=60)\n```\n")
    server.script.add(DONE)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    async with AsyncRuntime(
        str(folder / "agent.yaml"), session="journal", session_id="one", allow=("all",), use_stdin=False
    ) as runtime:
        runtime.subscribe(lambda s: (folder / "go").touch() if isinstance(s.event, e.StepStarted) else None)
        assert await runtime.resume() == "Done."
        told = runtime.messages[-2]["content"]
    assert "it-came" in told and "return_code: 3" in told
    assert (folder / "witness").read_text() == "x\n"


@pytest.mark.slow
async def test_a_command_that_never_reached_its_terminal_did_not_run(stage, monkeypatch):
    folder, server = stage
    turn = EXECUTE.replace("execute", "execute('main', 'true')\nexecute", 1)
    await killed(folder, turn, server, how="at the effect")
    server.script.add(DONE)
    call, messages = await resumed(folder, monkeypatch)
    assert (call.state, call.figure) == ("aborted", "not done")
    assert "not done. The program ended before it reached the terminal." in messages[2]["content"]
    assert not (folder / "witness").exists()


@pytest.mark.slow
async def test_codepilot_run_continues_with_what_the_command_said(stage):
    folder, server = stage
    server.script.add(EXECUTE)
    run = [sys.executable, "-m", "codepilot", "run", "--agent", str(folder / "agent.yaml"), "--allow", "all"]
    run += ["--dir", str(folder / "work"), "--format", "jsonl"]
    environment = {**os.environ, "OPENAI_API_KEY": "none"}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "env": environment}
    with subprocess.Popen([*run, "work"], **quiet) as program:
        await until((folder / "began").exists)
        program.send_signal(signal.SIGKILL)
    (folder / "go").touch()
    server.script.add(DONE)
    with subprocess.Popen([*run, "--continue"], **quiet) as program:
        out = await asyncio.to_thread(program.stdout.read)
    events = [json.loads(line) for line in out.splitlines()]
    (call,) = [event for event in events if event["type"] == "tool_finished"]
    assert call["recovered"] and call["state"] in ("ok", "running") and program.returncode == 0
    assert (folder / "witness").read_text() == "x\n"


def test_words_for_what_the_host_says():
    call = OpenCall("c1", "send_input", label="main", terminal="main", effect="command", host="a:1:b")
    result = CommandResult(output="more", status="waiting", waits_for="input", pid=7, cwd="/w")
    found = of_recovered(call, "running", "main", result)
    assert found.state == "waiting" and "still runs" in found.result and "more" in found.result
    assert of_recovered(call, "unknown", "", None) is None
    assert of_recovered(call, "never", "", None).figure == "not done"
