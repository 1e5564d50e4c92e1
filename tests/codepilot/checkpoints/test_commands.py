"""What commands change: found, told as the agent's changes, and undone; what others did stays."""

import asyncio
import os
import subprocess

import pytest

from codepilot import EventType
from codepilot import events as e

pytestmark = pytest.mark.slow
DONE = "```completion\nDone.\n```\n"


def runs(*commands):
    calls = "\n".join(f"run_command({command!r})" for command in commands)
    return f"```codepilot\n{calls}\n```\n"


def git(folder, *arguments):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    named = ("-c", "user.name=P", "-c", "user.email=p@example.com", "-c", "protocol.file.allow=always")
    return subprocess.run(
        ["git", *named, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(params=["watch", "scan"])
def found_by(request, monkeypatch):
    """Both ways in which changes are found: where the user may have no watches, the folder is looked through."""
    if request.param == "scan":
        monkeypatch.setenv("CODEPILOT_WATCHES", "0")
    return request.param


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def tree(folder):
    """Everything below a folder but git's own: kind and permissions, and what it holds."""
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mode & 0o170777,
            os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None,
        )
        for path in folder.rglob("*")
        if ".git" not in path.relative_to(folder).parts
    }


def told_of(runtime):
    events = []
    runtime.subscribe(lambda stamped: events.append(stamped.event))
    return events


def changes(events):
    return {each.path: each for each in events if isinstance(each, e.FileChanged)}


MANY = (
    "echo two >> tracked.txt; printf 'a\\0b' > new.bin; mkdir -p made/deep; echo x > made/deep/f; rm gone.txt; "
    "mv folder moved; chmod +x run.sh; ln -sfn tracked.txt link; rm -f link2; ln -s nowhere link3; echo i > ignored.log"
)


def fill(work):
    (work / "tracked.txt").write_text("one\n")
    (work / "gone.txt").write_text("still here\n")
    (work / "folder").mkdir()
    (work / "folder/in.txt").write_text("inside\n")
    (work / "run.sh").write_text("#!/bin/sh\n")
    (work / "link").symlink_to("gone.txt")
    (work / "link2").symlink_to("tracked.txt")
    (work / ".gitignore").write_text("*.log\n")


@pytest.mark.parametrize("kind", ["git", "no git"])
async def test_all_kinds_of_changes_are_undone_and_redone(make, work, found_by, kind):
    fill(work)
    if kind == "git":
        git(work, "init", "-q")
        git(work, "add", "-A")
        git(work, "commit", "-qm", "one")
    before = tree(work)
    runtime = make(runs(MANY), DONE)
    events = told_of(runtime)
    await runtime.run("work")
    after = tree(work)
    seeded = [each for each in events if isinstance(each, e.CheckpointSeeded)]
    assert [each.method for each in seeded] == [found_by], seeded
    found = changes(events)
    assert set(found) == {
        *("tracked.txt", "new.bin", "made/deep/f", "gone.txt", "folder/in.txt", "moved/in.txt", "run.sh"),
        *("link", "link2", "link3"),
    }
    assert all(each.source == "command" for each in found.values())
    assert (found["tracked.txt"].before, found["tracked.txt"].after) == ("one\n", "one\ntwo\n")
    assert found["gone.txt"].after is None and found["new.bin"].coarse
    plan = await runtime.plan_restore(1)
    assert not plan.kept and plan.commands == (MANY,)
    restored = await runtime.apply_restore(plan)
    assert not restored.kept
    now = tree(work)
    assert {k: v for k, v in now.items() if v[1] is not None} == {
        **{k: v for k, v in before.items() if v[1] is not None},
        "ignored.log": after["ignored.log"],
    }
    if found_by == "watch":
        assert "made" not in now and "moved" not in now
    again = await runtime.apply_restore(await runtime.plan_restore(record=restored.record))
    assert not again.kept
    assert {k: v for k, v in tree(work).items() if v[1] is not None} == {
        k: v for k, v in after.items() if v[1] is not None
    }


