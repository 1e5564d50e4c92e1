"""The edits of one step as one question, through the real runtime; only the model is scripted."""

import pytest

from codepilot import EventType, Runtime
from codepilot.decision import Decision
from codepilot.script import Turn
from codepilot.testing import ModelServer

REPLY = (
    "```codepilot\nwrite_file('a.txt')\nwrite_file('b.txt')\nexecute_after = 1\nwrite_file('c.txt')\n```\n"
    + "".join(f"```text filename={name}.txt\n{name.upper()}\n```\n" for name in "abc")
)
DONE = "```completion\nDone.\n```\n"


@pytest.fixture
def server():
    with ModelServer() as server:
        yield server


@pytest.fixture
def ask(server, tmp_path):
    """Runs one task in mode ask; gives the requests that a handler was asked, and the folder."""
    made = []

    def run(answer, *replies, mode="ask"):
        for reply in (*replies, DONE):
            server.script.add(reply if isinstance(reply, Turn) else Turn(text=reply))
        file = tmp_path / "agent.yaml"
        file.write_text(
            f"agent:\n  name: T\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work, max_steps: 6}\n"
        )
        runtime = Runtime(str(file), mode=mode)
        made.append(runtime)
        asked = []

        def permission(request, **_):
            asked.append(request)
            return answer(request, len(asked)) if callable(answer) else answer

        runtime.hooks.clear(EventType.PERMISSION_REQUEST)
        runtime.hooks.register(EventType.PERMISSION_REQUEST, permission)
        runtime.run("go")
        return asked, tmp_path / "work"

    yield run
    for runtime in made:
        runtime.close()


def texts(folder):
    return {path.name: path.read_text() for path in sorted(folder.glob("*.txt"))}


ALL = {"a.txt": "A\n", "b.txt": "B\n", "c.txt": "C\n"}


def test_the_first_question_shows_all_edits_and_one_answer_is_enough(ask):
    asked, folder = ask(Decision(allow=True, whole_step=True), REPLY)
    assert len(asked) == 1
    assert [(each.path, each.before, each.after) for each in asked[0].step] == [
        ("a.txt", None, "A\n"), ("b.txt", None, "B\n"), ("c.txt", None, "C\n"),
    ]  # fmt: skip
    assert texts(folder) == ALL


def test_a_no_for_the_step_is_a_no_to_each_with_the_same_words(ask, server):
    asked, folder = ask(Decision(allow=False, reason="use tabs", whole_step=True), REPLY)
    assert len(asked) == 1
    assert texts(folder) == {}
    assert server.requests[-1].user_text.count("use tabs") == 3


@pytest.mark.parametrize("answer", [True, Decision(allow=True)])
def test_who_does_not_speak_of_the_step_is_asked_for_each(ask, answer):
    asked, folder = ask(answer, REPLY)
    assert [request.path for request in asked] == ["a.txt", "b.txt", "c.txt"]
    assert [len(request.step) for request in asked] == [3, 2, 0]
    assert texts(folder) == ALL


def test_what_is_not_what_was_shown_is_asked_about(ask):
    """The code does something else than its text seems to say."""
    sly = (
        "```codepilot\nwrite_file('a.txt')\ntext = read_file\ndef write_file(path, real=write_file):\n"
        "    return real(path, mode='a')\nwrite_file('a.txt')\n```\n"
        "```text filename=a.txt\nfirst\n```\n```text filename=a.txt\nsecond\n```\n"
    )
    asked, folder = ask(Decision(allow=True, whole_step=True), sly)
    assert [each.after for each in asked[0].step] == ["first\n", "second\n"]
    assert [request.after for request in asked] == ["first\n", "first\nsecond\n"]
    assert texts(folder) == {"a.txt": "first\nsecond\n"}


def test_a_file_that_changed_meanwhile_is_asked_about_again(ask, tmp_path):
    def answer(request, count):
        if count == 1:
            (tmp_path / "work" / "b.txt").write_text("by hand\n")
        return Decision(allow=True, whole_step=True)

    asked, folder = ask(answer, REPLY)
    assert [(request.path, request.before) for request in asked] == [("a.txt", None), ("b.txt", "by hand\n")]
    assert [each.path for each in asked[1].step] == ["b.txt", "c.txt"]
    assert texts(folder) == ALL


def test_an_answer_does_not_outlive_its_step(ask):
    broken = REPLY.replace("execute_after = 1", "raise SystemError('stop here')")
    asked, _ = ask(
        Decision(allow=True, whole_step=True),
        broken,
        REPLY.replace("A\n", "A\n").replace("'a.txt'", "'d.txt'").replace("=a.txt", "=d.txt"),
    )
    assert [request.path for request in asked] == ["a.txt", "d.txt"]


def test_of_several_handlers_all_must_mean_the_step(ask):
    from codepilot.hooks.approver import strictest
    from codepilot.hooks.bus import Answers

    step, single = Decision(allow=True, whole_step=True), Decision(allow=True)
    assert strictest(Answers((step, step), raised=False)).whole_step
    assert not strictest(Answers((step, single), raised=False)).whole_step
    assert not strictest(Answers((single, step), raised=False)).whole_step


def test_nothing_is_tried_out_where_nobody_is_asked(ask):
    asked, folder = ask(Decision(allow=False), REPLY, mode="auto-edit")
    assert asked == []
    assert texts(folder) == ALL
