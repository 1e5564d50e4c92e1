"""Presets, keys, addresses; nothing here touches the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codepilot.agentfile import AgentConfig, ModelConfig
from codepilot.errors import MissingKey, UsageError
from codepilot.models import key_variable, providers
from codepilot.providers import RetryingProvider, is_configured, provider_for
from codepilot.providers.anthropic import AnthropicProvider
from codepilot.providers.catalog import normal_url
from codepilot.providers.openai import OpenAIProvider


def model(provider="openai", **more):
    values = {"name": "m", "api_key_env": key_variable(provider), **more}
    return ModelConfig(provider=provider, **values)


def peer_of(config, environ):
    provider = provider_for(config, environ=environ)
    assert isinstance(provider, RetryingProvider)
    return provider.provider.peer


@pytest.mark.parametrize("name", list(providers()))
def test_every_provider_of_the_table_can_be_made(name):
    provider = provider_for(model(name), environ={providers()[name].key_env: "k"})
    assert (provider.name, provider.model) == (name, "m")
    kind = AnthropicProvider if name == "anthropic" else OpenAIProvider
    assert isinstance(provider.provider, kind)
    assert provider.provider.peer.base_url == providers()[name].base_url


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_says_what_to_do(value):
    environ = {} if value is None else {"OPENAI_API_KEY": value}
    with pytest.raises(MissingKey) as caught:
        provider_for(model(), environ=environ, file=Path("/x/agent.yaml"))
    assert isinstance(caught.value, EnvironmentError)
    assert "the variable OPENAI_API_KEY is not set or empty" in str(caught.value)
    with pytest.raises(MissingKey, match="the variable OTHER, named in /x/agent.yaml, is not set or empty"):
        provider_for(model(api_key_env="OTHER"), environ=environ, file=Path("/x/agent.yaml"))
    assert "export OPENAI_API_KEY" in caught.value.hint and "base_url" in caught.value.hint


@pytest.mark.parametrize("url", ["", "http://localhost:8080/v1"])
@pytest.mark.parametrize("key", ["sk-proj-" + "a1B2" * 9, "gsk_" + "a1B2" * 9, "my key"])
def test_a_key_in_the_place_of_its_variables_name_is_not_shown(key, url):
    with pytest.raises(MissingKey, match="model.api_key_env in /x/agent.yaml") as caught:
        provider_for(model(api_key_env=key, base_url=url), environ={}, file=Path("/x/agent.yaml"))
    assert "NAME" in caught.value.hint
    assert key not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("key", "what"),
    [("sk-one\nsk-two", "a line break"), ("sk-\x00", "a line break"), ("schlüssel", "not ASCII")],
)
def test_what_cannot_be_a_key_is_told_by_its_variable_before_anybody_is_asked(key, what):
    with pytest.raises(MissingKey, match=f"OPENAI_API_KEY holds .*{what}") as caught:
        provider_for(model(), environ={"OPENAI_API_KEY": key})
    assert key not in str(caught.value) + caught.value.hint


def test_an_unknown_provider_is_a_value_error_with_a_guess():
    with pytest.raises(ValueError, match="Did you mean openai") as caught:
        provider_for(model("opnai"), environ={}, file=Path("/x/agent.yaml"))
    assert isinstance(caught.value, UsageError)
    assert str(caught.value) == "Unknown provider 'opnai' in /x/agent.yaml. Did you mean openai?"
    with pytest.raises(ValueError, match="Unknown provider 'acme'") as caught:
        provider_for(model("acme"), environ={"ACME_API_KEY": "k"})
    known, _, rest = caught.value.hint.partition("; ")
    assert known.startswith("Known are ") and "openai" in known
    assert rest == "for any other service name its model.base_url as well."


def test_a_service_of_ones_own_needs_an_address_and_no_key():
    assert peer_of(model("acme", base_url="http://10.0.0.5:9000"), {}).base_url == "http://10.0.0.5:9000/v1"


@pytest.mark.parametrize("name", ["ollama", "lmstudio", "llamacpp"])
def test_local_servers_need_no_key(name):
    assert peer_of(model(name), {}).base_url.startswith("http://localhost:")
    assert is_configured(model(name), {})


def test_base_url_variables_move_their_own_service_only():
    environ = {"OPENAI_BASE_URL": "http://localhost:1/v1", "ANTHROPIC_BASE_URL": "http://localhost:2"}
    assert peer_of(model("openai"), environ).base_url == "http://localhost:1/v1"
    assert peer_of(model("anthropic"), environ).base_url == "http://localhost:2"
    together = peer_of(model("together"), {**environ, "TOGETHER_API_KEY": "k"})
    assert together.base_url == "https://api.together.xyz/v1"
    assert peer_of(model("openai", base_url="http://here:3"), environ).base_url == "http://here:3/v1"


def test_configured_means_a_key_or_an_address():
    assert not is_configured(model(), {})
    assert is_configured(model(), {"OPENAI_API_KEY": "k"})
    assert is_configured(model(base_url="http://localhost:8080"), {})
    assert not is_configured(model(), {"ANTHROPIC_API_KEY": "k"})
    with pytest.raises(UsageError, match="Unknown provider"):  # and not: its key is missing
        is_configured(model("nobody"), {})


@pytest.mark.parametrize(
    ("given", "wire", "expected"),
    [
        ("localhost:8080", "openai", "http://localhost:8080/v1"),
        ("http://localhost:8080/", "openai", "http://localhost:8080/v1"),
        ("example.com", "openai", "https://example.com/v1"),
        ("https://example.com/api/v3", "openai", "https://example.com/api/v3"),
        ("https://example.com/v1/chat/completions", "openai", "https://example.com/v1"),
        ("https://example.com/v1/messages", "anthropic", "https://example.com"),
        ("http://127.0.0.1:5/v1/", "anthropic", "http://127.0.0.1:5"),
        (" http://[::1]:5 ", "openai", "http://[::1]:5/v1"),
    ],
)
def test_addresses_are_made_usable(given, wire, expected):
    assert normal_url(given, wire) == expected


@pytest.mark.parametrize(
    "given",
    [
        *("http://", "ftp://x", "http://x:port", "://", "http://[::1/v1", "[::1", "5", "http://12/v1"),
        *("http://exa mple/v1", "exa mple", "http://<host>/v1", "http://${HOST}/v1"),
    ],
)
def test_addresses_that_are_none(given):
    with pytest.raises(UsageError, match="base_url"):
        normal_url(given, "openai")


def test_the_shipped_agent_file_makes_a_provider():
    from codepilot.paths import packaged_agent_file

    config = AgentConfig.load(packaged_agent_file())
    assert provider_for(config.model, environ={"ANTHROPIC_API_KEY": "k"}).name == "anthropic"


def test_nothing_here_loads_an_sdk():
    code = (
        "import sys, codepilot.providers as p, codepilot.models as models; from codepilot.agentfile import ModelConfig; "
        "m = ModelConfig(provider='openai', name='m', api_key_env='X'); "
        "p.provider_for(m, environ={'X': 'k'}); models.profile_for('gpt-5'); "
        "bad = {'openai', 'anthropic', 'httpx2', 'pydantic'} & set(sys.modules); sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
