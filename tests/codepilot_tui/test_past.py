"""What a session held before: its pages, its words that wait, its draft."""

import asyncio
import shutil
from dataclasses import replace

import pytest

from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.journal.blobs import store_of
from codepilot.journal.record import of_event
from codepilot.paths import packaged_agent_file
from codepilot.runtime import AsyncRuntime
from codepilot.sessions.journal import JournalSession
from codepilot_tui.past import Past
from codepilot_tui.transcript import Transcript, UserTurn, plain_text


@pytest.fixture
def session(tmp_path):
    def make(*events):
        session = JournalSession("s", session_dir=tmp_path, work_dir=tmp_path)
        for event in events:
            session.log.append(*of_event(event))
        session.close()

    return make


@pytest.fixture
async def past(tmp_path):
    made = []

    def open_it(**options):
        config = AgentConfig.load(packaged_agent_file())
        config = replace(config, runtime=replace(config.runtime, work_dir=str(tmp_path)))
        options = {"session": "journal", "session_id": "s", "session_dir": tmp_path, **options}
        environment = {"ANTHROPIC_API_KEY": "k"}
        made.append(AsyncRuntime(config, environment=environment, **options))
        return Past(made[-1])

    yield open_it
    for runtime in made:
        await runtime.close()


def task(number):
    return [e.TaskStarted(task=f"task {number}", number=number), e.TaskFinished(status="aborted", steps=0)]


async def test_pages_come_from_the_end_and_stand_above_each_other(session, past):
    long = "word " * 6_000  # as long as a text in the journal may be
    session(*task(1), *(e.TaskStarted(task=long, number=number) for number in range(2, 8)), *task(8))
    before, transcript = past(), Transcript("A")
    pages = 0
    while before.pages.more:
        page = Transcript("A")
        for stamped in await before.pages.older():
            page.apply(stamped)
        transcript.put_before(page)
        pages += 1
    said = [plain_text(item)[:6] for item in transcript.items if isinstance(item, UserTurn)]
    assert said == ["task 1", *["word w"] * 6, "task 8"] and pages > 1
    ids = [item.id for item in transcript.items]
    assert ids == sorted(ids) and len(set(ids)) == len(ids)
    assert await before.pages.older() == []


async def test_two_pages_at_once_are_one(session, past):
    session(*task(1))
    before = past()
    first, second = await asyncio.gather(before.pages.older(), before.pages.older())
    assert (len(first), second) == (2, [])


async def test_what_was_cut_and_what_waits_is_told(session, past):
    session(*task(1), e.MessageQueued(message_id="m1", message="wait"), e.TaskStarted(task="x", number=2))
    before = past()
    assert before.unfinished.where == "before its first step"
    assert [(message.id, message.text) for message in before.queued] == [("m1", "wait")]


async def test_a_session_in_memory_has_no_past(past):
    before = past(session="memory")
    assert not before.pages.more and before.unfinished is None and before.draft == ""
    before.keep_draft("words")


async def test_the_draft_comes_back(session, past, tmp_path):
    session(*task(1))
    before = past()
    assert before.draft == ""
    before.keep_draft("half a sen")
    assert before.draft == "half a sen"
    assert (tmp_path / "s" / "draft").stat().st_mode & 0o777 == 0o600
    before.keep_draft(" \n")
    assert before.draft == "" and not (tmp_path / "s" / "draft").exists()


async def test_the_draft_is_kept_where_the_folder_was_taken_away(session, past, tmp_path):
    session(*task(1))
    before = past()
    shutil.rmtree(tmp_path / "s")
    before.keep_draft("half a sen")
    assert before.draft == "half a sen"
    assert (tmp_path / "s" / "journal.jsonl").exists()


async def test_a_session_in_which_nothing_was_said_keeps_no_draft(past, tmp_path):
    before = past()
    before.keep_draft("words")
    assert before.draft == "" and not (tmp_path / "s").exists()


async def test_a_session_is_kept_once_something_was_said_in_it(session, past):
    assert past().kept_as == "" and past(session="memory").kept_as == ""
    session(*task(1))
    assert past().kept_as == "s"


async def test_messages_that_only_the_program_has_are_kept_beside_the_journal(session, past, tmp_path):
    before = past()
    assert not before.keep_waiting([("one", False)]) and before.waiting == []
    session(*task(1))
    assert before.keep_waiting([("one", False), ("two", True)])
    assert before.waiting == [("one", False), ("two", True)]
    assert (tmp_path / "s" / "waiting").stat().st_mode & 0o777 == 0o600
    (tmp_path / "s" / "waiting").write_text("[1]")
    assert before.waiting == []
    assert before.keep_waiting([]) and not (tmp_path / "s" / "waiting").exists()


async def test_a_session_has_a_name_and_first_words_of_which_the_newest_page_may_hold_nothing(
    session, past, tmp_path
):
    unknown = past()
    await unknown.read_name()
    assert (unknown.title, unknown.first) == ("", "")
    session(*task(1), e.TitleChanged(title="The stock"))
    before = past()
    await before.read_name()
    assert (before.title, before.first) == ("The stock", "task 1")
    before.cleared()
    assert (before.title, before.first, before.pages.more) == ("The stock", "", False)


async def test_changes_that_follow_each_other_are_one_and_others_are_not(session, past, tmp_path):
    """A person who changed the file in between is seen after a restart, too."""
    texts = ["one\n", "two\n", "three\n", "three\nmine\n", "four\nmine\n"]
    ids = store_of(tmp_path).put(*(each.encode() for each in texts))

    def change(before, after):
        return e.FileChanged(
            call_id="c", path="a.txt", before=texts[before], after=texts[after], added=1, removed=1,
            before_id=ids[before], after_id=ids[after],
        )  # fmt: skip

    session(*task(1), change(0, 1), change(1, 2), change(3, 4))
    there = past()
    found = await there.changes()
    assert [(each.before, each.after, each.added) for each in found] == [
        (texts[0], texts[2], 2),
        (texts[3], texts[4], 1),
    ]
    assert not there.restoring


async def test_a_restore_that_did_not_end_is_known(session, past):
    started = e.RestoreStarted(to=1, rows=())
    session(*task(1), started, e.RestoreFinished(done=(), kept={}), started)
    there = past()
    await there.changes()
    assert there.restoring


async def test_a_restore_that_did_not_end_is_over_with_the_next_task(session, past):
    session(*task(1), e.RestoreStarted(to=1, rows=()), *task(2))
    there = past()
    await there.changes()
    assert not there.restoring


@pytest.mark.parametrize(
    ("then", "open_"), [([], True), ([e.Rewound(to=1, to_offset=0, left=0)], False), ([*task(2)], False)]
)
async def test_a_restore_ends_with_the_rewind_that_belongs_to_it(session, past, then, open_):
    session(*task(1), e.RestoreStarted(to=1, rows=(), rewinds=1), e.RestoreFinished(done=(), kept={}), *then)
    there = past()
    await there.changes()
    assert there.restoring is open_