async def test_git_of_the_person_is_left_as_it_is(make, work, found_by):
    git(work, "init", "-q")
    fill(work)
    git(work, "add", "-A")
    git(work, "commit", "-qm", "one")
    (work / "witness").write_text("")
    git(work, "add", "witness")
    hook = work / ".git/hooks/post-index-change"
    hook.write_text(f"#!/bin/sh\necho hook >> {work}/../ran\n")
    hook.chmod(0o755)
    git(work, "config", "core.fsmonitor", f"{work}/../monitor")
    (work / "../monitor").write_text(f"#!/bin/sh\necho monitor >> {work}/../ran\n")
    (work / "../monitor").chmod(0o755)
    git(work, "config", "filter.evil.clean", f"sh -c 'echo filter >> {work}/../ran; cat'")
    git(work, "config", "filter.evil.smudge", f"sh -c 'echo filter >> {work}/../ran; cat'")
    (work / ".gitattributes").write_text("*.txt filter=evil\n")
    (work / "tracked.txt").write_text("of the person\n")

    def state():
        return {
            path.relative_to(work).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in (work / ".git").rglob("*")
            if path.is_file()
        }

    mine = state()
    runtime = make(runs("echo agent > folder/in.txt; rm gone.txt"), DONE)
    await runtime.run("work")
    assert state() == mine and not (work / "../ran").exists()
    restored = await runtime.apply_restore(await runtime.plan_restore(1))
    assert set(restored.done) == {"folder/in.txt", "gone.txt"}
    assert (work / "gone.txt").read_text() == "still here\n"
    assert (work / "tracked.txt").read_text() == "of the person\n"
    assert state() == mine and not (work / "../ran").exists()


async def test_a_filter_is_off_whatever_its_name_and_whenever_it_was_named(make, work, found_by):
    """One with `=` in its name was run by the look at the folder; so was one that a command of the agent had named."""
    git(work, "init", "-q")
    fill(work)
    (work / ".gitattributes").write_text("*.txt filter=x=y\n*.md filter=later\n")
    (work / "a.md").write_text("one\n")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "one")
    with (work / ".git/config").open("a") as config:
        config.write(f'[filter "x=y"]\n\tclean = "touch {work}/../ran; cat"\n\trequired = true\n')
    (work / "tracked.txt").write_text("of the person\n")
    later = f"git config filter.later.clean 'touch {work}/../ran; cat'"
    runtime = make(runs("true"), runs(later), runs("echo two > a.md"), runs("echo x > b.txt"), DONE)
    await runtime.run("work")
    assert not (work / "../ran").exists()
    assert {row.path for row in (await runtime.plan_restore(1)).rows} >= {"a.md", "b.txt"}


async def test_the_person_between_two_commands(make, work, found_by):
    git(work, "init", "-q")
    (work / "a.txt").write_text("".join(f"{n}\n" for n in range(9)))
    git(work, "add", "-A")
    git(work, "commit", "-qm", "one")
    runtime = make(
        runs("sed -i s/0/zero/ a.txt; echo x > b.txt"),
        runs("sed -i s/8/eight/ a.txt"),
        DONE,
        allow=(),
        mode="ask",
    )
    events, seen, asked = told_of(runtime), asyncio.Event(), []
    runtime.subscribe(lambda stamped: seen.set() if isinstance(stamped.event, e.FileChanged) else None)

    async def person(**_):
        """Changes files while asked about the second command, when what the first one did is known."""
        asked.append(1)
        if len(asked) == 2:
            await seen.wait()
            (work / "a.txt").write_text((work / "a.txt").read_text().replace("4\n", "four\n"))
            (work / "mine.txt").write_text("mine\n")
        return True

    runtime.hooks.replace(EventType.PERMISSION_REQUEST, person)
    await runtime.run("work")
    ours = [each for each in events if isinstance(each, e.FileChanged)]
    assert [each.path for each in ours] == ["a.txt", "b.txt", "a.txt"]
    assert "four" in ours[2].before and "four" not in ours[0].after
    restored = await runtime.apply_restore(await runtime.plan_restore(1))
    assert set(restored.done) == {"a.txt", "b.txt"}
    assert (work / "a.txt").read_text() == "".join(f"{n}\n" for n in range(9)).replace("4\n", "four\n")
    assert (work / "mine.txt").read_text() == "mine\n"
    await runtime.apply_restore(await runtime.plan_restore(record=restored.record))
    assert (work / "a.txt").read_text() == "zero\n1\n2\n3\nfour\n5\n6\n7\neight\n"


