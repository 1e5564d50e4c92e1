"""Variables with which no client can be made; the real SDKs make it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from codepilot.errors import ProviderError
from codepilot.providers.peer import Peer
from codepilot.providers.surroundings import wrong_proxy
from codepilot.testing import ModelServer, Turn

PASSWORD = "hunter2"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080", "SOCKS"),
        ("all_proxy", "socks5h://127.0.0.1:1080", "SOCKS"),
        ("HTTP_PROXY", f"foo://me:{PASSWORD}@proxy", "scheme"),
        ("https_proxy", f"http://me:{PASSWORD}@proxy:x", "address of a proxy"),
        ("SSL_CERT_FILE", "/no/such/file", "No such file"),
        ("SSL_CERT_FILE", __file__, "no certificate"),
    ],
)
async def test_a_variable_that_cannot_be_used_is_named_and_the_model_is_not_asked(
    bench, monkeypatch, variable, value, words
):
    monkeypatch.setenv(variable, value)
    error = await bench.fail(Turn(text="hello"))
    assert f"{variable} " in error.message and words in error.message
    assert variable in error.hint and not error.retryable and error.fault == "unreachable"
    assert PASSWORD not in error.message + error.hint
    assert bench.server.requests == []


@pytest.mark.parametrize("bench", ["openai"], indirect=True)
@pytest.mark.parametrize("variable", ["OPENAI_ORG_ID", "OPENAI_PROJECT_ID"])
@pytest.mark.parametrize(
    ("value", "words"),
    [("hünter2", "characters that are not ASCII"), ("a\nb", "a line break or another control character")],
)
async def test_a_variable_that_no_header_can_hold_is_named_and_nothing_is_sent(
    bench, monkeypatch, variable, value, words
):
    monkeypatch.setenv(variable, value)
    error = await bench.fail(Turn(text="hello"))
    assert error.message.startswith("Nothing can be sent to 127.0.0.1:")
    assert error.message.endswith(f": {variable} holds {words}.")
    assert variable in error.hint and not error.retryable and error.fault == "bad_request"
    assert value not in error.message + error.hint
    assert bench.server.requests == []


def test_codepilot_run_ends_with_4_and_no_traceback(tmp_path):
    with ModelServer([Turn(text="hello")]) as server:
        (tmp_path / "agent.yaml").write_text(
            f"name: a\nmodel: {{provider: llamacpp, name: m, base_url: '{server.openai_url}'}}\n"
        )
        ended = subprocess.run(
            [sys.executable, "-m", "codepilot", "run", "--agent", "agent.yaml", "hi"],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "ALL_PROXY": "socks5://127.0.0.1:1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 4, ended.stderr
    assert "ALL_PROXY" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize("value", ["http://h:99999", "http://[h", "[h", "h:0"])
def test_a_proxy_that_the_library_takes_and_that_is_none_is_named(monkeypatch, value):
    for name in ("HTTPS_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", value)
    found = wrong_proxy("https://api.example.com/v1")
    assert found is not None
    assert found[0] == "https_proxy does not hold the address of a proxy."
    assert wrong_proxy("http://api.example.com/v1") is None
    monkeypatch.setenv("no_proxy", "example.com")
    assert wrong_proxy("https://api.example.com/v1") is None


async def test_a_proxy_that_is_none_is_told_once_and_not_tried_again(bench, ask_for, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:0")
    provider = bench.provider()
    provider.peer = Peer(provider=bench.wire, model="m", base_url="https://api.example.com/v1")
    with pytest.raises(ProviderError) as caught:
        async for _ in provider.stream(ask_for()):
            pass
    assert "https_proxy does not hold the address of a proxy." in caught.value.message
    assert "https_proxy" in caught.value.hint
    assert (caught.value.fault, caught.value.retryable) == ("unreachable", False)


@pytest.mark.parametrize("value", ["http://proxy.example:8080", "proxy.example", "http://[::1]:3128"])
def test_a_proxy_that_can_be_one_is_not_blamed(monkeypatch, value):
    monkeypatch.setenv("https_proxy", value)
    assert wrong_proxy("https://api.example.com/v1") is None


def test_an_sdk_that_is_not_there_ends_the_task_with_its_name(tmp_path):
    (tmp_path / "agent.yaml").write_text(
        "name: a\nmodel: {provider: llamacpp, name: m, base_url: 'http://127.0.0.1:9/v1'}\n"
    )
    ended = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys; sys.modules['openai'] = None\nfrom codepilot.cli import main\nsys.exit(main())",
            *("run", "--agent", "agent.yaml", "hi"),
        ],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 4
    assert "The package openai cannot be imported" in ended.stderr and "pip install" in ended.stderr
    assert "Traceback" not in ended.stderr
