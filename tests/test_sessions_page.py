"""The web services of docs/sessions.md and of codepilot-ai 0.2.1 work, with the loop that the application keeps."""

import asyncio
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from codepilot.testing import ModelServer, Turn

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "sessions.md").read_text(encoding="utf-8")
README = (ROOT / "tests" / "corpora" / "codepilot_ai" / "0.2.1.md").read_text(encoding="utf-8")
DONE = "```completion\nDone.\n```\n"

pytestmark = pytest.mark.slow


def example(page, text):
    [found] = [each for each in re.findall(r"^```python\n(.*?)^```$", page, re.S | re.M) if text in each]
    return found


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ModelServer([Turn(text=DONE, repeat=True)]) as server:
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: m, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work}\n"
        )
        yield server


def test_the_service_of_the_page_works_and_goes_on_after_a_restart(server):
    code = compile(example(PAGE, "from fastapi import"), "sessions.md", "exec")
    for number in (1, 2):
        names = {"__name__": "service"}
        exec(code, names)  # noqa: S102
        with TestClient(names["app"]) as client, client.websocket_connect("/sessions/mine/events") as socket:
            assert client.post("/sessions/mine/tasks", params={"task": f"task {number}"}).json() == {
                "status": "started"
            }
            told = []
            while not told or told[-1]["type"] != "task_finished":
                told.append(socket.receive_json())
            assert told[-1]["summary"] == "Done."
            assert next(each for each in told if each["type"] == "task_started")["number"] == number
            said = client.get("/sessions/mine").json()
            assert [each["text"].partition("\n")[2] for each in said if each["role"] == "user"] == [
                f"task {each}" for each in range(1, number + 1)
            ]
            assert client.get("/sessions/other").json() == []


async def test_the_service_lets_a_browser_go_that_says_so(server):
    """A server waits for this at its end, too; an event that would not come any more is what it waited for."""
    names = {"__name__": "service"}
    exec(compile(example(PAGE, "from fastapi import"), "sessions.md", "exec"), names)  # noqa: S102
    scope = {"type": "websocket", "path": "/sessions/mine/events", "query_string": b"", "headers": []}
    told, said = asyncio.Queue(), []
    told.put_nowait({"type": "websocket.connect"})
    told.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def send(message):
        said.append(message["type"])

    await asyncio.wait_for(names["app"](scope, told.get, send), 60)
    assert said == ["websocket.accept"]
    async with names["lifespan"](names["app"]):
        pass


def test_that_of_the_first_version_works_with_the_loop_that_the_application_keeps(server):
    """As it stands it asks for a loop in a thread that has none, in 0.2.1 as well."""
    text = example(README, "from fastapi import")
    asked = "asyncio.get_event_loop().call_soon_threadsafe"
    assert text.count(asked) == 1
    names = {}
    exec(text.replace(asked, "loop.call_soon_threadsafe"), names)  # noqa: S102
    with TestClient(names["app"]) as client:
        names["loop"] = client.portal.call(running_loop)
        with client.websocket_connect("/events") as socket:
            assert client.post("/run", params={"task": "go"}).json() == {"status": "started"}
            assert socket.receive_json() == {"type": "finish", "summary": "Done."}
        assert client.post("/message", params={"message": "and more"}).json() == {"status": "queued"}
        assert client.post("/reset").json() == {"status": "reset"}
    names["runtime"].close()


async def running_loop():
    return asyncio.get_running_loop()
