"""HTTP statuses and the bodies that come with them, told as a `ProviderError`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from codepilot.errors import ProviderError, ProviderFault
from codepilot.providers.peer import Peer, short

if TYPE_CHECKING:
    from openai import APIError, APIStatusError  # those of anthropic are alike

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
_NAMES = {status.value: status.phrase for status in HTTPStatus}
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|title|h1|center)\b", re.IGNORECASE)
_HEADING = re.compile(r"<(?:title|h1)\b[^<>]*>([^<]*)</", re.IGNORECASE)
_LONGEST_PAGE = 10_000
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_BY_TYPE: Mapping[str, int] = {
    "overloaded_error": 529,
    "rate_limit": 429,
    "rate_limit_error": 429,
    "too_many_requests": 429,
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


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks for: `retry-after-ms`, or `retry-after` as seconds or as a date."""
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
    except (TypeError, ValueError):  # a header that says nothing is ignored
        return None


def from_status(error: APIStatusError, peer: Peer) -> ProviderError:
    """The error of a status, or of an error event in a stream that began well."""
    status = int(error.status_code)
    if 300 <= status < 400:
        return _redirected(error, peer)
    body = error.body
    inner = body.get("error", body) if isinstance(body, Mapping) else {}
    kind = _kind(inner)
    if status < 400:  # an error event in a stream that began well
        status = _told_status(inner, kind)
    wait = retry_after(error.response.headers) if error.status_code >= 400 else None
    words = (
        _words(inner, body, error, peer) if body or not error.status_code >= 400 else _NAMES.get(status, "")
    )
    return _classified(status, kind, words or "no reason given", wait, peer)


def _redirected(error: Any, peer: Peer) -> ProviderError:
    where = short(error.response.headers.get("location") or "an address that it does not name", peer)
    return ProviderError(
        f"{peer.provider} ({peer.place}) answered {error.status_code}: moved to {where}",
        fault="not_found",
        status=int(error.status_code),
        hint="It was not followed, because your key and your words would have gone there too. "
        "If the address is right, name it in model.base_url.",
    )


def from_event(error: APIError, peer: Peer) -> ProviderError:
    """The error of an error event that has no status."""
    inner = error.body if isinstance(error.body, Mapping) else {}
    kind = _kind(inner)
    return _classified(_told_status(inner, kind), kind, _words(inner, error.body, error, peer), None, peer)


def _told_status(inner: Any, kind: str) -> int:
    """The status that the error in an event stands for: its code, as a number or as text, else its kind."""
    code = inner.get("code") if isinstance(inner, Mapping) else None
    text = str(code) if isinstance(code, int | str) else ""
    if re.fullmatch("[45][0-9]{2}", text):
        return int(text)
    return _BY_TYPE.get(kind, 500)


def _kind(inner: Any) -> str:
    if not isinstance(inner, Mapping):
        return ""
    names = [str(inner.get(key) or "") for key in ("code", "type")]
    return next((name for name in names if name in _BY_TYPE), " ".join(names).strip())


def _words(inner: Any, body: Any, error: BaseException, peer: Peer) -> str:
    if isinstance(inner, Mapping) and isinstance(inner.get("message"), str):
        said = inner["message"]
    elif isinstance(inner, str):
        said = inner
    else:
        said = body if body else error
    return short(_of_page(said) if isinstance(said, str) and _PAGE.match(said) else said, peer)


def _of_page(page: str) -> str:
    """What a proxy's error page says: its title or heading, else its text."""
    page = page[:_LONGEST_PAGE]
    heading = next((found[1] for found in _HEADING.finditer(page) if found[1].strip()), "")
    return unescape(heading or _TAGS.sub(" ", page)).strip() or "a web page without words"


def _classified(status: int, kind: str, words: str, wait: float | None, peer: Peer) -> ProviderError:
    said = f"{peer.provider} ({peer.place}) answered {status}: {words.removeprefix(f'{status} ')}"
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
