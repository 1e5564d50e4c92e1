"""The models' services: one adapter per wire, presets and limits as data, and our own retries.

Importing this loads no SDK; the configured one is loaded on the first request (or by `preload`, on a thread).
"""

from __future__ import annotations

from codepilot.providers.catalog import PRESETS, Preset, is_configured, preload, provider_for
from codepilot.providers.local import LocalServer, find_local_servers
from codepilot.providers.profiles import ModelProfile, profile_for
from codepilot.providers.retry import RetryingProvider

__all__ = [
    "PRESETS",
    "LocalServer",
    "ModelProfile",
    "Preset",
    "RetryingProvider",
    "find_local_servers",
    "is_configured",
    "preload",
    "profile_for",
    "provider_for",
]
