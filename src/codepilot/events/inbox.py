"""What the person says while the agent works."""

from __future__ import annotations

from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued:
    """`send_message()` was called; the words wait for the next step."""

    message_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageInjected:
    """Queued words entered the model's context."""

    message_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDropped:
    """Queued words were taken back before the model saw them."""

    message_id: str
    message: str
