"""The model server, looked at from outside with a plain HTTP client."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import warnings

import pytest

from codepilot.testing import Fault, ModelServer, Turn

OPENAI = "/v1/chat/completions"
ANTHROPIC = "/v1/messages"


def ask(url, path, text="hi", **more):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], **more}).encode()
    request = urllib.request.Request(url + path, body, {"content-type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def get(url):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as response:
        return json.load(response)


def events(text):
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def test_both_wires_without_streaming():
    with ModelServer(["one", "two"]) as server:
        status, text = ask(server.url, OPENAI)
        assert status == 200
        assert json.loads(text)["choices"][0] == {
            "index": 0,
            "message": {"role": "assistant", "content": "one"},
            "finish_reason": "stop",
        }
        status, text = ask(server.url, ANTHROPIC)
        assert json.loads(text)["content"] == [{"type": "text", "text": "two"}]
        assert json.loads(text)["stop_reason"] == "end_turn"
        server.check()


def test_a_stream_of_chat_completions():
    with ModelServer([Turn(text="a b")]) as server:
        _, text = ask(server.url, OPENAI, stream=True, stream_options={"include_usage": True})
    chunks = events(text)
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]) == "a b"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["completion_tokens"] == 1
    assert text.endswith("data: [DONE]\n\n")


def test_a_stream_of_messages():
    with ModelServer([Turn(text="a b", thinking="t")]) as server:
        _, text = ask(server.url, ANTHROPIC, stream=True)
    names = [line[7:] for line in text.splitlines() if line.startswith("event: ")]
    assert (names[0], names[-1]) == ("message_start", "message_stop")
    assert [e["type"] for e in events(text)] == names
    assert names.count("content_block_start") == names.count("content_block_stop") == 2


@pytest.mark.parametrize("path", [OPENAI, ANTHROPIC])
@pytest.mark.parametrize("stream", [True, False])
def test_a_lone_surrogate_of_a_script_is_sent_as_an_escape(path, stream):
    with ModelServer(["half \ud83d of a pair"]) as server:
        status, text = ask(server.url, path, stream=stream)
    assert status == 200
    assert text.count("\\ud83d") == 1
    assert "pair" in text


def test_a_lone_surrogate_in_the_text_of_a_fault():
    with ModelServer([Turn(fault=Fault(status=500, body="half \ud83d"))]) as server:
        assert ask(server.url, OPENAI) == (500, "half \ufffd")


def test_requests_are_kept():
    with ModelServer(["x"]) as server:
        ask(server.url, OPENAI, "what?", temperature=0.5)
        (request,) = server.requests
        assert (request.method, request.path, request.user_text) == ("POST", OPENAI, "what?")
        assert request.body["temperature"] == 0.5 and json.loads(request.raw) == request.body
        assert request.headers["content-type"] == "application/json"
        assert request.ended.wait(10) and not request.left


def test_a_request_that_nothing_fits():
    with ModelServer([Turn(text="x", match="never")]) as server:
        status, text = ask(server.url, OPENAI, "what?")
        assert status == 599 and "what?" in text
        assert [request.user_text for request in server.unmatched] == ["what?"]
        assert len(server.leftover()) == 1
        with pytest.raises(AssertionError, match="what"):
            server.check()


def test_turns_that_were_not_played_fail_the_check():
    with ModelServer(["x"]) as server, pytest.raises(AssertionError, match="not played"):
        server.check()


def test_models_and_unknown_paths():
    with ModelServer(models=("a", "b")) as server:
        assert [entry["id"] for entry in get(f"{server.openai_url}/models")["data"]] == ["a", "b"]
        assert ask(server.url, "/v1/other")[0] == 404


def test_a_status_with_headers_and_body():
    with ModelServer([Turn(fault=Fault(status=418, headers={"x-tea": "1"}, body="no coffee"))]) as server:
        assert ask(server.url, OPENAI) == (418, "no coffee")


async def test_on_the_running_loop_with_open_connections():
    async with ModelServer([Turn(fault=Fault(hang_headers=True))]) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        body = b'{"messages": [], "stream": true}'
        writer.write(b"POST /v1/messages HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        async with asyncio.timeout(60):
            while not server.requests:
                await asyncio.sleep(0)
    async with asyncio.timeout(60):
        with pytest.raises(ConnectionError):
            if await reader.read() == b"":
                raise ConnectionError
    writer.close()
    assert server.requests[0].ended.is_set()


@pytest.mark.parametrize("turns", range(6))
async def test_stopped_no_connection_is_left(turns):
    """However far it came: a connection that is freed and was never closed warns, and a warning is an error."""
    async with ModelServer() as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(turns):
            await asyncio.sleep(0)
    writer.close()
    await writer.wait_closed()
    before = {id(each) for each in asyncio.all_tasks()}
    gc.collect()
    assert not [
        each
        for each in gc.get_objects()
        if type(each).__name__ == "_SelectorSocketTransport" and not each.is_closing()
    ]
    assert before == {id(asyncio.current_task())}


async def test_garbage_is_no_reason_to_fall_over():

    async with ModelServer(["x"]) as server:
        for garbage in (
            b"",
            b"hello\r\n\r\n",
            b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
            b"x" * 100_000,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(garbage)
            writer.write_eof()
            async with asyncio.timeout(60):
                try:
                    await reader.read()
                except ConnectionError:
                    pass
            writer.close()
        status, _ = await asyncio.to_thread(ask, server.url, OPENAI)
        assert status == 200


def test_a_port_that_is_taken_is_an_error():
    with ModelServer() as server, pytest.raises(OSError), ModelServer(port=server.port):
        pass


def test_it_runs_as_a_process(tmp_path):
    script = tmp_path / "script.yaml"
    script.write_text("- match: hi\n  text: hello\n")
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "codepilot.testing.model_server",
        str(script),
        "--print-url",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        openai_url, anthropic_url = process.stdout.readline().strip(), process.stdout.readline().strip()
        assert openai_url == f"{anthropic_url}/v1"
        assert "hello" in ask(anthropic_url, OPENAI)[1]
        assert ask(anthropic_url, OPENAI)[0] == 599
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 1 and "no turn fits" in complaint


def test_a_bad_script_ends_the_process_with_a_line(tmp_path, capsys):
    from codepilot.testing.model_server import main

    assert main([str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err


async def test_a_connection_that_comes_while_it_stops_is_closed():
    server = ModelServer()
    await server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        # One turn of the loop to see the connection, one to accept it: its transport would be made in the next.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await server.stop()
        assert await asyncio.to_thread(client.recv, 1) == b""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gc.collect()
    assert [str(each.message) for each in told] == []
