"""Replays of what only a program can record: its own tools, questions, denials, words sent meanwhile, stops."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from codepilot import AgentConfig, AsyncRuntime, Decision, EventType
from codepilot.errors import SessionError, UsageError
from codepilot.journal.library import find_session
from codepilot.journal.replay_report import ReplayReport
from codepilot.runtime.replay_folder import copy_folder
from codepilot.runtime.replaying import Replay, ReplayOptions
from codepilot.testing import RecordedProvider

pytestmark = pytest.mark.slow


def block(code, **files):
    fences = "".join(f"\n```text filename={name}.txt\n{text}\n```\n" for name, text in files.items())
    return f"Now.\n\n```codepilot\n{code}\n```\n{fences}"


DONE = "```completion\nDone.\n```\n"


@pytest.fixture
def config(tmp_path):
    (tmp_path / "work").mkdir()
    file = tmp_path / "agent.yaml"
    file.write_text(
        "agent:\n  name: A\n  model: {provider: openai, name: m}\n  runtime: {work_dir: ./work}\n"
    )
    return AgentConfig.load(file)


def recorder(config, *replies, **options):
    runtime = AsyncRuntime(
        config,
        session="journal",
        session_id="one",
        provider=RecordedProvider(replies),
        use_stdin=False,
        **options,
    )
    for event in runtime.hooks.default_events():
        runtime.hooks.clear(event)
    return runtime


async def replayed(config, **options) -> ReplayReport:
    return await Replay(find_session("one"), ReplayOptions(**options)).run(config)


async def test_a_tool_of_the_program_is_answered_from_the_record_unless_it_is_live(config):
    deployed = []

    def deploy(stage, count=2):
        deployed.append((stage, count))
        return {"stage": stage, "ok": count}

    async with recorder(
        config, block('print(deploy("test")["ok"] + 1)\nprint(deploy("live", count=5))'), DONE
    ) as runtime:
        runtime.register_tool("deploy", deploy)
        await runtime.run("go")
    assert deployed == [("test", 2), ("live", 5)]
    report = await replayed(config)
    assert (report.differences, report.recorded, len(deployed)) == ([], 2, 2)
    report = await replayed(config, live=("deploy",), tools={"deploy": deploy})
    assert (report.differences, report.same, len(deployed)) == ([], 2, 4)
    report = await replayed(config, live=("deploy",), tools={"deploy": lambda stage, count=2: "down"})
    assert {(each.kind, each.tool) for each in report.differences} >= {("result", "deploy")}
    with pytest.raises(UsageError, match="no tool 'deploy'"):
        await replayed(config, live=("deploy",))


async def test_answers_and_denials_come_from_the_record(config):
    async with recorder(
        config,
        block('print(ask_user("Which?"))\nwrite_file("a.txt")\nwrite_file("b.txt")', a="x", b="y"),
        DONE,
        mode="ask",
    ) as runtime:
        runtime.hooks.register(EventType.ASK_USER, lambda question, **_: "The second")
        runtime.hooks.register(
            EventType.PERMISSION_REQUEST,
            lambda request, **_: Decision(allow=request.path == "b.txt", reason="Not that one"),
        )
        await runtime.run("go")
    assert [each.name for each in (config.path.parent / "work").iterdir()] == ["b.txt"]
    report = await replayed(config)
    assert (report.differences, report.recorded, report.calls) == ([], 1, 3)
    report = await replayed(config, live=("ask_user",), ask=lambda question: "The first")
    assert [(each.kind, each.tool) for each in report.differences][0] == ("result", "ask_user")


async def test_words_that_were_sent_meanwhile_come_at_the_same_step(config):
    once = iter([True])
    provider = RecordedProvider([block('think("a")'), block('read_file("nothing")'), DONE])
    runtime = AsyncRuntime(config, session="journal", session_id="one", provider=provider, use_stdin=False)
    runtime.subscribe(
        lambda stamped: (
            runtime.send_message("And this")
            if getattr(stamped.event, "call_id", "") == "c2" and next(once, False)
            else None
        )
    )
    async with runtime:
        await runtime.run("go")
    seen = []
    report = await replayed(config, watch=lambda stamped: seen.append(type(stamped.event).__name__))
    assert report.differences == []
    steps = [index for index, name in enumerate(seen) if name == "StepStarted"]
    assert steps[2] < seen.index("MessageInjected")


async def test_what_was_stopped_is_left_out(config):
    runtime = recorder(
        config, block('write_file("a.txt")\nexecute("main", "sleep 60")', a="x"), allow=("all",)
    )
    async with runtime:
        task = asyncio.create_task(runtime.run("go"))
        begun = asyncio.Event()
        runtime.subscribe(
            lambda stamped: begun.set() if getattr(stamped.event, "command", "") == "sleep 60" else None
        )
        await begun.wait()
        runtime.abort()
        await task
    report = await replayed(config)
    assert (report.differences, report.same, report.skipped) == ([], 1, 1)


async def test_two_tasks_and_what_others_did_between_them(config):
    work = config.path.parent / "work"
    async with recorder(
        config,
        block('write_file("a.txt")', a="one"),
        DONE,
        block('print(read_file("b.txt"))'),
        DONE,
        allow=("all",),
    ) as runtime:
        await runtime.run("first")
        (work / "b.txt").write_text("by the person\n")
        await runtime.run("second")
    assert (await replayed(config)).differences == []
    (work / "b.txt").unlink()
    report = await replayed(config)
    assert [(each.kind, each.path, each.follows) for each in report.differences][:2] == [
        ("start_file", "b.txt", 0),
        ("state", "b.txt", 1),
    ]
    assert all(each.follows for each in report.differences[1:])


async def test_what_cannot_be_replayed_is_told(config):
    async with recorder(config, DONE) as runtime:
        await runtime.run("go")
    for options in ({"start": 2}, {"start": 0}, {"limit": 0}):
        with pytest.raises(UsageError):
            await replayed(config, **options)
    replay = Replay(find_session("one"))
    (config.path.parent / "work").rename(config.path.parent / "gone")
    with pytest.raises(SessionError, match="is gone"):
        await replay.run(config)


def test_a_copy_has_everything_but_what_leads_back(tmp_path):
    source = tmp_path / "a"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "x.sh").write_text("x")
    (source / "deep" / "x.sh").chmod(0o755)
    (source / "link").symlink_to("deep/x.sh")
    os.mkfifo(source / "pipe")
    (source / ".git").write_text(f"gitdir: {tmp_path / 'elsewhere'}\n")
    (source / "module").mkdir()
    (source / "module" / ".git").write_text("gitdir: ../deep\n")
    copy_folder(source, tmp_path / "b")
    copied = sorted(str(path.relative_to(tmp_path / "b")) for path in (tmp_path / "b").rglob("*"))
    assert copied == ["deep", "deep/x.sh", "link", "module", "module/.git"]
    assert (tmp_path / "b" / "deep" / "x.sh").stat().st_mode & 0o777 == 0o755
    with pytest.raises(SessionError, match="cannot be copied"):
        copy_folder(tmp_path / "nowhere", tmp_path / "c")


async def test_what_names_the_folder_itself_reaches_the_copy_only(config, monkeypatch):
    """Found by a program: each replay wrote into the person's folder, by a command that named it and by a link."""
    work = config.path.parent / "work"
    monkeypatch.setenv("HOME", str(config.path.parent))
    (work / "sub").mkdir()
    (work / "sub/log.txt").write_text("start\n")
    (work / "link").symlink_to(work / "sub")
    commands = [
        "echo link >> link/log.txt",
        f"cd {work} && echo path >> sub/log.txt",
        "echo home >> ~/work/sub/log.txt",
    ]
    code = "\n".join(f"execute('main', {command!r})" for command in commands)
    code += f"\nwrite_file({str(work / 'b.txt')!r})\nprint(read_file({str(work / 'sub/log.txt')!r}))"
    built = (
        f"execute('main', 'echo built >> ' + '/'.join({[*work.parts[1:], 'sub/log.txt']!r}).join(['/', '']))"
    )
    async with recorder(config, block(code, b=f"I was in {work}."), block(built), DONE) as runtime:
        runtime.hooks.register(EventType.PERMISSION_REQUEST, lambda *_, **__: True)
        await runtime.run("go")
    recorded = (work / "sub/log.txt").read_text()
    assert recorded == "start\nlink\npath\nhome\nbuilt\n"
    report = await replayed(config)
    assert (work / "sub/log.txt").read_text() == recorded
    # What is put together as it runs is refused.
    told = [(each.kind, each.path, each.step) for each in report.differences]
    assert told == [("state", "", 2), ("file", "sub/log.txt", 2)]


