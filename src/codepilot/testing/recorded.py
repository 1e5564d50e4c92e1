"""A recorded session as the model of a test: it says again what the model said then."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from codepilot.context.summary import QUESTION
from codepilot.errors import ProviderError
from codepilot.journal.export import records_of
from codepilot.journal.library import find_session
from codepilot.journal.listing import SessionInfo, look_at
from codepilot.journal.place import JOURNAL
from codepilot.journal.steps import RecordedReply, steps_of, tasks_of
from codepilot.messages import (
    FinishReason,
    ModelEvent,
    ModelRequest,
    Reasoning,
    ReplyEnd,
    TextDelta,
    Usage,
)
from codepilot.values import known_fields, required_fields

_PIECE = re.compile(r"\S+\s*|\s+")


class RecordedProvider:
    """Gives the replies of a session, one for each request, whatever is asked.

        with Runtime("agent.yaml", provider=RecordedProvider.of("20261121-164146-k3f9x2")) as runtime:
            runtime.run("Fix the failing test")

    It needs no key and no network. A request beyond the last reply fails as a `ProviderError`.

    Args:
        replies: in order.
    """

    name = "recorded"
    model = "recorded session"

    def __init__(self, replies: Iterable[RecordedReply | str] = ()) -> None:
        self._replies: deque[RecordedReply] = deque()
        self.requests: list[ModelRequest] = []
        """What was asked so far."""
        self.load(replies)

    @classmethod
    def of(cls, session: SessionInfo | Path | str) -> RecordedProvider:
        """The provider of a session.

        Args:
            session: its id or the beginning of it, its folder, or its journal.

        Raises:
            UsageError: there is no such session.
            SessionError: it cannot be read.
        """
        info = session if isinstance(session, SessionInfo) else _meant(session)
        steps = steps_of(tasks_of(records_of(info)))
        return cls(step.reply for step in steps if step.reply is not None)

    @property
    def left(self) -> int:
        """How many replies are still to come."""
        return len(self._replies)

    def load(self, replies: Iterable[RecordedReply | str]) -> None:
        """Give these from now on, in place of those that are left."""
        self._replies = deque(RecordedReply(each) if isinstance(each, str) else each for each in replies)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """The next reply.

        Raises:
            ProviderError: there is none, or a summary is asked for: that is none of the replies.
        """
        if request.messages and QUESTION[:40] in request.messages[-1].text:
            raise ProviderError("A recorded session makes no summaries.", fault="bad_request")
        self.requests.append(request)
        if not self._replies:
            raise ProviderError("The recorded session has no further reply.", fault="bad_request")
        reply = self._replies.popleft()
        for piece in _PIECE.findall(reply.text):
            yield TextDelta(piece)
        yield ReplyEnd(
            reason=_reason(reply.reason),
            usage=Usage(
                input_tokens=reply.input_tokens,
                output_tokens=reply.output_tokens,
                cache_read=reply.cached_tokens,
            ),
            reasoning=_reasoning(reply),
        )

    async def close(self) -> None:
        """Nothing to let go of."""


def _meant(session: Path | str) -> SessionInfo:
    path = Path(session)
    if isinstance(session, Path) or path.is_absolute():
        found = look_at(path / JOURNAL if path.is_dir() else path)
        if found is not None:
            return found
    return find_session(str(session))


def _reason(told: str) -> FinishReason:
    return "length" if told == "length" else "refusal" if told == "refusal" else "stop"


def _reasoning(reply: RecordedReply) -> Reasoning | None:
    """As the conversation keeps it; None where it is not whole."""
    kept = known_fields(Reasoning, dict(reply.reasoning or {}))
    if required_fields(Reasoning) - kept.keys():
        return None
    return Reasoning(**{**kept, "blocks": tuple(kept["blocks"])})
