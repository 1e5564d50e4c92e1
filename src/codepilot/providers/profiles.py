"""What is known of each model family: how much it reads and writes, what it costs, how it thinks.

The table is `models.yaml` beside this module; one in the person's configuration folder goes before it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from codepilot import paths
from codepilot.errors import UsageError
from codepilot.messages import Usage

_MILLION = 1_000_000
_VERSION = re.compile(r"-\d{1,2}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProfile:
    """A model family. Zero and None mean: not known."""

    family: str = ""
    context_window: int = 0
    max_output: int = 0
    input_price: float | None = None
    """Dollars per million tokens, as are the other prices."""
    output_price: float | None = None
    cache_read_price: float | None = None
    cache_write_price: float | None = None
    prices_of: str = ""
    """When the prices were read, as YYYY-MM-DD."""
    thinking: Literal["", "budget", "adaptive"] = ""
    """How the Anthropic wire is asked for thinking; empty: not known, so by budget first."""

    def cost(self, usage: Usage) -> float | None:
        """Dollars for these tokens; None where no price is known."""
        if self.input_price is None or self.output_price is None:
            return None
        read = self.input_price if self.cache_read_price is None else self.cache_read_price
        write = self.input_price if self.cache_write_price is None else self.cache_write_price
        fresh = max(usage.input_tokens - usage.cache_read - usage.cache_write, 0)
        total = fresh * self.input_price + usage.cache_read * read + usage.cache_write * write
        return (total + usage.output_tokens * self.output_price) / _MILLION


def profile_for(model: str) -> ModelProfile:
    """The profile of the longest family name that the model's name begins with; else an empty one.

    A vendor's prefix (`anthropic/…`, `models/…`) is passed over. `gpt-5` does not stand for `gpt-5.4`, nor
    `claude-sonnet-5` for `claude-sonnet-5-9`: a version that is not in the table is not known.
    """
    table = _table(paths.config_dir() / "models.yaml")
    name = model.strip().lower().rsplit("/", 1)[-1]
    for family in sorted(table, key=len, reverse=True):
        rest = name.removeprefix(family)
        if rest == name and name != family:
            continue
        if rest == "" or (rest[0] in "-@:" and not _VERSION.match(rest)):
            return table[family]
    return ModelProfile()


@functools.lru_cache(maxsize=4)
def _table(own: Path) -> Mapping[str, ModelProfile]:
    table = _read(Path(__file__).with_name("models.yaml"))
    if own.is_file():
        table = {**table, **_read(own)}
    return table


def _read(path: Path) -> dict[str, ModelProfile]:
    import yaml

    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        prices_of = str(data.get("prices_of", ""))
        return {
            str(family).lower(): ModelProfile(family=str(family), prices_of=prices_of, **_checked(entry))
            for family, entry in data.get("models", {}).items()
        }
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: cannot be used: {error}") from error


def _checked(entry: Mapping[str, Any]) -> dict[str, Any]:
    known = {f.name for f in fields(ModelProfile)} - {"family", "prices_of"}
    for key, value in entry.items():
        if key not in known:
            raise ValueError(f"unknown key {key}; a model has {', '.join(sorted(known))}")
        number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        if key == "thinking" and value not in ("", "budget", "adaptive"):
            raise ValueError("thinking: expected budget or adaptive")
        if key != "thinking" and not number and not (value is None and key.endswith("_price")):
            raise ValueError(f"{key}: expected a number, found {value!r}")
    return dict(entry)
