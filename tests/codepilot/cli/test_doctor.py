"""`codepilot doctor`: what works, what does not, and no key on the screen."""

import pytest

from codepilot import paths
from codepilot.sessions.journal import JournalSession
from codepilot.testing import Fault, Turn

KEY = "sk-0123456789abcdef"

pytestmark = pytest.mark.slow


@pytest.fixture
def told(shop, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def ask(*words):
        result = shop.main("doctor", "--json", "--agent", str(shop.agent), "--dir", str(shop.work), *words)
        assert KEY not in result.out + result.err
        checks = {each["name"]: each for each in result.object["checks"]}
        assert all(each["next"] for each in checks.values() if each["state"] != "ok")
        assert result.object["ok"] == (result.code == 0)
        return result.code, checks

    return ask


def test_all_that_works_is_told(shop, told):
    session = JournalSession("one", work_dir=shop.work)
    session.save([])
    code, checks = told()
    assert code == 0
    assert list(checks) == [
        *("python", "terminal", "colours", "git", "shell", "state folder", "runtime folder"),
        *("sessions", "providers", "code jail", "agent file"),
    ]
    assert "one in " in checks["sessions"]["said"] and "1 session" in checks["sessions"]["said"]
    assert "OPENAI_API_KEY" in checks["providers"]["said"]
    assert "worker" not in checks["code jail"]["said"]
    session.close()
    assert told()[1]["sessions"]["said"] == "1 session, none open"


def test_what_is_broken_is_told_with_the_way_out(shop, told, monkeypatch):
    shop.agent.write_text("agent:\n  name: A\n  model: {provider: openai, name: m}\n")
    monkeypatch.delenv("OPENAI_API_KEY")
    code, checks = told()
    assert (code, checks["agent file"]["state"]) == (1, "broken")
    assert checks["agent file"]["next"].startswith("Set OPENAI_API_KEY")
    shop.agent.write_text("agent: [")
    assert told()[1]["agent file"]["state"] == "broken"
    (paths.state_dir()).parent.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("CODEPILOT_HOME", str(shop.agent))  # a file
    code, checks = told()
    assert (code, checks["state folder"]["state"], checks["runtime folder"]["state"]) == (
        1,
        "broken",
        "broken",
    )


def test_the_model_is_asked_only_on_demand(shop, told):
    shop.play("ok")
    assert "model" not in told()[1] and shop.server.requests == []
    code, checks = told("--reach")
    assert (code, checks["model"]["said"]) == (0, "openai:scripted answers")
    shop.play(Turn(fault=Fault(status=401)))
    code, checks = told("--reach")
    assert (code, checks["model"]["state"]) == (1, "broken")


def test_as_text_each_problem_has_its_next_step(shop, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    out = shop.main("doctor", "--agent", str(shop.agent), "--dir", str(shop.work)).out
    assert "! colours" in out and "→ Unset NO_COLOR" in out and "✓ code jail" in out or "! code jail" in out
