"""What becomes of the terminal host is told in words, with what comes next."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.errors import TerminalError
from codepilot.runtime.shells import Shells
from codepilot.terminal.client import liveness
from codepilot.terminal.session.processes import is_alive

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("sign", "said"),
    [
        (signal.SIGSTOP, "The terminal host does not answer and was given up; its shells are lost."),
        (signal.SIGKILL, "The terminal host died; its shells are lost."),
    ],
)
async def test_a_host_that_is_lost_is_told_by_how(tmp_path: Path, monkeypatch, sign, said) -> None:
    (tmp_path / "home").mkdir()
    file = tmp_path / "agent.yaml"
    file.write_text(
        "agent:\n  name: T\n  role: A helper.\n  model: {provider: openai, name: gpt-4o}\n  runtime: {work_dir: .}\n"
    )
    told: list[e.Event] = []
    environment = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    shells = Shells(
        AgentConfig.load(file), tmp_path, environment, on_exit=None, adopt=False, publish=told.append
    )
    client = await shells.start()
    try:
        os.kill(client.host_pid, sign)
        monkeypatch.setattr(liveness, "TICK", 0.01)
        async with asyncio.timeout(60):
            with pytest.raises(TerminalError):
                await client.list()
            while not any(isinstance(event, e.RuntimeFailed) for event in told):
                await asyncio.sleep(0.01)
    finally:
        await shells.service.close()
    (failed,) = [event for event in told if isinstance(event, e.RuntimeFailed)]
    assert (failed.error, failed.source) == (said, "terminal")
    assert failed.hint == (
        "A new one starts with the next command. Programs that were detached from the shells may still run."
    )


async def test_a_host_that_died_just_now_is_replaced_before_anybody_has_noticed(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    file = tmp_path / "agent.yaml"
    file.write_text(
        "agent:\n  name: T\n  role: A helper.\n  model: {provider: openai, name: gpt-4o}\n  runtime: {work_dir: .}\n"
    )
    environment = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    shells = Shells(
        AgentConfig.load(file), tmp_path, environment, on_exit=None, adopt=False, publish=lambda _: None
    )
    first = await shells.start()
    try:
        os.kill(first.host_pid, signal.SIGKILL)
        while is_alive(first.host_pid):
            pass  # the loop does not run meanwhile, so that it is told of nothing
        assert first.alive, "as far as it knows"
        second = await shells.start()
        assert second is not first and [each.name for each in await second.list()] == ["main"]
    finally:
        await shells.service.close()
