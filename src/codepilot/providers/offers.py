"""Which models could be chosen here and now: those whose key is set, and those of servers on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from codepilot import credentials, models
from codepilot.agentfile import ModelConfig
from codepilot.models import ProviderProfile
from codepilot.providers.local import find_local_servers
from codepilot.values import dataclass

MOST_PER_SERVER = 3
"""Of a server that has many models, the first are enough to begin with; any other can be typed."""


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """A model that could be asked."""

    provider: str
    model: str
    why: str
    """Why it could: the variable that is set, or where a server answers."""

    @property
    def choice(self) -> str:
        """``provider:name``, as `AgentConfig.with_model` takes it."""
        return f"{self.provider}:{self.model}"


def keyed_offers(current: ModelConfig, environ: Mapping[str, str] | None = None) -> list[ModelOffer]:
    """One model for each provider whose key is set: the current one at its provider, else the provider's default.

    Args:
        current: the model of the agent file.
        environ: where keys are looked up.
    """
    environ = credentials.environment() if environ is None else environ
    found = []
    for profile in models.providers().values():
        here = profile.name == current.provider
        variable = current.api_key_env if here else profile.key_env
        name = current.name if here else profile.default_model
        if name and variable and environ.get(variable, "").strip():
            found.append(ModelOffer(profile.name, name, f"{variable} is set"))
    return found


def local_offers(profiles: Iterable[ProviderProfile] | None = None, timeout: float = 0.5) -> list[ModelOffer]:
    """The first models of each server on this machine. Blocks for up to `timeout` seconds: call it on a thread."""
    return [
        ModelOffer(server.provider, model, f"answers at {server.url}")
        for server in find_local_servers(profiles, timeout)
        for model in server.models[:MOST_PER_SERVER]
    ]
