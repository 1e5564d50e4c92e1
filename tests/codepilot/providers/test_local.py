"""Servers on this machine, found by asking them; a model server stands for each."""

from __future__ import annotations

from codepilot.models import ProviderProfile
from codepilot.providers import find_local_servers
from codepilot.testing.model_server import ModelServer


def at(url, name="llamacpp"):
    return ProviderProfile(name=name, title=name, base_url=url, local=True)


def test_a_server_that_answers_is_named_with_its_models():
    with ModelServer([], models=("tiny", "small")) as server:
        (found,) = find_local_servers([at(server.openai_url)], timeout=10)
    assert (found.provider, found.models) == ("llamacpp", ("tiny", "small"))
    assert found.url == f"http://127.0.0.1:{server.port}/v1"


def test_a_closed_port_and_a_stranger_are_passed_over():
    with ModelServer([], models=()) as server:
        assert find_local_servers([at("http://127.0.0.1:1/v1"), at(server.openai_url)], timeout=10) == []


def test_they_are_named_in_the_order_of_the_table():
    with ModelServer([]) as one, ModelServer([]) as two:
        found = find_local_servers([at(one.openai_url, "ollama"), at(two.openai_url)], timeout=10)
    assert [server.provider for server in found] == ["ollama", "llamacpp"]


def test_nowhere_to_look():
    assert find_local_servers([]) == []
