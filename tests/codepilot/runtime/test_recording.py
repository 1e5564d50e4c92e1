"""A session as a journal: killed at any moment, it goes on where it was, and does nothing twice."""

import asyncio
import errno
import json
import shutil

import pytest

from codepilot import EventType
from codepilot import events as e
from codepilot.errors import SessionBusy, SessionError
from codepilot.journal import log, writer
from codepilot.runtime import unwritten
from codepilot.sessions.journal import JournalSession
from codepilot.testing.faults import FaultyDisk


def block(code):
    return f"```codepilot\n{code}\n```\n"


def done(summary="Done."):
    return f"```completion\n{summary}\n```\n"


def records(runtime):
    return [json.loads(line) for line in runtime.session.path.read_text().splitlines()]


def cut(runtime, kind, many=1):
    """End the program's writing with the so-manieth event of a kind, as a kill would: the rest is never written."""
    seen = 0

    def watch(stamped):
        nonlocal seen
        if isinstance(stamped.event, kind):
            seen += 1
            if seen == many:
                runtime.session.log.close()
                runtime.abort()

    runtime.subscribe(watch)


async def test_a_session_is_there_again(make):
    first = make("Hello.\n", session_id="a/b")
    assert await first.run("hi") is None
    await first.close()
    second = make("Again.\n", session_id="a/b")
    assert [m["role"] for m in second.messages] == ["user", "assistant"]
    assert second.messages == first.messages
    await second.run("more")
    assert second.messages[2]["content"].startswith("[Task 2][USER INPUT]")
    numbers = [record["n"] for record in records(second)]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_what_is_shown_was_written_before(make):
    runtime = make("Hello.\n\n" + block("think('x')"), done())
    late = []

    def watch(stamped):
        if isinstance(
            stamped.event, e.TaskStarted | e.StepStarted | e.ToolStarted | e.TaskFinished | e.MessageStored
        ):
            last = records(runtime)[-1]
            if last["type"] != e.type_name(stamped.event):
                late.append((last, stamped.event))

    runtime.subscribe(watch)
    await runtime.run("hi")
    assert late == []


async def test_an_event_says_which_record_it_is(make):
    runtime = make("Hello.\n\n" + block("think('x')"), done())
    seen = []
    runtime.subscribe(seen.append)
    runtime.send_message("early words")
    await runtime.run("hi")
    kept = {record["n"]: record["type"] for record in records(runtime)}
    numbered = [(stamped.record, e.type_name(stamped.event)) for stamped in seen if stamped.record]
    assert all(kept[number] == name for number, name in numbered)
    for name in ("message_queued", "task_started", "message_stored", "reply_finished", "task_finished"):
        assert name in dict(map(reversed, numbered)), name
    assert {s.record for s in seen if isinstance(s.event, e.TextStreamed | e.BlockOpened)} == {0}
    assert e.as_dict(seen[-1])["record"] == seen[-1].record


async def test_no_word_of_a_person_makes_no_session(make):
    runtime = make()
    await runtime.close()
    assert not runtime.session.path.exists()


async def test_the_second_opener_is_told_who_has_it(make):
    first = make("Hello.\n")
    await first.run("hi")
    with pytest.raises(SessionBusy, match="open in this program"):
        make()
    await first.close()
    make()


async def test_words_that_no_step_read_wait_again(make):
    first = make("Hello.\n")
    await first.run("hi")
    first.send_message("and this")
    taken_back = first.send_message("not this")
    first.cancel_message(taken_back)
    first.session.close()
    second = make("Yes.\n")
    await second.run("go on")
    texts = [m["content"] for m in second.messages]
    assert "[USER MESSAGE]\nand this" in texts and not any("not this" in text for text in texts)
    assert second.send_message("third") == "m3"


async def test_numbers_go_on(make):
    first = make(block("think('x')\nthink('y')"), done())
    await first.run("hi")
    await first.close()
    second = make(block("think('z')"), done())
    calls = []
    second.subscribe(lambda s: calls.append(s.event.call_id) if isinstance(s.event, e.ToolStarted) else None)
    await second.run("again")
    assert calls == ["c3"]


async def test_a_cleared_conversation_stays_cleared(make):
    first = make("Hello.\n", "Other.\n")
    await first.run("hi")
    await first.areset()
    await first.run("new")
    await first.close()
    assert [m["content"] for m in make().messages] == ["[Task 1][USER INPUT]\nnew", "Other.\n"]


