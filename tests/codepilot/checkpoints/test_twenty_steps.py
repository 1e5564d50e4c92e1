"""A task of 20 steps: tools and shells change files, the person does between them; then all of it back, and again."""

import asyncio

import pytest

from codepilot import EventType
from codepilot import events as e

pytestmark = pytest.mark.slow
LINES = [f"line {n}\n" for n in range(60)]


def step(number):
    """What the agent does in a step: a tool, a command, a command in the shell, by turns."""
    path = f"f{number % 4}.txt"
    if number % 3 == 0:
        words = f"<<<<<<< SEARCH\nline {number}\n=======\nline {number} of the agent\n>>>>>>> REPLACE\n"
        return f"```codepilot\nedit_file({path!r})\n```\n\n```text filename={path}\n{words}```\n"
    call = "run_command(" if number % 3 == 1 else "execute('main', "
    command = f"sed -i 's/^line {number}$/line {number} of the shell/' {path}; mkdir -p made; echo {number} > made/{number}"
    return f"```codepilot\n{call}{command!r})\n```\n"


async def test_exactly_what_the_agent_did_is_undone(make, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    for number in range(4):
        (work / f"f{number}.txt").write_text("".join(LINES))
    done, changed, asked = [], asyncio.Queue(), []

    async def person(**_):
        """Is asked about each step; adds a line to the file of the step before, and a file of their own."""
        asked.append(1)
        if len(asked) == 1:
            return True
        path = await changed.get()
        if len(done) < 9:
            file, at = work / path, 59 - len(done) * 3
            done.append((path, at))
            file.write_text(file.read_text().replace(f"line {at}\n", f"line {at}\nof the person {at}\n"))
            (work / f"mine{at}.txt").write_text("mine\n")
        return True

    def watch(stamped):
        if isinstance(stamped.event, e.FileChanged) and stamped.event.path.startswith("f"):
            changed.put_nowait(stamped.event.path)

    turns = [*(step(number) for number in range(20)), "```completion\nDone.\n```\n"]
    runtime = make(*turns, allow=(), mode="ask")
    runtime.subscribe(watch)
    runtime.hooks.replace(EventType.PERMISSION_REQUEST, person)
    await runtime.run("work")
    assert runtime.last_outcome.steps == 21 and len(done) == 9
    after = {path.relative_to(work): path.read_text() for path in work.rglob("*") if path.is_file()}
    plan = await runtime.plan_restore(1)
    assert not plan.kept and any(row.merged for row in plan.rows)
    restored = await runtime.apply_restore(plan)
    for number in range(4):
        text = (work / f"f{number}.txt").read_text()
        want = "".join(
            line + (f"of the person {n}\n" if (f"f{number}.txt", n) in done else "")
            for n, line in enumerate(LINES)
        )
        assert text == want
    assert all((work / f"mine{at}.txt").read_text() == "mine\n" for _, at in done)
    assert not (work / "made").exists()
    await runtime.apply_restore(await runtime.plan_restore(record=restored.record))
    assert {path.relative_to(work): path.read_text() for path in work.rglob("*") if path.is_file()} == after
