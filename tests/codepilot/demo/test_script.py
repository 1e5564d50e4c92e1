import subprocess
import sys

import pytest

from codepilot.demo import create_project
from codepilot.demo.script import next_reply
from codepilot.messages import ModelMessage
from codepilot.protocol import ReplyParser

TASK = "[Task 1][USER INPUT]\nFix it"
FAILED = "[EXECUTION RESULT]\n[terminal:main:cmd1] $ python -m unittest\nFAILED (failures=1)\n[status: completed | return_code: 1]"
OK = "[EXECUTION RESULT]\n[terminal:main:cmd2] $ python -m unittest\nRan 5 tests\n\nOK\n[status: completed | return_code: 0]"
DENIED = "[EXECUTION RESULT]\n[terminal:main] Permission denied: python -m unittest"


def parse(text):
    parser = ReplyParser()
    parser.feed(text)
    return parser.finish(complete=True)


def play(*observations):
    """Let the demo talk to these observations; returns its replies."""
    messages, replies = [ModelMessage("user", TASK)], []
    for observation in (*observations, None):
        replies.append(next_reply(messages))
        if observation is None:
            return replies
        messages += [ModelMessage("assistant", replies[-1]), ModelMessage("user", observation)]
    raise AssertionError


def test_every_reply_of_the_happy_way_parses_and_it_ends_with_a_completion():
    replies = play(
        "[EXECUTION RESULT]\n[read_file] …",
        FAILED,
        "[EXECUTION RESULT]\n[ask_user] Q: …\n[ask_user] A: bolts",
        "[EXECUTION RESULT]\n[edit_file] 'inventory/stock.py' edited",
        OK,
    )
    parsed = [parse(reply) for reply in replies]
    assert not any(reply.malformed for reply in parsed)
    assert all(reply.control for reply in parsed[:-1])
    assert "bolts(s) left" in parsed[3].payloads[0].text
    assert parsed[-1].completion is not None
    assert "all five tests pass" in parsed[-1].completion.text


def test_it_says_that_it_is_a_script():
    assert "scripted demo" in play()[0]
    assert "not a language model" in play()[0]


@pytest.mark.parametrize(
    ("observations", "says"),
    [
        (("read", DENIED), "did not let me run"),
        (
            ("read", FAILED, "A", "[edit_file] Permission denied for 'x'. The user says: use max()"),
            "use max()",
        ),
        (("read", FAILED, "A", "[edit_file] ok", DENIED), "cannot say that they pass"),
        (("read", FAILED, "A", "[edit_file] ok", FAILED), "did not report OK"),
        (("read", FAILED, "A", "[edit_file] ERROR: gone"), "could not be applied"),
    ],
)
def test_each_denial_has_an_honest_branch(observations, says):
    assert says in play(*observations)[-1]


FIXED = "[read_file] inventory/stock.py\n 17 |             raise OutOfStock(f'{quantity} of {code}')"


@pytest.mark.parametrize(
    ("observation", "says"),
    [(OK, "all five tests pass"), (DENIED, "cannot say that they pass"), (FAILED, "did not report OK")],
    ids=["passed", "denied", "failed"],
)
def test_a_guard_that_is_there_already_is_seen(observation, says):
    """A stop behind the edit leaves it on the disk, and the next task begins with it."""
    _, told, end = play(FIXED, observation)
    assert "has its guard already" in told
    assert says in end and "no guard" not in end
    assert parse(end).completion is not None


def test_a_message_typed_meanwhile_is_answered_with_its_words():
    replies = play("read\n\n[USER MESSAGE]\nalso add type hints")
    assert "“also add type hints”" in replies[-1]
    assert 'execute("main"' in replies[-1]


def test_after_the_end_it_says_that_there_is_no_more():
    messages = [ModelMessage("user", TASK), ModelMessage("assistant", "Demo done: `Stock.remove` …")]
    messages.append(ModelMessage("user", "[Task 2][USER INPUT]\nNow write a compiler"))
    assert "demo is over" in next_reply(messages)


def test_the_project_has_one_failing_test(tmp_path):
    root = create_project(tmp_path)
    run = subprocess.run(
        [sys.executable, "-m", "unittest"], cwd=root, capture_output=True, text=True, check=False
    )
    assert "FAILED (failures=1)" in run.stderr or "FAILED (errors=1)" in run.stderr
    assert "test_remove_too_many" in run.stderr


def test_variables_and_settings_of_the_persons_git_have_no_say_in_the_demo(tmp_path, monkeypatch):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "pre-commit").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(f"[core]\n  hooksPath = {hooks}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    root = create_project(tmp_path / "demo")
    assert (root / ".git/HEAD").is_file()
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "ran").exists()