async def test_messages_that_a_program_changed_are_kept_as_it_left_them(make):
    first = make("Hello.\n", "Other.\n")
    await first.run("hi")
    first.messages.pop()
    await first.run("new")
    await first.close()
    second = make()
    assert second.messages == first.messages and len(second.messages) == 3


async def test_no_known_secret_comes_into_the_journal(make, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "tok-12345678")
    runtime = make(
        block("print('tok-' + '12345678')\nthink('tok-' + '12345678')"), done("It is tok-12345678.")
    )
    await runtime.run("say tok-12345678")
    runtime.messages.append({"role": "user", "content": "tok-12345678"})
    await runtime.run("again")
    text = runtime.session.path.read_text()
    assert "12345678" not in text.replace("'12345678'", "") and "[secret SOME_TOKEN]" in text


CUTS = [
    (e.TaskStarted, 1),
    (e.StepStarted, 1),
    (e.ReplyFinished, 1),
    (e.ControlStarted, 1),
    (e.ToolStarted, 1),
    (e.EffectStarted, 1),
    (e.FileChanged, 1),
    (e.ToolFinished, 1),
    (e.EffectStarted, 2),
    (e.ToolFinished, 2),
    (e.ControlFinished, 1),
    (e.ObservationMade, 1),
    (e.StepStarted, 2),
    (e.ReplyFinished, 2),
]
WORK = (
    block("write_file('a.txt')\nrun_command('echo x >> ../witness')") + "\n```text filename=a.txt\nnew\n```\n"
)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "many"), CUTS, ids=lambda value: getattr(value, "__name__", value))
async def test_a_cut_task_goes_on_and_no_effect_is_repeated(make, tmp_path, kind, many):
    first = make(WORK, done())
    cut(first, kind, many)
    await first.run("work")
    await first.close()
    witness = tmp_path / "witness"
    before = witness.read_text() if witness.exists() else ""
    begun = any(record["type"] == "effect_started" for record in records(first))
    asks_anew = not any(r["type"] == "message_stored" and r["kind"] == "reply" for r in records(first))
    second = make(*([WORK] if asks_anew else []), done("Went on."))
    assert second.unfinished is not None
    assert await second.resume() is not None
    assert second.unfinished is None
    told = " ".join(m["content"] for m in second.messages)
    after = witness.read_text() if witness.exists() else ""
    if begun:
        assert after == before  # nothing ran again
        assert "run_command" in told
    else:
        assert after == "x\n"
        assert (tmp_path / "work" / "a.txt").read_text() == "new\n"
    assert second.messages[0]["content"] == "[Task 1][USER INPUT]\nwork"


async def test_a_new_task_ends_the_cut_one(make):
    first = make(WORK, done())
    cut(first, e.ReplyFinished)
    await first.run("work")
    second = make("Fine.\n")
    ended = []
    second.subscribe(lambda s: ended.append(s.event.status) if isinstance(s.event, e.TaskFinished) else None)
    await second.run("something else")
    assert ended == ["aborted", "replied"]
    texts = [m["content"] for m in second.messages]
    assert "Nothing of it ran" in texts[2] and texts[3] == "[Task 2][USER INPUT]\nsomething else"


async def test_an_open_question_is_put_again(make):
    first = make(block("print(ask_user('Which?'))"), done())
    asked = asyncio.Event()

    async def never(question, **_):
        asked.set()
        await asyncio.Event().wait()

    first.hooks.replace(EventType.ASK_USER, never)
    running = asyncio.create_task(first.run("work"))
    await asked.wait()
    first.session.close()
    first.abort()
    await running
    second = make(done("Blue it is."))
    second.hooks.replace(EventType.ASK_USER, lambda question, **_: f"blue ({question})")
    assert await second.resume() == "Blue it is."
    assert "the answer follows" in second.messages[2]["content"]
    assert "You asked: Which?\nblue (Which?)" in second.messages[3]["content"]
    (words,) = [r for r in records(second) if r["type"] == "message_stored" and r["kind"] == "person"]
    assert "blue" in words["text"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("ran", "[deploy] to production: the person says that it ran."),
        ("not run", "[deploy] to production: the person says that it did not run."),
        ("unknown", "Whether it took effect is not known."),
        (None, "Whether it took effect is not known."),
    ],
)
async def test_what_only_the_person_knows_is_asked_where_there_is_a_screen(make, answer, told):
    def deploy(where: str) -> str:
        raise AssertionError("It is never called: the program ended at its mark, and nothing is done twice.")

    first = make(block("deploy('to production')"), done())
    first.register_tool("deploy", deploy)
    cut(first, e.EffectStarted)
    await first.run("work")
    await first.close()
    second = make(done("Went on."))
    second.register_tool("deploy", deploy)
    asked = []

    async def outcome(call):
        asked.append(call)
        return answer

    if answer is not None:
        second.hooks.ask_outcome_by(outcome)
    assert await second.resume() == "Went on."
    assert asked == ([] if answer is None else ["deploy to production"])
    assert told in second.messages[2]["content"]


