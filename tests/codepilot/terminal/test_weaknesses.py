"""What was measured on another tool's terminals must not happen here: each W fails on that behaviour.

Here: W1, W2, W4, W7, W10, W15, W16, W43. Elsewhere, by the same words: W3 `test_boundaries` (not looked at character by
character), W5 `test_host` (children of the embedding program), W6 `test_runtime` (made in another thread), W8 `test_shells` (an unknown shell is refused), W9 `test_commands`
(exactly what it printed) and `test_repl` (echo and prompt), W11 `test_commands` (a busy terminal is never typed into),
W12 `test_host` (a viewer that does not read), W13 `test_shells` (a forged mark), W14 `test_launch`,
`test_commands` (secrets and sockets) and `test_shells` (the nonce).
"""

import asyncio
import contextlib
import os
import random
import re
import socket
import struct

import pytest

from codepilot.errors import TerminalError
from codepilot.terminal.client import HostOptions, TerminalClient
from codepilot.terminal.messages import FrameReader, encode_frame

pytestmark = pytest.mark.slow
GUARD = 60


@pytest.fixture
async def run(client):
    await client.open("main")

    async def run(command, timeout=GUARD):
        return await client.execute("main", command, timeout=timeout)

    return run


async def test_w1_no_false_running_and_no_phantom_notice(client, run):
    """40 commands with gaps between them: 5 were "running" to their timeout, 32 were told as the person's."""
    told = []
    client.on_event(told.append)
    chance = random.Random(1)
    for number in range(40):
        result = await run(f"echo tok{number}")
        assert (result.output, result.status, result.exit_code) == (f"tok{number}", "completed", 0)
        for _ in range(chance.randrange(20)):  # a gap, measured in turns of the host
            await client.text("main")
        after = await client.read("main", timeout=0)
        assert (after.output, after.status) == ("", "completed")
    assert not [event for event in told if event.kind == "typed"]
    assert [event.command for event in told if event.state == "busy"] == [f"echo tok{n}" for n in range(40)]


async def test_w2_a_burst_kills_no_shell_and_keeps_head_and_tail(run):
    """`seq 1 1000000` ended the shell, and the result kept the head only."""
    pid = (await run("echo $$")).output
    result = await run("seq 1 1000000")
    assert (result.status, result.exit_code, result.truncated) == ("completed", 0, True)
    assert result.output.startswith("1\n2\n3\n") and result.output.endswith("\n999999\n1000000")
    assert (await run("echo $$")).output == pid


async def test_w4_bytes_that_are_no_text_lose_nothing_around_them(run, work):
    """`printf '\\xff'` was an error, and the output was lost."""
    result = await run("printf 'before \\xff\\xc3 after \\0 nul \\xe2\\x82'; echo; echo end")
    assert (result.exit_code, result.status) == (0, "completed")
    assert re.fullmatch("before \ufffd+ after  nul \ufffd+\nend", result.output)
    (work / "noise").write_bytes(random.Random(4).randbytes(300_000).replace(b"\x1b", b"") + b"\x18\n")
    result = await run("cat noise; echo; echo end")
    assert result.exit_code == 0 and result.output.endswith("end")


async def test_w4_a_line_of_a_megabyte(run):
    result = await run("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo end")
    assert (result.exit_code, result.truncated) == (0, True) and result.output.endswith("end")
    with open(result.spool) as spool:
        assert spool.read() == "x" * 1_000_000 + "\nend\n"


