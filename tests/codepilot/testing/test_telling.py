"""What is sent of a turn, byte by byte, over a real socket."""

import asyncio
import json

import pytest

from codepilot.script import Fault, Turn
from codepilot.testing.telling import tell

WIRES = pytest.mark.parametrize("wire", ["openai", "anthropic"])


async def told(wire, turn, **asked):
    """All that arrives until the connection ends, and whether it ended by a reset."""

    async def answer(reader, writer):
        await tell(wire, turn, {"model": "m", "messages": [], **asked}, writer)
        if not writer.transport.is_closing():
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, asyncio.timeout(60):
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        got = b""
        try:
            while piece := await reader.read(1 << 16):
                got += piece
            return got, False
        except ConnectionResetError:
            return got, True
        finally:
            writer.close()


@WIRES
async def test_in_one_piece(wire):
    got, reset = await told(wire, Turn(text="hello there"))
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and not reset
    assert "hello there" in json.dumps(json.loads(body))


@WIRES
async def test_streamed_to_its_end(wire):
    got, reset = await told(wire, Turn(chunks=("hel", "lo")), stream=True)
    assert b"text/event-stream" in got and got.endswith(b"0\r\n\r\n") and not reset
    assert got.index(b'"hel"') < got.index(b'"lo"')


@WIRES
@pytest.mark.parametrize(
    ("fault", "ends", "is_reset"),
    [
        (Fault(cut_at=1), False, True),
        (Fault(eof_at=1), False, False),
        (Fault(end_clean_at=1), True, False),
        (Fault(err_at=1, body={"message": "too many", "type": "overloaded_error"}), True, False),
    ],
    ids=["cut", "eof", "end_clean", "err"],
)
async def test_up_to_its_fault(wire, fault, ends, is_reset):
    got, reset = await told(wire, Turn(chunks=("hel", "lo"), fault=fault), stream=True)
    assert (got.endswith(b"0\r\n\r\n"), reset) == (ends, is_reset)
    assert b'"lo"' not in got
    assert (b"too many" in got) == (fault.err_at is not None)


@WIRES
async def test_broken_json_stands_between_its_words(wire):
    got, _ = await told(wire, Turn(chunks=("hel", "lo"), fault=Fault(bad_at=1)), stream=True)
    broken = [line for line in got.splitlines() if line.startswith(b"data: {") and not line.endswith(b"}")]
    assert len(broken) == 1 and got.index(b'"hel"') < got.index(broken[0]) < got.index(b'"lo"')