async def test_a_permission_that_was_asked_for_is_asked_for_again_or_told(make, tmp_path):
    """Nothing of the block had happened: it runs, and asks. Something had: it is told that this was not done."""
    for acted in (False, True):
        code = "run_command('echo x >> ../witness')\n" if acted else ""
        first = make(
            block(f"{code}run_command('echo y')"), done(), allow=(), mode="ask", session_id=str(acted)
        )
        asked = asyncio.Event()

        async def answer(tool, description, request, **_):
            if request.command != "echo y":
                return True
            asked.set()  # noqa: B023 - it is awaited in the same round
            return await asyncio.Event().wait()

        first.hooks.replace(EventType.PERMISSION_REQUEST, answer)
        running = asyncio.create_task(first.run("work"))
        await asked.wait()
        first.session.close()
        first.abort()
        await running
        await first.close()
        second = make(done("Went on."), allow=(), mode="ask", session_id=str(acted))
        again = []
        second.hooks.replace(
            EventType.PERMISSION_REQUEST,
            lambda request, again=again, **_: again.append(request.command) or True,
        )
        assert await second.resume() == "Went on."
        told = second.messages[2]["content"]
        if acted:
            assert again == [] and "not done. The program ended while the person was being asked." in told
            assert (tmp_path / "witness").read_text() == "x\n"
        else:
            assert again == ["echo y"] and "STDOUT:\ny" in told


async def test_another_session_is_begun_and_the_old_one_stays(make):
    first = make("Hello.\n", "Other.\n")
    await first.run("hi")
    old = first.session.path
    await first.areset(keep_terminals=True, session_id="two")
    assert first.messages == [] and first.session.session_id == "two"
    await first.run("new")
    new = records(first)
    assert [r["type"] for r in new][:3] == ["session_created", "session_opened", "task_started"]
    assert new[2]["number"] == 1
    types = [json.loads(line)["type"] for line in old.read_text().splitlines()]
    assert types[-1] == "session_closed" and "session_cleared" not in types
    await first.close()
    assert [m["content"] for m in make(session_id="one").messages] == ["[Task 1][USER INPUT]\nhi", "Hello.\n"]


async def test_a_disk_that_is_full_for_a_while_stops_nobody(make, tmp_path):
    full = [False]
    disk = FaultyDisk(
        lambda n, name: errno.ENOSPC if full[0] and name in ("write", "sync") else 0, short=True
    )
    session = JournalSession("one", session_dir=tmp_path / "s", disk=disk)
    runtime = make("One.\n", "Two.\n", "Three.\n", session=session)
    told = []
    runtime.subscribe(lambda s: told.append(s.event) if isinstance(s.event, e.RuntimeFailed) else None)
    await runtime.run("first")
    full[0] = True
    await runtime.run("second")
    assert [event.error for event in told] == ["The session cannot be written: No space left on device."]
    assert "only in memory" in told[0].hint
    written = len(records(runtime))
    full[0] = False
    await runtime.run("third")
    assert len(told) == 1
    numbers = [record["n"] for record in records(runtime)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > written
    await runtime.close()
    again = JournalSession("one", session_dir=tmp_path / "s")
    assert again.load() == runtime.messages
    again.close()


def failures(runtime):
    """What a runtime tells of its session."""
    told = []
    runtime.subscribe(lambda s: told.append(s.event) if isinstance(s.event, e.RuntimeFailed) else None)
    return told


async def test_what_a_full_disk_never_took_is_told_as_lost_at_the_end(make, tmp_path):
    full = False
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full and name == "write" else 0)
    runtime = make("One.\n", "Two.\n", session=JournalSession("one", disk=disk))
    heard = []
    runtime.hooks.replace(EventType.RUNTIME_ERROR, lambda error, **_: heard.append(error))
    await runtime.run("first")
    written = len(records(runtime))
    assert runtime.unwritten_records == 0
    full = True
    await runtime.run("second")
    told = failures(runtime)
    waiting = runtime.unwritten_records
    assert waiting > 5
    await runtime.close()
    lost = waiting + 1  # that the session was closed
    assert runtime.unwritten_records == lost and len(records(runtime)) == written
    (last,) = told
    assert last.error == (
        f"The session has ended, and {lost} records were not written to {runtime.session.path}: they are lost."
    )
    assert last.hint == "No space left on device. What was written before is there."
    assert heard[-1] == last.error
    await runtime.close()
    assert len(told) == 1


