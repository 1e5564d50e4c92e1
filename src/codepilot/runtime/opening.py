"""Connects an agent with its session: what was stored is restored, and what happens from now on is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codepilot.runtime.agent import Agent
from codepilot.runtime.keeping import Keeper
from codepilot.sessions import AsyncBaseSession, BaseSession

if TYPE_CHECKING:
    from codepilot.runtime.recording import Recorder


def keeper_of(session: BaseSession | AsyncBaseSession, agent: Agent) -> Keeper | Recorder:
    """What keeps the conversation of an agent in a session.

    Args:
        session: where it is kept.
        agent: restored from it.

    Raises:
        SessionError: the session gives no messages, or fails.
    """
    if getattr(session, "task_log", None) is not None:  # a store of the program need not be derived from ours
        from codepilot.runtime.log_keeping import LogKeeper

        logged = LogKeeper(
            session, agent.conversation, agent.inbox, agent.events.publish, agent.restore, agent.secrets
        )
        agent.events.keep, agent.events.keep_at_once = logged.take, logged.record
        agent.durable, agent.stepped = logged.durable, logged.stepped
        return logged
    if not getattr(session, "keeps_events", False):
        keeper = Keeper(session, agent.conversation, agent.events.publish)
        agent.durable, agent.stepped = keeper.durable, keeper.stepped
        return keeper
    from codepilot.runtime.recording import Recorder, opened_by  # not needed for the other backends
    from codepilot.sessions.journal import JournalSession

    assert isinstance(session, JournalSession)
    recorder = Recorder(
        session,
        agent.conversation,
        agent.events.publish,
        lambda: opened_by(
            session.session_id, f"{agent.provider.name}:{agent.provider.model}", agent.gate.policy.mode
        ),
        agent.secrets,
    )
    agent.restore(session.saved)
    recorder.restored()
    agent.events.keep, agent.events.keep_at_once = recorder.take, recorder.record
    agent.durable = recorder.durable
    return recorder
