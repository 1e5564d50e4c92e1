"""Every way in which a service fails, told in our terms; the real SDKs, a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from pathlib import Path

import httpx2
import openai
import pytest

from codepilot.errors import ProviderError
from codepilot.messages import ReplyEnd, Retrying, TextDelta
from codepilot.providers import faults
from codepilot.providers.peer import Peer
from codepilot.providers.statuses import retry_after
from codepilot.testing import Fault, ModelServer, Turn

CERTIFICATES = Path(__file__).parents[2] / "corpora" / "tls"
TEXT = "one two three four five"


def body_of(wire: str, kind: str, message: str, **more):
    error = {"type": kind, "message": message, **more}
    return {"type": "error", "error": error} if wire == "anthropic" else {"error": error}


async def partial(bench, ask_for, turn, **more):
    """What was given out before the failure, and the failure."""
    bench.server.script.add(turn)
    events = []
    with pytest.raises(ProviderError) as caught:
        async with asyncio.timeout(60):
            async for event in bench.provider(**more).stream(ask_for()):
                events.append(event)
    return "".join(e.text for e in events if isinstance(e, TextDelta)), caught.value


@pytest.mark.parametrize("kind", ["cut_at", "eof_at", "end_clean_at"])
@pytest.mark.parametrize("at", [0, 2, 99])
async def test_a_broken_stream_is_a_cut_and_never_an_end(bench, ask_for, kind, at):
    text, error = await partial(bench, ask_for, Turn(text=TEXT, fault=Fault(**{kind: at})))
    assert error.fault == "cut" and error.retryable
    assert TEXT.startswith(text)
    if kind != "cut_at":  # a reset may overtake bytes that were on their way
        assert text == {0: "", 2: "one two", 99: TEXT}[at]


async def test_a_malformed_event_is_a_protocol_fault(bench, ask_for):
    text, error = await partial(bench, ask_for, Turn(text=TEXT, fault=Fault(bad_at=2)))
    assert (text, error.fault) == ("one two", "protocol")


async def test_an_error_event_is_read(bench, ask_for):
    text, error = await partial(bench, ask_for, Turn(text=TEXT, fault=Fault(err_at=1)))
    assert (text, error.fault, error.retryable) == ("one", "overloaded", True)


async def test_an_error_event_may_be_about_the_key_or_the_rate(bench, ask_for):
    fault = Fault(err_at=0, body={"type": "rate_limit_error", "message": "slow down"})
    _, error = await partial(bench, ask_for, Turn(text=TEXT, fault=fault))
    assert (error.fault, error.retryable) == ("rate", True)
    assert "slow down" in error.message


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"type": "rate_limit", "code": "429", "message": "slow down"}, "rate"),
        ({"type": "rate_limit", "message": "slow down"}, "rate"),
        ({"code": 429, "message": "slow down"}, "rate"),
        ({"type": "error", "code": "401", "message": "no such key"}, "auth"),
    ],
)
async def test_an_error_event_may_name_its_status(bench, ask_for, body, fault):
    _, error = await partial(bench, ask_for, Turn(text=TEXT, fault=Fault(err_at=0, body=body)))
    assert error.fault == fault


@pytest.mark.parametrize(
    ("status", "fault", "retryable"),
    [
        (400, "bad_request", False),
        (401, "auth", False),
        (402, "rate", False),
        (403, "auth", False),
        (404, "not_found", False),
        (408, "timeout", True),
        (413, "too_long", False),
        (422, "bad_request", False),
        (429, "rate", True),
        (500, "overloaded", True),
        (503, "overloaded", True),
        (504, "timeout", True),
        (529, "overloaded", True),
        (599, "protocol", False),
    ],
)
async def test_statuses(bench, status, fault, retryable):
    error = await bench.fail(Turn(fault=Fault(status=status)))
    assert (error.fault, error.retryable, error.status) == (fault, retryable, status)
    assert len(bench.server.requests) == 1


async def test_a_wrong_key_names_the_variable_and_hides_the_key(bench):
    key = "sk-very-secret-key"
    words = f"Incorrect API key provided: {key}."
    body = body_of(bench.wire, "authentication_error", words)
    error = await bench.fail(Turn(fault=Fault(status=401, body=body)), key=key)
    assert error.fault == "auth"
    assert "TEST_KEY" in error.hint
    assert key not in error.message and "Incorrect API key" in error.message


async def test_no_key_at_all_is_told_apart_from_a_wrong_one(bench, ask_for):
    bench.server.script.add(Turn(fault=Fault(status=401)))
    provider = bench.provider(key="")
    provider._key = "none"
    with pytest.raises(ProviderError) as caught:
        async for _ in provider.stream(ask_for()):
            pass
    assert "wants a key" in caught.value.hint and "TEST_KEY" in caught.value.hint


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "the request exceeds the available context size, try increasing it",
        "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
    ],
)
async def test_a_conversation_that_is_too_long(bench, words):
    body = body_of(bench.wire, "invalid_request_error", words)
    error = await bench.fail(Turn(fault=Fault(status=400, body=body)))
    assert (error.fault, error.retryable) == ("too_long", False)


async def test_an_empty_account_is_not_asked_again(bench):
    body = body_of(
        bench.wire, "rate_limit_error", "You exceeded your current quota, check your billing details."
    )
    error = await bench.fail(Turn(fault=Fault(status=429, headers={"retry-after": "1"}, body=body)))
    assert (error.fault, error.retryable, error.retry_after) == ("rate", False, None)
    assert "credit" in error.hint


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.2"}, 0.2),
        ({"retry-after-ms": "1500"}, 1.5),
        ({}, None),
    ],
)
async def test_retry_after_is_read(bench, headers, seconds):
    error = await bench.fail(Turn(fault=Fault(status=429, headers=headers)))
    assert error.retry_after == seconds


def test_retry_after_as_a_date():
    headers = {"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    assert retry_after(headers) == 30.0
    assert retry_after({"retry-after": "soon"}) is None


@pytest.mark.parametrize(
    ("status", "words"),
    [(500, "Internal Server Error"), (429, "Too Many Requests"), (529, "no reason given")],
)
async def test_a_status_without_a_body_is_told_by_its_name(bench, status, words):
    error = await bench.fail(Turn(fault=Fault(status=status, body="")))
    assert error.message.endswith(f" answered {status}: {words}")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html>Bad gateway</html>", "Bad gateway"),
        (
            "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad Gateway</h1></center>",
            "Bad Gateway",
        ),
        ("<!DOCTYPE html><html><title> </title><h1 class=x>Down &amp; out</h1>", "Down & out"),
        ("<html><style>p { x }</style><!-- <p> --><p>Please <b>wait</b>.</p>", "Please wait ."),
        ("<html></html>", "a web page without words"),
        ("Bad gateway <html> of ours", "Bad gateway <html> of ours"),
        ({"error": {"message": "<html><title>502 Bad Gateway</title></html>"}}, "Bad Gateway"),
    ],
)
async def test_a_page_of_a_proxy_is_told_without_its_tags(bench, body, words):
    error = await bench.fail(Turn(fault=Fault(status=502, body=body)))
    assert (error.fault, error.status) == ("overloaded", 502)
    assert error.message.endswith(f" answered 502: {words}")


@pytest.mark.parametrize(
    ("kind", "body"), [("text/html", "<html>Welcome</html>"), ("application/json", {"a": 1})]
)
async def test_a_web_page_is_not_taken_for_a_reply(bench, kind, body):
    error = await bench.fail(Turn(fault=Fault(status=200, headers={"content-type": kind}, body=body)))
    assert (error.fault, error.retryable) == ("protocol", False)
    assert kind in error.message and "base_url" in error.hint


async def test_a_server_that_is_not_there(bench, ask_for):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody can answer there
        port = taken.getsockname()[1]
        provider = bench.provider()
        provider.peer = Peer(provider=bench.wire, model="m", base_url=f"http://127.0.0.1:{port}")
        with pytest.raises(ProviderError) as caught:
            async for _ in provider.stream(ask_for()):
                pass
    error = caught.value
    assert (error.fault, error.retryable) == ("unreachable", False)
    assert f"127.0.0.1:{port}" in error.message
    assert "running" in error.hint


@pytest.mark.parametrize(
    ("host", "refused", "again"),
    [("127.0.0.1", True, False), ("127.0.0.1", False, True), ("service.example", True, True)],
)
def test_only_a_server_of_this_machine_that_refuses_is_not_asked_again(host, refused, again, monkeypatch):
    """Nobody listens here until somebody starts it; a service elsewhere may be starting anew."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    cause = httpx2.ConnectError("no connection")
    cause.__cause__ = ConnectionRefusedError() if refused else TimeoutError()
    peer = Peer(provider="openai", model="m", base_url=f"http://{host}:8000/v1")
    error = faults.translate(cause, peer, openai, connect=1.0)
    assert (error.fault, error.retryable) == ("unreachable", again)


