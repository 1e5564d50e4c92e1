"""The models' services: one adapter per wire, our own retries, and what could be asked from here.

Importing this loads no SDK; the configured one is loaded on the first request, on a thread.
"""

from __future__ import annotations

from codepilot.providers.catalog import is_configured, provider_for
from codepilot.providers.local import LocalServer, find_local_servers
from codepilot.providers.offers import ModelOffer, keyed_offers, local_offers
from codepilot.providers.retry import RetryingProvider

__all__ = [
    "LocalServer",
    "ModelOffer",
    "RetryingProvider",
    "find_local_servers",
    "is_configured",
    "keyed_offers",
    "local_offers",
    "provider_for",
]
