"""The provider for an agent file's model: where it is, and whether it could be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from codepilot import credentials, models
from codepilot.agentfile import ModelConfig
from codepilot.clock import SystemClock
from codepilot.errors import MissingKey, UsageError
from codepilot.models import ProviderProfile, Wire
from codepilot.ports import Clock, Provider
from codepilot.providers.peer import Peer, is_loopback
from codepilot.providers.retry import RetryingProvider
from codepilot.providers.surroundings import unfit

NO_KEY = "none"
"""Sent as the key where a server needs none; the SDKs insist on one."""


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
        MissingKey: the service needs a key and its variable is unset or empty, or what is in it cannot be a key.
        UsageError: no such provider, or an address that cannot be used.
    """
    environ = credentials.environment() if environ is None else environ
    profile = _profile(model, file)
    base_url = _base_url(model, profile, environ)
    key = _key(model, environ, file)
    if not key and not profile.local and not _moved(model, profile, environ):
        raise _missing_key(model, profile, file)
    peer = Peer(
        provider=model.provider,
        model=model.name,
        base_url=base_url,
        key_variable=model.api_key_env,
        secret=key,
    )
    clock = clock or SystemClock()
    provider: Provider
    if profile.wire == "anthropic":
        from codepilot.providers.anthropic import AnthropicProvider

        provider = AnthropicProvider(peer, key or NO_KEY, timeout=model.timeout, clock=clock)
    else:
        from codepilot.providers.openai import OpenAIProvider

        provider = OpenAIProvider(
            peer,
            key or NO_KEY,
            limit_field=profile.limit_field,
            stream_options=profile.stream_options,
            timeout=model.timeout,
            clock=clock,
        )
    return RetryingProvider(provider, clock)


def is_configured(
    model: ModelConfig, environ: Mapping[str, str] | None = None, *, file: Path | None = None
) -> bool:
    """Whether a message could be sent: the key is set, a base URL is named, or the server is local.

    Args:
        model: `config.model`.
        environ: where keys and base URLs are looked up.
        file: the agent file, to be named in errors.

    Raises:
        UsageError: no such provider.
    """
    environ = credentials.environment() if environ is None else environ
    profile = _profile(model, file)
    has_key = bool(model.api_key_env and environ.get(model.api_key_env, "").strip())
    return has_key or profile.local or _moved(model, profile, environ)


def normal_url(url: str, wire: Wire) -> str:
    """A base URL as the SDK wants it: with a scheme, without an endpoint, `/v1` where the wire has it.

    Raises:
        UsageError: there is no host in it.
    """
    text = url.strip()
    try:
        if "://" not in text:
            text = f"{'http' if is_loopback(f'http://{text}') else 'https'}://{text}"
        parts = urlsplit(text)
        usable = (
            parts.scheme in ("http", "https") and _may_be_a_host(parts.hostname) and (parts.port or 1) > 0
        )
    except ValueError:  # the port is not a number, or a bracket is missing
        usable = False
    if not usable:
        raise UsageError(
            f"model.base_url: {without_login(url)!r} is not an address.",
            hint="For example http://localhost:8080/v1.",
        )
    path = parts.path.rstrip("/")
    for endpoint in ("/chat/completions", "/messages", "/models"):
        path = path.removesuffix(endpoint)
    if wire == "anthropic":
        path = path.removesuffix("/v1")
    elif not path:
        path = "/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _may_be_a_host(name: str | None) -> bool:
    """Not a number alone, which would be an address of 32 bits, and nothing with blanks or signs of no host."""
    if not name or name.isdecimal():
        return False
    return re.search(r"[\s\"'<>\\^`{|}]", name) is None


def _profile(model: ModelConfig, file: Path | None = None) -> ProviderProfile:
    """What is known of a provider; a name of one's own, with a base URL, speaks Chat Completions."""
    name = model.provider
    if (known := models.providers().get(name)) is not None:
        return known
    if model.base_url and not models.nearest_provider(name):
        return ProviderProfile(name=name, title=name, base_url=model.base_url)
    raise models.unknown_provider(name, f" in {file}" if file is not None else "")


def _base_url(model: ModelConfig, profile: ProviderProfile, environ: Mapping[str, str]) -> str:
    own = environ.get(profile.url_env, "") if profile.url_env else ""
    return normal_url(model.base_url or own or profile.base_url, profile.wire)


def _moved(model: ModelConfig, profile: ProviderProfile, environ: Mapping[str, str]) -> bool:
    """The service is not the vendor's own, so it may do without a key."""
    return bool(model.base_url or (profile.url_env and environ.get(profile.url_env, "")))


def _key(model: ModelConfig, environ: Mapping[str, str], file: Path | None) -> str:
    """The key; empty if the variable is unset. Neither it nor what may be one is ever shown."""
    name = model.api_key_env
    key = environ.get(name, "").strip() if name else ""
    place = f" in {file}" if file is not None else ""
    if name and not key and not _may_be_a_variable(name):
        raise MissingKey(
            f"model.api_key_env{place} does not hold the name of a variable; it looks like a key.",
            hint="Write the NAME of the variable there, such as OPENAI_API_KEY, and export the key in it. "
            "A key that was in a file others could read should be replaced.",
        )
    if what := unfit(key):
        raise MissingKey(
            f"The key in the variable {name}{f', named{place},' if place else ''} holds {what}.",
            hint=f"Set {name} again; something was copied along with the key, or instead of it.",
        )
    return key


def _may_be_a_variable(name: str) -> bool:
    """Keys of some services are made of the same characters, but are long and have small letters and digits."""
    like_a_key = len(name) >= 30 and re.search("[a-z]", name) and re.search("[0-9]", name)
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None and not like_a_key


def _missing_key(model: ModelConfig, profile: ProviderProfile, file: Path | None) -> MissingKey:
    # The usual variable is named by the file, by --model or by nobody: all of them look alike here.
    where = f", named in {file}," if file is not None and model.api_key_env != profile.key_env else ""
    variable = model.api_key_env or profile.key_env or "model.api_key_env"
    return MissingKey(
        f"{profile.title} needs a key, and the variable {variable}{where} is not set or empty.",
        hint=f"export {variable}=… before the start, name another variable with model.api_key_env, "
        "or name a server that needs no key with model.base_url.",
    )


def without_login(url: str) -> str:
    """An address for people's eyes, with `…` where a name and a password stand."""
    return re.sub(r"(?<=//)[^/?#]*@", "…@", url)
