"""What is known of providers and models: names, addresses, keys, limits, prices.

The table is `models.yaml` beside this module; one in the person's configuration folder goes before it, key by key.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, NamedTuple

from codepilot import paths
from codepilot.errors import UsageError
from codepilot.messages import Usage
from codepilot.text import shorten
from codepilot.values import dataclass
from codepilot.yaml_lines import YamlFile

Wire = Literal["openai", "anthropic"]
LimitField = Literal["max_tokens", "max_completion_tokens"]

_MILLION = 1_000_000
_LARGEST_WINDOW = 1_000_000_000
"""Tokens; more is a slip of the hand."""
_HIGHEST_PRICE = 1_000_000
"""Dollars per million tokens."""
_VERSION = re.compile(r"-\d{1,2}(?!\d)")
_TOP = ("models", "prices_of", "providers")
_ONE_OF: Mapping[str, tuple[str, ...]] = {
    "wire": ("openai", "anthropic"),
    "limit_field": ("max_tokens", "max_completion_tokens"),
    "thinking": ("", "budget", "adaptive"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderProfile:
    """A service of models."""

    name: str
    title: str
    """What it is called in sentences."""
    base_url: str
    wire: Wire = "openai"
    key_env: str = ""
    """The variable that holds the key where the agent file does not name one."""
    url_env: str = ""
    """The variable that moves this service, and no other, elsewhere."""
    default_model: str = ""
    """What is offered where only the key was found."""
    local: bool = False
    """Runs on the person's machine and needs no key."""
    aliases: tuple[str, ...] = ()
    """Other names that people use."""
    limit_field: LimitField = "max_tokens"
    """How Chat Completions call the limit of output tokens there."""
    stream_options: bool = True
    """Whether token counts may be asked for in a stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProfile:
    """A model family. Zero and None mean: not known."""

    family: str = ""
    context_window: int = 0
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


def providers() -> Mapping[str, ProviderProfile]:
    """All providers by name, in the order of the table.

    Raises:
        UsageError: the person's own table cannot be used; so does every function here.
    """
    return _table(paths.config_dir() / "models.yaml").providers


def provider_name(name: str) -> str:
    """The name by which a provider is known here."""
    name = name.strip().lower()
    return _table(paths.config_dir() / "models.yaml").aliases.get(name, name)


def key_variable(provider: str) -> str:
    """The variable that holds the key of a provider unless the agent file names another."""
    known = providers().get(provider)
    if known is not None and known.key_env:
        return known.key_env
    return f"{provider.upper().replace('-', '_').replace('.', '_')}_API_KEY"


def nearest_provider(name: str, likeness: float = 0.75) -> str:
    """The provider that was probably meant, or nothing; `likeness` is from 0 (anything) to 1 (the same)."""
    import difflib

    return next(iter(difflib.get_close_matches(name, list(providers()), n=1, cutoff=likeness)), "")


def unknown_provider(name: str, where: str = "") -> UsageError:
    """The error for a provider that is not in the table; `where` says what names it."""
    near = nearest_provider(name)
    return UsageError(
        f"Unknown provider {name!r}{where}." + (f" Did you mean {near}?" if near else ""),
        hint=f"Known are {', '.join(providers())}; for any other service name its model.base_url as well.",
    )


def profile_for(model: str) -> ModelProfile:
    """The profile of the longest family name that the model's name begins with; else an empty one.

    A vendor's prefix (`anthropic/…`, `models/…`) is passed over. `gpt-5` does not stand for `gpt-5.4`, nor
    `claude-sonnet-5` for `claude-sonnet-5-9`: a version that is not in the table is not known.
    """
    table = _table(paths.config_dir() / "models.yaml").models
    name = model.strip().lower().rsplit("/", 1)[-1]
    for family in sorted(table, key=len, reverse=True):
        rest = name.removeprefix(family)
        if rest == name and name != family:
            continue
        if rest == "" or (rest[0] in "-@:" and not _VERSION.match(rest)):
            return table[family]
    return ModelProfile()


class _Table(NamedTuple):
    providers: Mapping[str, ProviderProfile]
    aliases: Mapping[str, str]
    models: Mapping[str, ModelProfile]


class _Rows(NamedTuple):
    """A file's rows as they are written, checked."""

    providers: dict[str, dict[str, Any]]
    models: dict[str, dict[str, Any]]
    file: YamlFile
    """Where the last of them stand."""


