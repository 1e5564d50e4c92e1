"""`AsyncRuntime`: an agent ready to work on tasks, for code with an event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from codepilot import credentials
from codepilot import events as e
from codepilot.agentfile import AgentConfig, TimeoutConfig
from codepilot.clock import SystemClock
from codepilot.decision import Mode
from codepilot.errors import UsageError
from codepilot.events import Effect
from codepilot.hooks import EventType
from codepilot.journal.unfinished import Unfinished
from codepilot.loop import Outcome
from codepilot.loop.inbox import QueuedMessage
from codepilot.messages import Isolation, OnExit
from codepilot.ports import Clock, Provider
from codepilot.runtime.agent import Agent, model_of, tell_warnings
from codepilot.runtime.context import AsyncContext
from codepilot.runtime.given import (
    Given,
    check_allowed,
    check_flags,
    check_options,
    check_text,
    config_of,
    with_limits,
)
from codepilot.runtime.keeping import open_session
from codepilot.runtime.lifecycle import Lifecycle
from codepilot.runtime.opening import keeper_of
from codepilot.runtime.resting import AsyncResting
from codepilot.runtime.restores import AsyncRestores
from codepilot.runtime.shell_tools import ShellTools
from codepilot.runtime.tasks import Tasks
from codepilot.runtime.terminals import AsyncTerminals
from codepilot.sessions import AsyncBaseSession, BaseSession
from codepilot.terminal.protocol import OnLeave


class AsyncRuntime(AsyncContext, AsyncResting, AsyncRestores, AsyncTerminals):
    """One agent, wired and ready to `run(task)`; native to asyncio.

    Sync handlers run in a thread, async ones are awaited. It works on the event loop that awaits `run()`; that may be
    another one for each task, as with one `asyncio.run()` a task. What it started ends at exit, if not by `close()`.

    Args:
        agent_file: path of the agent file, or an `AgentConfig` already loaded.
        session: ``"memory"``, ``"file"``, ``"db"``, ``"journal"`` (nothing is lost when the program is killed), or a
            session object of your own.
        session_id: default: the agent's name in lower case, spaces as hyphens.
        session_dir: folder of the backends `file` and `journal`.
        stream: give `STREAM` events as the text comes, not once a reply.
        db_url: the database of ``"db"`` (needs the `db` extra), as in ``sqlite:///./codepilot.db``.
        db: a SQLAlchemy engine of your own, plain or asynchronous; wins over `session`.
        mode: permission mode; None asks only for tools with `require_permission`, as codepilot-ai does.
        allow: tool names that are allowed beforehand, or ``all``.
        provider: a model of your own instead of the agent file's.
        timeout: how long a reply is waited for; wins over the agent file's `model.timeout`.
        work_dir: wins over the agent file's.
        environment: where keys are looked up; default the variables of this process.
        clock: time, for tests.
        use_stdin: ask y/N at the terminal where no permission handler is registered; never of a pipe.
        on_exit: what becomes of the terminals at the end; default: the agent file's, else `end`; `ask` is for screens.
        adopt_terminals: go on with the terminals that an earlier program left in this work folder.
        max_cost: dollars that the session may cost, earlier programs included; wins over the agent file's. The person
            is asked before it is reached.
        max_steps: of a task, likewise.

    Raises:
        AgentFileNotFound, AgentFileError: the agent file.
        MissingKey: its key variable is unset or empty.
        SessionBusy: another program has the session.
        UsageError: an unknown session backend, provider or mode, or an option of another type.
        WorkspaceError: the work folder cannot be made.
    """

    def __init__(
        self,
        agent_file: str | os.PathLike[str] | AgentConfig,
        session: str | BaseSession | AsyncBaseSession = "memory",
        session_id: str | None = None,
        session_dir: Path | str | None = None,
        stream: bool = False,
        db_url: str | None = None,
        db: Any = None,
        *,
        mode: Mode | None = None,
        allow: Collection[str] = (),
        provider: Provider | None = None,
        timeout: TimeoutConfig | None = None,
        work_dir: Path | str | None = None,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        use_stdin: bool = True,
        on_exit: OnExit | None = None,
        adopt_terminals: bool = False,
        max_cost: float | None = None,
        max_steps: int | None = None,
    ) -> None:
        check_flags(stream=stream, use_stdin=use_stdin, adopt_terminals=adopt_terminals)
        check_options(allow, timeout, on_exit, session, provider, session_id, clock, environment)
        given = Given(
            stream=stream,
            mode=mode,
            allow=allow,
            environment=credentials.environment() if environment is None else environment,
            clock=clock or SystemClock(),
            use_stdin=use_stdin,
            on_exit=on_exit,
            adopt_terminals=adopt_terminals,
        )
        config = with_limits(config_of(agent_file, work_dir, timeout), max_cost, max_steps)
        tell_warnings(config)
        model = provider if provider is not None else model_of(config, given)
        self._tasks = Tasks()
        self._agent = Agent(config, model, given, stopping=lambda: self._tasks.stopping)
        self.hooks = self._agent.hooks
        self.registry = self._agent.registry
        self.session = open_session(
            config.name, session, session_id, session_dir, db_url, db, str(self._agent.work_dir)
        )
        self._life = Lifecycle(self._tasks, self._agent, keeper_of(self.session, self._agent))

    # -- the public API of codepilot-ai ------------------------------------------------------------------------

    async def run(self, task: str) -> str | None:
        """Work on a task, in the conversation of earlier tasks.

        Returns:
            The completion's text (or what `done()` was given); None for every other end, see `last_outcome`.

        Raises:
            UsageError: called from a handler or a tool of this very runtime, or after `close()`; the task is not text;
                `allow` names a tool that nobody registered.
        """
        check_text(task, "task")
        # Only now, since tools may be registered until here.
        check_allowed(self._agent.gate.policy.allowed, self.registry)
        outcome = await self._life.run(task)
        return outcome.summary

    @property
    def unfinished(self) -> Unfinished | None:
        """The task in which an earlier program ended; of a session behind an `AsyncEngine` after `start()`."""
        return self._agent.unfinished

    async def resume(self) -> str | None:
        """Go on with the unfinished task; nothing that may have happened is done again.

        Returns:
            As `run()`; None if there is none.

        Raises:
            UsageError, SessionError: as `run()`.
        """
        await self._life.load()
        if self._agent.unfinished is None:
            return None
        check_allowed(self._agent.gate.policy.allowed, self.registry)
        outcome = await self._life.resume()
        return outcome.summary

    def send_message(self, message: str) -> str:
        """Queue words for the agent's next step. From any thread, never blocks.

        Returns:
            An id for `cancel_message`.

        Raises:
            UsageError: it is not text, or after `close()`.
        """
        check_text(message, "message")
        self._tasks.refuse_closed()
        message_id = self._agent.inbox.put(message)
        self.hooks.emit(EventType.USER_MESSAGE_QUEUED, message=message)
        return message_id

    @property
    def queued_messages(self) -> tuple[QueuedMessage, ...]:
        """What was sent and no step has read yet, in order: each with `id` and `text`."""
        return self._agent.inbox.waiting

    def cancel_message(self, message_id: str) -> str | None:
        """Take queued words back; returns them, or None if the model has them already."""
        self._tasks.refuse_forked()
        return self._agent.inbox.drop(message_id)

    def expect_run(self) -> None:
        """Say that `run()` is about to be started on another thread.

        From now on an `abort()` stops that task, and a message is read behind it.
        """
        self._tasks.expect()
        self._agent.inbox.expect_task()

    def abort(self) -> None:
        """Stop at once whatever runs: reply, control block, command. From any thread; no effect when idle."""
        self._tasks.stop()

    def reset(self) -> None:
        """Forget the conversation, the stored session, the worker's names; terminals are started anew.

        A task that is being worked on is stopped, and all is forgotten at its end.

        Raises:
            UsageError: the session is asynchronous; await `areset()` instead. Or after `close()`.
        """
        self._tasks.refuse_closed()
        self._life.forget_now()

    async def areset(self, *, keep_terminals: bool = False, session_id: str | None = None) -> None:
        """`reset()`, also for asynchronous sessions; done when it returns, unless a handler or a tool called it.

        Args:
            keep_terminals: leave the terminals as they are, with what runs in them.
            session_id: of a journal: work in this one from now on, and leave the old one as it is.

        Raises:
            UsageError: after `close()`.
        """
        self._tasks.refuse_closed()
        await self._life.forget(keep_terminals=keep_terminals, session_id=session_id)

    def register_tool(
        self, name: str, func: Callable[..., Any], replace: bool = False, *, effect: Effect = "outside"
    ) -> None:
        """Add a tool that control blocks may call; its signature and docstring go into the prompt.

        Args:
            name: by which the model calls it; a Python name.
            func: a function or coroutine function. It runs in this process, on a thread of its own unless it is async.
            replace: take the place of a tool or a Python function of this name.
            effect: what a call may change. After a crash one that had begun is never repeated by itself, unless it is
                ``none`` or ``read``.

        Raises:
            ValueError: the name is taken, by a tool or by Python (`print`), and `replace` is false.
            UsageError: after `close()`.
        """
        self._tasks.refuse_closed()
        self.registry.register(name, func, replace=replace, effect=effect)

    @property
    def config(self) -> AgentConfig:
        """The agent file as loaded, with what was given instead of it."""
        return self._agent.config

    @property
    def provider(self) -> Provider:
        """The model."""
        return self._agent.provider

    @property
    def last_outcome(self) -> Outcome | None:
        """How the last task ended."""
        return self._tasks.last

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The whole conversation, oldest first: dicts with `role` (`user` or `assistant`) and `content`, the text."""
        return self._agent.conversation.messages

    def _append_execution(self, text: str) -> None:
        """Add text to what the model reads after this step (the documented way for custom tools)."""
        self._agent.loop.block.append(str(text))

    def pop_next_payload_block(self) -> str | None:
        """For custom tools: the text of the reply's next payload that no call has taken, or None."""
        return self._agent.loop.block.pop_next_payload()

    @property
    def _shell_tools(self) -> ShellTools:
        """The built-in `run_command` for tools that wrap it, as in 0.2.1."""
        return ShellTools(
            lambda: self.registry.bind(
                "run_command", self._agent.loop.block.context, loop=lambda: self._tasks.loop
            )
        )

    # -- for screens and programs that embed --------------------------------------------------------------------

    def subscribe(self, sink: Callable[[e.Stamped], None]) -> Callable[[], None]:
        """Give every event to `sink`, in order; it must be quick. Returns a function that ends it.

        One that raises is reported as a handler is, and the task goes on.
        """
        return self._agent.events.subscribe(sink)

    @property
    def mode(self) -> Mode | None:
        """The permission mode now in force; setting one that does not exist raises `UsageError`."""
        return self._agent.gate.policy.mode

    @mode.setter
    def mode(self, mode: Mode | None) -> None:
        self._agent.gate.policy = replace(self._agent.gate.policy, mode=mode)

    @property
    def isolation(self) -> Isolation:
        """How control blocks are kept apart from this process."""
        return self._agent.executor.isolation

    @property
    def work_dir(self) -> Path:
        """Where the agent reads and writes."""
        return self._agent.work_dir

    @property
    def running(self) -> bool:
        """Whether a task is being worked on."""
        return self._tasks.running

    def use_model(self, choice: str) -> None:
        """Go on with another model in the same conversation; only when idle.

        Args:
            choice: ``provider:name``, or a name at the provider now in use.

        Raises:
            UsageError: a task is being worked on, no model is named, or there is no such provider; after `close()`.
            MissingKey: the provider's key variable is unset or empty.
        """
        check_text(choice, "model")
        self._tasks.refuse_closed()
        if self._tasks.running:
            raise UsageError(
                "The model can be changed when the agent is idle.", hint="Stop it first, or wait."
            )
        self._agent.use_model(choice)

    async def start(self) -> None:
        """Start worker and terminals, and load the session, before their first use; `UsageError` after `close()`."""
        self._tasks.refuse_closed()
        await self._life.load()
        await asyncio.gather(self._agent.executor.start(), self._agent.shells.start())

    async def close(self, terminals: OnLeave = "") -> None:
        """End the task and the worker, and leave the terminals.

        Called from a handler or a tool of a task that is being worked on, this returns at once: the task is stopped,
        and all is closed before its `run()` returns.

        Args:
            terminals: `end` them, or `detach` and let what runs in them go on; default: as `on_exit` has it.
        """
        await self._life.close(terminals)

    async def __aenter__(self) -> AsyncRuntime:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