async def test_w7_no_name_is_fixed_and_two_runtimes_never_meet(work, environment, tmp_path, monkeypatch):
    """A second runtime took over the first one's socket in /tmp; files there were written through links."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    hosts = [
        await TerminalClient.launch(HostOptions(work_dir=work, environment=environment)) for _ in range(2)
    ]
    try:
        assert hosts[0].socket_path != hosts[1].socket_path
        for number, host in enumerate(hosts):
            await host.open("main")
            await host.execute("main", f"me={number}", timeout=GUARD)
        for number, host in enumerate(hosts):
            assert (await host.execute("main", "echo $me", timeout=GUARD)).output == str(number)
        await hosts[0].close()
        assert (await hosts[1].execute("main", "echo $me", timeout=GUARD)).output == "1"
    finally:
        for host in hosts:
            await host.close()


async def test_w7_a_link_in_the_place_of_a_private_file_is_not_followed(client, run, tmp_path):
    """Names of files were predictable, and a link there was written through."""
    await run("true")
    files = client.socket_path.parent / "files"
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for number in range(1, 40):
        for suffix in (".sh", ".check", ".log"):
            with contextlib.suppress(FileExistsError):
                (files / f"1-{number}{suffix}").symlink_to(victim)
    with contextlib.suppress(TerminalError):
        await run("echo through")
    assert victim.read_text() == "mine"


async def test_w10_after_input_ends_a_command_the_terminal_is_free_again(client, run):
    """It stayed "agent busy", and what the person did was no longer seen."""
    assert (await run("read x")).status == "waiting"
    assert (await client.send("main", "word\r", timeout=GUARD)).status == "completed"
    (info,) = await client.list()
    assert (info.owner, info.state) == ("free", "idle")
    told = asyncio.Event()
    client.on_event(lambda event: event.kind == "typed" and told.set())
    await client.write("main", b"echo by hand\r")
    async with asyncio.timeout(GUARD):
        await told.wait()
    assert (await run("echo on")).output == "on"


async def test_w15_the_name_of_a_terminal_is_in_no_path(client, tmp_path):
    """`a/../../tmp/zzout` made a folder and a socket there."""
    for name in ("a/../../x", "../x", "/tmp/x", "a\0b", "..", "."):
        with pytest.raises(TerminalError, match="cannot name"):
            await client.open(name)
    await client.open("very.odd:name")
    await client.execute("very.odd:name", "seq 1 20000", timeout=GUARD)
    folder = client.socket_path.parent
    assert [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in folder.rglob("*") if "odd" in path.name]


async def test_w16_requests_arrive_however_the_packets_are_cut(client, run):
    """Two events in one packet were both dropped, and one that came in two packets."""
    await run("true")
    theirs = socket.socket(socket.AF_UNIX)
    theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(theirs, str(client.socket_path))
    reader = FrameReader()
    got = []

    async def answers(count):
        async with asyncio.timeout(GUARD):
            while sum("id" in message for message in got) < count:
                got.extend(reader.feed(await loop.sock_recv(theirs, 65536)))
        return [message for message in got if "id" in message]

    try:
        hello = encode_frame({"hello": 1})
        asked = [encode_frame({"id": number, "op": "list"}) for number in range(20)]
        await loop.sock_sendall(theirs, hello + b"".join(asked))
        assert len(await answers(20)) == 20
        frame = encode_frame({"id": 20, "op": "text", "name": "main"})
        for byte in frame[:-1]:
            await loop.sock_sendall(theirs, struct.pack("B", byte))
        await loop.sock_sendall(theirs, frame[-1:])
        assert (await answers(21))[-1]["id"] == 20
    finally:
        theirs.close()


@pytest.mark.parametrize("program", ["sleep 30", "python3 -c 'import time; time.sleep(30)'"])
async def test_w43_much_input_that_nobody_reads_wedges_nothing(client, run, program):
    """100 KB of input during `sleep 30`; then neither Ctrl-C nor the next command came through."""
    await run(program, timeout=0.3)
    for _ in range(10):
        await client.write("main", os.urandom(5000).hex().encode() + b"\n")
    await client.open("other")
    assert (await client.execute("other", "echo other", timeout=GUARD)).output == "other"
    result = await client.send("main", "\x03", timeout=GUARD)
    assert result.status == "completed" and result.exit_code != 0
    assert (await run("echo alive")).output == "alive"
