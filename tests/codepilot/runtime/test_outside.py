"""Files that something else than the agent's own edits has changed: told once, with what has changed."""

import os

import pytest

from codepilot import AsyncRuntime, EventType
from codepilot import events as e
from codepilot.context.extract import Known
from codepilot.runtime.outside import FileNews
from codepilot.script import Turn
from codepilot.testing import ModelServer
from codepilot.workspace import FileMemory, Workspace


@pytest.fixture
def stage(tmp_path):
    class Stage:
        def __init__(self):
            self.folder, self.told = tmp_path, []
            self.memory, workspace = FileMemory(), Workspace(tmp_path)
            self.workspace = workspace
            self.news = FileNews(workspace, self.memory, self.told.append).news

        def write(self, name, text):
            (tmp_path / name).write_text(text)

        def show(self, name):
            self.memory.show(os.path.realpath(tmp_path / name), self.workspace.read_text(name))

    return Stage()


async def test_a_change_is_told_once_with_what_changed_and_then_known(stage):
    stage.write("a.py", "one\ntwo\nthree\n")
    stage.show("a.py")
    assert await stage.news() == ""
    stage.write("a.py", "one\n2\nthree\n")
    text = await stage.news()
    assert text.startswith("[ENVIRONMENT CHANGE]\nFiles that you know") and "-two\n+2\n" in text
    assert stage.told == [e.FileChangesTold(files=("a.py",), text=text)]
    assert await stage.news() == ""
    key = os.path.realpath(stage.folder / "a.py")
    assert stage.memory.difference(key, stage.workspace.read_text("a.py"), "a.py") == ""
    assert stage.memory.take_new()[key] == stage.workspace.read_text("a.py").digest


async def test_what_the_agent_did_itself_or_never_saw_is_no_news(stage):
    stage.write("a.py", "one\n")
    stage.write("b.py", "one\n")
    stage.show("a.py")
    stage.write("a.py", "two\n")
    stage.show("a.py")  # as a tool does after an edit
    stage.write("b.py", "two\n")
    assert await stage.news() == ""
    stage.write("a.py", "one\n")
    stage.write("a.py", "two\n")
    assert await stage.news() == "", "it is as the agent knows it"


async def test_a_long_change_is_told_in_part_and_the_agent_has_to_read_the_file(stage):
    stage.write("a.py", "".join(f"line {n}\n" for n in range(300)))
    stage.show("a.py")
    stage.write("a.py", "".join(f"row {n}\n" for n in range(300)))
    assert "more lines of difference)" in await stage.news()
    assert await stage.news() == ""
    key = os.path.realpath(stage.folder / "a.py")
    assert stage.memory.difference(key, stage.workspace.read_text("a.py"), "a.py"), "not known by that"
    stage.write("a.py", "short\n")
    assert "more lines of difference)" in await stage.news(), "it changed again"


async def test_of_many_files_five_are_shown_and_the_others_named(stage):
    for number in range(30):
        stage.write(f"{number:02}.py", "one\n")
        stage.show(f"{number:02}.py")
        stage.write(f"{number:02}.py", "two\n")
    text = await stage.news()
    assert text.count("-one\n+two") == 5 and "05.py, 06.py" in text and "24.py and 5 more." in text
    assert len(stage.told[0].files) == 30 and await stage.news() == ""


async def test_a_file_that_is_gone_or_binary_or_known_by_its_digest_only(stage):
    for name in ("gone.py", "binary.py", "earlier.py"):
        stage.write(name, "one\n")
        stage.show(name)
    gone, earlier = (os.path.realpath(stage.folder / name) for name in ("gone.py", "earlier.py"))
    (stage.folder / "gone.py").unlink()
    (stage.folder / "binary.py").write_bytes(b"\0" * 50)
    stage.memory.recall(earlier, "another digest", stage.workspace.read_text("earlier.py"))
    text = await stage.news()
    for part in ("gone.py:\nIt is gone.", "binary.py:\nIt is no text", "earlier.py:\nRead it again"):
        assert part in text
    assert await stage.news() == ""
    assert stage.memory.seen(gone) is None and stage.memory.take_new()[gone] == ""


@pytest.mark.slow
@pytest.mark.parametrize("kept", ["memory", "journal"])
async def test_the_model_reads_it_before_its_next_step_and_never_again(tmp_path, kept):
    def block(code):
        return Turn(text=f"```codepilot\n{code}\n```\n")

    done = Turn(text="```completion\nDone.\n```\n")
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.py").write_text("one\ntwo\n")
    turns = [block("read_file('a.py')"), block("print(1)"), done, block("print(2)"), done]
    with ModelServer(turns) as server:
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work}\n"
        )

        def made():
            options = {"session": kept, "session_id": "s", "session_dir": tmp_path / "kept"}
            runtime = AsyncRuntime(str(tmp_path / "agent.yaml"), use_stdin=False, **options)
            for event in EventType:
                runtime.hooks.clear(event)
            return runtime

        runtime = made()

        def other(stamped):
            if isinstance(stamped.event, e.ToolFinished):
                (work / "a.py").write_text("one\n2\n")

        runtime.subscribe(other)
        await runtime.run("Look")
        asked = [each.user_text for each in server.requests]
        assert "-two\n+2" in asked[1] and "-two\n+2" not in asked[2]
        if kept == "journal":
            await runtime.close()
            runtime = made()
        await runtime.run("Look again")
        await runtime.close()
    assert all("ENVIRONMENT CHANGE" not in each.user_text for each in server.requests[3:])


async def test_a_file_that_is_written_twice_within_a_tick_of_the_clock_is_looked_at_again(stage, monkeypatch):
    """Its times do not show the second one. Linux has finer ones since 6.13, other systems have not."""
    real, tick = os.stat, 20_000_000

    def coarse(*args, **options):
        found = real(*args, **options)
        times = {name: getattr(found, name) // tick * tick for name in ("st_mtime_ns", "st_ctime_ns")}
        return os.stat_result(tuple(found), times)

    monkeypatch.setattr(os, "stat", coarse)
    same = 0
    while not same:
        stage.write("a.py", "one\n")
        stage.show("a.py")
        assert await stage.news() == ""
        before = os.stat(stage.folder / "a.py")
        stage.write("a.py", "two\n")
        after = os.stat(stage.folder / "a.py")
        told = await stage.news()
        assert "-one\n+two" in told
        same += (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)


async def test_a_journal_that_cannot_be_read_costs_a_summary_its_numbers_only(tmp_path, caplog):
    with ModelServer([Turn(text="```completion\nDone.\n```\n")]) as server:
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work}\n"
        )
        options = {"session": "journal", "session_id": "s", "session_dir": tmp_path / "kept"}
        async with AsyncRuntime(str(tmp_path / "agent.yaml"), use_stdin=False, **options) as runtime:
            await runtime.run("Look")
            agent, path = runtime._agent, runtime.session.path
            (runtime.work_dir / "a.py").write_text("one\n")
            file = agent.workspace.read_text("a.py")
            agent.memory.show(os.path.realpath(runtime.work_dir / "a.py"), file)
            path.rename(path.with_name("elsewhere"))
            path.mkdir()
            assert await agent._files.known(agent.rewinding) == {"a.py": Known(seen=file.digest)}
            assert "does not say what was changed" in caplog.text
            path.rmdir()
            path.with_name("elsewhere").rename(path)
