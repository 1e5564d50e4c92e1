"""The log beside a session's file: what comes between the save at a task's end and the release of the lock."""

import resource

import pytest

from codepilot.errors import SessionError
from codepilot.sessions import FileSession

FIRST = {"role": "user", "content": "first"}


@pytest.fixture
async def released(tmp_path):
    """A session whose task is over, with a word that its save did not have."""
    session = FileSession("s", "T", tmp_path)
    session.load()
    await session.task_log.claim()
    session.task_log.append("message_stored", {"role": "user", "text": "first", "kind": "task"})
    session.save([FIRST])
    queue(session, "m1", "late")
    await session.task_log.release()
    return session


def queue(session, message_id, text):
    session.task_log.append("message_queued", {"message_id": message_id, "message": text})


def read_again(session):
    again = FileSession("s", "T", session.path.parent)
    messages = again.load()
    assert again.task_log.fits
    return [each["content"] for each in messages], list(again.task_log.saved.queued.values())


async def test_a_word_after_the_save_is_kept(released):
    assert read_again(released) == (["first"], ["late"])


async def test_it_stays_with_the_next_word_between_tasks(released):
    queue(released, "m2", "later")
    released.task_log.flush()
    assert read_again(released) == (["first"], ["late", "later"])


async def test_it_stays_with_the_next_task_and_so_does_what_that_says(released):
    await released.task_log.claim()
    released.task_log.append("message_stored", {"role": "user", "text": "second", "kind": "task"})
    await released.task_log.barrier()
    assert read_again(released) == (["first", "second"], ["late"]), "a program that is killed in that task"


async def test_a_folder_that_cannot_be_made_says_that_nothing_was_begun():
    session = FileSession("s", "T", "/proc/nowhere")
    with pytest.raises(SessionError, match="could not be opened") as caught:
        await session.task_log.claim()
    assert "not begun" in caught.value.hint and "session_dir" in caught.value.hint


async def test_a_word_between_two_tasks_is_on_the_disk_when_it_is_acknowledged(released, synced):
    queue(released, "m2", "later")
    assert synced == []
    released.task_log.flush()
    log = released.path.with_name("s.log.jsonl").stat()
    assert synced[-1] == (log.st_ino, log.st_size)


async def test_what_a_full_disk_refused_is_written_when_the_task_is_over(released):
    await released.task_log.claim()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(SessionError, match="could not be saved"):
            released.task_log.append("message_stored", {"role": "user", "text": "x" * 500, "kind": "task"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await released.task_log.release()
    assert read_again(released) == (["first", "x" * 500], ["late"])
