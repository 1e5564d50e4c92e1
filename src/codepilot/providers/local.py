"""Model servers on this machine: asked on loopback only, quickly, and never before someone wants to know."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

PORTS: Mapping[str, int] = {"ollama": 11434, "lmstudio": 1234, "llamacpp": 8080}
"""Where each program listens unless told otherwise."""
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answered."""

    provider: str
    url: str
    models: tuple[str, ...]


def find_local_servers(ports: Mapping[str, int] = PORTS, timeout: float = 0.5) -> list[LocalServer]:
    """Ask each port for its models. Blocks for up to `timeout` seconds a port: call it on a thread.

    Args:
        ports: provider → port on the loopback interface.
        timeout: seconds a server has to answer.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    found = []
    for provider, port in ports.items():
        url = f"http://127.0.0.1:{port}/v1"
        try:
            with opener.open(f"{url}/models", timeout=timeout) as answer:
                listed = json.loads(answer.read(_MOST))
            models = tuple(str(model["id"]) for model in listed["data"])
        except (OSError, urllib.error.URLError, ValueError, KeyError, TypeError):
            continue  # nobody there, or something that is no model server
        if models:
            found.append(LocalServer(provider, url, models))
    return found
