"""The values of an agent file, and the names and defaults behind them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from codepilot import models
from codepilot.errors import UsageError
from codepilot.messages import OnExit, PersonCommands


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
    allowed_imports: tuple[str, ...] | None = None
    """What a control block may import; None: what `codepilot.sandbox.lint` lists."""


@dataclass(slots=True, kw_only=True)
class MemoryConfig:
    """`memory`: how much of the conversation is kept in the model's view. Without effect here yet."""

    max_context_tokens: int = 120_000
    global_summary_threshold: float = 0.9
    global_summary_max_tokens: int = 500


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
class AgentConfig:
    """An agent file, read and checked."""

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
    work_dir_given: bool = False
    """Whether the file names `runtime.work_dir`."""
    warnings: tuple[str, ...] = ()
    """What was left out of consideration, each with its line."""

    @classmethod
    def load(cls, path: str | Path = "agent.yaml") -> AgentConfig:
        """Read an agent file; the values may be changed afterwards, before they are used.

        Raises:
            AgentFileNotFound: there is no such file.
            AgentFileError: it cannot be read, is no YAML, or a key has a value that cannot be used.
        """
        from codepilot.agentfile.loader import load  # brings YAML along

        return load(Path(path).expanduser().absolute())

    def model_dump(self) -> dict[str, Any]:
        """All values as plain JSON, by the names that the file has."""
        values = _plain(self)
        for ours in ("path", "system_prompt_file", "work_dir_given", "warnings"):
            del values[ours]
        return cast("dict[str, Any]", values)

    def with_model(self, spec: str) -> AgentConfig:
        """The same agent with another model: ``provider:name``, or a name alone for the same provider.

        Raises:
            UsageError: nothing is named, or a provider that is probably misspelt.
        """
        head, colon, rest = spec.strip().partition(":")
        known = models.providers()
        provider = models.provider_name(head) if colon and models.provider_name(head) in known else ""
        name = rest.strip() if provider else spec.strip()
        if not name:
            raise UsageError(
                f"model: expected provider:name, found {spec!r}.",
                hint="For example anthropic:claude-sonnet-4-5.",
            )
        likeness = 0.75 if self._speaks_to_a_vendor() else 0.9
        if colon and not provider and models.nearest_provider(head, likeness):
            error = models.unknown_provider(head, f" in {spec!r}")
            error.hint += f" If {spec!r} is the model's name, write {self.model.provider}:{spec}."
            raise error
        if not provider or provider == self.model.provider:
            return dataclasses.replace(self, model=dataclasses.replace(self.model, name=name))
        model = dataclasses.replace(
            self.model,
            provider=provider,
            name=name,
            api_key_env=models.key_variable(provider),
            base_url="",
        )
        return dataclasses.replace(self, model=model)

    def _speaks_to_a_vendor(self) -> bool:
        """Whose models have no colon in their names; those of servers of one's own do, such as ``deepseek-r1:8b``."""
        current = models.providers().get(self.model.provider)
        return current is not None and not current.local and not self.model.base_url


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


AgentFile = AgentConfig
