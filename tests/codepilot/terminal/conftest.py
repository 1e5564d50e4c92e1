"""A home without surprises, hosts that are gone after the test, and nothing left behind."""

import os
from pathlib import Path

import pytest

from codepilot.terminal.client import HostOptions, TerminalClient


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / ".bashrc").write_text("PS1='$ '\n")
    return folder


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "SOME_API_KEY": "s3cret"}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
async def client(work: Path, environment: dict[str, str]):
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    yield client
    folder = client.socket_path.parent
    await client.close()
    assert not folder.exists()
