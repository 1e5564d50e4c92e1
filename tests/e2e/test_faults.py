"""Each part killed under the workbench: a clear line on the screen, and the next task works."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from codepilot.testing import Fault, ModelServer, Turn

pytestmark = pytest.mark.slow

IDLE = "○ ready"
SAW = "```completion\nI saw what happened.\n```\n"
NEXT = '```codepilot\nexecute("main", "echo next-$((40 + 2))", timeout=20)\n```\n'
THROUGH = "```completion\nThe next task is through.\n```\n"


def block(code: str) -> str:
    """A reply that is nothing but a control block."""
    return f"```codepilot\n{code}\n```\n"


@pytest.fixture
def bench(workbench: Any) -> Iterator[Any]:
    """`bench(turns)`: the workbench on a scripted model, and the model's server."""
    servers: list[ModelServer] = []

    def begin(*turns: Turn, **variables: str) -> tuple[Any, ModelServer]:
        server = ModelServer(
            [*turns, Turn(text=NEXT, match=r"\[Task 2\]"), Turn(text=THROUGH, match="next-42")]
        )
        server.__enter__()
        servers.append(server)
        made = workbench(server, 160, 48, **variables)
        made.wait_for_terminal()
        return made, server

    yield begin
    for server in servers:
        server.__exit__(None, None, None)


def next_task_works(bench: Any) -> None:
    """A second task, with a command."""
    bench.wait_for(IDLE)
    bench.say("And now this.")
    bench.answer("y", "Run this command?")
    bench.wait_for("The next task is through.")
    bench.wait_for("next-42")  # in the terminal, too: the pane shows what is there now
    bench.wait_for(IDLE)


def leave(bench: Any) -> None:
    """Quit, and nothing is left."""
    bench.note_processes()
    bench.press("ctrl+q")
    assert bench.wait_end() == 0
    bench.assert_clean_terminal()
    bench.assert_nothing_left()


def test_the_worker_in_a_block(bench: Any) -> None:
    code = 'execute("main", "echo up-$((40 + 2))")\nwhile True:\n    pass'
    made, server = bench(Turn(text=block(code)), Turn(text=SAW, match="died"))
    made.say("Go.")
    made.answer("y", "Run this command?")
    made.wait_for("up-42")
    made.wait_for("exit 0")
    workers = [pid for pid, command in made.note_processes().items() if "codepilot/sandbox" in command]
    os.kill(min(workers), signal.SIGKILL)  # the other one is the spare
    made.wait_for("killed by SIGKILL")
    made.wait_for("I saw what happened.")
    next_task_works(made)
    server.check()
    leave(made)


def test_the_shell_under_a_command(bench: Any, driver: Any) -> None:
    code = 'execute("main", "echo up-$((40 + 2)); sleep 600", timeout=600)'
    made, server = bench(Turn(text=block(code)), Turn(text=SAW, match="shell ended"))
    made.say("Go.")
    made.answer("y", "Run this command?")
    made.wait_for("up-42")
    os.kill(made.find_process("bash"), signal.SIGKILL)
    made.wait_for("exit 137")
    made.wait_for("✗ 137")  # its tab
    made.wait_for("I saw what happened.")
    next_task_works(made)
    assert "new shell was started" in server.requests[-1].user_text
    server.check()
    leave(made)


def test_the_terminal_host_under_a_command(bench: Any) -> None:
    code = 'execute("main", "echo up-$((40 + 2)); sleep 600", timeout=600)'
    made, server = bench(Turn(text=block(code)), Turn(text=SAW, match="terminal host is gone"))
    made.say("Go.")
    made.answer("y", "Run this command?")
    made.wait_for("up-42")
    os.kill(made.find_process("codepilot.terminal.host"), signal.SIGKILL)
    made.wait_for("The terminal host died")
    made.wait_for("I saw what happened.")
    made.wait_gone("agent types")
    next_task_works(made)
    server.check()
    leave(made)


def test_the_terminal_host_while_idle(bench: Any) -> None:
    made, server = bench(Turn(text="Fine."))
    made.say("Go.")
    made.wait_for("Fine.")
    made.wait_for(IDLE)
    os.kill(made.find_process("codepilot.terminal.host"), signal.SIGKILL)
    made.wait_for("The terminal host died")
    made.wait_for("main ✗")
    next_task_works(made)
    server.check()
    leave(made)


def test_the_models_service_in_the_middle_of_a_reply(place: Any, start: Any, driver: Any) -> None:
    script = place.root / "script.json"
    script.write_text(
        json.dumps([{"text": "word " * 400 + "\n\n" + block('execute("main", "touch ran")'), "delay": 0.02}])
    )
    with driver.ModelProcess(script) as first:
        made = start([*driver.TUI, "--agent", str(place.agent_file(first.openai_url))], 160, 48)
        made.wait_for_terminal()
        made.say("Go.")
        made.wait_for("word word")
        first.kill()
        made.wait_for("Cannot reach 127.0.0.1")
        made.wait_for("Is the server running")
        made.wait_for(IDLE)
        script.write_text(
            json.dumps([{"text": NEXT, "match": r"\[Task 2\]"}, {"text": THROUGH, "match": "next-42"}])
        )
        with driver.ModelProcess(script, first.port):
            next_task_works(made)
    assert not (place.project / "ran").exists()
    leave(made)


