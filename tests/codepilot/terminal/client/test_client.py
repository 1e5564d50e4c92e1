"""A client and a host of another release that speaks the same version of the protocol."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from codepilot.errors import TerminalError
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.messages import FrameReader, encode_frame
from codepilot.terminal.protocol import VERSION, CommandResult, TerminalEvent, TerminalInfo

GUARD = 60
TERMINAL = {"name": "main", "pid": 7, "state": "idle", "cwd": "/w"}
RESULT = {"output": "x", "status": "completed", "exit_code": 0}
STATUS = {
    "id": "a",
    "work_dir": "/w",
    "agent": "b",
    "pid": 1,
    "on_exit": "end",
    "kept": True,
    "clients": 1,
}
SILENT = object()
"""In place of an answer: none comes."""
LATER = {"mood": "good", "moods": ["good", {"or": "bad"}]}


@asynccontextmanager
async def a_host_that_answers(folder, answers, *pushes):
    """One that serves what the table has, as hosts of another release do; before it answers `watch` it tells the pushes."""

    async def serve(reader, writer):
        frames = FrameReader()
        while data := await reader.read(65536):
            for message in frames.feed(data):
                if "hello" in message:
                    path = str(folder / "host.sock")
                    hello = {"hello": VERSION, "client": 1, "pid": 1, "socket": path, **LATER}
                    writer.write(encode_frame(hello))
                elif answers.get(message["op"]) is SILENT:
                    continue
                elif message["op"] in answers:
                    if message["op"] == "watch":
                        writer.writelines(map(encode_frame, pushes))
                    writer.write(encode_frame({"id": message["id"], "result": answers[message["op"]]}))
                else:
                    error = f"Unknown request {message['op']!r}."
                    writer.write(encode_frame({"id": message["id"], "error": error, "hint": ""}))
        writer.close()

    folder.chmod(0o700)
    server = await asyncio.start_unix_server(serve, folder / "host.sock")
    try:
        async with asyncio.timeout(GUARD):
            client = await TerminalClient.connect(folder / "host.sock")
            try:
                yield client
            finally:
                await client.close()
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("more", [{}, LATER], ids=["earlier", "later"])
async def test_each_answer_of_another_release_is_read(tmp_path, more):
    terminal, result = {**TERMINAL, **more}, {**RESULT, **more}
    answers = {
        "open": terminal,
        "list": [terminal],
        "terminate": terminal,
        "execute": result,
        "read": result,
        "send": result,
        "run": {"name": "run-1", "result": result, **more},
        "status": {**STATUS, **more},
        "person": [{"terminal": "main", **more}],
        "goodbye": False,
    }
    async with a_host_that_answers(tmp_path, answers) as client:
        main = TerminalInfo(name="main", pid=7, state="idle", cwd="/w")
        assert await client.open("main") == await client.terminate("main") == main
        assert await client.list() == [main]
        done = CommandResult(output="x", status="completed", exit_code=0)
        assert await client.execute("main", "x", timeout=1) == done
        assert await client.read("main", timeout=1) == await client.send("main", "x", timeout=1) == done
        assert await client.run("x", timeout=1) == ("run-1", done)
        assert (await client.status()).running == ()
        assert [report.terminal for report in await client.offered()] == ["main"]


async def test_a_host_that_does_not_keep_who_closed_a_terminal_knows_nobody(tmp_path):
    """The agent's first command in a terminal asks for it: in those of an earlier release each was an error."""
    async with a_host_that_answers(tmp_path, {"goodbye": False}) as client:
        assert await client.closed_by("main") is None
        with pytest.raises(TerminalError, match="Unknown request 'interrupt'"):
            await client.interrupt("main")


async def test_what_a_later_release_tells_unasked_is_read_or_passed_over(tmp_path):
    update = {
        "size": [80, 24],
        "rows": [[0, [0, ["a", 1, -1, -1, 0, "", -1, ["later"]]]]],
        "cursor": [1, 0, True, "block", "later"],
        "modes": [False, False, False, False, "off", False, {"later": 1}],
        "title": "",
        "history": 0,
        "full": True,
        **LATER,
    }
    pushes = [
        {"push": "mood", "mood": "good"},
        {"push": "event", "event": {"kind": "bell", "name": "main", **LATER}, **LATER},
        {"push": "screen", "name": "main", "update": update, **LATER},
    ]
    async with a_host_that_answers(tmp_path, {"goodbye": False, "watch": None}, *pushes) as client:
        heard, seen = [], []
        client.on_event(heard.append)
        await client.watch("main", seen.append)
        assert heard == [TerminalEvent(kind="bell", name="main")]
        assert seen[0].rows[0].text == "a" and (seen[0].cursor.x, seen[0].directory) == (1, "")


@pytest.mark.parametrize(
    ("op", "last_word"),
    [
        ("execute", {"mood": 1}),
        ("execute", ["mood"]),
        ("run", {"mood": 1}),
        ("run", {"name": "run-1", "result": {"mood": 1}}),
        ("run", 3),
    ],
)
async def test_a_last_word_that_cannot_be_read_leaves_the_cancellation_as_it_is(tmp_path, op, last_word):
    async with a_host_that_answers(tmp_path, {op: last_word, "goodbye": False}) as client:
        told, first = [], ("main",) if op == "execute" else ()
        request = asyncio.create_task(getattr(client, op)(*first, "x", timeout=5, stopped=told.append))
        await asyncio.sleep(0)  # it is sent, and its answer cannot be there yet
        request.cancel()
        await asyncio.wait({request})
        assert request.cancelled() and told == [None]


async def test_a_connection_that_was_closed_in_order_says_only_that(tmp_path):
    """The host may go on, with its shells; no later call on this connection starts another one."""
    async with a_host_that_answers(tmp_path, {"execute": SILENT, "read": SILENT, "goodbye": False}) as client:
        command = asyncio.create_task(client.execute("main", "x", timeout=5))
        look = asyncio.create_task(client.read("main", timeout=5))
        await asyncio.sleep(0)  # they are sent
        await client.close()
        for request in (look, asyncio.create_task(client.list())):
            with pytest.raises(
                TerminalError, match=r"^This connection to the terminal host is closed\.$"
            ) as caught:
                await request
            assert caught.value.hint == ""
        with pytest.raises(
            TerminalError, match=r"^This connection to the terminal host is closed\.$"
        ) as caught:
            await command
        assert caught.value.hint == "This command may have been started; what became of it is not known."


async def test_a_host_that_is_lost_before_its_last_word_leaves_the_cancellation_as_it_is(tmp_path):
    async with a_host_that_answers(tmp_path, {"execute": SILENT, "goodbye": False}) as client:
        told = []
        request = asyncio.create_task(client.execute("main", "x", timeout=5, stopped=told.append))
        await asyncio.sleep(0)  # it is sent
        request.cancel()
        await asyncio.sleep(0)  # now the last word is waited for
        client._connection.cut("it is gone")
        await asyncio.wait({request})
        assert request.cancelled() and told == [None]


async def test_where_nothing_is_interrupted_nothing_is_known_of_the_command(tmp_path):
    """Without a word it was told as one that had not been started."""
    async with a_host_that_answers(tmp_path, {"execute": SILENT, "goodbye": False}) as client:
        told, client.interrupts = [], False
        request = asyncio.create_task(client.execute("main", "x", timeout=5, stopped=told.append))
        await asyncio.sleep(0)  # it is sent
        request.cancel()
        await asyncio.wait({request})
        assert request.cancelled() and told == [None]
