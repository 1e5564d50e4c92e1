from codepilot.providers import find_local_servers
from codepilot.testing.model_server import ModelServer


def test_a_server_that_answers_is_named_with_its_models():
    with ModelServer([], models=("tiny", "small")) as server:
        (found,) = find_local_servers({"llamacpp": server.port}, timeout=10)
    assert (found.provider, found.models) == ("llamacpp", ("tiny", "small"))
    assert found.url == f"http://127.0.0.1:{server.port}/v1"


def test_a_closed_port_and_a_stranger_are_passed_over():
    with ModelServer([], models=()) as server:
        assert find_local_servers({"ollama": 1, "llamacpp": server.port}, timeout=10) == []
