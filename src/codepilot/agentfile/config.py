"""An agent file as programs use it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from codepilot import models, paths
from codepilot.agentfile.values import AgentValues
from codepilot.errors import UsageError
from codepilot.values import dataclass


@dataclass(slots=True, kw_only=True)
class AgentConfig(AgentValues):
    """An agent file, read and checked."""

    @classmethod
    def load(cls, path: str | Path = "agent.yaml") -> AgentConfig:
        """Read an agent file; the values may be changed afterwards, before they are used.

        Raises:
            AgentFileNotFound: there is no such file.
            AgentFileError: it cannot be read, is no YAML, or a key has a value that cannot be used.
            UsageError: `path` is no path.
        """
        from codepilot.agentfile.loader import load  # brings YAML along

        try:
            file = paths.expanded(path).absolute()
        except ValueError as error:
            raise UsageError(f"Agent file: {error}.") from None
        return load(file, cls)

    def model_dump(self) -> dict[str, Any]:
        """All values as plain JSON, by the names that the file has."""
        values = _plain(self)
        for ours in (
            "path",
            "system_prompt_file",
            "max_context_given",
            "max_steps_given",
            "work_dir_given",
            "warnings",
        ):
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
