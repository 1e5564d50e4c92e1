"""Connects an agent with its session: what was stored is restored, and what happens from now on is kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codepilot import events as e
from codepilot.errors import TerminalError, WorkspaceError
from codepilot.journal.redaction import noted
from codepilot.runtime.agent import Agent
from codepilot.runtime.keeping import Keeper
from codepilot.sessions import AsyncBaseSession, BaseSession, DatabaseSession, FileSession
from codepilot.workspace import FileText, Workspace

if TYPE_CHECKING:
    from codepilot.checkpoints.capture import Capture
    from codepilot.journal.fold import Saved
    from codepilot.runtime.door import Door
    from codepilot.runtime.recording import Recorder
    from codepilot.sessions.journal import JournalSession

_RECALLED = 200
"""Files that are looked at again, those that the agent saw last."""


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
            session,
            agent.conversation,
            agent.inbox,
            agent.events.publish,
            lambda saved: _restore(agent, saved),
            agent.secrets,
        )
        agent.events.keep, agent.events.keep_at_once = logged.take, logged.record
        agent.events.words_kept = logged.words_kept
        agent.durable, agent.stepped = logged.durable, logged.stepped
        agent.lookup.elsewhere = _archived_elsewhere(session, agent)
        return logged
    if not getattr(session, "keeps_events", False):
        keeper = Keeper(session, agent.conversation, agent.events.publish)
        agent.durable, agent.stepped = keeper.durable, keeper.stepped
        return keeper
    from codepilot.journal.place import TEXTS
    from codepilot.runtime.recording import Recorder  # not needed for the other backends
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
        agent.memory.take_new,
    )
    _restore(agent, session.saved)
    recorder.restored()
    agent.spool.last_in(lambda: session.log.folder / TEXTS if session.log.opened else None)
    agent.shells.service.begin_with(session.session_id, goes_on=session.log.opened)
    agent.events.keep, agent.events.keep_at_once = recorder.take, recorder.record
    agent.durable, agent.stepped = recorder.durable, recorder.stepped
    agent.registry.unsaved = lambda: session.log.trouble
    recorder.listen = lambda: _door_of(session, agent)
    _keep_files(session, recorder, agent)
    return recorder


def opened_by(session_id: str, model: str, mode: str | None) -> e.SessionOpened:
    """This program works on a session from now on."""
    return e.SessionOpened(
        session_id=session_id,
        program=Path(sys.argv[0]).name or "python",
        pid=os.getpid(),
        model=model,
        mode=mode or "",
    )


def _door_of(session: JournalSession, agent: Agent) -> Door | None:
    """The socket on which others read along, speak, stop and answer; None where there is no room for one."""
    if sys.platform == "win32":
        return None
    from codepilot.runtime.door import Door, Within
    from codepilot.terminal.host.registry import base_folder

    within = Within(session.path, agent.inbox.put, agent.stop, agent.questions.give)
    try:
        return Door(base_folder(), within, agent.events.subscribe)
    except (OSError, TerminalError):
        return None


def _keep_files(session: JournalSession, recorder: Recorder, agent: Agent) -> None:
    """Keep what is changed in the work folder, so that it can be undone."""
    from codepilot.checkpoints.keeper import FileKeeper
    from codepilot.checkpoints.states import WorkFiles
    from codepilot.journal.blobs import store_of
    from codepilot.runtime.rewinding import Rewinding
    from codepilot.runtime.talk import Talk

    files = WorkFiles(agent.workspace)
    store = store_of(files.root)

    def make() -> Capture:  # only when a task begins, since it loads much
        from codepilot.checkpoints.capture import Capture
        from codepilot.checkpoints.tree import Tree

        return Capture(files, store, Tree(agent.workspace, store.folder, lambda: session.path.parent))

    agent.checkpoints = FileKeeper(files, store, agent.events.publish, make, lambda: session.path)

    def go_on_from(saved: Saved) -> None:
        agent.forget(wholly=False)
        _go_on_from(agent, saved)

    agent.rewinding = Rewinding(session, recorder, agent.workspace)
    agent.rewinding.talk = Talk(session, recorder, go_on_from, agent.executor.reset)


def _archived_elsewhere(
    session: BaseSession | AsyncBaseSession, agent: Agent
) -> dict[int, list[dict[str, Any]]]:
    """What codepilot-ai keeps beside the messages, from which it takes the tasks that it archives."""
    if not isinstance(session, FileSession | DatabaseSession) or not any(
        str(message["content"]).startswith("[ARCHIVED TASK ") for message in agent.conversation.messages
    ):
        return {}
    from codepilot.sessions.archive import MemoryManager

    manager, state = MemoryManager(), session.load_extra().get("memory_state")
    manager.restore_state(state if isinstance(state, dict) else {})
    return {number: manager.archive.reveal(number) or [] for number in manager.archive.list_all()}


def _restore(agent: Agent, saved: Saved) -> None:
    """Go on with a session that an earlier program had."""
    agent.inbox.restore({number: noted(words) for number, words in saved.queued.items()}, saved.sent)
    agent.unfinished = saved.unfinished
    spent, unfinished = saved.spent, saved.unfinished is not None
    agent.spending.restore(
        spent.usage, spent.cost, spent.before_task if unfinished else None, spent.task_cost, spent.last
    )
    _go_on_from(agent, saved)


def _go_on_from(agent: Agent, saved: Saved) -> None:
    """Have the conversation, and what the agent knows of files, as they are saved."""
    agent.conversation.messages.extend(saved.messages)
    agent.conversation.tasks = saved.tasks
    agent.numbers.calls, agent.numbers.questions = saved.calls, saved.questions
    for path, digest in list(saved.seen.items())[-_RECALLED:]:
        agent.memory.recall(path, digest, _read(agent.workspace, path))
    for call in saved.unfinished.calls if saved.unfinished is not None else ():
        # Written, though the program did not come to say so: the agent knows what it wrote.
        if call.effect == "write" and (now := _read(agent.workspace, call.path)) and now.digest == call.after:
            agent.memory.show(call.path, now)
    agent.loop.recall_count(saved.counted, saved.counted_at, saved.cut_at)


def _read(workspace: Workspace, path: str) -> FileText | None:
    try:
        return workspace.read_text(path)
    except (FileNotFoundError, WorkspaceError):
        return None  # gone, or none that the agent may read now: for what it knows, it has changed
