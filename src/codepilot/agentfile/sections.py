"""The smaller sections of an agent file."""

from __future__ import annotations

from typing import cast, get_args

from codepilot.agentfile.reader import Section
from codepilot.agentfile.values import MemoryConfig, TerminalsConfig, TimeoutConfig
from codepilot.messages import OnExit, PersonCommands

DAY = 86_400.0
"""Seconds; the longest time that a file may name."""


def timeout_of(section: Section) -> TimeoutConfig:
    """`model.timeout`."""
    usual = TimeoutConfig()
    config = TimeoutConfig(
        first_word=_seconds(section, "first_word", usual.first_word),
        between_words=_seconds(section, "between_words", usual.between_words),
        whole_reply=_seconds(section, "whole_reply", usual.whole_reply),
    )
    section.finish()
    return config


def _seconds(section: Section, key: str, default: float) -> float:
    value = section.number(key, default, low=0.0, high=DAY, above=True)
    return default if value is None else value


def memory_of(section: Section, unused: list[tuple[int, str]]) -> MemoryConfig:
    """`memory`.

    Args:
        section: it.
        unused: takes the keys that mean nothing here.
    """
    threshold = section.number("global_summary_threshold", 0.9, low=0.0, high=1.0, above=True)
    config = MemoryConfig(
        max_context_tokens=section.whole("max_context_tokens", 120_000),
        global_summary_threshold=threshold if threshold is not None else 0.9,
        global_summary_max_tokens=section.whole("global_summary_max_tokens", 500),
    )
    unused += section.unused(
        "context_stress_multiplier", "context_stress_trigger", "context_safety_margin_tokens"
    )
    section.finish()
    return config


def terminals_of(section: Section) -> TerminalsConfig:
    """`terminals`."""
    usual = TerminalsConfig()
    minutes = section.number("idle_minutes", usual.idle_minutes, low=0.0, high=10_080.0)
    config = TerminalsConfig(
        on_exit=cast("OnExit | None", section.one_of("on_exit", get_args(OnExit), "") or None),
        idle_minutes=usual.idle_minutes if minutes is None else minutes,
        person_commands=cast(
            "PersonCommands",
            section.one_of("person_commands", get_args(PersonCommands), usual.person_commands),
        ),
    )
    section.finish()
    return config