@functools.lru_cache(maxsize=4)
def _table(own: Path) -> _Table:
    rows = _read(Path(__file__).with_name("models.yaml"))
    if own.is_file():
        more = _read(own, unique=True)
        rows = _Rows(
            _laid_over(rows.providers, more.providers), _laid_over(rows.models, more.models), more.file
        )
    known: dict[str, ProviderProfile] = {}
    for name, row in rows.providers.items():
        if not row.get("base_url"):
            raise rows.file.wrong("base_url is missing", "providers", name)
        known[name] = ProviderProfile(name=name, **{"title": name, **row})
    return _Table(
        known,
        {alias: each.name for each in known.values() for alias in each.aliases},
        {family.lower(): ModelProfile(family=family, **row) for family, row in rows.models.items()},
    )


def _laid_over(rows: dict[str, dict[str, Any]], more: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {**rows, **{name: {**rows.get(name, {}), **row} for name, row in more.items()}}


def _read(path: Path, *, unique: bool = False) -> _Rows:
    file = YamlFile(path, unique=unique)
    for key in file.data:
        if key not in _TOP:
            raise file.wrong(_unknown_key(key, _TOP), str(key))
    prices_of = {"prices_of": str(file.data["prices_of"])} if "prices_of" in file.data else {}
    return _Rows(
        {
            str(name).lower(): _checked(file, ("providers", str(name)), row, ProviderProfile, ("name",))
            for name, row in file.mapping(file.data.get("providers"), "providers").items()
        },
        {
            str(family): _checked(file, ("models", str(family)), row, ModelProfile, ("family", "prices_of"))
            | prices_of
            for family, row in file.mapping(file.data.get("models"), "models").items()
        },
        file,
    )


def _checked(
    file: YamlFile,
    place: tuple[str, str],
    row: object,
    kind: type[ProviderProfile | ModelProfile],
    given: tuple[str, ...],
) -> dict[str, Any]:
    """A row whose keys and values the kind can take; `given` are fields that the file says elsewhere."""
    known = {each.name: str(each.type) for each in fields(kind) if each.name not in given}
    values: dict[str, Any] = {}
    for key, value in file.mapping(row, *place).items():
        if key not in known:
            raise file.wrong(_unknown_key(key, sorted(known)), *place, str(key))
        try:
            values[key] = _value(key, value, known[key])
        except ValueError as error:
            raise file.wrong(str(error), *place, key) from None
    return values


def _unknown_key(key: object, known: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(str(key), known, n=1)
    return "unknown key; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}")


def _value(key: str, value: Any, kind: str) -> Any:
    if key in _ONE_OF:
        expected, fits = f"one of {', '.join(filter(None, _ONE_OF[key]))}", value in _ONE_OF[key]
    elif kind == "str":
        expected, fits = "a text", isinstance(value, str)
    elif kind == "bool":
        expected, fits = "true or false", isinstance(value, bool)
    elif kind.startswith("tuple"):
        expected, fits = "a list of texts", isinstance(value, list) and all(isinstance(v, str) for v in value)
    elif kind == "int":
        expected = f"a whole number from 1 to {_LARGEST_WINDOW:,}"
        fits = type(value) is int and 1 <= value <= _LARGEST_WINDOW
    else:
        expected = f"a number from 0 to {_HIGHEST_PRICE:,}"
        fits = value is None or (type(value) in (int, float) and 0 <= value <= _HIGHEST_PRICE)
    if not fits:
        raise ValueError(f"expected {expected}, found {shorten(repr(value), 60)}")
    return tuple(value) if isinstance(value, list) else value