async def test_what_was_undone_between_two_tasks_is_undone_again(config):
    work = config.path.parent / "work"
    (work / "a.txt").write_text("old\n")
    read = block('print(read_file("a.txt"))\nwrite_file("b.txt")', b="x")
    edit = block('write_file("a.txt")', a="new")
    async with recorder(
        config, block('read_file("a.txt")'), edit, DONE, read, DONE, allow=("all",)
    ) as runtime:
        await runtime.run("first")
        assert (work / "a.txt").read_text() == "new\n"
        await runtime.apply_restore(await runtime.plan_restore(to=1))
        assert (work / "a.txt").read_text() == "old\n"
        await runtime.run("second")
    report = await replayed(config)
    assert (report.differences, report.calls, report.same) == ([], 4, 4)


async def test_a_task_that_was_cut_and_gone_on_with_is_followed(config):
    replies = [
        block('write_file("a.txt")\nexecute("main", "echo done > b.txt")\nthink("never")', a="x"),
        DONE,
    ]
    async with recorder(config, *replies, allow=("all",)) as runtime:
        await runtime.run("go")
    journal = find_session("one").path
    lines = journal.read_bytes().splitlines(keepends=True)
    end = next(index for index, line in enumerate(lines) if b'"tool_finished"' in line and b'"c2"' in line)
    journal.write_bytes(b"".join(lines[:end]))  # as a kill in the command leaves it
    async with recorder(config, DONE, allow=("all",)) as runtime:
        await runtime.resume()
    report = await replayed(config)
    assert (report.differences, report.calls, report.skipped + report.same + report.masked) == ([], 2, 2)


