"""Undoing what tools did: the agent's changes go, everybody else's stay, and every restore can be undone."""

import json
from dataclasses import replace

import pytest

from codepilot import Runtime
from codepilot import events as e
from codepilot.errors import UsageError
from codepilot.journal.blobs import store_of

pytestmark = pytest.mark.slow


def writes(path, text):
    return f"```codepilot\nwrite_file({path!r})\n```\n\n```text filename={path}\n{text}```\n"


DONE = "```completion\nDone.\n```\n"


def records(runtime, kind=None):
    lines = runtime.session.path.read_text().splitlines()
    return [each for each in map(json.loads, lines) if kind in (None, each["type"])]


async def test_what_a_tool_wrote_is_undone_and_redone(make, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.txt").write_bytes(b"one\r\ntwo\r\n")
    (work / "a.txt").chmod(0o640)
    runtime = make(writes("a.txt", "uno\n"), writes("new/deep/b.txt", "made\n"), DONE)
    await runtime.run("work")
    after = (work / "a.txt").read_bytes()
    plan = await runtime.plan_restore(1)
    assert [(row.path, row.action) for row in plan.rows] == [("new/deep/b.txt", "delete"), ("a.txt", "write")]
    assert await runtime.restore_texts(plan.rows[1]) == ("uno\n", "one\ntwo\n")
    assert (plan.rows[1].added, plan.rows[1].removed) == (2, 1)
    told = []
    runtime.subscribe(lambda stamped: told.append(stamped.event))
    restored = await runtime.apply_restore(plan)
    assert restored.done == ("new/deep/b.txt", "a.txt") and not restored.kept
    assert (work / "a.txt").read_bytes() == b"one\r\ntwo\r\n"
    assert (work / "a.txt").stat().st_mode & 0o777 == 0o640
    assert not (work / "new").exists()
    kinds = [type(event) for event in told]
    assert kinds == [e.RestoreStarted, e.FileChanged, e.FileChanged, e.RestoreFinished]
    assert [event.source for event in told[1:3]] == ["restore", "restore"]

    assert (await runtime.plan_restore(1)).rows == ()
    again = await runtime.apply_restore(await runtime.plan_restore(record=restored.record))
    assert set(again.done) == set(restored.done)
    assert (work / "a.txt").read_bytes() == after
    assert (work / "new/deep/b.txt").read_text() == "made\n"
    back = await runtime.apply_restore(await runtime.plan_restore(record=again.record))
    assert (work / "a.txt").read_bytes() == b"one\r\ntwo\r\n" and set(back.done) == set(restored.done)


async def test_the_texts_stand_in_the_store_and_not_in_the_journal(make, tmp_path):
    runtime = make(writes("a.txt", "some words\n"), DONE)
    await runtime.run("work")
    (change,) = records(runtime, "file_changed")
    assert "after" not in change and "before" not in change and change["before_id"] is None
    store = store_of(tmp_path / "work")
    assert store.get(change["after_id"]) == b"some words\n"
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    assert files and all(path.stat().st_mode & 0o077 == 0 for path in files)


async def test_lines_of_the_person_stay(make, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.txt").write_text("".join(f"{n}\n" for n in range(9)))
    (work / "b.txt").write_text("b\n")
    (work / "c.txt").write_text("c\n")
    runtime = make(
        writes("a.txt", "agent\n" + "".join(f"{n}\n" for n in range(1, 9))),
        writes("b.txt", "agent\n"),
        writes("c.txt", "agent\n"),
        writes("d.txt", "agent\n"),
        DONE,
    )
    await runtime.run("work")
    (work / "a.txt").write_text((work / "a.txt").read_text() + "person\n")
    (work / "b.txt").write_text("agent and person\n")
    (work / "c.txt").unlink()
    (work / "d.txt").write_text("person\n")
    plan = await runtime.plan_restore(1)
    merged, *kept = plan.rows
    assert merged.merged and [row.action for row in plan.rows] == ["write", "keep", "keep", "keep"]
    assert ["same lines" in kept[0].kept, "deleted" in kept[1].kept, "created it" in kept[2].kept] == [
        True
    ] * 3
    restored = await runtime.apply_restore(plan)
    assert restored.done == ("a.txt",) and set(restored.kept) == {"b.txt", "c.txt", "d.txt"}
    assert (work / "a.txt").read_text() == "".join(f"{n}\n" for n in range(9)) + "person\n"
    assert (work / "b.txt").read_text() == "agent and person\n"
    assert not (work / "c.txt").exists() and (work / "d.txt").read_text() == "person\n"


async def test_what_others_changed_goes_where_that_is_wanted_and_comes_back(make, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    (work / "b.txt").write_text("b\n")
    (work / "c.txt").write_text("c\n")
    runtime = make(*(writes(f"{name}.txt", "agent\n") for name in "bcd"), DONE)
    await runtime.run("work")
    (work / "b.txt").write_text("agent and person\n")
    (work / "c.txt").unlink()
    (work / "d.txt").write_text("person\n")
    plan = await runtime.plan_restore(1, overwrite=["b.txt", "c.txt", "d.txt"])
    assert [(row.path, row.action) for row in plan.rows] == [
        ("d.txt", "delete"),
        ("b.txt", "write"),
        ("c.txt", "create"),
    ]
    assert all(row.overwritten for row in plan.rows) and not plan.kept
    restored = await runtime.apply_restore(plan)
    assert (work / "b.txt").read_text() == "b\n" and (work / "c.txt").read_text() == "c\n"
    assert not (work / "d.txt").exists()
    await runtime.apply_restore(await runtime.plan_restore(record=restored.record))
    assert (work / "b.txt").read_text() == "agent and person\n"
    assert not (work / "c.txt").exists() and (work / "d.txt").read_text() == "person\n"


async def test_only_some_tasks_files_and_hunks(make, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    before = "".join(f"{n}\n" for n in range(30))
    (work / "a.txt").write_text(before)
    after = before.replace("3\n", "three\n", 1).replace("27\n", "twenty-seven\n")
    runtime = make(writes("a.txt", after), writes("b.txt", "b\n"), DONE, writes("b.txt", "bb\n"), DONE)
    await runtime.run("first")
    await runtime.run("second")
    plan = await runtime.plan_restore(2)
    assert [row.path for row in plan.rows] == ["b.txt"]
    assert await runtime.restore_texts(plan.rows[0]) == ("bb\n", "b\n")
    plan = await runtime.plan_restore(1, paths=["a.txt"], hunks=[1])
    await runtime.apply_restore(plan)
    assert (work / "a.txt").read_text() == before.replace("3\n", "three\n", 1)
    assert (await runtime.plan_restore(1)).without(["a.txt"]).rows[0].path == "b.txt"
    with pytest.raises(UsageError, match="no task 3"):
        await runtime.plan_restore(3)
    with pytest.raises(UsageError, match="no hunk 7"):
        await runtime.plan_restore(1, paths=["a.txt"], hunks=[7])


async def test_wrong_use_is_told(make, tmp_path):
    """An unknown record was an empty plan, "nothing to undo", and no plan at all a bare AttributeError."""
    runtime = make(writes("a.txt", "a\n"), DONE)
    await runtime.run("work")
    last = records(runtime)[-1]["n"]
    assert (await runtime.plan_restore(record=last)).rows == ()
    for wrong in (last + 1, 99999, 0, -1):
        with pytest.raises(UsageError, match=rf"no record {wrong} .* last one is {last}\."):
            await runtime.plan_restore(record=wrong)
    with pytest.raises(UsageError, match=r"to: expected the number of a task, found '1'"):
        await runtime.plan_restore(to="1")
    with pytest.raises(UsageError, match=r"record: expected the number of a record, found True"):
        await runtime.plan_restore(record=True)
    with pytest.raises(UsageError, match=r"paths: expected a list of paths, found 'a.txt'") as told:
        await runtime.plan_restore(1, paths="a.txt")
    assert told.value.hint == "As in paths=['a.txt']."
    with pytest.raises(UsageError, match=r"overwrite: expected a list of paths"):
        await runtime.plan_restore(1, overwrite=[1])
    with pytest.raises(UsageError, match=r"expected a plan, found None") as told:
        await runtime.apply_restore(await runtime.unfinished_restore())
    assert "unfinished_restore" in told.value.hint
    with pytest.raises(UsageError, match=r"to: expected the number of a record, found '1'"):
        await runtime.rewind("1")
    assert (tmp_path / "work/a.txt").exists()


async def test_a_file_that_changed_since_the_plan_stays(make, tmp_path):
    runtime = make(writes("a.txt", "a\n"), writes("b.txt", "b\n"), DONE)
    await runtime.run("work")
    plan = await runtime.plan_restore(1)
    (tmp_path / "work/a.txt").write_text("now\n")
    restored = await runtime.apply_restore(plan)
    assert restored.done == ("b.txt",) and "since the plan" in restored.kept["a.txt"]
    assert (tmp_path / "work/a.txt").read_text() == "now\n"


async def cut_restore(make, *writings, without=()):
    """A session in which the program ended in a restore of what was written, after the first file was told.

    What follows is done to the files and never written, as with a kill; returns the plan.
    """
    first = make(*writings, DONE)
    await first.run("work")
    plan = (await first.plan_restore(1)).without(without)

    def cut(stamped):
        if isinstance(stamped.event, e.FileChanged):
            first.session.log.close()

    first.subscribe(cut)
    await first.apply_restore(plan)
    await first.close()
    return plan


TWO = (writes("a.txt", "a\n"), writes("b.txt", "b\n"))


async def test_a_restore_that_was_cut_is_finished_or_taken_back(make, tmp_path):
    plan = await cut_restore(make, *TWO)
    (tmp_path / "work/b.txt").write_text("b\n")  # as if the program had not come so far
    second = make()
    rest = await second.unfinished_restore()
    assert [(row.path, row.action) for row in rest.rows] == [("b.txt", "delete")] and rest.to == plan.to
    (started,) = records(second, "restore_started")
    back = await second.plan_restore(record=started["n"])
    assert [(row.path, row.action) for row in back.rows] == [("a.txt", "create")]
    await second.apply_restore(rest)
    assert not (tmp_path / "work/b.txt").exists()
    assert await second.unfinished_restore() is None
    assert (await second.plan_restore(1)).rows == ()


async def test_a_restore_that_was_cut_is_left_by_the_next_task(make, tmp_path):
    """Going back from it later would have undone that task as well."""
    await cut_restore(make, *TWO)
    (tmp_path / "work/b.txt").write_text("b\n")  # as if the program had not come so far
    second = make(writes("c.txt", "c\n"), DONE)
    await second.run("more")
    assert await second.unfinished_restore() is None
    assert [list(each.files) for each in (await second.prompts()).prompts] == [["a.txt", "b.txt"], ["c.txt"]]
    assert [row.path for row in (await second.plan_restore(2)).rows] == ["c.txt"]
    (started,) = records(second, "restore_started")
    back = await second.plan_restore(record=started["n"])
    assert [(row.path, row.action) for row in back.rows] == [("a.txt", "create")]


async def test_undoing_a_restore_leaves_what_the_agent_did_after_it(make, tmp_path):
    (tmp_path / "work").mkdir(exist_ok=True)
    (tmp_path / "work/a.txt").write_text("yours\n")
    write = writes("a.txt", "{}\n").replace("')", "', mode='w')")
    replies = (write.format("task 1"), DONE, write.format("task 2"), writes("b.txt", "b\n"), DONE)
    runtime = make(*replies)
    await runtime.run("work")
    restored = await runtime.apply_restore(await runtime.plan_restore(1))
    assert (tmp_path / "work/a.txt").read_text() == "yours\n"
    await runtime.run("more")
    plan = await runtime.plan_restore(record=restored.record)
    assert [(row.path, row.kept) for row in plan.rows] == [("a.txt", "the same lines were changed since")]


async def test_a_restore_that_was_cut_can_be_left(make, tmp_path):
    await cut_restore(make, *TWO, without=["b.txt"])
    second = make()
    rest = await second.unfinished_restore()
    left = await second.apply_restore(rest.left)
    assert left.done == () and (tmp_path / "work/b.txt").exists()
    await second.close()
    assert await make().unfinished_restore() is None


async def test_a_restore_is_undone_together_with_the_one_that_finished_it(make, tmp_path):
    await cut_restore(make, *TWO)
    (tmp_path / "work/b.txt").write_text("b\n")  # as if the program had not come so far
    second = make()
    rest = await second.unfinished_restore()
    await second.apply_restore(rest)
    back = await second.apply_restore(await second.plan_restore(record=rest.finishes))
    assert set(back.done) == {"a.txt", "b.txt"}


async def test_what_was_saved_since_a_restore_was_cut_stays_when_it_is_finished(make, tmp_path):
    await cut_restore(make, *TWO)
    (tmp_path / "work/b.txt").write_text("mine\n")
    second = make()
    rest = await second.unfinished_restore()
    assert [(row.path, row.kept) for row in rest.rows] == [
        ("b.txt", "it has changed since the restore began")
    ]
    await second.apply_restore(rest)
    assert (tmp_path / "work/b.txt").read_text() == "mine\n"
    assert await second.unfinished_restore() is None


async def test_what_a_cut_restore_did_and_did_not_tell_is_undone_after_it_was_finished(make, tmp_path):
    await cut_restore(make, *TWO)
    assert not (tmp_path / "work/b.txt").exists()
    second = make()
    rest = await second.unfinished_restore()
    assert rest.rows == (), "all of it was done"
    await second.apply_restore(rest)
    back = await second.apply_restore(await second.plan_restore(record=rest.finishes))
    assert set(back.done) == {"a.txt", "b.txt"} and (tmp_path / "work/b.txt").read_text() == "b\n"


@pytest.mark.parametrize("then", ["finish", "leave", "task", "rewind"])
async def test_a_restore_whose_rewind_never_came_is_unfinished(make, tmp_path, then):
    """A program that was killed between the two: the files were as before the task, the conversation behind it."""
    first = make(writes("a.txt", "a\n"), DONE)
    await first.run("work")
    (prompt,) = (await first.prompts()).prompts
    plan = replace(await first.plan_restore(1), rewinds=prompt.before)
    record = (await first.apply_restore(plan)).record
    assert (await first.unfinished_restore()).rewinds, "the same program knows it as well"
    await first.close()
    second = make(DONE)
    rest = await second.unfinished_restore()
    assert (rest.rows, rest.rewinds, rest.finishes) == ((), prompt.before, record)
    match then:
        case "finish":
            again = await second.apply_restore(rest)
            assert (await second.unfinished_restore()).finishes == record, "nor is it finished now"
            await second.rewind(rest.rewinds, restore=again.record)
        case "leave":
            await second.apply_restore(rest.left)
        case "task":
            await second.run("more")
        case "rewind":
            await second.rewind(rest.rewinds, restore=record)
    assert await second.unfinished_restore() is None
    assert (await second.prompts()).prompts[0].active is (then in ("leave", "task"))


@pytest.mark.parametrize("folders", ["new/deep", "new"])
async def test_a_restore_that_was_cut_at_its_very_end_can_be_finished(make, tmp_path, folders):
    """Found by kills: nothing was left to do but folders and the word that it is done, and neither was done."""
    await cut_restore(make, writes("new/deep/b.txt", "made\n"))
    (tmp_path / "work" / folders).mkdir(parents=True)  # as if the program had not come so far
    left = tmp_path / "work/new/deep/.codepilot-4194999-0123456789abcdef.tmp"  # of a program that is no more
    if folders == "new/deep":
        left.write_text("was to be replaced\n")
    second = make()
    rest = await second.unfinished_restore()
    assert rest.rows == () and rest.finishes and rest.folders == {"new/deep/b.txt": 2}
    await second.apply_restore(rest)
    assert list((tmp_path / "work").iterdir()) == []
    assert await second.unfinished_restore() is None


async def test_a_write_that_was_never_told_can_be_undone(make, tmp_path):
    first = make(writes("a.txt", "a\n"), DONE)

    def cut(stamped):
        if isinstance(stamped.event, e.EffectStarted):
            first.session.log.close()

    first.subscribe(cut)
    await first.run("work")
    await first.close()
    second = make(DONE)
    assert (tmp_path / "work/a.txt").exists()
    await second.resume()
    plan = await second.plan_restore(1)
    assert [(row.path, row.action) for row in plan.rows] == [("a.txt", "delete")]


def test_without_a_journal_nothing_is_kept(make, tmp_path):
    runtime = make(writes("a.txt", "a\n"), DONE, session="memory")
    with Runtime(runtime.config, allow=("all",)) as plain:
        plain.run("work")
        with pytest.raises(UsageError, match="journal"):
            plain.plan_restore(1)
    assert not store_of(tmp_path / "work").folder.exists()


def test_the_same_without_an_event_loop(make, tmp_path):
    config = make(writes("a.txt", "a\n"), DONE).config
    with Runtime(config, session="journal", session_id="two", allow=("all",)) as runtime:
        runtime.run("work")
        plan = runtime.plan_restore(to=1)
        assert runtime.restore_texts(plan.rows[0]) == ("a\n", None)
        restored = runtime.apply_restore(plan)
        assert not (tmp_path / "work/a.txt").exists() and runtime.unfinished_restore() is None
        runtime.apply_restore(runtime.plan_restore(record=restored.record))
        assert (tmp_path / "work/a.txt").read_text() == "a\n"


async def test_a_restore_is_on_the_disk_before_its_first_file_is_touched(make, tmp_path, synced):
    """Else a loss of power could leave changed files, and nothing that tells of a restore."""
    file = tmp_path / "work/a.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("yours\n")
    runtime = make(writes("a.txt", "mine\n").replace("')", "', mode='w')"), DONE)
    await runtime.run("work")
    plan = await runtime.plan_restore(1)
    synced.clear()
    await runtime.apply_restore(plan)
    assert file.read_text() == "yours\n"
    lines = runtime.session.path.read_bytes().splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if b'"restore_started"' in line)
    end, journal = sum(map(len, lines[: at + 1])), runtime.session.path.stat().st_ino
    before = synced[: [number for number, _ in synced].index(file.stat().st_ino)]
    assert any(number == journal and size >= end for number, size in before)
