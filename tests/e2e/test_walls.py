"""What a folder, a model or an approved command must not get, seen from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

GIT_CONFIG = """
[core]
    fsmonitor = {mark} fsmonitor
    hooksPath = hooks
    pager = {mark} pager
    editor = {mark} editor
[credential]
    helper = !{mark} credential
[include]
    path = {include}
[filter "bad"]
    clean = {mark} clean
    process = {mark} process
    required = true
[diff]
    external = {mark} diff
[diff "bad"]
    textconv = {mark} textconv
"""


def hostile(project: Path, outside: Path) -> Path:
    """Make the folder a repository that names a program wherever git would start one; the folder of their marks."""
    marks = outside / "marks"
    marks.mkdir()
    mark = outside / "mark"
    mark.write_text(f'#!/bin/sh\ntouch {marks}/"$1"\n')
    mark.chmod(0o755)

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@localhost")
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)

    git("init", "-q", "-b", "trunk")
    (project / "file.txt").write_text("1\n")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    (project / ".gitattributes").write_text("* filter=bad diff=bad\n")
    (project / "file.txt").write_text("2\n")
    for folder in (project / "hooks", project / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in ("post-index-change", "post-checkout", "reference-transaction"):
            (folder / name).write_text(f"#!/bin/sh\ntouch {marks}/{name}\n")
            (folder / name).chmod(0o755)
    include = outside / "included"
    include.write_text(f"[core]\n    fsmonitor = {mark} included\n")
    with (project / ".git" / "config").open("a") as file:
        file.write(GIT_CONFIG.format(mark=mark, include=include))
    # What the interpreter or a search would pick up where the folder comes first.
    for name in ("argparse.py", "yaml.py", "sitecustomize.py"):
        (project / name).write_text(f"open({str(marks / name)!r}, 'w')\n")
    for name in ("git", "rg", "bash", "python3"):
        (project / name).write_text(f"#!/bin/sh\ntouch {marks}/program-{name}\n")
        (project / name).chmod(0o755)
    return marks


@pytest.mark.parametrize("answer", ["y", "n"])
def test_opening_a_folder_runs_none_of_its_programs(place: Any, start: Any, driver: Any, answer: str) -> None:
    with ModelServer([Turn(text="Hello yourself.")]) as server:
        marks = hostile(place.project, place.root)
        own = place.agent_file(server.openai_url)
        (place.project / "agent.yaml").write_text(own.read_text())
        mine = place.home / "cp" / "config" / "agent.yaml"
        mine.parent.mkdir(parents=True)
        mine.write_text(own.read_text())
        bench = start(driver.TUI, 160, 48)
        bench.answer(answer, "Do you trust the files in this folder?")
        bench.wait_for("Mender is ready")
        bench.wait_for("free")
        bench.wait_for("trunk")
        bench.say("Hello")
        bench.wait_for("Hello yourself.")
        bench.wait_for("○ ready")  # else it asks whether to quit
        bench.press("ctrl+q")
        assert bench.wait_end() == 0
    assert [path.name for path in marks.iterdir()] == []


def test_the_command_line_runs_none_of_them_either(place: Any, driver: Any) -> None:
    with ModelServer([Turn(text='```codepilot\nprint(find("2"))\n```'), Turn(text="Found.")]) as server:
        marks = hostile(place.project, place.root)
        run = subprocess.run(
            [
                *driver.TUI[:2],
                "codepilot",
                "run",
                "--agent",
                str(place.agent_file(server.openai_url)),
                "Hello",
            ],
            cwd=place.project,
            env={**place.variables, "PATH": f".:{place.variables['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=driver.GUARD,
        )
        assert (run.returncode, run.stdout) == (0, "Found.\n"), run.stderr
    assert [path.name for path in marks.iterdir()] == []


def test_the_shell_jail_is_said_to_be_off_and_the_code_jail_is_no_word_of_it(workbench: Any) -> None:
    with ModelServer([Turn(text="```codepilot\nexecute('main', 'true')\n```"), Turn(text="Done.")]) as server:
        bench = workbench(server, 160, 48)
        bench.wait_for("Mender is ready")
        bench.wait_for("free")
        bench.wait_for("shell jail off")
        bench.say("Hello")
        bench.wait_for("off. Approved commands run with your rights.")
        screen = bench.screen_text()
        assert "landlock" not in screen
        assert "code jail" not in screen


def test_no_text_of_an_agent_file_reaches_the_terminal_raw(place: Any, start: Any, driver: Any) -> None:
    evil = r"\e]0;evil\a\x9b2J\u202e\u2028"
    with ModelServer([Turn(text="Hello yourself.")]) as server:
        path = place.root / "evil.yaml"
        path.write_text(
            f'agent:\n  name: "Mender{evil}"\n  role: "R{evil}"\n  "k{evil}": 1\n'
            f'  model: {{provider: openai, name: "m{evil}", base_url: "{server.openai_url}"}}\n'
            f'  tools: ["t{evil}", read_file]\n'
        )
        bench = start([*driver.TUI, "--agent", str(path)], 160, 48)
        bench.wait_for("free")
        bench.say("Hello")
        bench.wait_for("Hello yourself.")
        bench.wait_for("Mender␛]0;evil␇")
        bench.say("/model")
        bench.wait_for("in use")
        bench.press("escape")
        raw = bytes(bench.raw)
    for forbidden in (b"\x1b]0;evil", b"\x9b2J", "\x9b".encode(), "\u202e".encode(), "\u2028".encode()):
        assert forbidden not in raw


LOOK = (
    "cat /proc/*/environ 2>/dev/null | tr '\\\\0' '\\\\n' | grep -c {key}; env | grep -c {key}; echo looked"
)
"""Counts where keys can be seen: in what any process was started with, and in the shell's own variables."""


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "MENDER_CREDS"])
@pytest.mark.parametrize("face", ["workbench", "command line"])
def test_an_allowed_command_finds_no_key_of_ours(
    place: Any, start: Any, driver: Any, variable: str, face: str
) -> None:
    key = f"planted-{os.getpid()}-{variable}-{face.split()[0]}"  # tests may run beside each other
    turns = [
        Turn(text=f"```codepilot\nexecute('main', {LOOK.format(key=key)!r})\n```"),
        Turn(text="I looked."),
    ]
    keys = {variable: f"sk-{key}", "OTHER_TOKEN": key}
    with ModelServer(turns) as server:
        path = place.agent_file(server.openai_url, api_key_env=variable)
        if face == "workbench":
            bench = start([*driver.TUI, "--agent", str(path)], 160, 48, **keys)
            bench.wait_for("free")
            bench.say("Look")
            bench.answer("y", "Run this command?")
            bench.wait_for("I looked.")
        else:
            run = subprocess.run(
                [*driver.TUI[:2], "codepilot", "run", "--agent", str(path), "--allow", "execute", "Look"],
                cwd=place.project,
                env={**place.variables, **keys},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=driver.GUARD,
            )
            assert (run.returncode, run.stdout) == (0, "I looked.\n"), run.stderr
        first, second = server.requests
    assert first.headers["authorization"] == f"Bearer sk-{key}"
    seen = second.body["messages"][-1]["content"]
    assert "\n0\n0\nlooked" in seen, seen


DUMPABLE = """
import ctypes, pathlib, signal
from codepilot_tui.__main__ import main

def tell(*_):
    dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
    pathlib.Path({told!r}).write_text(f"{{dumpable}}")

signal.signal(signal.SIGUSR1, tell)
raise SystemExit(main())
"""
"""The workbench, which says on a signal whether its memory may be read by another program of the same user."""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_no_program_may_read_the_workbenchs_memory(place: Any, start: Any) -> None:
    """The keys are held there, and a command that was allowed runs as the same user."""
    told = place.root / "told"
    with ModelServer([]) as server:
        agent = str(place.agent_file(server.openai_url))
        code = DUMPABLE.format(told=str(told))
        bench = start([sys.executable, "-c", code, "--agent", agent], 160, 48, OPENAI_API_KEY="planted")
        bench.wait_for("Mender is ready")
        bench.wait_for("free")
        bench.signal(signal.SIGUSR1)
        bench.wait_until(lambda: told.exists() and told.read_text())
    assert told.read_text() == "0"
