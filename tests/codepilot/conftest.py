import contextlib
import os

import pytest

from codepilot import AsyncRuntime
from codepilot.testing import ModelServer


@pytest.fixture
async def make(tmp_path):
    """Makes runtimes whose session is a journal and whose model says the given replies."""
    made, servers = [], contextlib.ExitStack()

    def make(*turns, **options):
        server = servers.enter_context(ModelServer(turns))
        file = tmp_path / "agent.yaml"
        file.write_text(
            f"agent:\n  name: Test\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work, max_steps: 30}\n"
        )
        options = {"session": "journal", "session_id": "one", "allow": ("all",), **options}
        made.append(AsyncRuntime(str(file), **options))
        return made[-1]

    yield make
    for runtime in made:
        await runtime.close()
    servers.close()


@pytest.fixture
def synced(monkeypatch):
    """What is synced, and is so indeed: of each call the number of the file or folder, and its size then."""
    calls = []

    def noting(real):
        def sync(handle):
            status = os.fstat(handle)
            calls.append((status.st_ino, status.st_size))
            real(handle)

        return sync

    for name in ("fsync", "fdatasync"):
        if hasattr(os, name):
            monkeypatch.setattr(os, name, noting(getattr(os, name)))
    return calls
