"""The values of an agent file, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from codepilot.messages import OnExit, PersonCommands
from codepilot.values import dataclass


@dataclass(slots=True, kw_only=True)
class ThinkingConfig:
    """`model.thinking`."""

    enabled: bool = False
    budget_tokens: int = 8000


@dataclass(slots=True, kw_only=True)
class TimeoutConfig:
    """`model.timeout`: how long a reply is waited for, in seconds."""

    first_word: float = 180.0
    """From the question to the first word. Long prompts on small machines and hidden thinking may need more."""
    between_words: float = 60.0
    """From one word to the next."""
    whole_reply: float = 900.0
    """From the question to the end of the reply."""


@dataclass(slots=True, kw_only=True)
class ModelConfig:
    """`model`: which model, where, and how it is asked."""

    provider: str
    name: str
    api_key_env: str = ""
    """The name of the variable that holds the key."""
    base_url: str = ""
    """Of a compatible server; empty: the provider's own, or what its environment variable says."""
    temperature: float | None = None
    """None: the file names none, so none is sent."""
    max_tokens: int = 4096
    thinking: ThinkingConfig = field(default_factory=ThinkingConfig)
    timeout: TimeoutConfig = field(default_factory=TimeoutConfig)


@dataclass(slots=True, kw_only=True)
class RuntimeConfig:
    """`runtime`: where and within which bounds the agent works."""

    work_dir: str
    """Absolute."""
    unsafe_mode: bool = False
    max_steps: int = 20
    max_cost: float | None = None
    """Dollars that a session may cost; None: any number."""
    allowed_imports: tuple[str, ...] | None = None
    """What a control block may import; None: what `codepilot.sandbox.lint` lists."""


@dataclass(slots=True, kw_only=True)
class MemoryConfig:
    """`memory`: how much of the conversation is kept in the model's view."""

    max_context_tokens: int = 120_000
    """Of the messages of a request. Where the file does not say it, the model's own window counts, if that is known."""
    global_summary_threshold: float = 0.9
    """From this share of the room on the beginning of the conversation is summarised."""
    global_summary_max_tokens: int = 500
    """That the model's own words in a summary may have."""


@dataclass(slots=True, kw_only=True)
class TerminalsConfig:
    """`terminals`: what becomes of the shells when the program is gone, and of what the person runs in them."""

    on_exit: OnExit | None = None
    """None: the file does not say."""
    idle_minutes: float = 30.0
    """Minutes that an idle, detached shell is kept."""
    person_commands: PersonCommands = "offer"


@dataclass(slots=True, kw_only=True)
class ToolConfig:
    """One entry of `tools`."""

    name: str
    enabled: bool = True
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class AgentValues:
    """All of them. `config.AgentConfig` is what programs use."""

    name: str
    model: ModelConfig
    runtime: RuntimeConfig
    role: str | None = None
    system_prompt: str = ""
    system_prompt_file: Path | None = None
    """Where the prompt was read from, if it was not written in the file itself."""
    memory: MemoryConfig = field(default_factory=MemoryConfig)
    terminals: TerminalsConfig = field(default_factory=TerminalsConfig)
    tools: tuple[ToolConfig, ...] = ()
    """As listed; empty: the default set."""
    path: Path
    """The file, absolute."""
    max_context_given: bool = False
    """Whether the file names `memory.max_context_tokens`."""
    max_steps_given: bool = False
    """Whether a program named the limit of steps for this run."""
    work_dir_given: bool = False
    """Whether the file names `runtime.work_dir`."""
    warnings: tuple[str, ...] = ()
    """What was left out of consideration, each with its line."""