async def test_a_host_that_does_not_exist(bench, ask_for, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    provider = bench.provider()
    provider.peer = Peer(provider=bench.wire, model="m", base_url="http://no-such-host.invalid")
    with pytest.raises(ProviderError) as caught:
        async for _ in provider.stream(ask_for()):
            pass
    assert (caught.value.fault, caught.value.retryable) == ("unreachable", True)
    assert "no-such-host.invalid:80" in caught.value.message


async def test_a_redirect_is_told_and_not_followed(bench):
    """L6: the POST was followed as a GET, and the failure told of the address that had answered."""
    there = "http://127.0.0.1:9/v1/chat"
    error = await bench.fail(Turn(fault=Fault(status=302, headers={"location": there})))
    assert (error.fault, error.retryable, error.status) == ("not_found", False, 302)
    assert f"answered 302: moved to {there}" in error.message
    assert "model.base_url" in error.hint and "key" in error.hint
    assert len(bench.server.requests) == 1


async def test_a_body_that_cannot_be_unpacked(bench):
    """L6: told as "answered 500: Connection error." on one wire, and asked six times on both."""
    headers = {"content-encoding": "gzip", "content-type": "text/event-stream"}
    error = await bench.fail(Turn(fault=Fault(status=200, headers=headers, body="no gzip")))
    assert (error.fault, error.retryable, error.status) == ("protocol", False, None)
    assert "compressed" in error.message and "proxy" in error.hint


class TestTls:
    """A connection that cannot be trusted says why and what to do, and is not tried again."""

    async def ask(self, bench, ask_for, name, *turns):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{name}.pem")
        async with ModelServer(turns, tls=context) as server:
            return [event async for event in self.provider(bench, server.port).stream(ask_for())]

    def provider(self, bench, port):
        provider = bench.provider()
        provider.peer = Peer(provider=bench.wire, model="m", base_url=f"https://localhost:{port}/v1")
        return provider

    @pytest.mark.parametrize(
        ("name", "trusted", "cause", "hint"),
        [
            ("self_signed", "", "its certificate is self-signed", "SSL_CERT_FILE"),
            ("stranger", "", "this machine does not trust the issuer", "SSL_CERT_FILE"),
            ("expired", "expired", "its certificate has expired", "clock"),
            ("elsewhere", "elsewhere", "its certificate is not for localhost", "model.base_url"),
        ],
    )
    async def test_certificates(self, bench, ask_for, monkeypatch, name, trusted, cause, hint):
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / f"{trusted}.pem"))
        with pytest.raises(ProviderError) as caught:
            await self.ask(bench, ask_for, name, "hi")
        error = caught.value
        assert (error.fault, error.retryable) == ("unreachable", False)
        assert error.message.startswith("No secure connection to localhost:") and cause in error.message
        assert hint in error.hint

    async def test_the_advice_helps(self, bench, ask_for, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "self_signed.pem"))
        assert TextDelta("hi") in await self.ask(bench, ask_for, "self_signed", "hi")

    @pytest.mark.parametrize(
        ("answer", "cause", "hint"),
        [
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "it does not speak TLS", "http://"),
            (b"", "it closed the connection during the TLS handshake", "https"),
        ],
    )
    async def test_servers_without_tls(self, bench, ask_for, answer, cause, hint):
        """The second: "No trusted connection to …: ", and then nothing."""

        async def serve(reader, writer):
            await reader.read(1)
            writer.write(answer)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            provider = self.provider(bench, server.sockets[0].getsockname()[1])
            with pytest.raises(ProviderError) as caught:
                async for _ in provider.stream(ask_for()):
                    pass
        assert (caught.value.fault, caught.value.retryable) == ("unreachable", False)
        assert cause in caught.value.message and hint in caught.value.hint

    async def test_a_handshake_that_is_not_answered(self, bench, ask_for):
        """A plain server waits for the end of a request that never comes; it took 10 s and gave no cause."""
        async with ModelServer() as server:
            provider = self.provider(bench, server.port)
            provider.connect_limit = 0.2
            with pytest.raises(ProviderError) as caught:
                async for _ in provider.stream(ask_for()):
                    pass
        assert (caught.value.fault, caught.value.retryable) == ("unreachable", False)
        assert "did not answer the TLS handshake within 0.2 s" in caught.value.message
        assert "http://" in caught.value.hint


