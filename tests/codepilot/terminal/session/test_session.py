"""How a terminal ends: at once, exactly, and with all that came of it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from codepilot.terminal.client.launch import shell_environment

pytestmark = pytest.mark.slow
GUARD = 60
NAPS = {
    "background": "sleep 600 & echo $! >pid",
    "pipeline": "sleep 600 | sleep 600 & echo $! >pid",
    "disowned": "sleep 600 & echo $! >pid; disown",
    "setsid": "setsid sh -c 'echo $$ >pid; exec sleep 600' >/dev/null 2>&1 &",
    "double fork": "(setsid sh -c 'echo $$ >pid; exec sleep 600' </dev/null >/dev/null 2>&1 &)",
    "deaf": "setsid sh -c 'trap \"\" HUP INT TERM; echo $$ >pid; while :; do sleep 1; done' &",
    "stopped": "sh -c 'echo $$ >pid; kill -STOP $$; sleep 600' &",
}


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def written(path):
    async with asyncio.timeout(GUARD):
        while not path.exists() or not path.read_text().strip():
            await asyncio.sleep(0.005)
    return int(path.read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("way", NAPS.values(), ids=NAPS)
async def test_nothing_outlives_the_terminal(client, work, way):
    await client.open("main")
    await client.execute("main", way, timeout=GUARD)
    pid = await written(work / "pid")
    assert alive(pid)
    await client.terminate("main")
    assert not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
async def test_what_another_terminal_started_goes_on(client, work):
    for name in ("one", "two"):
        await client.open(name)
        await client.execute(
            name, f"(setsid sh -c 'echo $$ >{name}; exec sleep 600' >/dev/null 2>&1 &)", timeout=GUARD
        )
    one, two = await written(work / "one"), await written(work / "two")
    await client.terminate("one")
    assert not alive(one) and alive(two)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
async def test_what_an_ended_shell_left_ends_with_its_terminal(client, work):
    await client.open("main")
    await client.execute("main", "setsid sh -c 'echo $$ >pid; exec sleep 600' & kill -9 $$", timeout=GUARD)
    pid = await written(work / "pid")
    assert (await client.execute("main", "echo new", timeout=GUARD)).output == "new"
    assert alive(pid)
    await client.terminate("main")
    assert not alive(pid)


async def test_a_thousand_short_processes_leave_no_zombie(client):
    await client.open("main")
    result = await client.execute(
        "main", "for i in $(seq 200); do (true &) ; (setsid true &); done; wait; echo $$", timeout=GUARD
    )
    shell = int(result.output.splitlines()[-1])
    below = {shell, client.host_pid}

    def zombies():
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                except OSError:
                    continue
                if fields[0] == "Z" and int(fields[1]) in below:
                    found.append(entry.name)
        return found

    async with asyncio.timeout(GUARD):
        while zombies():
            await asyncio.sleep(0.01)


async def test_a_shell_that_is_killed_from_outside_is_told_with_its_code(client):
    await client.open("main")
    ended = asyncio.get_running_loop().create_future()
    client.on_event(lambda event: event.kind == "closed" and ended.set_result(event))
    call = asyncio.create_task(client.execute("main", "echo begun; sleep 600", timeout=GUARD))
    (info,) = await client.list()
    while info.state != "busy":
        (info,) = await client.list()
    os.kill(info.pid, signal.SIGKILL)
    async with asyncio.timeout(GUARD):
        assert (await ended).exit_code == 137
        result = await call
    assert (result.status, result.exit_code, result.output) == ("exited", 137, "begun")


async def test_the_last_words_of_a_program_are_not_lost(client):
    name, result = await client.run("seq 1 30000; exit 4", timeout=GUARD)
    assert (result.exit_code, result.status) == (4, "completed")
    assert result.output.endswith("\n30000")


async def test_every_terminal_is_another_one(client):
    said = set()
    for name in ("one", "two"):
        await client.open(name)
        said.add((await client.execute(name, "echo $TERM_SESSION_ID", timeout=GUARD)).output)
    assert len(said) == 2 and "" not in said
    assert "TERM_SESSION_ID" not in shell_environment({"TERM_SESSION_ID": "outer"})
