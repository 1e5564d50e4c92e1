"""A recorded session as the model of a test."""

import pytest

from codepilot import Runtime
from codepilot.errors import UsageError
from codepilot.journal.library import find_session
from codepilot.journal.place import folder_of
from codepilot.testing import RecordedProvider

DONE = "I am.\n\n```completion\nDone.\n```\n"


@pytest.fixture
def agent(tmp_path):
    file = tmp_path / "agent.yaml"
    file.write_text(
        "agent:\n  name: A\n  model: {provider: openai, name: m}\n  runtime: {work_dir: ./work}\n"
    )
    return file


def runtime(agent, provider, **options):
    return Runtime(agent, provider=provider, use_stdin=False, **options)


def test_a_session_plays_the_model_of_the_next(agent):
    with runtime(agent, RecordedProvider([DONE, "Hello."]), session="journal", session_id="one") as first:
        assert (first.run("a"), first.run("b")) == ("Done.", None)
    folder = folder_of("one")
    for session in ("one", find_session("one"), folder, folder / "journal.jsonl", str(folder)):
        provider = RecordedProvider.of(session)
        with runtime(agent, provider) as second:
            assert (second.run("x"), provider.left) == ("Done.", 1)
            second.run("y")
            assert second.last_outcome.status == "replied"
            second.run("z")
            assert "no further reply" in second.last_outcome.error
        assert [each.messages[-1].text.rpartition("\n")[2] for each in provider.requests] == ["x", "y", "z"]


def test_a_session_that_is_not_there_is_told():
    with pytest.raises(UsageError, match="no session"):
        RecordedProvider.of("nothing")
