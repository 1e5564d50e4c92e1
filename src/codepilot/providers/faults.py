"""What an SDK, its HTTP library or the wire threw, told as a `ProviderError` that a person can act on.

The SDKs leak a good deal: raw httpx2 errors from the middle of a stream, bare `JSONDecodeError`s, status
errors with status 200. Everything that comes out of a request goes through `translate`.
"""

from __future__ import annotations

import json
from types import ModuleType

from codepilot.errors import ProviderError
from codepilot.providers import surroundings, tls
from codepilot.providers.peer import Peer, short


def translate(error: BaseException, peer: Peer, sdk: ModuleType, connect: float) -> ProviderError:
    """The error in our terms.

    Args:
        error: what was thrown.
        peer: whom we talked to.
        sdk: the module `openai` or `anthropic`; both name their errors alike.
        connect: how many seconds a connection could take.
    """
    import httpx2

    from codepilot.providers.statuses import (
        from_event,
        from_status,
    )  # brings html along, for what seldom happens

    if isinstance(error, ProviderError):
        return error
    if isinstance(error, sdk.APIStatusError):
        return from_status(error, peer)
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
            hint="A proxy in between may have changed it; check model.base_url and the proxy variables.",
        )
    if isinstance(cause, UnicodeEncodeError | httpx2.LocalProtocolError) and (
        wrong := surroundings.unsendable(peer, sdk.__name__)
    ):
        return wrong
    if isinstance(cause, httpx2.TransportError | OSError) or isinstance(error, sdk.APIConnectionError):
        words = f"The connection to {peer.place} broke before the reply was complete."
        return ProviderError(words, fault="cut", retryable=True)
    if isinstance(error, sdk.APIError) and not isinstance(error, sdk.APIResponseValidationError):
        return from_event(error, peer)
    return _unreadable(error, peer)


def _unreadable(error: BaseException, peer: Peer) -> ProviderError:
    if isinstance(error, AttributeError | TypeError | LookupError):  # from reading an event
        return ProviderError(
            f"{peer.place} sent an event that does not have the form of its API.",
            fault="protocol",
            hint="Check model.provider and model.base_url: they have to belong together.",
        )
    if isinstance(error, json.JSONDecodeError):
        detail = "an event that is not valid JSON"
    else:
        detail = f"something that cannot be read ({type(error).__name__}: {short(error, peer)})"
    return ProviderError(f"{peer.place} sent {detail}.", fault="protocol", retryable=True)


def cut(peer: Peer, finish: str) -> ProviderError:
    """The stream ended as if all were well, but the service does not say that the reply is whole.

    Args:
        peer: whom we talked to.
        finish: why the reply is over, as it puts it; empty: it does not say.
    """
    said = f"with the finish reason {short(finish, peer)!r}" if finish else "without a finish reason"
    return ProviderError(
        f"{peer.place} ended the reply {said}; it is not complete.",
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
    if not peer.is_local and (wrong := surroundings.wrong_proxy(peer.base_url)) is not None:
        words, hint = wrong
        return ProviderError(f"Cannot reach {peer.place}: {words}", fault="unreachable", hint=hint)
    if peer.is_local:
        hint = "Is the server running, and does it listen on that port?"
    else:
        hint = "Check the network, the proxy variables and model.base_url."
    refused = any(isinstance(link, ConnectionRefusedError) for link in links)
    return ProviderError(
        f"Cannot reach {peer.place}: {short(cause, peer) or type(cause).__name__}.",
        fault="unreachable",
        retryable=not (peer.is_local and refused),
        hint=hint,
    )