async def test_a_disk_that_has_space_at_the_end_gets_all(make, tmp_path):
    full = False
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full and name == "write" else 0)
    runtime = make("One.\n", "Two.\n", session=JournalSession("one", disk=disk))
    await runtime.run("first")
    full = True
    await runtime.run("second")
    told = failures(runtime)
    full = False
    await runtime.close()
    assert (told, runtime.unwritten_records) == ([], 0)
    assert [r["n"] for r in records(runtime)] == list(range(1, len(records(runtime)) + 1))
    assert [m["content"] for m in make(session_id="one").messages] == [m["content"] for m in runtime.messages]


async def test_what_a_failing_sync_may_have_lost_counts_as_not_written(make, tmp_path):
    bad = False
    disk = FaultyDisk(lambda n, name: errno.EIO if bad and name == "sync" else 0)
    runtime = make("One.\n", session=JournalSession("one", disk=disk))
    bad = True
    await runtime.run("first")
    told = failures(runtime)
    await runtime.close()
    assert runtime.unwritten_records == len(records(runtime)) and len(told) == 1


async def test_the_next_session_does_not_hide_what_the_last_one_lost(make, tmp_path):
    full = False
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full and name == "write" else 0)
    runtime = make("One.\n", session=JournalSession("one", session_dir=tmp_path / "s", disk=disk))
    full = True
    await runtime.run("first")
    told = failures(runtime)
    path = runtime.session.path
    await runtime.areset(session_id="two")
    assert str(path) in told[0].error and runtime.unwritten_records > 5


@pytest.mark.parametrize("again", ["the next task", "the end"])
async def test_what_was_held_for_want_of_a_place_is_written_when_there_is_one(make, tmp_path, again):
    place = tmp_path / "file"
    place.write_text("x")
    runtime = make("Hello.\n\n" + block("think('x')"), done(), "Two.\n", session_dir=place)
    told = failures(runtime)
    await runtime.run("hi")
    assert runtime.unwritten_records > 10
    place.unlink()
    if again == "the next task":
        await runtime.run("more")
    await runtime.close()
    assert runtime.unwritten_records == 0 and len(told) == 1
    found = records(runtime)
    types = [record["type"] for record in found]
    assert [r["n"] for r in found] == list(range(1, len(found) + 1))
    assert (
        types.count("task_started") == types.count("task_finished") == (2 if again == "the next task" else 1)
    )
    assert types[-1] == "session_closed" and "messages_replaced" not in types and "thought" in types
    assert make(session_dir=place).messages == runtime.messages


async def test_of_more_than_can_be_held_the_conversation_is_kept(make, tmp_path, monkeypatch):
    monkeypatch.setattr(unwritten, "_HELD", 5)
    place = tmp_path / "file"
    place.write_text("x")
    runtime = make("Hello.\n", session_dir=place)
    await runtime.run("hi")
    place.unlink()
    await runtime.close()
    assert make(session_dir=place).messages == runtime.messages


async def test_without_a_place_until_the_end_all_is_told_as_lost(make, tmp_path):
    (tmp_path / "file").write_text("x")
    runtime = make("Hello.\n", session_dir=tmp_path / "file")
    told = failures(runtime)
    await runtime.run("hi")
    await runtime.close()
    assert len(told) == 2 and told[1].hint.endswith("Nothing of the session is kept.")
    assert runtime.unwritten_records > 5 and f"{runtime.unwritten_records} records were" in told[1].error


async def test_a_reset_of_what_is_held_stays_one(make, tmp_path):
    place = tmp_path / "file"
    place.write_text("x")
    runtime = make("Hello.\n", "Two.\n", session_dir=place)
    await runtime.run("hi")
    await runtime.areset()
    await runtime.run("new")
    place.unlink()
    await runtime.close()
    assert [m["content"] for m in make(session_dir=place).messages] == ["[Task 1][USER INPUT]\nnew", "Two.\n"]


