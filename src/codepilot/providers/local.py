"""Model servers on this machine: asked quickly, at the addresses of the table, when someone wants to know."""

from __future__ import annotations

import json
from collections.abc import Iterable

from codepilot import models
from codepilot.models import ProviderProfile
from codepilot.values import dataclass

_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answered."""

    provider: str
    url: str
    models: tuple[str, ...]


def find_local_servers(
    profiles: Iterable[ProviderProfile] | None = None, timeout: float = 0.5
) -> list[LocalServer]:
    """Ask each server for its models, all at once. Blocks for up to `timeout` seconds: call it on a thread.

    Args:
        profiles: where to look; default: the local providers of the table.
        timeout: seconds a server has to answer.
    """
    if profiles is None:
        profiles = (profile for profile in models.providers().values() if profile.local)
    from concurrent.futures import ThreadPoolExecutor

    asked = list(profiles)
    with ThreadPoolExecutor(max_workers=len(asked) or 1) as pool:
        answers = pool.map(lambda profile: _ask(profile, timeout), asked)
        return [server for server in answers if server is not None]


def _ask(profile: ProviderProfile, timeout: float) -> LocalServer | None:
    import urllib.request  # with http and email, a twentieth of the library's import

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = profile.base_url.rstrip("/")
    try:
        with opener.open(f"{url}/models", timeout=timeout) as answer:
            listed = json.loads(answer.read(_MOST))
        names = tuple(str(model["id"]) for model in listed["data"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # nobody there, or something that is not a model server
    return LocalServer(profile.name, url, names) if names else None