class TestRequestsThatAreRefusedForTheirForm:
    async def test_a_refused_temperature_is_left_out_from_then_on(self, bench, ask_for):
        words = "Unsupported value: 'temperature' does not support 0.2 with this model."
        body = body_of(bench.wire, "invalid_request_error", words, param="temperature")
        for turn in (Turn(fault=Fault(status=400, body=body)), "a", "b"):
            bench.server.script.add(turn)
        provider = bench.provider()
        first = [event async for event in provider.stream(ask_for(temperature=0.2))]
        assert isinstance(first[0], Retrying) and "temperature" in first[0].reason and first[0].wait == 0
        async for event in provider.stream(ask_for(temperature=0.2)):
            assert not isinstance(event, Retrying)
        assert ["temperature" in r.body for r in bench.server.requests] == [True, False, False]
        assert len(provider.warnings) == 1

    async def test_a_refused_temperature_that_was_not_sent_is_an_error(self, bench):
        body = body_of(bench.wire, "invalid_request_error", "temperature is wrong")
        error = await bench.fail(Turn(fault=Fault(status=400, body=body)))
        assert error.fault == "bad_request"

    @pytest.mark.parametrize("bench", ["openai"], indirect=True)
    async def test_refused_stream_options(self, bench):
        body = body_of("openai", "invalid_request_error", "Unrecognized request argument: stream_options")
        events = await bench.ask(Turn(fault=Fault(status=400, body=body)), "a")
        assert [type(event) for event in events] == [TextDelta, ReplyEnd]
        assert ["stream_options" in r.body for r in bench.server.requests] == [True, False]
        assert events[-1].usage is None

    @pytest.mark.parametrize("bench", ["openai"], indirect=True)
    @pytest.mark.parametrize(
        ("first", "second"),
        [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")],
    )
    async def test_the_limit_goes_by_another_name(self, bench, first, second):
        words = f"Unsupported parameter: '{first}' is not supported with this model. Use '{second}' instead."
        body = body_of("openai", "invalid_request_error", words)
        await bench.ask(Turn(fault=Fault(status=400, body=body)), "a", limit_field=first)
        assert [(first in r.body, second in r.body) for r in bench.server.requests] == [
            (True, False),
            (False, True),
        ]

    @pytest.mark.parametrize("bench", ["openai"], indirect=True)
    async def test_it_is_not_renamed_for_ever(self, bench):
        words = "Unsupported parameter: max_tokens, max_completion_tokens"
        turn = Turn(
            fault=Fault(status=400, body=body_of("openai", "invalid_request_error", words)), repeat=True
        )
        assert (await bench.fail(turn)).fault == "bad_request"
        assert len(bench.server.requests) == 2


@pytest.mark.parametrize("kind", ["cut_at", "eof_at", "end_clean_at"])
async def test_a_reply_is_complete_once_its_finish_reason_came(bench, ask_for, kind):
    """Only the token counts or the closing event are lost if the connection breaks after it."""
    events = await bench.ask(Turn(text="a", fault=Fault(**{kind: -1})))
    assert events[0] == TextDelta("a")
    assert events[-1].reason == "stop"


def chat(delta):
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


ODD = {
    "openai": [
        "[]",
        '"x"',
        "5",
        '{"choices": "x"}',
        '{"choices": [5]}',
        chat("x"),
        chat({"content": 5}),
        chat({"content": ["x"]}),
        chat({"content": [{"text": "x"}]}),
        chat({"content": [{"type": "text", "text": 5}]}),
    ],
    "anthropic": [
        "[]",
        "5",
        '{"type": "content_block_delta"}',
        '{"type": "message_start", "message": 5}',
    ],
}


@pytest.mark.parametrize(
    ("bench", "data"), [(wire, data) for wire in ODD for data in ODD[wire]], indirect=["bench"]
)
async def test_an_event_of_another_form_is_told_in_plain_words(bench, data):
    name = f"event: {json.loads(data)['type']}\n" if '"type"' in data and bench.wire == "anthropic" else ""
    name = name or ("event: message_start\n" if bench.wire == "anthropic" else "")
    fault = Fault(status=200, headers={"content-type": "text/event-stream"}, body=f"{name}data: {data}\n\n")
    error = await bench.fail(Turn(fault=fault))
    assert (error.fault, error.retryable) == ("protocol", False)
    assert error.message.endswith("sent an event that does not have the form of its API.")
    assert "model.provider" in error.hint


def test_the_docstring_of_the_errors_sends_to_the_kinds_of_faults():
    from codepilot import errors

    assert "`fault` is one of `ProviderFault`" in errors.__doc__