async def test_where_there_is_no_place_for_a_session_the_agent_works_without(make, tmp_path):
    (tmp_path / "file").write_text("x")
    runtime = make("Hello.\n", session_dir=tmp_path / "file")
    told = []
    runtime.subscribe(lambda s: told.append(s.event.error) if isinstance(s.event, e.RuntimeFailed) else None)
    assert await runtime.run("hi") is None
    assert runtime.last_outcome.status == "replied"
    assert len(told) == 1 and "cannot be made" in told[0]


EDIT = (
    block("edit_file('a.txt')")
    + "\n```text filename=a.txt\n<<<<<<< SEARCH\none\n=======\ntwo\n>>>>>>> REPLACE\n```\n"
)


@pytest.mark.slow
@pytest.mark.parametrize("changed", [False, True])
async def test_what_the_agent_knows_of_files_is_known_again(make, tmp_path, changed):
    path = tmp_path / "work" / "a.txt"
    path.parent.mkdir()
    path.write_text("one\n")
    first = make(block("read_file('a.txt')"), done())
    await first.run("read it")
    await first.close()
    if changed:
        path.write_text("one\nand more by a person\n")
    second = make(EDIT, done())
    await second.run("edit it")
    told = second.messages[-2]["content"]
    assert ("changed since you last saw it" in told) == changed
    assert path.read_text() == ("one\nand more by a person\n" if changed else "two\n")


@pytest.mark.slow
async def test_a_file_that_was_written_when_the_program_ended_is_known(make, tmp_path):
    first = make(block("write_file('a.txt')") + "\n```text filename=a.txt\none\n```\n")
    cut(first, e.FileChanged)  # the record of the change is there, that of the call's end is not
    await first.run("work")
    second = make(EDIT, done())
    await second.resume()
    told = [m["content"] for m in second.messages]
    assert "written. The file is as you wanted it" in told[2]
    assert (tmp_path / "work" / "a.txt").read_text() == "two\n"


@pytest.mark.slow
async def test_a_long_result_can_be_read_after_a_restart(make, tmp_path):
    code = "for n in range(40): think('x')\nexecute('main', 'seq 1 30000', timeout=20)\nprint('p' * 300_000)"
    first = make(block(code), done())
    await first.run("work")
    told = first.messages[2]["content"]
    paths = [
        line.partition("all of it: ")[2].rstrip("]") for line in told.splitlines() if "all of it: " in line
    ]
    await first.close()
    texts = first.session.path.parent / "texts"
    assert paths and all(path.startswith(f"{texts}/") for path in paths)
    second = make(block(f"read_file({paths[0]!r}, 29_990, 30_000)"), done())
    await second.run("look")
    assert "30000" in second.messages[-2]["content"] and "outside" not in second.messages[-2]["content"]
    third = make(block("read_file('/tmp/texts/' + 'a' * 64)"), done(), session_id="other")
    await third.run("look")
    assert "outside the work folder" in third.messages[2]["content"]
    assert all(len(line) <= 256 * 1024 for line in second.session.path.read_bytes().splitlines())


async def test_what_waits_for_the_disk_is_tried_again_while_nothing_happens(make, tmp_path, monkeypatch):
    monkeypatch.setattr(unwritten, "_AGAIN", 0.01)
    full = [False]
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full[0] and name == "write" else 0, short=True)
    session = JournalSession("one", session_dir=tmp_path / "s", disk=disk)
    runtime = make("One.\n", "Two.\n", session=session)
    told, over = [], asyncio.Event()

    def watch(stamped):
        if isinstance(stamped.event, e.SessionTrouble):
            told.append(stamped.event.why)
            full[0] = False
            if told[-1] == "":
                over.set()

    runtime.subscribe(watch)
    await runtime.run("first")
    full[0] = True
    await runtime.run("second")
    async with asyncio.timeout(60):
        await over.wait()
    assert told == ["No space left on device", ""]
    await runtime.close()
    again = JournalSession("one", session_dir=tmp_path / "s")
    assert again.load() == runtime.messages
    again.close()


