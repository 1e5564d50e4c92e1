"""Why a TLS handshake failed, and what a person can do about it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

EXPIRED, NOT_YET = 10, 9
SELF_SIGNED = (18, 19)
UNKNOWN_SIGNER = (2, 20, 21)
OTHER_NAME = (62, 64)
"""OpenSSL's numbers for what is wrong with a certificate (X509_V_ERR_…)."""
_NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH",
)

_TRUST = (
    "If you trust it, set SSL_CERT_FILE to a file with its certificate; behind a proxy that decrypts traffic, with the "
    "proxy's. If no server is trusted at all, install ca-certificates."
)
_CLOCK = "The server needs a new certificate, unless this machine's clock is wrong."
_PLAIN = "If it is a server without TLS, write http:// in model.base_url; otherwise there may be a proxy in between."


def explain(links: Sequence[BaseException], base_url: str, seconds: float) -> tuple[str, str] | None:
    """The cause, to follow the server's name and a colon, and a hint; None if TLS is not what failed.

    Args:
        links: the error and the errors behind it.
        base_url: the address that was asked.
        seconds: how long the handshake could take.
    """
    found = next((link for link in links if isinstance(link, ssl.SSLError)), None)
    if found is None:
        return None
    if isinstance(found, ssl.SSLCertVerificationError):
        return _certificate(found, base_url)
    if isinstance(found, ssl.SSLWantReadError | ssl.SSLWantWriteError):
        return f"it did not answer the TLS handshake within {seconds:g} s.", _PLAIN
    if isinstance(found, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return (
            "it closed the connection during the TLS handshake.",
            f"Does it speak https on that port? {_PLAIN}",
        )
    reason = found.reason or ""
    if reason in _NO_TLS:
        return "it does not speak TLS.", _PLAIN
    return f"the TLS handshake failed ({reason.replace('_', ' ').lower() or found}).", _PLAIN


def _certificate(error: ssl.SSLCertVerificationError, base_url: str) -> tuple[str, str]:
    host = urlsplit(base_url).hostname
    if error.verify_code == EXPIRED:
        return "its certificate has expired.", _CLOCK
    if error.verify_code == NOT_YET:
        return "its certificate is not valid yet.", _CLOCK
    if error.verify_code in SELF_SIGNED:
        return "its certificate is self-signed.", _TRUST
    if error.verify_code in UNKNOWN_SIGNER:
        return "this machine does not trust the issuer of its certificate.", _TRUST
    if error.verify_code in OTHER_NAME:
        return f"its certificate is not for {host}.", "Check the host in model.base_url."
    return f"its certificate is refused ({error.verify_message}).", _TRUST