def test_a_refused_key(bench: Any) -> None:
    error = {"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error"}}
    made, server = bench(Turn(fault=Fault(status=401, body=error)), OPENAI_API_KEY="sk-wrong")
    made.say("Go.")
    made.wait_for("answered 401")
    made.wait_for("Check the key in OPENAI_API_KEY")
    next_task_works(made)
    server.check()


def test_an_unreachable_host(place: Any, start: Any, driver: Any) -> None:
    with ModelServer([]) as closed:
        url = closed.anthropic_url
    made = start([*driver.TUI, "--agent", str(place.agent_file(url, "anthropic"))], 80, 24)
    made.wait_for_terminal()
    made.say("Go.")
    made.wait_for("Cannot reach 127.0.0.1")
    made.wait_for(IDLE)
    made.say("Again.")
    made.wait_until(
        lambda: made.screen_text().count("Cannot reach 127.0.0.1") == 2
    )  # the first task was ready, too
    made.wait_for(IDLE)
    leave(made)


def test_a_missing_key(place: Any, start: Any, driver: Any) -> None:
    agent = place.root / "agent.yaml"
    agent.write_text("agent:\n  name: M\n  model: {provider: openai, name: gpt-9, api_key_env: MY_OWN_KEY}\n")
    made = start([*driver.TUI, "--agent", str(agent)], 80, 24)
    made.wait_for("MY_OWN_KEY is not set")
    made.wait_for("Guided demo")
    made.press("enter")
    made.ready("Run this command?")
    made.press("escape")
    made.wait_gone("allow once")
    made.press("escape")
    made.wait_for("Stopped")
    leave(made)


def test_a_misspelt_provider(place: Any, start: Any, driver: Any) -> None:
    """Report, row 25: it was told as a key that is missing, OPNAI_API_KEY."""
    agent = place.agent_file("''", "opnai")
    made = start([*driver.TUI, "--agent", str(agent), "--or-demo"], 80, 24)
    assert made.wait_end() == 2
    told = " ".join(made.flat().split())
    assert "Unknown provider 'opnai'" in told and "Did you mean openai?" in told
    assert "OPNAI_API_KEY" not in told
    made.assert_clean_terminal()


def test_a_session_that_could_not_be_written_is_told_after_the_end(bench: Any, place: Any) -> None:
    (place.home / "cp" / "state" / "sessions").write_text("no folder")
    made, _ = bench(Turn(text=THROUGH, match="Go"))
    made.say("Go.")
    made.wait_for("The next task is through.")
    made.wait_for(IDLE)
    leave(made)
    said = made.flat()
    assert "records were not written" in said and "Nothing of the session is kept." in said


def test_models_on_this_machine_can_be_chosen(place: Any, workbench: Any) -> None:
    """S18: the list of models held the one in use only."""
    with ModelServer([Turn(text=THROUGH)], models=("small:1b",)) as other, ModelServer([]) as server:
        table = place.home / "cp" / "config" / "models.yaml"
        table.parent.mkdir(parents=True)
        table.write_text(f"providers: {{ollama: {{base_url: '{other.openai_url}'}}}}\n")
        made = workbench(server, 160, 48)
        made.wait_for_terminal()
        made.say("/model")
        made.wait_for("ollama:small:1b")
        made.type("small")
        made.press("enter")
        made.wait_for("· small:1b ·")  # in the top bar
        made.say("Go.")
        made.wait_for("The next task is through.")
        leave(made)


def test_a_broken_agent_file(place: Any, start: Any, driver: Any) -> None:
    agent = place.root / "agent.yaml"
    agent.write_text("agent:\n  name: M\n  modell: {}\n")
    made = start([*driver.TUI, "--agent", str(agent)], 80, 24)
    assert made.wait_end() == 2
    assert str(agent) in made.flat().replace(" ", "")
    made.assert_clean_terminal()


def test_the_log_is_named_when_the_agent_cannot_start(place: Any, workbench: Any) -> None:
    """A folder for sockets whose path is too long: the terminals cannot be had."""
    deep = place.root / ("d" * 120)
    deep.mkdir()
    with ModelServer([]) as server:
        made = workbench(server, 160, 48, TMPDIR=str(deep), CODEPILOT_HOME=str(deep / "home"))
        made.wait_for("could not be started")
        made.wait_for("TMPDIR")
        made.wait_for("codepilot.log")
        assert "could not be started" in (deep / "home" / "state" / "codepilot.log").read_text()
        leave(made)