async def test_a_tool_that_acts_elsewhere_asks_while_the_session_cannot_be_written(make, tmp_path):
    """Nobody would know after a crash that it ran: see docs/sessions.md."""
    full = [False]
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full[0] and name == "write" else 0)
    session = JournalSession("one", session_dir=tmp_path / "s", disk=disk)
    runtime = make(
        block("print(deploy())"),
        block("print(deploy(), look())"),
        done(),
        session=session,
        mode="ask",
        allow=(),
    )
    done_, asked = [], []
    runtime.register_tool("deploy", lambda: done_.append(full[0]) or "deployed")
    runtime.register_tool("look", lambda: "seen", effect="read")

    async def decide(tool, **_):
        asked.append(tool)
        return False

    runtime.hooks.replace(EventType.PERMISSION_REQUEST, decide)
    why = []

    def watch(stamped):
        if isinstance(stamped.event, e.ControlFinished):
            full[0] = not full[0]
        if isinstance(stamped.event, e.PermissionAnswered):
            why.append(stamped.event.reason)

    runtime.subscribe(watch)
    await runtime.run("deploy it")
    assert (done_, asked) == ([False], ["deploy"])
    assert "Permission denied" in runtime.messages[4]["content"] and "seen" in runtime.messages[4]["content"]
    await runtime.close()


async def test_who_lost_the_session_on_a_network_does_nothing_more(make, tmp_path):
    """No server is at hand that lets that happen: the session of this test counts as one on a network."""
    runtime = make(block("run_command('echo x >> ../witness')"), done())
    session = runtime.session
    session.log.open()
    session.log._remote = True

    def robbed(stamped):
        if isinstance(stamped.event, e.ControlStarted):
            said = {"pid": 7, "host": "elsewhere", "program": "codepilot", "nonce": "other"}
            session.path.with_name("lock").write_text(json.dumps(said))

    runtime.subscribe(robbed)
    await runtime.run("work")
    outcome = runtime.last_outcome
    assert (outcome.status, outcome.error_source) == ("failed", "session")
    assert "Another program took the session (codepilot, process 7 on elsewhere)" in outcome.error
    assert not (tmp_path / "witness").exists()
    assert [r["type"] for r in records(runtime)][-1] == "effect_started", "and it writes nothing more"


async def test_a_disk_that_stays_full_ends_the_task_before_memory_does(make, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "_MOST_WAITING", 20_000)
    full = False
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full and name == "write" else 0)
    session = JournalSession("one", disk=disk)

    def fill():
        nonlocal full
        full = True
        return "x" * 25_000

    runtime = make(block("print(fill())"), done("Again."), session=session)
    runtime.register_tool("fill", fill, effect="read")
    assert await runtime.run("go") is None
    assert runtime.last_outcome.status == "failed"
    assert "waits in memory" in runtime.last_outcome.error
    with pytest.raises(SessionError, match="waits in memory"):
        runtime.send_message("more")
    with pytest.raises(SessionError, match="waits in memory"):
        await runtime.run("again")
    full = False
    await runtime._life._keeper.durable()
    found = [each["n"] for each in records(runtime)]
    assert found == list(range(1, len(found) + 1))
    assert await runtime.run("again") == "Again."


async def test_a_hole_in_the_journal_is_told(make):
    first = make(done())
    await first.run("go")
    await first.close()
    lines = first.session.path.read_bytes().splitlines(keepends=True)
    first.session.path.write_bytes(b"".join([*lines[:4], *lines[7:]]))
    second, told = make(done()), []
    second.subscribe(lambda stamped: told.append(stamped.event))
    await second.run("more")
    [failed] = [event for event in told if isinstance(event, e.RuntimeFailed)]
    assert "3 records of it are missing" in failed.error


async def test_what_stands_for_results_is_no_change_by_the_program(make):
    """Else each task after it would write the whole conversation once more."""
    runtime = make(block("print('x' * 3000)"), done(), done("Two."), done("Three."))
    await runtime.run("one")
    [number] = [n for n, each in enumerate(runtime.messages, 1) if "EXECUTION RESULT" in each["content"]]
    await runtime.run("two")
    assert await runtime.leave_out(number)
    await runtime.run("three")
    types = [each["type"] for each in records(runtime)]
    assert "context_pruned" in types and "messages_replaced" not in types


async def test_the_number_of_a_pruning_is_that_of_its_record(make):
    runtime = make(block("print('x' * 3000)"), done(), done("Two."))
    await runtime.run("one")
    await runtime.run("two")
    told = []
    runtime.subscribe(told.append)
    [message] = [n for n, each in enumerate(runtime.messages, 1) if "EXECUTION RESULT" in each["content"]]
    await runtime.leave_out(message)
    [number] = [each.record for each in told if isinstance(each.event, e.ContextPruned)]
    assert records(runtime)[number - 1]["type"] == "context_pruned"


