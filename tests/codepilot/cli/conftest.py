"""A project folder with an agent file whose model is scripted, and the command to work in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codepilot.cli import main
from codepilot.testing import ModelServer


@dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        """The one object of `--format json`."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of `--format jsonl`."""
        return [json.loads(line) for line in self.out.splitlines()]


class Shop:
    """Runs `codepilot` here."""

    def __init__(self, server: ModelServer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.server = server
        self.folder = folder
        self.agent = folder / "conf" / "agent.yaml"
        self.work = folder / "work"
        self._capsys = capsys
        self.agent.parent.mkdir()
        self.work.mkdir()
        self.write_agent()

    def write_agent(self, more: str = "", *, path: Path | None = None, name: str = "Shop Agent") -> None:
        (path or self.agent).write_text(
            f"agent:\n  name: {name}\n"
            f"  model: {{provider: openai, name: scripted, base_url: {self.server.openai_url}}}\n{more}"
        )

    def play(self, *turns: Any) -> None:
        for turn in turns:
            self.server.script.add(turn)

    def main(self, *arguments: str) -> Result:
        """In this very process."""
        self._capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as left:  # argparse
            code = left.code if isinstance(left.code, int) else 1
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)

    def run(self, *arguments: str) -> Result:
        """`run` in this very process, with this folder's agent file, in its work folder."""
        return self.main("run", "--agent", str(self.agent), "--dir", str(self.work), *arguments)

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """`run` as a process of its own."""
        return subprocess.Popen(
            [*COMMAND, "run", "--agent", str(self.agent), "--dir", str(self.work), *arguments],
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                "cwd": self.work,
                "env": dict(os.environ),
                **more,
            },
        )


COMMAND = (sys.executable, "-m", "codepilot")


@pytest.fixture
def shop(tmp_path, capsys):
    with ModelServer() as server:
        yield Shop(server, tmp_path, capsys)
