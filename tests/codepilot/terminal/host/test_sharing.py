"""Many clients at one host: who keeps it, who only looks, what they see, and going on with one that was left."""

import asyncio
import os
import re
import signal
import socket
import sys
import threading
from pathlib import Path

import pytest

from codepilot.errors import TerminalError
from codepilot.terminal.client import HostOptions, TerminalClient, TerminalService
from codepilot.terminal.host.registry import find_hosts
from codepilot.terminal.messages import encode_frame

pytestmark = pytest.mark.slow
GUARD = 60


class Mirror:
    """What a viewer makes of the updates."""

    def __init__(self):
        self.rows = {}
        self.size = (0, 0)

    def __call__(self, update):
        if update.full:
            self.rows = {}
        self.rows.update(update.rows)
        self.size = (update.columns, update.lines)

    @property
    def grid(self):
        """Rows with their styles, blank ones left out."""
        return {number: row for number, row in self.rows.items() if row.runs}

    @property
    def text(self):
        return "\n".join(self.rows[number].text.rstrip() for number in sorted(self.rows)).rstrip()


async def until(holds):
    async with asyncio.timeout(GUARD):
        while not holds():
            await asyncio.sleep(0.005)


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def service_for(work, environment, *, on_exit="end", agent="", **more):
    options = HostOptions(work_dir=work, environment=environment, on_exit=on_exit, agent=agent)
    return TerminalService(options, **more)


async def left_behind(work, environment, *, run="", on_exit="ask"):
    """A host whose program vanished without goodbye; gives its pid and its folder."""
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment, on_exit=on_exit))
    await client.open("main")
    await client.execute("main", "x=kept; seq 1 100", timeout=GUARD)
    if run:
        result = await client.execute("main", run, timeout=0.3)
        assert result.status in ("running", "waiting")
    client.abandon()
    return client.host_pid, client.socket_path.parent


async def test_a_second_program_sees_the_same_grid(client):
    await client.open("main")
    first, second = Mirror(), Mirror()
    await client.watch("main", first)
    await client.execute(
        "main", "for i in {1..90}; do printf '\\e[3%dm%s\\e[0m 漢 🙂\\n' $((i%8)) $i; done", timeout=GUARD
    )
    viewer = await TerminalClient.connect(client.socket_path, keep=False)
    await viewer.watch("main", second)
    await client.execute(
        "main",
        "printf 'the \\e[1;44mlast\\e[0m line\\n'; tput cup 3 7; printf mark; tput cup 30 0",
        timeout=GUARD,
    )
    await until(lambda: second.size == first.size and first.grid == second.grid and "mark" in first.text)
    async with asyncio.timeout(GUARD):
        # The prompt comes a moment after the command's end, perhaps between the two answers.
        while await viewer.text("main", history=True) != await client.text("main", history=True):
            pass
    total = len(await client.history("main", 0, 10_000))
    assert total > 50 and await viewer.history("main", 0, total) == await client.history("main", 0, total)
    (terminal,) = await client.list()
    assert terminal.viewers == 2
    await viewer.close()
    async with asyncio.timeout(GUARD):
        while (await client.list())[0].viewers != 1:  # the host hears of the close a moment later
            pass


async def test_a_takeover_is_seen_by_all_and_ends_with_the_one_who_took(client):
    seen = []
    await client.open("main")
    client.on_event(lambda event: seen.append(event.owner) if event.kind == "owner" else None)
    await client.execute("main", "sleep 100", timeout=0.3)
    await until(lambda: seen == ["agent"])
    viewer = await TerminalClient.connect(client.socket_path, keep=False)
    with pytest.raises(TerminalError, match="agent holds the keyboard"):
        await viewer.set_owner("main", "person", by_typing=True)
    await viewer.set_owner("main", "person")
    await until(lambda: seen == ["agent", "person"])
    await viewer.write("main", b"\x03")
    await until(lambda: client.alive and seen[-1] == "person")
    viewer.abandon()
    await until(lambda: seen[-1] == "free")


async def test_who_only_looks_changes_nothing(client):
    await client.open("main")
    await client.execute("main", "echo here", timeout=GUARD)
    viewer = await TerminalClient.connect(client.socket_path, read_only=True)
    mirror = Mirror()
    await viewer.watch("main", mirror)
    await until(lambda: "here" in mirror.text)
    assert (await viewer.list())[0].name == "main" and "here" in await viewer.text("main")
    assert await viewer.closed_by("main") is None
    for request in (
        lambda: viewer.write("main", b"x"),
        lambda: viewer.key("main", "x", "x"),
        lambda: viewer.set_owner("main", "person"),
        lambda: viewer.execute("main", "echo no", timeout=1),
        lambda: viewer.terminate("main"),
        lambda: viewer.resize("main", 200, 60),
        lambda: viewer.adopt(on_exit="end"),
        lambda: viewer._ask("shutdown"),
    ):
        with pytest.raises(TerminalError, match="read-only"):
            await request()
    await viewer.close()
    assert (await client.execute("main", "echo still", timeout=GUARD)).output == "still"