@pytest.mark.parametrize("call", ["write", "sync"])
async def test_a_disk_that_comes_back_while_nothing_happens_gets_what_waits(
    make, tmp_path, monkeypatch, call
):
    monkeypatch.setattr(unwritten, "_AGAIN", 0.01)
    full = False
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full and name == call else 0)
    runtime = make("One.\n", "Two.\n", session=JournalSession("one", disk=disk))
    over = asyncio.Event()
    runtime.subscribe(lambda each: over.set() if each.event == e.SessionTrouble(why="") else None)
    await runtime.run("first")
    full = True
    await runtime.run("second")
    assert not over.is_set()
    full = False
    async with asyncio.timeout(60):
        await over.wait()
    assert records(runtime)[-1]["type"] == "task_finished"


async def test_words_of_a_thread_that_met_a_full_disk_are_tried_again_while_nothing_happens(
    make, monkeypatch
):
    monkeypatch.setattr(unwritten, "_AGAIN", 0.01)
    full = False
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full and name == "write" else 0)
    runtime = make("One.\n", session=JournalSession("one", disk=disk))
    over = asyncio.Event()
    runtime.subscribe(lambda each: over.set() if each.event == e.SessionTrouble(why="") else None)
    await runtime.run("first")
    full = True
    await asyncio.to_thread(runtime.send_message, "words")
    full = False
    async with asyncio.timeout(60):
        await over.wait()
    assert "words" in [each.get("message") for each in records(runtime)]


async def test_what_was_before_a_reset_makes_no_part_of_the_session_after_it(make):
    runtime = make("One.\n")
    runtime._agent.events.publish(e.Thought(message="early"))
    await runtime.areset()
    runtime._agent.events.publish(e.Thought(message="later"))
    await runtime.run("first")
    assert [each["message"] for each in records(runtime) if each["type"] == "thought"] == ["later"]


async def test_a_journal_that_has_become_large_is_told_once(make, monkeypatch):
    monkeypatch.setattr(log, "_LARGE", 100)
    runtime, told = make("One.\n", "Two.\n", "Three.\n"), []
    runtime.subscribe(lambda stamped: told.append(stamped.event))
    for words in ("one", "two", "three"):
        await runtime.run(words)
    (large,) = [event for event in told if isinstance(event, e.RuntimeFailed)]
    assert "takes 0.0 GB, and grows" in large.error and large.source == "session"
    assert "codepilot sessions fork one --summary" in large.hint


@pytest.mark.parametrize("then", ["removed", "moved"])
async def test_a_session_whose_folder_is_taken_away_is_made_again_and_says_so(make, tmp_path, then):
    runtime = make("One.\n", "Two.\n", "Three.\n", session_id="one")
    told = failures(runtime)
    await runtime.run("first")
    folder = runtime.session.path.parent
    if then == "removed":
        shutil.rmtree(folder)
    else:
        folder.rename(tmp_path / "elsewhere")
    await runtime.run("second")
    assert len(told) == 1
    assert "was removed, moved or replaced" in told[0].error
    assert str(folder) in told[0].hint
    with pytest.raises(SessionBusy):
        make(session_id="one")
    await runtime.run("third")
    assert len(told) == 1
    await runtime.close()
    again = JournalSession("one")
    assert again.load() == runtime.messages
    again.close()


async def test_a_session_whose_folder_is_taken_away_last_is_made_again_when_it_is_closed(make):
    runtime = make("One.\n", session_id="one")
    await runtime.run("first")
    shutil.rmtree(runtime.session.path.parent)
    await runtime.close()
    again = JournalSession("one")
    assert again.load() == runtime.messages
    again.close()


async def test_a_session_that_cannot_be_made_again_counts_as_not_written(make):
    runtime = make("One.\n", "Two.\n", session_id="one")
    told = failures(runtime)
    await runtime.run("first")
    folder = runtime.session.path.parent
    shutil.rmtree(folder)
    folder.write_text("in the way")
    await runtime.run("second")
    assert "taken away and cannot be made again" in told[0].error
    assert runtime.unwritten_records == runtime.session.log.last
    await runtime.close()
    assert "Nothing of the session is kept." in told[-1].hint
