"""Which models can be chosen here and now: those whose key is set, and those of servers on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codepilot.agentfile import AgentConfig

DEFAULT_MODELS = {
    "anthropic": "claude-sonnet-5-5",
    "openai": "gpt-5",
    "deepseek": "deepseek-chat",
    "gemini": "gemini-2.5-pro",
    "kimi": "kimi-k2",
    "openrouter": "anthropic/claude-sonnet-5-5",
}
"""What is offered where only a provider's key was found."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to begin."""

    id: str
    """`demo`, or `provider:model`."""
    title: str
    detail: str


def offered_models(config: AgentConfig) -> list[Offer]:
    """A model of each provider whose key is set.

    Args:
        config: names the model of its own provider.
    """
    from codepilot.agentfile import KEY_VARIABLES
    from codepilot.providers import PRESETS

    found = []
    for provider, variable in KEY_VARIABLES.items():
        if (
            provider in PRESETS
            and variable
            and os.environ.get(variable, "").strip()
            and provider in DEFAULT_MODELS
        ):
            name = config.model.name if config.model.provider == provider else DEFAULT_MODELS[provider]
            found.append(Offer(f"{provider}:{name}", f"{provider}:{name}", f"{variable} is set"))
    return found


def served_models() -> list[Offer]:
    """Models of the servers that answer on this machine; takes up to a second."""
    from codepilot.providers import find_local_servers

    return [
        Offer(f"{server.provider}:{model}", f"{server.provider}:{model}", f"answers at {server.url}")
        for server in find_local_servers()
        for model in server.models[:3]
    ]
