"""A session that begins with the summary of another one."""

import json
import shutil
from pathlib import Path

import pytest

from codepilot.context.extract import facts_of
from codepilot.context.summary import compose, shares
from codepilot.errors import UsageError
from codepilot.journal.fold import fold
from codepilot.journal.library import find_session
from codepilot.journal.log import lines_of
from codepilot.journal.overview import list_sessions, overview_of
from codepilot.sessions.journal import JournalSession
from codepilot.sessions.summarised import fork_with_summary

WRITES = "```codepilot\nwrite_file('stock.py')\n```\n\n```text filename=stock.py\nCOUNT = 1\n```\n"
RUNS = "```codepilot\nrun_command('echo counted')\n```\n"
DONE = "I counted all shelves.\n\n```completion\nThe stock is there.\n```\n"


@pytest.fixture
async def long(make):
    """A session in which a file was written and a command was run."""
    runtime = make(WRITES, RUNS, DONE, session_id="long")
    await runtime.run("Write the stock")
    await runtime.close()
    return find_session("long")


def messages(info):
    return [each["content"] for each in fold(lines_of(info.path)).messages]


async def test_it_begins_with_what_was_said_and_done_and_leaves_the_other_as_it_was(long):
    before = long.path.read_bytes()
    made = fork_with_summary("long", session_id="next")
    assert long.path.read_bytes() == before
    assert (made.id, made.folder, made.agent) == ("next", long.folder, long.agent)
    assert overview_of(made).title == "Write the stock (continued)"
    assert json.loads(made.path.read_bytes().splitlines()[0])["summary_of"] == "long"
    (said,) = messages(made)
    for words in (
        *("Of the session long", "Write the stock", "stock.py: changed 1×; +1", "echo counted"),
        *("I counted all shelves.", "stock.py as it is now:", "COUNT = 1"),
    ):
        assert words in said, said
    assert {each.id for each in list_sessions(long.folder)} == {"long", "next"}


async def test_the_agent_goes_on_from_it_and_knows_its_files(long, make, tmp_path):
    fork_with_summary("long", session_id="next")
    file = tmp_path / "work" / "stock.py"
    file.write_text("COUNT = 2\n")
    runtime = make(WRITES.replace("1", "3"), DONE, session_id="next")
    assert len(runtime.messages) == 1 and runtime.unfinished is None
    await runtime.run("Count again")
    first, task, *rest = [each["content"] for each in runtime.messages]
    assert "Of the session long" in first and task.startswith("[Task 1][USER INPUT]")
    assert file.read_text() == "COUNT = 2\n", "it was changed since the agent saw it"
    assert "COUNT = 2" in "".join(rest)


async def test_a_summary_of_the_new_one_tells_of_the_old_one_still(long):
    made = fork_with_summary(long)
    (first,) = fold(lines_of(made.path)).messages
    facts = facts_of([first, {"role": "user", "content": "[Task 1][USER INPUT]\nGo on"}])
    said = compose(facts, "", (), shares(100_000, 0))
    assert said.index("Write the stock") < said.index("Go on") and "echo counted" in said
    assert "COUNT = 1" not in said, "the files of that time are others by now"
    assert len(compose(facts, "", (), shares(2_000, 0))) < 1_200


async def test_what_a_task_left_open_is_said_and_secrets_are_replaced(long, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "tok-8a7d6f5e4c3b2a19")
    (Path(long.folder) / "stock.py").write_text("KEY = 'tok-8a7d6f5e4c3b2a19'\n")
    session = JournalSession("long")
    session.log.append("task_started", {"task": "more", "number": 2})
    session.log.append("step_started", {"step": 1, "max_steps": 9})
    session.close()
    made = fork_with_summary("long")
    (said,) = messages(made)
    assert "Its last task had not come to its end at the beginning of step 1" in said
    assert "tok-8a7d" not in made.path.read_text() and "[secret SHOP_TOKEN]" in said
    assert fold(lines_of(made.path)).unfinished is None


async def test_what_cannot_be_summarised_leaves_nothing(long, tmp_path):
    with pytest.raises(UsageError, match="already"):
        fork_with_summary("long", session_id="long")
    empty = JournalSession("empty", work_dir=tmp_path)
    empty.log.append("session_opened", {"session_id": "empty"})
    empty.close()
    with pytest.raises(UsageError, match="Nothing was said"):
        fork_with_summary("empty", session_id="next")
    assert {each.id for each in list_sessions()} == {"long", "empty"}


async def test_it_can_be_made_where_the_work_folder_is_gone(long):
    shutil.rmtree(long.folder)
    (said,) = messages(fork_with_summary("long"))
    assert "Write the stock" in said and "as it is now" not in said
