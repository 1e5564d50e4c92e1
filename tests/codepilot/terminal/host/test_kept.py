"""What came of a call is kept for whoever asks after its client was killed."""

import asyncio

import pytest

from codepilot.terminal.client import HostOptions, TerminalClient, TerminalService
from codepilot.terminal.messages import FrameReader, encode_frame

pytestmark = pytest.mark.slow
GUARD = 60


@pytest.fixture
async def lost(client):
    """Gives a command, or something else that takes a call, to the host by a client that vanishes."""
    await client.open("main")

    async def lost(work, until=None):
        other = await TerminalClient.connect(client.socket_path, keep=False)
        task = asyncio.create_task(work(other))
        if until is None:
            await task
        else:
            async with asyncio.timeout(GUARD):
                while not until.exists():
                    await asyncio.sleep(0.005)
        other.interrupts = False
        other.abandon()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return lost


WAITING = "echo one; touch began; while [ ! -e go ]; do sleep 0.01; done; echo two; exit_with() { return 3; }; exit_with"


async def test_a_command_whose_client_was_lost_runs_and_is_told(client, lost, work):
    await lost(lambda other: other.execute("main", WAITING, timeout=GUARD, call="x"), work / "began")
    state, terminal, result = await client.came_of("x")
    assert (state, terminal, result.output) == ("running", "main", "one")
    (work / "go").touch()
    async with asyncio.timeout(GUARD):
        while state == "running":
            state, _, result = await client.came_of("x")
    assert (state, result.status, result.exit_code) == ("done", "completed", 3)
    assert result.output.split() == ["one", "two"]
    assert (await client.came_of("x"))[2].output == result.output, "it is kept until it is noted"
    client.calls.named("x")
    client.calls.noted("x")
    await client.execute("main", "true", timeout=GUARD, call="y")
    assert await client.came_of("x") == ("never", "", None)


async def test_an_answer_that_nobody_noted_is_given_again(client, lost):
    await lost(lambda other: other.execute("main", "echo hi; (exit 4)", timeout=GUARD, call="x"))
    state, _, result = await client.came_of("x")
    assert (state, result.output, result.exit_code) == ("done", "hi", 4)


async def test_what_was_never_given_is_never_seen(client, lost, work):
    await lost(lambda other: other.execute("main", WAITING, timeout=GUARD, call="x"), work / "began")
    before = client.socket_path.parent / "files"
    there = {path.name for path in before.iterdir()}

    class Waits:
        def exists(self):
            return (
                len({path.name for path in before.iterdir()} - there) > 0
            )  # the file of the command is there

    await lost(lambda other: other.execute("main", "touch second", timeout=GUARD, call="y"), Waits())
    assert (await client.came_of("y"))[0] == "never"
    assert await client.came_of("z") == ("never", "", None)
    (work / "go").touch()
    await client.read("main", timeout=GUARD)
    assert not (work / "second").exists()


async def test_a_process_of_its_own_and_input_are_kept_too(client, lost, work):
    await lost(lambda other: other.run(WAITING, timeout=GUARD, call="x"), work / "began")
    state, terminal, _ = await client.came_of("x")
    assert (state, terminal) == ("running", "run-1")
    (work / "go").touch()
    async with asyncio.timeout(GUARD):
        while (found := await client.came_of("x"))[0] == "running":
            await asyncio.sleep(0.01)
    assert found[2].exit_code == 3
    await client.execute("main", "read line; touch $line; sleep 0.2; echo got $line", timeout=0.5)
    await lost(lambda other: other.send("main", "typed\n", timeout=GUARD, call="z"), work / "typed")
    state, _, result = await client.came_of("z")
    assert state == "done" and result.given
    await lost(lambda other: other.terminate("main", by="agent", call="t"))
    assert (await client.came_of("t"))[0] == "done"


async def test_the_last_64_are_kept(client, lost):
    for number in range(66):
        await client.send("main", "", timeout=0, call=f"c{number}")
    assert (await client.came_of("c1"))[0] == "never" and (await client.came_of("c2"))[0] == "done"


async def test_an_older_host_says_that_it_keeps_none(tmp_path):
    async def serve(reader, writer):
        frames = FrameReader()
        while data := await reader.read(65536):
            for message in frames.feed(data):
                if "hello" in message:
                    answer = {"hello": 1, "client": 1, "pid": 1, "socket": str(path)}
                elif message["op"] == "execute":  # it takes no notice of what it does not know
                    result = {"output": "hi", "status": "completed", "exit_code": 0}
                    answer = {"id": message["id"], "result": result}
                else:
                    answer = {"id": message["id"], "error": f"Unknown request {message['op']!r}.", "hint": ""}
                writer.write(encode_frame(answer))
        writer.close()
        await writer.wait_closed()
        gone.set()

    gone = asyncio.Event()
    folder = tmp_path / "h"
    folder.mkdir(mode=0o700)
    path = folder / "host.sock"
    server = await asyncio.start_unix_server(serve, path=str(path))
    client = await TerminalClient.connect(path)
    assert (await client.execute("main", "echo hi", timeout=GUARD, call="x")).output == "hi"
    assert await client.came_of("x") == ("unknown", "", None)
    client.abandon()
    async with asyncio.timeout(GUARD):
        await gone.wait()
    server.close()
    await server.wait_closed()


async def test_a_session_gets_its_own_terminals_back_and_no_others(work, environment):
    async def service(session, *, goes_on):
        options = HostOptions(work_dir=work, environment=environment, on_exit="detach")
        service = TerminalService(options, adopt=True)
        service.begin_with(session, goes_on=goes_on)
        client = await service.client()
        if not await client.list():
            await client.open("main")
        return service, client.host_pid

    first, one = await service("one", goes_on=False)
    second, two = await service("two", goes_on=False)
    await first.close()
    await second.close()
    third, three = await service("three", goes_on=True)
    again, same = await service("one", goes_on=True)
    new, other = await service("four", goes_on=False)
    assert same == one and other == two, "a new session may go on with what nobody keeps"
    assert three not in (one, two)
    await new.belong_to("five")
    await new.close()
    last, found = await service("five", goes_on=True)
    assert found == two
    for each in (third, again, last):
        await each.close("end")