async def test_a_viewer_keeps_no_host(work, environment):
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    viewer = await TerminalClient.connect(client.socket_path, keep=False)
    said = []
    viewer.on_event(lambda event: said.append(event.kind))
    await client.close()
    assert gone(client.host_pid)
    await until(lambda: not viewer.alive)
    assert viewer.dismissed and "its program is gone" in viewer.lost and said == ["lost"]
    await viewer.close()


async def test_what_is_followed_comes_whole_and_a_gap_is_told(client):
    await client.open("main")
    await client.execute("main", "echo before", timeout=GUARD)
    pieces = []
    before, full_screen = await client.follow("main", lambda data, missed: pieces.append((data, missed)))
    assert "before" in before and not full_screen
    await client.execute("main", "printf 'a\\033[31mb\\377c\\n'; echo done-$((1+1))", timeout=GUARD)
    await until(lambda: b"done-2" in b"".join(data for data, _ in pieces))
    assert b"a\x1b[31mb\xffc\r\n" in b"".join(data for data, _ in pieces)
    assert not any(missed for _, missed in pieces)
    lazy = socket.socket(socket.AF_UNIX)
    lazy.connect(str(client.socket_path))
    lazy.settimeout(GUARD)
    with lazy:
        hello = encode_frame({"hello": 1, "keep": False})
        lazy.sendall(hello + encode_frame({"id": 1, "op": "follow", "name": "main"}))
        await client.execute(
            "main", "yes 0123456789012345678901234567890123456789 | head -c 8000000", timeout=60
        )
        await client.execute("main", "echo the end", timeout=GUARD)
        got = bytearray()

        def read():
            # The words also stand in the state of the terminal, which comes at once: the gap must have been told too.
            told = False
            while not (told and b"the end" in got[-200_000:]) and (data := lazy.recv(1 << 20)):
                got.extend(data)
                told = told or re.search(rb'"missed":[1-9]', got[-len(data) - 20 :]) is not None

        await asyncio.wait_for(asyncio.to_thread(read), 60)
    assert len(got) < 6_000_000
    missed = [int(part.split(b"}")[0]) for part in bytes(got).split(b'"missed":')[1:]]
    assert sum(missed) > 2_000_000
    assert (await client.execute("main", "echo alive", timeout=GUARD)).output == "alive"


async def test_it_goes_on_without_its_program_and_is_found_again(work, environment):
    command = "i=0; while true; do i=$((i+1)); echo $i >counter; echo step-$i; sleep 0.02; done"
    pid, folder = await left_behind(work, environment, run=command)
    (found,) = find_hosts()
    assert (found.pid, found.id, found.work_dir, found.on_exit) == (pid, folder.name, str(work), "ask")
    before = int((work / "counter").read_text() or 0)
    await until(lambda: int((work / "counter").read_text() or 0) > before + 3)
    told = []
    service = service_for(work, environment, adopt=True, on_exit="ask", on_adopted=told.extend)
    client = await service.client()
    assert client.host_pid == pid
    assert [(each.name, each.state, each.command) for each in told] == [("main", "busy", command)]
    assert "earlier session" in service.take_notice() and service.take_notice() == ""
    text = await client.text("main", history=True)
    assert "\n100\n" in text and "step-1\n" in text
    status = await client.status()
    assert status.kept and status.in_use and status.running == ("main",)
    await client.interrupt("main")
    await client.read("main", timeout=GUARD)
    assert (await client.execute("main", "echo $x", timeout=GUARD)).output == "kept"
    await service.close()
    await until(lambda: gone(pid) and not folder.exists())


async def test_nobody_else_is_taken_from(work, environment, tmp_path):
    owner = service_for(work, environment, on_exit="ask")
    first = await owner.client()
    second = service_for(work, environment, adopt=True)
    other = await second.client()
    assert other.host_pid != first.host_pid and second.take_notice() == ""
    viewer = await TerminalClient.connect(first.socket_path, keep=False)
    with pytest.raises(TerminalError, match="Another program works"):
        await viewer.adopt(on_exit="end")
    await viewer.close()
    pid, _ = await left_behind(work, environment)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    third = service_for(elsewhere, environment, adopt=True)
    assert (await third.client()).host_pid != pid
    for service in (third, second, owner):
        await service.close()
    os.kill(pid, signal.SIGTERM)
    await until(lambda: gone(pid))


async def test_a_host_that_only_waits_ends_after_a_while(work, environment):
    client = await TerminalClient.launch(
        HostOptions(work_dir=work, environment=environment, on_exit="detach", idle_minutes=0.01)
    )
    await client.open("main")
    await client.execute("main", "true", timeout=GUARD)
    pid, folder = client.host_pid, client.socket_path.parent
    await client.close()
    await until(lambda: gone(pid) and not folder.exists())


