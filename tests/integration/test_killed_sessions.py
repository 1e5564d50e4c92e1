"""A program that is killed in the middle of a task: its session in a file or a database loses and repeats nothing."""

import asyncio
import os
import subprocess
import sys

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from codepilot import AsyncRuntime
from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, json, os, sys
from pathlib import Path
from codepilot import AsyncRuntime

async def main(options):
    engine = None
    if options.pop("engine", False):
        from sqlalchemy.ext.asyncio import create_async_engine
        engine = create_async_engine("sqlite+aiosqlite:///kept.db")
        options["db"] = engine
    runtime = AsyncRuntime("agent.yaml", session_id="s", **options)
    Path("work/pid").write_text(str(os.getpid()))
    print("RESULT", await runtime.run("count"), flush=True)
    await runtime.close()

asyncio.run(main(json.loads(sys.argv[1])))
"""

STEP = "```codepilot\nrun_command('echo {n} >> counted{more}')\n```\n"
KINDS = {
    "file": '{"session": "file", "session_dir": "kept"}',
    "db": '{"session": "db", "db_url": "sqlite:///kept.db"}',
    "db async": '{"session": "db", "engine": true}',
}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_done_is_known_and_what_may_have_been_done_is_told(kind, tmp_path):
    (tmp_path / "work").mkdir()
    counted = tmp_path / "work" / "counted"
    with ModelServer() as server:
        server.script.add(Turn(text=STEP.format(n=1, more="")))
        server.script.add(Turn(text=STEP.format(n=2, more="; kill -9 $(cat pid); sleep 60")))
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: m, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: work}\n"
        )
        killed = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", PROGRAM, KINDS[kind]],
            cwd=tmp_path,
            capture_output=True,
            timeout=120,
        )
        assert killed.returncode == -9, killed.stderr.decode()
        assert counted.read_text() == "1\n2\n"
        server.script.add(Turn(text="```completion\nCounted to two.\n```\n"))
        engine = None
        os.chdir(tmp_path)
        options = {
            "file": {"session": "file", "session_dir": "kept"},
            "db": {"session": "db", "db_url": "sqlite:///kept.db"},
            "db async": {"session": "db"},
        }[kind]
        if kind == "db async":
            engine = options["db"] = create_async_engine("sqlite+aiosqlite:///kept.db")
        async with AsyncRuntime("agent.yaml", session_id="s", **options) as runtime:
            assert await runtime.run("go on") == "Counted to two."
            asked = server.requests[-1].user_text
            conversation = [message["content"] for message in runtime.messages]
        if engine is not None:
            await engine.dispose()
    assert counted.read_text() == "1\n2\n", "nothing was repeated"
    assert [text for text in conversation if "echo 1" in text][0] == STEP.format(n=1, more="")
    [cut] = [text for text in conversation if "the program ended while it ran" in text]
    assert "echo 2" in cut and "Check before you run it again." in cut
    assert asked.rstrip().endswith("go on")
