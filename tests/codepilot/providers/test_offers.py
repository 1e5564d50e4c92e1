"""What can be chosen: from the keys that are set, and from the servers that answer."""

from __future__ import annotations

import pytest

from codepilot.agentfile import AgentConfig, ModelConfig
from codepilot.models import ProviderProfile, providers
from codepilot.paths import packaged_agent_file
from codepilot.providers import ModelOffer, is_configured, keyed_offers, local_offers
from codepilot.testing.model_server import ModelServer

CURRENT = ModelConfig(provider="anthropic", name="claude-opus-5", api_key_env="ANTHROPIC_API_KEY")
VENDORS = [name for name, each in providers().items() if not each.local]


def test_nothing_is_offered_without_a_key():
    assert keyed_offers(CURRENT, {}) == []
    assert keyed_offers(CURRENT, {"OPENAI_API_KEY": " "}) == []


def test_the_current_model_and_the_defaults_of_the_others():
    environ = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}
    assert keyed_offers(CURRENT, environ) == [
        ModelOffer("anthropic", "claude-opus-5", "ANTHROPIC_API_KEY is set"),
        ModelOffer("openai", "gpt-5", "OPENAI_API_KEY is set"),
    ]


def test_a_key_variable_of_ones_own():
    current = ModelConfig(provider="openai", name="m", api_key_env="MY_KEY")
    assert keyed_offers(current, {"MY_KEY": "k"}) == [ModelOffer("openai", "m", "MY_KEY is set")]


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_is_offered_and_the_offer_can_be_taken(name):
    """S18: two of them, and every local server, were never in the picker."""
    environ = {providers()[name].key_env: "k"}
    (offer,) = keyed_offers(ModelConfig(provider="ollama", name="x"), environ)
    config = AgentConfig.load(packaged_agent_file()).with_model(offer.choice)
    assert (config.model.provider, config.model.name) == (name, offer.model)
    assert is_configured(config.model, environ)


def test_servers_on_this_machine():
    with ModelServer([], models=("a:1b", "b", "c", "d")) as server:
        profile = ProviderProfile(name="ollama", title="Ollama", base_url=server.openai_url, local=True)
        offers = local_offers([profile], timeout=10)
    assert [offer.choice for offer in offers] == ["ollama:a:1b", "ollama:b", "ollama:c"]
    assert offers[0].why == f"answers at {server.openai_url}"
