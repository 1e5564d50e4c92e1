"""Variables of the environment with which no HTTP client can be made, told as a `ProviderError`.

The HTTP library reads proxies and certificates from the environment when a client is made. It fails there in many
ways and never names the variable, so each one is tried by itself once something is wrong.
"""

from __future__ import annotations

import os
import ssl
from urllib.parse import urlsplit

from codepilot.errors import ProviderError
from codepilot.providers.peer import Peer, short

_PROXIES = tuple(
    name for proxy in ("http_proxy", "https_proxy", "all_proxy") for name in (proxy.upper(), proxy)
)
_SCHEMES = ("http", "https", "socks5", "socks5h")


def unusable(error: Exception, peer: Peer) -> ProviderError:
    """Why no client could be made, with the variable to blame. Another try would end in the same way.

    Args:
        error: what making the client raised.
        peer: whom the client is for.
    """
    words, hint = _proxy() or _certificates() or _unknown(error, peer)
    return ProviderError(
        f"No connection to {peer.place} can be made: {words}", fault="unreachable", hint=hint
    )


def not_installed(error: ImportError, package: str) -> ProviderError:
    """The package that speaks to the model's service cannot be imported."""
    return ProviderError(
        f"The package {package} cannot be imported: {error}.",
        fault="unreachable",
        hint=f"pip install --force-reinstall {package}, with the Python that runs codepilot.",
    )


def unsendable(peer: Peer, sdk: str) -> ProviderError | None:
    """The variable that the SDK puts into a header and that no header can hold; None if there is none.

    Args:
        peer: whom something was to be sent to.
        sdk: the name of the SDK, with which its variables begin.
    """
    for name, value in sorted(os.environ.items()):
        if name.startswith(f"{sdk.upper()}_") and (what := unfit(value)):
            words = f"Nothing can be sent to {peer.place}: {name} holds {what}."
            return ProviderError(words, fault="bad_request", hint=f"Set {name} again, or unset it.")
    return None


def unfit(value: str) -> str:
    """What a value holds that cannot stand in a header; empty if it can."""
    if not value.isascii():
        return "characters that are not ASCII"
    return "" if value.isprintable() else "a line break or another control character"


def wrong_proxy(url: str) -> tuple[str, str] | None:
    """The proxy variable that holds for an address and that the library takes, though no connection can come of it.

    Args:
        url: what could not be reached.
    """
    from urllib.request import proxy_bypass

    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        for spelled in (name, name.upper()):
            if value := os.environ.get(spelled, ""):
                return None if _is_address(value) else _no_address(spelled)
    return None


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is none, a bracket that is not closed
        return False


def _no_address(name: str) -> tuple[str, str]:
    return (
        f"{name} does not hold the address of a proxy.",
        f"Set {name} to one such as http://proxy.example:8080, or unset it.",
    )


def _proxy() -> tuple[str, str] | None:
    import httpx2

    for name in _PROXIES:
        value = os.environ.get(name, "")
        if not value:
            continue
        scheme = value.partition("://")[0].lower() if "://" in value else "http"
        try:
            # As the library completes it.
            httpx2.AsyncHTTPTransport(proxy=value if "://" in value else f"http://{value}", verify=False)
        except ImportError:
            return (
                f"{name} names a SOCKS proxy, and the package for those is not installed.",
                f"pip install socksio beside codepilot, set {name} to an http:// proxy, or unset it.",
            )
        except Exception:  # noqa: BLE001 - which errors the library raises is nowhere said
            # The address itself is not shown, nor what the library says of it: both may hold a password.
            said, hint = _no_address(name)
            return (said if scheme in _SCHEMES else f"{name} has a scheme that proxies do not use."), hint
    return None


def _certificates() -> tuple[str, str] | None:
    file = os.environ.get("SSL_CERT_FILE", "")
    if not file:
        return None
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        why = "holds no certificate"
    except OSError as error:
        why = f"cannot be read ({error.strerror or error})"
    else:
        return None
    hint = "Set SSL_CERT_FILE to a file with certificates in PEM form, or unset it."
    return f"the file {file} that SSL_CERT_FILE names {why}.", hint


def _unknown(error: Exception, peer: Peer) -> tuple[str, str]:
    words = f"{type(error).__name__}: {short(error, peer)}"
    return words, "Check model.base_url, the proxy variables and SSL_CERT_FILE."
