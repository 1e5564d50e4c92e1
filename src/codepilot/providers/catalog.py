"""Which services there are, where they are, and the provider for an agent file's model."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from codepilot.agentfile import KEY_VARIABLES, ModelConfig
from codepilot.clock import SystemClock
from codepilot.errors import MissingKey, UsageError
from codepilot.ports import Clock, Provider
from codepilot.providers.anthropic import AnthropicProvider
from codepilot.providers.faults import Peer, is_loopback
from codepilot.providers.openai import LimitField, OpenAIProvider
from codepilot.providers.retry import RetryingProvider

Wire = Literal["openai", "anthropic"]
NO_KEY = "none"
"""Sent as the key where a server needs none; the SDKs insist on one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A service, as data."""

    title: str
    base_url: str
    wire: Wire = "openai"
    local: bool = False
    """Runs on the person's machine and needs no key."""
    limit_field: LimitField = "max_tokens"
    stream_options: bool = True
    url_variable: str = ""
    """The environment variable that moves this service, and no other, elsewhere."""


PRESETS: Mapping[str, Preset] = {
    "anthropic": Preset(
        title="Anthropic",
        base_url="https://api.anthropic.com",
        wire="anthropic",
        url_variable="ANTHROPIC_BASE_URL",
    ),
    "openai": Preset(
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        limit_field="max_completion_tokens",
        url_variable="OPENAI_BASE_URL",
    ),
    "together": Preset(title="Together AI", base_url="https://api.together.xyz/v1"),
    "deepseek": Preset(title="DeepSeek", base_url="https://api.deepseek.com/v1"),
    "kimi": Preset(title="Kimi (Moonshot AI)", base_url="https://api.moonshot.ai/v1"),
    "alibaba": Preset(
        title="Alibaba Model Studio",
        base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    ),
    "openrouter": Preset(title="OpenRouter", base_url="https://openrouter.ai/api/v1"),
    "gemini": Preset(
        title="Google Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
    ),
    "ollama": Preset(title="Ollama", base_url="http://localhost:11434/v1", local=True),
    "lmstudio": Preset(title="LM Studio", base_url="http://localhost:1234/v1", local=True),
    "llamacpp": Preset(
        title="llama.cpp",
        base_url="http://localhost:8080/v1",
        local=True,
    ),
}


def provider_for(
    model: ModelConfig,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    file: Path | None = None,
) -> Provider:
    """The provider of an agent file's model, with retries. Touches neither the network nor an SDK.

    Args:
        model: `config.model`.
        environ: where keys and base URLs are looked up.
        clock: how retries wait.
        file: the agent file, to be named in errors.

    Raises:
        MissingKey: the service needs a key and its variable is unset or empty.
        UsageError: no such provider, or an address that cannot be used.
    """
    environ = os.environ if environ is None else environ
    preset = _preset(model)
    base_url = _base_url(model, preset, environ)
    key = environ.get(model.api_key_env, "").strip() if model.api_key_env else ""
    if not key and not preset.local and not _moved(model, preset, environ):
        raise _missing_key(model, preset, file)
    peer = Peer(
        provider=model.provider,
        model=model.name,
        base_url=base_url,
        key_variable=model.api_key_env,
        secret=key,
    )
    clock = clock or SystemClock()
    provider: Provider
    if preset.wire == "anthropic":
        provider = AnthropicProvider(peer, key or NO_KEY, timeout=model.timeout, clock=clock)
    else:
        provider = OpenAIProvider(
            peer,
            key or NO_KEY,
            limit_field=preset.limit_field,
            stream_options=preset.stream_options,
            timeout=model.timeout,
            clock=clock,
        )
    return RetryingProvider(provider, clock)


def is_configured(model: ModelConfig, environ: Mapping[str, str] | None = None) -> bool:
    """Whether a message could be sent: the key is set, a base URL is named, or the server is local."""
    environ = os.environ if environ is None else environ
    try:
        preset = _preset(model)
    except UsageError:
        return False
    has_key = bool(model.api_key_env and environ.get(model.api_key_env, "").strip())
    return has_key or preset.local or _moved(model, preset, environ)


def preload(model: ModelConfig) -> None:
    """Import the SDK that this model needs; takes up to a second, so call it on a thread."""
    import_module(_preset(model).wire)


def normal_url(url: str, wire: Wire) -> str:
    """A base URL as the SDK wants it: with a scheme, without an endpoint, `/v1` where the wire has it.

    Raises:
        UsageError: there is no host in it.
    """
    text = url.strip()
    if "://" not in text:
        text = f"{'http' if is_loopback(f'http://{text}') else 'https'}://{text}"
    parts = urlsplit(text)
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # the port is no number
        usable = False
    if not usable:
        raise UsageError(
            f"model.base_url: {url!r} is no address", hint="For example http://localhost:8080/v1"
        )
    path = parts.path.rstrip("/")
    for endpoint in ("/chat/completions", "/messages", "/models"):
        path = path.removesuffix(endpoint)
    if wire == "anthropic":
        path = path.removesuffix("/v1")
    elif not path:
        path = "/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _preset(model: ModelConfig) -> Preset:
    """The preset of a provider; a name of one's own, with a base URL, speaks Chat Completions."""
    name = model.provider
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(name, list(PRESETS), n=1, cutoff=0.75)
    if model.base_url and not near:
        return Preset(title=name, base_url=model.base_url)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise UsageError(
        f"model.provider {name!r} is not supported.{guess}",
        hint=f"Known are {', '.join(PRESETS)}; for any other service name its model.base_url as well.",
    )


def _base_url(model: ModelConfig, preset: Preset, environ: Mapping[str, str]) -> str:
    own = environ.get(preset.url_variable, "") if preset.url_variable else ""
    return normal_url(model.base_url or own or preset.base_url, preset.wire)


def _moved(model: ModelConfig, preset: Preset, environ: Mapping[str, str]) -> bool:
    """The service is not the vendor's own, so it may do without a key."""
    return bool(model.base_url or (preset.url_variable and environ.get(preset.url_variable, "")))


def _missing_key(model: ModelConfig, preset: Preset, file: Path | None) -> MissingKey:
    where = f", named in {file}," if file is not None else ""
    variable = model.api_key_env or KEY_VARIABLES.get(model.provider, "") or "model.api_key_env"
    return MissingKey(
        f"{preset.title} needs a key, and the variable {variable}{where} is not set or empty.",
        hint=f"export {variable}=… before the start, name another variable with model.api_key_env, "
        "or name a server that needs no key with model.base_url.",
    )
