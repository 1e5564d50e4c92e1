"""What an SDK, its HTTP library or the wire threw, told as a `ProviderError` that a person can act on.

The SDKs leak a good deal: raw httpx2 errors from the middle of a stream, bare `JSONDecodeError`s, status
errors with status 200. Everything that comes out of a request goes through `translate`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from codepilot.errors import ProviderError, ProviderFault
from codepilot.providers import tls
from codepilot.text import shorten
from codepilot.values import dataclass

_LONGEST = 400
_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, *range(520, 530)})
_TOO_LONG = re.compile(
    r"context_length_exceeded|maximum context length|prompt is too long|context (?:window|size|limit)"
    r"|too many (?:input )?tokens|input is too long|exceeds? the (?:available|maximum) context"
    r"|request_too_large",
    re.IGNORECASE,
)
_NO_MONEY = re.compile(
    r"insufficient_quota|credit balance|billing|exceeded your current quota", re.IGNORECASE
)
_BY_TYPE: Mapping[str, int] = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_error": 500,
    "timeout_error": 504,
    "authentication_error": 401,
    "permission_error": 403,
    "billing_error": 402,
    "not_found_error": 404,
    "request_too_large": 413,
    "invalid_request_error": 400,
    "insufficient_quota": 402,
}


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


def translate(error: BaseException, peer: Peer, sdk: ModuleType, connect: float) -> ProviderError:
    """The error in our terms.

    Args:
        error: what was thrown.
        peer: whom we talked to.
        sdk: the module `openai` or `anthropic`; both name their errors alike.
        connect: how many seconds a connection could take.
    """
    import httpx2

    if isinstance(error, ProviderError):
        return error
    if isinstance(error, sdk.APIStatusError):
        return _from_status(error, peer)
    cause = error.__cause__ if isinstance(error, sdk.APIConnectionError) and error.__cause__ else error
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return _unreachable(cause, peer, connect)
    if isinstance(cause, httpx2.TimeoutException | sdk.APITimeoutError):
        return ProviderError(f"{peer.place} did not answer in time.", fault="timeout", retryable=True)
    if isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        words = f"{peer.base_url} is not a usable address."
        return ProviderError(words, fault="bad_request", hint="Check model.base_url.")
    if isinstance(cause, httpx2.DecodingError):
        return ProviderError(
            f"{peer.place} sent a compressed answer that cannot be unpacked.",
            fault="protocol",
            hint="A proxy between may have changed it; check model.base_url and the proxy variables.",
        )
    if isinstance(cause, httpx2.TransportError | OSError) or isinstance(error, sdk.APIConnectionError):
        words = f"The connection to {peer.place} broke before the reply was complete."
        return ProviderError(words, fault="cut", retryable=True)
    if isinstance(error, sdk.APIError) and not isinstance(error, sdk.APIResponseValidationError):
        return _from_event(error, peer)
    if isinstance(error, json.JSONDecodeError):
        detail = "an event that is not valid JSON"
    else:
        detail = f"something that cannot be read ({type(error).__name__}: {_short(error, peer)})"
    return ProviderError(f"{peer.place} sent {detail}.", fault="protocol", retryable=True)


def cut(peer: Peer) -> ProviderError:
    """The stream ended as if all were well, without saying why the reply is over."""
    return ProviderError(
        f"{peer.place} ended the reply without a finish reason; it is not complete.",
        fault="cut",
        retryable=True,
    )


def silent(peer: Peer, seconds: float, setting: str) -> ProviderError:
    """No word came for too long; `setting` is the key of `model.timeout` that says how long is too long."""
    return ProviderError(
        f"{peer.place} sent no word for {seconds:g} s.",
        fault="timeout",
        retryable=True,
        hint=f"If the model needs longer, raise model.timeout.{setting} in the agent file.",
    )


def too_slow(peer: Peer, seconds: float) -> ProviderError:
    """Words came, but the reply found no end. Asked again it would take as long again."""
    return ProviderError(
        f"The reply of {peer.place} was not complete after {seconds:g} s.",
        fault="timeout",
        hint="If replies may take longer, raise model.timeout.whole_reply in the agent file.",
    )


def not_a_stream(peer: Peer, content_type: str) -> ProviderError:
    """The answer is a web page or one JSON object, not a stream of events."""
    return ProviderError(
        f"{peer.base_url} answered with {content_type}, not with a stream of events.",
        fault="protocol",
        hint="Check model.base_url: it should be the address of the API, such as http://host:8080/v1.",
    )


def refusal_text(error: BaseException, sdk: ModuleType) -> str:
    """What the service said when it refused the form of a request (400, 422); else empty."""
    if isinstance(error, sdk.APIStatusError) and error.status_code in (400, 422):
        return f"{getattr(error, 'param', '') or ''} {error} {error.body}"
    return ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait: `retry-after-ms`, or `retry-after` as seconds or as a date."""
    from email.utils import parsedate_to_datetime  # only a refused request has a use for it

    try:
        if value := headers.get("retry-after-ms"):
            return max(float(value) / 1000, 0.0)
        value = headers.get("retry-after", "").strip()
        if not value:
            return None
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return float(value)
        moment = parsedate_to_datetime(value)
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max((moment - now).total_seconds(), 0.0)
    except (TypeError, ValueError):  # a header that says nothing is no header
        return None