async def test_submodules_worktrees_and_a_folder_of_a_monorepo(make, tmp_path, found_by):
    other, main = tmp_path / "other", tmp_path / "main"
    for folder in (other, main):
        folder.mkdir()
        git(folder, "init", "-q")
        (folder / "file.txt").write_text("one\n")
        (folder / "part").mkdir()
        (folder / "part/in.txt").write_text("part\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "one")
    git(main, "submodule", "add", "-q", str(other), "part/sub")
    git(main, "commit", "-qm", "sub")
    git(main, "worktree", "add", "-q", str(tmp_path / "tree"))
    git(tmp_path / "tree", "submodule", "update", "-q", "--init")
    (tmp_path / "work").symlink_to(tmp_path / "tree/part")
    runtime = make(
        runs("echo x >> in.txt; echo y >> sub/file.txt; rm sub/part/in.txt; echo z >> ../file.txt"), DONE
    )
    events = told_of(runtime)
    await runtime.run("work")
    assert set(changes(events)) == {"in.txt", "sub/file.txt", "sub/part/in.txt"}
    restored = await runtime.apply_restore(await runtime.plan_restore(1))
    assert not restored.kept
    assert (tmp_path / "tree/part/in.txt").read_text() == "part\n"
    assert (tmp_path / "tree/part/sub/file.txt").read_text() == "one\n"
    assert (tmp_path / "tree/part/sub/part/in.txt").read_text() == "part\n"
    assert (tmp_path / "tree/file.txt").read_text() == "one\nz\n"  # outside of the work folder


async def test_a_head_that_a_command_moved_is_said_and_stays(make, work):
    git(work, "init", "-q", "-b", "main")
    fill(work)
    git(work, "add", "-A")
    git(work, "commit", "-qm", "one")
    one = git(work, "rev-parse", "HEAD").strip()
    commit = "echo two > tracked.txt; git -c user.name=A -c user.email=a@b commit -qam two"
    runtime = make(runs(commit), DONE, runs("git switch -qc other"), DONE)
    await runtime.run("commit")
    two = git(work, "rev-parse", "HEAD").strip()
    plan = await runtime.plan_restore(1)
    assert plan.head == f"git reset --soft {one[:12]}"
    await runtime.apply_restore(plan)
    assert (work / "tracked.txt").read_text() == "one\n" and git(work, "rev-parse", "HEAD").strip() == two
    git(work, "checkout", "-q", "tracked.txt")
    git(work, "-c", "user.name=P", "commit", "-q", "--allow-empty", "-m", "of the person")
    await runtime.run("switch")
    assert (await runtime.plan_restore(2)).head == "git switch main"


async def test_two_sessions_in_one_folder_leave_each_others_tools_alone(make, work):
    first = make(runs("sleep 0.5; echo x > of_the_command.txt"), DONE)
    write = "```codepilot\nwrite_file('of_the_tool.txt')\n```\n\n```text filename=of_the_tool.txt\nx\n```\n"
    second = make(write, DONE, session_id="two")
    begun = asyncio.Event()
    first.subscribe(lambda stamped: begun.set() if isinstance(stamped.event, e.EffectStarted) else None)
    events = told_of(first)
    running = asyncio.create_task(first.run("work"))
    await begun.wait()
    await second.run("work")
    await running
    assert set(changes(events)) == {"of_the_command.txt"}
    assert [row.path for row in (await second.plan_restore(1)).rows] == ["of_the_tool.txt"]


async def test_commands_of_a_custom_tool_are_told_apart(make, work):
    """Nobody says when a command that code of the program runs is over: it is when the next one begins."""

    def deploy() -> str:
        tools = runtime._shell_tools
        return tools.run_command("echo one > a.txt; echo one > c.txt") + tools.run_command(
            "echo two > b.txt; echo two > c.txt"
        )

    runtime = make("```codepilot\nprint(deploy())\n```\n", DONE)
    runtime.register_tool("deploy", deploy)
    events = told_of(runtime)
    await runtime.run("work")
    begun = {
        each.command.split()[1]: each.call_id
        for each in events
        if isinstance(each, e.EffectStarted) and each.effect == "command"
    }
    made = [(each.path, each.call_id) for each in events if isinstance(each, e.FileChanged)]
    assert sorted(made) == [
        ("a.txt", begun["one"]),
        ("b.txt", begun["two"]),
        ("c.txt", begun["one"]),
        ("c.txt", begun["two"]),
    ]


@pytest.mark.parametrize("told", [0, 1])
async def test_what_a_command_made_right_before_a_kill_is_undone_or_said_not_to_be(
    make, work, tmp_path, told
):
    """Found by use: `No files have changed since then`, beside 1,500 new ones."""
    command = "echo 1 > a; echo 2 > b"
    first = make(runs(command), DONE)
    await first.run("work")
    await first.close()
    journal = first.session.path
    lines = journal.read_bytes().splitlines(keepends=True)
    at = [index for index, line in enumerate(lines) if b'"file_changed"' in line][told]
    journal.write_bytes(b"".join(lines[:at]))  # as a kill leaves it
    second = make(DONE)
    await second.resume()
    plan = await second.plan_restore(1)
    assert (len(plan.rows), plan.unseen) == (told, (command,))
