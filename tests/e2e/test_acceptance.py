"""A whole task on both wires, in the workbench by keyboard alone and in `codepilot run`: exactly the expected files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from codepilot.script import Script
from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[1] / "corpora" / "scripts"
TASK = "add() subtracts. Mend it."
WORDS = "Keep build, the demo site needs it."
MESSAGE = "Write a note about it, too."
SECRETS = {
    "OPENAI_API_KEY": "sk-openai-0123456789abcdef",
    "ANTHROPIC_API_KEY": "sk-ant-0123456789abcdef",
    "DEEPSEEK_API_KEY": "sk-deep-0123456789abcdef",
    "GITHUB_TOKEN": "ghp_0123456789abcdef",
}
BEFORE = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "test_calc.py": (
        "import unittest\n\nfrom calc import add\n\n\nclass AddTest(unittest.TestCase):\n"
        "    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n"
    ),
    "build/site.html": "<p>old</p>\n",
    "empty.txt": "",
}
AFTER = {
    **BEFORE,
    "calc.py": "def add(a, b):\n    return a + b\n",
    "docs/NOTES.md": "# Notes\n\n```\nadd(1, 2) == 3\n```\n",
}


def lay_out(place: Any) -> None:
    """The project of the task."""
    for name, text in BEFORE.items():
        path = place.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def agent_file(place: Any, server: ModelServer, wire: str) -> Path:
    """An agent for the wire."""
    path: Path = place.agent_file(server.openai_url if wire == "openai" else server.anthropic_url, wire)
    return path


def check_server(server: ModelServer, wire: str, *, words: str) -> None:
    """What the model was told, and what it was not."""
    server.check()
    heard = [request.user_text for request in server.requests]
    assert len(heard) == 7
    denied = next(text for text in heard if "Permission denied" in text)
    assert words in denied
    assert "build" in denied
    told = next(text for text in heard if "[USER MESSAGE]" in text)
    assert f"[USER MESSAGE]\n{MESSAGE}" in told
    assert "OK" in told and "return_code: 0" in told
    for request in server.requests:
        body = json.dumps(request.body, ensure_ascii=False)
        for name, secret in SECRETS.items():
            assert secret not in body, f"the value of {name} went to the model"
        sent = " ".join(request.headers.values())
        own = "OPENAI_API_KEY" if wire == "openai" else "ANTHROPIC_API_KEY"
        assert SECRETS[own] in sent
        assert not any(secret in sent for name, secret in SECRETS.items() if name != own)


@pytest.mark.parametrize(("columns", "lines"), [(160, 48), (80, 24)])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_workbench(place: Any, start: Any, driver: Any, wire: str, columns: int, lines: int) -> None:
    lay_out(place)
    with ModelServer(Script.load(SCRIPTS / "calc.yaml")) as server:
        agent = agent_file(place, server, wire)
        bench = start([*driver.TUI, "--agent", str(agent)], columns, lines, **SECRETS)
        bench.wait_for_terminal()  # the terminal is there
        bench.say(TASK)
        bench.ready("Change calc.py?")
        assert driver.tree(place.project) == BEFORE, "the file changed before the yes"
        bench.wait_for("return a + b")
        bench.press("y")
        bench.ready("rm -rf build")
        bench.press("d")
        bench.wait_for("no, with these words")
        bench.type(WORDS)
        bench.wait_for(WORDS)
        bench.press("enter")
        bench.ready("until [ -e ../go ]")
        bench.press("y")
        bench.wait_gone("Run this command?")
        bench.say(MESSAGE)
        bench.wait_for(MESSAGE)
        (place.root / "go").touch()
        bench.ready("Create docs/NOTES.md?")
        bench.press("y")
        bench.wait_for(re.compile(r"docs/NOTES\.md\s.*says so|says so\.", re.S))
        bench.wait_for("○ ready")
        assert driver.tree(place.project) == AFTER
        check_server(server, wire, words=WORDS)
        bench.note_processes()
        bench.press("ctrl+q")
        assert bench.wait_end() == 0
    bench.assert_clean_terminal()
    bench.assert_nothing_left()
    assert driver.tree(place.project) == AFTER


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_command_line(place: Any, driver: Any, wire: str) -> None:
    lay_out(place)
    with ModelServer(Script.load(SCRIPTS / "calc.yaml")) as server:
        command = [
            sys.executable,
            "-m",
            "codepilot",
            "run",
            TASK,
            "--agent",
            str(agent_file(place, server, wire)),
        ]
        command += ["--format", "jsonl", "--steer", "--allow", "execute,edit_file", "--allow", "write_file"]
        run = subprocess.Popen(
            command,
            cwd=place.project,
            env={**place.variables, **SECRETS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        guard = threading.Timer(driver.GUARD, run.kill)
        guard.start()
        events: list[dict[str, Any]] = []
        with run:
            assert run.stdin is not None and run.stdout is not None and run.stderr is not None
            for line in run.stdout:
                events.append(json.loads(line))
                kind = events[-1]["type"]
                if kind == "tool_started" and events[-1]["tool"] == "execute":
                    run.stdin.write(MESSAGE + "\n")
                    run.stdin.flush()
                elif kind == "message_queued":
                    (place.root / "go").touch()
            said = run.stderr.read()
        guard.cancel()
        assert run.returncode == 0, said
        assert driver.tree(place.project) == AFTER
        check_server(server, wire, words="There was no one to ask")
    kinds = [event["type"] for event in events]
    assert kinds[-1] == "task_finished"
    assert events[-1]["status"] == "done"
    denied = [event for event in events if event["type"] == "permission_answered" and not event["allow"]]
    assert [(event["tool"], event["by"]) for event in denied] == [("run_command", "nobody")]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert not list(place.temporary.iterdir())
