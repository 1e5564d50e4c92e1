"""Whom we talk to, and how its words may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from codepilot.text import shorten
from codepilot.values import dataclass

_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Whom we talk to, for the words of an error."""

    provider: str
    model: str
    base_url: str
    key_variable: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return f"Peer({self.provider}, {self.model}, {self.base_url})"

    @property
    def place(self) -> str:
        """``host:port``."""
        parts = urlsplit(self.base_url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return f"{parts.hostname}:{port}"

    @property
    def is_local(self) -> bool:
        """The service runs on this machine."""
        return is_loopback(self.base_url)


def is_loopback(url: str) -> bool:
    """The address is this machine's own."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")


def short(value: object, peer: Peer) -> str:
    """Words of a service on one line, not too many, without the key."""
    text = " ".join(str(value).split())
    if peer.secret and len(peer.secret) > 4:
        text = text.replace(peer.secret, "[key]")
    return shorten(text, _LONGEST)
