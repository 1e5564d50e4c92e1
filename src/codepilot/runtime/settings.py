"""The limits of a loop, from the agent file and from what is known of its model."""

from __future__ import annotations

from collections.abc import Callable

from codepilot.agentfile import AgentConfig
from codepilot.context.budget import Window
from codepilot.loop import LoopSettings
from codepilot.models import profile_for
from codepilot.protocol import LIMITS, Limits

_USUAL = 120_000
"""Tokens of the messages for a model of which nothing is known, as in codepilot-ai."""


def settings_of(
    config: AgentConfig, model_name: str, system: Callable[[], str], spool: Callable[[str], str]
) -> LoopSettings:
    """The settings of a loop.

    Args:
        config: the agent file.
        model_name: of the model that is used, which may be another than the file's.
        system: gives the system prompt.
        spool: keeps a long text in a file.
    """
    model = config.model
    profile = profile_for(model_name)
    thinking = model.thinking.budget_tokens if model.thinking.enabled else None
    return LoopSettings(
        system=system,
        max_steps=config.runtime.max_steps,
        max_tokens=model.max_tokens,
        temperature=model.temperature,
        thinking_budget=thinking,
        context_window=profile.context_window,
        window=Window(
            size=profile.context_window,
            messages=_messages(config, profile.context_window),
            reply=model.max_tokens + (thinking or 0),
            cut_at=config.memory.global_summary_threshold,
        ),
        summary_tokens=config.memory.global_summary_max_tokens,
        cost=profile.cost,
        prices_of=profile.prices_of,
        max_cost=config.runtime.max_cost,
        ask_steps=config.max_steps_given,
        spool=spool,
        limits=_limits(config),
        work_dir=config.runtime.work_dir,
    )


def _messages(config: AgentConfig, of_model: int) -> int:
    """Tokens that the messages may have: as the file says, or a program that changed the value."""
    wanted = config.memory.max_context_tokens
    said = config.max_context_given or wanted != _USUAL
    return wanted if said or not of_model else 0


def _limits(config: AgentConfig) -> Limits:
    shown = next(
        (tool.config.get("max_output_chars") for tool in config.tools if tool.name == "execute"), None
    )
    return LIMITS.with_command(shown) if shown else LIMITS