def _from_status(error: Any, peer: Peer) -> ProviderError:
    status = int(error.status_code)
    if 300 <= status < 400:
        return _redirected(error, peer)
    body = error.body
    inner = body.get("error", body) if isinstance(body, Mapping) else {}
    kind = _kind(inner)
    if status < 400:  # an error event in a stream that began well
        status = _BY_TYPE.get(kind, 500)
    wait = retry_after(error.response.headers) if error.status_code >= 400 else None
    return _classified(status, kind, _words(inner, body, error, peer), wait, peer)


def _redirected(error: Any, peer: Peer) -> ProviderError:
    where = _short(error.response.headers.get("location") or "an address that it does not name", peer)
    return ProviderError(
        f"{peer.provider} ({peer.place}) answered {error.status_code}: moved to {where}",
        fault="not_found",
        status=int(error.status_code),
        hint="It was not followed, because your key and your words would go along. "
        "If the address is right, name it in model.base_url.",
    )


def _from_event(error: Any, peer: Peer) -> ProviderError:
    inner = error.body if isinstance(error.body, Mapping) else {}
    kind = _kind(inner)
    code = inner.get("code")
    status = code if isinstance(code, int) and 400 <= code < 600 else _BY_TYPE.get(kind, 500)
    return _classified(status, kind, _words(inner, error.body, error, peer), None, peer)


def _kind(inner: Any) -> str:
    if not isinstance(inner, Mapping):
        return ""
    names = [str(inner.get(key) or "") for key in ("code", "type")]
    return next((name for name in names if name in _BY_TYPE), " ".join(names).strip())


def _words(inner: Any, body: Any, error: BaseException, peer: Peer) -> str:
    if isinstance(inner, Mapping) and isinstance(inner.get("message"), str):
        return _short(inner["message"], peer)
    if isinstance(inner, str):
        return _short(inner, peer)
    return _short(body if body else error, peer)


def _short(value: object, peer: Peer) -> str:
    text = " ".join(str(value).split())
    if peer.secret and len(peer.secret) > 4:
        text = text.replace(peer.secret, "[key]")
    return shorten(text, _LONGEST)


def _classified(status: int, kind: str, words: str, wait: float | None, peer: Peer) -> ProviderError:
    said = f"{peer.provider} ({peer.place}) answered {status}: {words}"
    fault: ProviderFault = "bad_request"
    hint, retryable = "", status in _RETRYABLE
    if status == 401:
        fault = "auth"
        name = peer.key_variable
        hint = (
            f"Check the key in {name}."
            if peer.secret and name
            else f"This service wants a key: set {name or 'a variable, and name it with model.api_key_env'}."
        )
    elif status == 402 or (status in (400, 403, 429) and _NO_MONEY.search(f"{kind} {words}")):
        fault, retryable, wait = "rate", False, None
        hint = f"The account at {peer.provider} has no credit left, or its limit is reached."
    elif status == 403:
        fault, hint = "auth", f"The key in {peer.key_variable or 'use'} may not use {peer.model}."
    elif status == 413 or (status in (400, 422) and _TOO_LONG.search(f"{kind} {words}")):
        fault, hint = "too_long", "The conversation is longer than the model can read."
    elif status in (404, 405):
        fault, hint = "not_found", f"Check model.name ({peer.model}) and the address {peer.base_url}."
    elif status == 429:
        fault = "rate"
    elif status in (408, 504):
        fault = "timeout"
    elif status in _RETRYABLE:
        fault = "overloaded"
    elif status >= 500:
        fault = "protocol"
    return ProviderError(
        said,
        fault=fault,
        retryable=retryable,
        retry_after=wait if retryable else None,
        status=status,
        hint=hint,
    )


def _unreachable(cause: BaseException, peer: Peer, seconds: float) -> ProviderError:
    links: list[BaseException] = []
    link: BaseException | None = cause
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    if (told := tls.explain(links, peer.base_url, seconds)) is not None:
        reason, hint = told
        return ProviderError(
            f"No secure connection to {peer.place}: {reason}", fault="unreachable", hint=hint
        )
    if peer.is_local:
        hint = "Is the server running, and does it listen on that port?"
    else:
        hint = "Check the network, the proxy variables and model.base_url."
    refused = any(isinstance(link, ConnectionRefusedError) for link in links)
    return ProviderError(
        f"Cannot reach {peer.place}: {_short(cause, peer) or type(cause).__name__}.",
        fault="unreachable",
        retryable=not (peer.is_local and refused),
        hint=hint,
    )
