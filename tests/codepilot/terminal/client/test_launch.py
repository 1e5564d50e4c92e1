"""How the host is started."""

from codepilot.terminal.client.launch import host_environment


def test_the_host_starts_without_keys():
    environment = host_environment({"PATH": "/bin", "OPENAI_API_KEY": "x", "PYTHONSTARTUP": "x"}, "/src")
    assert environment == {"PATH": "/bin", "PYTHONPATH": "/src"}