async def test_the_agent_file_says_what_else_is_never_the_same(config):
    async with recorder(
        config, block('run_command("head -c 9 /dev/urandom | base64")'), DONE, allow=("all",)
    ) as runtime:
        await runtime.run("go")
    assert [each.kind for each in (await replayed(config)).differences] == ["result"]
    text = config.path.read_text()
    config.path.write_text(
        f"{text}  tools:\n  - {{name: run_command, config: {{mask: ['(?m)^[A-Za-z0-9+/]{{12}}$']}}}}\n"
    )
    report = await replayed(AgentConfig.load(config.path))
    assert (report.differences, report.masked) == ([], 1)


@pytest.mark.parametrize(
    "code",
    [
        'execute("main", "seq 1 200000", timeout=20)',
        'run_command("seq 1 200000")',
        'print(read_file("many.txt"))',
    ],
)
async def test_a_result_that_is_kept_in_a_file_is_the_same_wherever_that_lies(config, code):
    many = "\n".join(f"line {number} {'x' * 60}" for number in range(4_000))
    (config.path.parent / "work" / "many.txt").write_text(many)
    async with recorder(config, block(code), DONE, allow=("all",)) as runtime:
        await runtime.run("go")
        assert "/texts/" in str(runtime.messages), "the result is cut"
    report = await replayed(config)
    assert (report.differences, report.calls, report.same + report.masked) == ([], 1, 1)


async def test_what_is_in_the_middle_of_a_long_result_counts(config):
    work = config.path.parent / "work"
    (work / "middle.txt").write_text("4711\n")
    command = "seq 1 20000; date -Ins; cat middle.txt; seq 1 20000"
    async with recorder(config, block(f'run_command("{command}")'), DONE, allow=("all",)) as runtime:
        await runtime.run("go")
    report = await replayed(config)
    assert (report.differences, report.masked) == ([], 1), "the time in the middle is masked"
    (work / "middle.txt").write_text("4712\n")
    assert "result" in {each.kind for each in (await replayed(config)).differences}


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


async def test_another_commit_or_branch_is_told(config):
    work = config.path.parent / "work"
    git(work, "init", "-q", "-b", "main")
    git(work, "commit", "-q", "--allow-empty", "-m", "first")
    first = git(work, "rev-parse", "HEAD")
    async with recorder(config, block('run_command("echo a")'), DONE, allow=("all",)) as runtime:
        await runtime.run("go")
    assert (await replayed(config)).differences == []
    git(work, "switch", "-q", "-c", "other")
    told = (await replayed(config)).differences
    assert [(each.kind, each.path, each.expected, each.got) for each in told] == [
        ("start_file", ".git/HEAD", f"main {first}", f"other {first}")
    ]
    git(work, "switch", "-q", "main")
    git(work, "commit", "-q", "--allow-empty", "-m", "second")
    assert [each.got for each in (await replayed(config)).differences] == [
        f"main {git(work, 'rev-parse', 'HEAD')}"
    ]


async def test_the_commit_that_counts_is_that_of_the_first_step_that_is_replayed(config):
    work = config.path.parent / "work"
    git(work, "init", "-q", "-b", "main")
    git(work, "commit", "-q", "--allow-empty", "-m", "first")
    command = "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m more"
    async with recorder(
        config, block(f'run_command("{command}")'), block('run_command("echo a")'), DONE, allow=("all",)
    ) as runtime:
        await runtime.run("go")
    assert [each.path for each in (await replayed(config)).differences][:1] == [".git/HEAD"]
    assert (await replayed(config, start=2)).differences == []


async def test_what_the_journal_has_in_other_words_is_not_carried_out(config, tmp_path, monkeypatch):
    """A path with a secret in it would be another one: `mkdir [secret DB_PASSWORD]` made two folders."""
    monkeypatch.setenv("DB_PASSWORD", "db-7f3a-91c")
    async with recorder(config, block("run_command('mkdir db-7f3a-91c')"), DONE, allow=("all",)) as runtime:
        await runtime.run("go")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["db-7f3a-91c"]
    report = await replayed(config, keep=True)
    assert [(each.kind, each.got.partition(" ")[0]) for each in report.differences] == [("state", "denied")]
    assert "held a known secret" in "\n".join(report.differences[0].diff)
    assert "[secret" not in str(list(Path(report.folder).iterdir()))
    shutil.rmtree(Path(report.folder).parent)
