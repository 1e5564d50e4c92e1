"""Variables with which no client can be made; the real SDKs make it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from codepilot.testing import ModelServer, Turn

PASSWORD = "hunter2"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080", "SOCKS"),
        ("all_proxy", "socks5h://127.0.0.1:1080", "SOCKS"),
        ("HTTP_PROXY", f"foo://me:{PASSWORD}@proxy", "scheme"),
        ("https_proxy", f"http://me:{PASSWORD}@proxy:x", "no address of a proxy"),
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