async def test_a_background_job_counts_as_running(work, environment):
    client = await TerminalClient.launch(
        HostOptions(work_dir=work, environment=environment, on_exit="detach", idle_minutes=0.002)
    )
    await client.open("main")
    await client.execute("main", "(while [ ! -e stop ]; do sleep 0.02; done) & true", timeout=GUARD)
    assert (await client.status()).running == ("main",)
    await client.execute(
        "main", "setsid sh -c 'while [ ! -e stop ]; do sleep 0.02; done' & disown; true", timeout=GUARD
    )
    pid, path = client.host_pid, client.socket_path
    await client.close()
    viewer = await TerminalClient.connect(path, keep=False)
    status = await viewer.status()
    assert not status.kept and status.in_use and status.clients == 1
    await viewer.close()
    (work / "stop").touch()
    await until(lambda: gone(pid) and not path.exists())


async def test_leaving_says_what_becomes_of_it(work, environment):
    for then, stays in (("detach", True), ("end", False)):
        client = await TerminalClient.launch(
            HostOptions(work_dir=work, environment=environment, on_exit="ask")
        )
        await client.open("main")
        pid = client.host_pid
        await client.close(then)
        assert gone(pid) is not stays
        if stays:
            again = await TerminalClient.connect(client.socket_path)
            await again.shutdown()
            await until(lambda pid=pid: gone(pid))


async def test_a_command_outlives_the_call_that_gave_it(work, environment):
    service = service_for(work, environment, on_exit="ask")
    client = await service.client()
    await client.open("main")
    call = asyncio.create_task(client.execute("main", "echo up >up; sleep 100; echo over", timeout=GUARD))
    await until(lambda: (work / "up").exists())
    assert service.stays("detach") and not service.stays("") and not service.stays("end")
    service.let_run()
    call.cancel()
    await asyncio.wait([call])
    await service.close("detach")
    (found,) = find_hosts()
    again = await TerminalClient.connect(Path(found.socket))
    assert (await again.list())[0].state in ("busy", "waiting")
    assert "^C" not in await again.text("main")
    await again.shutdown()


def test_a_client_moves_to_another_loop_and_its_listeners_come_along(work, environment):
    async def begin():
        client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
        client.on_event(lambda event: seen.append((event.kind, threading.get_ident())))
        await client.open("main")
        return client

    async def go_on(client):
        moved = await client.move()
        assert not client.alive and moved.alive and moved.host_pid == client.host_pid
        with pytest.raises(TerminalError):
            await client.list()
        assert (await moved.status()).clients == 1
        await moved.open("second")
        return moved

    async def finish(client):
        moved = await client.move()
        await moved.close()

    seen = []
    client = asyncio.run(begin())
    count = len(seen)
    client = asyncio.run(go_on(client))
    assert ("opened", threading.get_ident()) in seen[count:]
    pid = client.host_pid
    asyncio.run(finish(client))
    assert gone(pid)


async def test_the_client_of_the_documentation(client):
    await client.open("main")
    await client.execute("main", "echo documented", timeout=GUARD)
    text = (Path(__file__).parents[4] / "docs" / "multiplexer.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(program.communicate(), GUARD)
    assert program.returncode == 0, err.decode()
    assert "documented\n$\n$" in out.decode()


async def test_a_host_of_another_version_is_left_alone(work, environment, tmp_path):
    async def old(reader, writer):
        await reader.read(1000)
        writer.write(encode_frame({"error": "this terminal host speaks version 0"}))
        await writer.drain()
        writer.close()

    place = tmp_path / "old"
    place.mkdir(mode=0o700)
    server = await asyncio.start_unix_server(old, place / "host.sock")
    with pytest.raises(TerminalError, match="speaks version 0"):
        await TerminalClient.connect(place / "host.sock")
    server.close()
    await server.wait_closed()


async def test_who_closed_a_terminal_is_not_told_of_the_next_one_of_its_name(client):
    """Else the agent would hear that the person closed it, and read what the earlier one wrote."""
    await client.open("x")
    earlier = (await client.list())[0].identity
    await client.execute("x", "echo old words", timeout=GUARD)
    await client.terminate("x", by="person")
    assert await client.closed_by("x") == await client.closed_by("x", earlier) == "person"
    opened = await client.open("x")
    assert await client.closed_by("x") is None
    await client.terminate("x")
    assert await client.closed_by("x") is None
    assert await client.closed_by("x", opened.identity) is None
    with pytest.raises(TerminalError, match="There is no terminal 'x'"):
        await client.read("x", timeout=0)


async def test_of_many_closed_terminals_the_last_eight_are_kept_and_no_other_is_read_for_them(client):
    await client.open("x")
    earlier = (await client.list())[0].identity
    await client.terminate("x", by="person")
    for number in range(8):
        await client.open(f"y{number}")
        await client.terminate(f"y{number}", by="agent")
    assert await client.closed_by("x", earlier) is None
    await client.open("x")
    await client.execute("x", "echo new words", timeout=GUARD)
    with pytest.raises(TerminalError, match="'x' is another one by now"):
        await client.read("x", timeout=0, identity=earlier)
