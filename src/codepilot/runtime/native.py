"""`AsyncRuntime`: the agent, wired. The one module that names adapters."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

from codepilot import credentials
from codepilot import events as e
from codepilot.agentfile import AgentConfig, TimeoutConfig
from codepilot.clock import SystemClock
from codepilot.decision import Mode
from codepilot.errors import UsageError, WorkspaceError
from codepilot.hooks import EventType, HookSystem
from codepilot.hooks.approver import HookApprover
from codepilot.hooks.bus import Runner
from codepilot.hooks.delivery import HookDelivery
from codepilot.hooks.threads import on_daemon_thread
from codepilot.loop import AgentLoop, LoopSettings, Outcome
from codepilot.loop.conversation import Conversation
from codepilot.loop.inbox import Inbox
from codepilot.messages import Isolation, OnExit
from codepilot.models import profile_for
from codepilot.permissions import Policy
from codepilot.ports import Clock, Provider
from codepilot.prompts import system_prompt
from codepilot.protocol import LIMITS, Limits
from codepilot.providers import RetryingProvider, provider_for
from codepilot.runtime import at_exit
from codepilot.runtime.broadcast import Broadcast
from codepilot.runtime.gate import Gate
from codepilot.runtime.given import check_allowed, check_options, check_text
from codepilot.runtime.keeping import open_session, save_session, tell_damage
from codepilot.runtime.shell_tools import ShellTools
from codepilot.runtime.shells import Shells
from codepilot.runtime.spool import ResultSpool
from codepilot.sandbox import WorkerExecutor
from codepilot.sessions import AsyncBaseSession, BaseSession
from codepilot.terminal.protocol import OnLeave, PersonReport, TerminalInfo
from codepilot.tools import ToolRegistry
from codepilot.tools.ahead import EditsAhead
from codepilot.tools.builtin import builtin_registry, unknown_tools
from codepilot.workspace import FileMemory, Workspace

log = logging.getLogger("codepilot")
_within: ContextVar[asyncio.Task[Any] | None] = ContextVar("codepilot_task", default=None)
"""The task that this code is part of: a handler or a tool of it must not wait for its end."""


class AsyncRuntime:
    """One agent, wired and ready to `run(task)`; native to asyncio.

    Sync handlers run in a thread, async ones are awaited. It works on the event loop that awaits `run()`; that may be
    another one for each task, as with one `asyncio.run()` a task. What it started ends at exit, if not by `close()`.

    Args:
        agent_file: path of the agent file, or an `AgentConfig` already loaded.
        session: ``"memory"`` or ``"file"``, or a session object of your own.
        session_id: default: the agent's name in lower case, spaces as hyphens.
        session_dir: folder of the file backend.
        stream: give `STREAM` events as the text comes, not once a reply.
        db_url: for a database session (needs the `db` extra; not there yet).
        db: an engine for a database session (not there yet).
        mode: permission mode; None asks only for tools with `require_permission`, as codepilot-ai does.
        allow: tool names that are allowed beforehand, or ``all``.
        provider: a model of your own instead of the agent file's.
        timeout: how long a reply is waited for; wins over the agent file's `model.timeout`.
        work_dir: wins over the agent file's.
        environment: where keys are looked up; default the variables of this process.
        clock: time, for tests.
        use_stdin: ask y/N on stdin where no permission handler is registered.
        on_exit: what becomes of the terminals when this program is gone; default: what the agent file says, else they
            end. `ask` is for screens: `close()` then says it.
        adopt_terminals: go on with the terminals that an earlier program left in this work folder.

    Raises:
        AgentFileNotFound, AgentFileError: the agent file.
        MissingKey: its key variable is unset or empty.
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
    ) -> None:
        check_options(allow, timeout, on_exit, session)
        self._environment = credentials.environment() if environment is None else environment
        self._clock = clock or SystemClock()
        config = agent_file if isinstance(agent_file, AgentConfig) else AgentConfig.load(Path(agent_file))
        if work_dir is not None:
            config = replace(
                config, runtime=replace(config.runtime, work_dir=str(Path(work_dir).expanduser().resolve()))
            )
        if timeout is not None:
            config = replace(config, model=replace(config.model, timeout=timeout))
        self.config = config
        self.provider: Provider = (
            provider
            if provider is not None
            else provider_for(config.model, environ=self._environment, clock=self._clock, file=config.path)
        )
        self.hooks = HookSystem()
        self.hooks.on_error = lambda text: self._events.publish(e.RuntimeFailed(error=text, source="hook"))
        self.session = open_session(config.name, session, session_id, session_dir, db_url, db)
        self._work_dir = Path(config.runtime.work_dir)
        _make_work_dir(self._work_dir)
        self._workspace = Workspace(self._work_dir, unsafe=config.runtime.unsafe_mode)
        self._memory = FileMemory()

        self._run_sync: Runner = asyncio.to_thread
        self._ask_sync: Runner = (
            on_daemon_thread  # a question that is given up must not keep the program alive
        )
        self._approver = HookApprover(
            self.hooks,
            lambda job: self._ask_sync(job),
            use_stdin=use_stdin,
            unanswered=lambda: self._loop_of_tasks.note_unanswered(),
        )
        self._delivery = HookDelivery(self.hooks, lambda job: self._run_sync(job), stream=stream)
        self._events: Broadcast = Broadcast(self.hooks, self._delivery, self._clock)
        self._gate = Gate(
            Policy(mode, frozenset(allow)),
            self._approver,
            self._delivery,
            self._events.publish,
            unanswered=lambda: self._loop_of_tasks.note_unanswered(),
            permitted=lambda: self._loop_of_tasks.note_permitted(),
        )
        self._inbox = Inbox(self._events.publish)
        self._conversation = Conversation(
            [] if isinstance(self.session, AsyncBaseSession) else self.session.load()
        )
        self._loaded = not isinstance(self.session, AsyncBaseSession)  # those are loaded by the first run()

        self._executor = WorkerExecutor(
            allowed_imports=config.runtime.allowed_imports,
            globals={"WORK_DIR": str(self._work_dir)},
            clock=self._clock,
            on_lost=self._worker_lost,
        )
        self._shells = Shells(
            config,
            self._work_dir,
            self._environment,
            on_exit=on_exit,
            adopt=adopt_terminals,
            publish=self._events.publish,
        )
        self._terminals = self._shells.service
        self._spool = ResultSpool()
        self.registry: ToolRegistry = builtin_registry(
            workspace=self._workspace,
            memory=self._memory,
            terminals=self._terminals,
            tools=config.tools,
            complete=lambda summary: self._loop_of_tasks.block.complete(summary),
        )
        self.registry.on_step(self._gate.begin_step)
        if unknown := unknown_tools(config.tools, self.registry):
            self.config = replace(config, warnings=(*config.warnings, f"{config.path}: {unknown}"))
        if not credentials.in_own_program():  # those show the warnings where their person looks
            for warning in self.config.warnings:
                log.warning("%s", warning)
        self._loop_of_tasks: AgentLoop = self._make_loop()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[Outcome] | None = None
        self._one_run = asyncio.Lock()
        self._due = False
        self._stop_when_due = False
        self._needs_reset = False
        self._damage_told: Path | None = None
        self._wipe_at_end = False
        self._closed = False
        self._close_wish: OnLeave | None = None
        self.last_outcome: Outcome | None = None
        """How the last task ended."""

    # -- the public API of codepilot-ai ------------------------------------------------------------------------

    async def run(self, task: str) -> str | None:
        """Work on a task; the conversation of earlier tasks goes on.

        Returns:
            The completion's text (or what `done()` was given); None for every other end, see `last_outcome`.

        Raises:
            UsageError: called from a handler or a tool of this very runtime, or after `close()`; the task is no text;
                `allow` names a tool that nobody registered.
        """
        check_text(task, "task")
        check_allowed(
            self._gate.policy.allowed, self.registry
        )  # only now, since tools may be registered until here
        self._refuse_from_within("run()", "use send_message() there.")
        self._follow_loop()
        async with self._one_run:
            if self._closed:
                raise UsageError("This runtime is closed.", hint="Make a new one.")
            self._running = asyncio.create_task(self._work_on(task))
            self._due = False
            if self._stop_when_due:  # after the task's first step, so that its words are kept
                asyncio.get_running_loop().call_soon(self._running.cancel)
            try:
                self.last_outcome = await self._running
            except asyncio.CancelledError:
                self.last_outcome = self._loop_of_tasks.last or Outcome("aborted")
                current = asyncio.current_task()
                if current is not None and current.cancelling():
                    raise  # the caller was cancelled, not the task by abort()
            except Exception:
                self.last_outcome = self._loop_of_tasks.last or Outcome("failed")
                raise
            finally:
                self._running = None
                if self._wipe_at_end:
                    await self._wipe()
                else:
                    await save_session(self.session, list(self._conversation.messages), self._events.publish)
                await self._delivery.settled()
                if self._close_wish is not None:
                    await self.close(self._close_wish)
            return self.last_outcome.summary

    def send_message(self, message: str) -> str:
        """Queue words for the agent's next step. From any thread, never blocks.

        Returns:
            An id for `cancel_message`.

        Raises:
            UsageError: it is no text.
        """
        check_text(message, "message")
        message_id = self._inbox.put(message)
        self.hooks.emit(EventType.USER_MESSAGE_QUEUED, message=message)
        return message_id

    def cancel_message(self, message_id: str) -> str | None:
        """Take queued words back; returns them, or None if the model has them already."""
        return self._inbox.drop(message_id)

    def abort(self) -> None:
        """Stop at once whatever runs: reply, control block, command. From any thread; no effect when idle."""
        if self._due:
            self._stop_when_due = True
        running, loop = self._running, self._loop
        if running is None or loop is None or running.done():
            return
        loop.call_soon_threadsafe(running.cancel)

    def reset(self) -> None:
        """Forget the conversation, the stored session, the worker's names; terminals are started anew.

        A task that is being worked on is stopped, and all is forgotten at its end.

        Raises:
            UsageError: the session is asynchronous; await `areset()` instead.
        """
        if self._running is not None:
            self._wipe_at_end = True
            self.abort()
            return
        if isinstance(self.session, AsyncBaseSession):
            raise UsageError("This session is asynchronous: await runtime.areset() instead.")
        self.session.reset()
        self._forget()

    async def areset(self) -> None:
        """`reset()`, also for asynchronous sessions; done when it returns, unless a handler or a tool called it."""
        if self._is_within():
            self._wipe_at_end = True
            self.abort()
            return
        self._follow_loop()
        self.abort()
        async with self._one_run:
            await self._wipe()

    def register_tool(self, name: str, func: Callable[..., Any], replace: bool = False) -> None:
        """Add a tool that control blocks may call; its signature and docstring go into the prompt.

        Raises:
            ValueError: the name is taken and `replace` is false.
        """
        self.registry.register(name, func, replace=replace)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The whole conversation, dicts with `role` and `content`."""
        return self._conversation.messages

    def _append_execution(self, text: str) -> None:
        """Add text to what the model reads after this step (the documented way for custom tools)."""
        self._loop_of_tasks.block.append(str(text))

    def pop_next_payload_block(self) -> str | None:
        """For custom tools: the text of the reply's next payload that no call has taken, or None."""
        return self._loop_of_tasks.block.pop_next_payload()

    @property
    def _shell_tools(self) -> ShellTools:
        """The built-in `run_command` for tools that wrap it, as in 0.2.1."""
        return ShellTools(
            lambda: self.registry.bind(
                "run_command", self._loop_of_tasks.block.context, loop=lambda: self._loop
            )
        )

    # -- for screens and programs that embed --------------------------------------------------------------------

    def subscribe(self, sink: Callable[[e.Stamped], None]) -> Callable[[], None]:
        """Give every event to `sink`, in order; it must be quick. Returns a function that ends it."""
        return self._events.subscribe(sink)

    @property
    def mode(self) -> Mode | None:
        """The permission mode now in force; setting one that does not exist raises `UsageError`."""
        return self._gate.policy.mode

    @mode.setter
    def mode(self, mode: Mode | None) -> None:
        self._gate.policy = replace(self._gate.policy, mode=mode)

    @property
    def isolation(self) -> Isolation:
        """How control blocks are kept apart from this process."""
        return self._executor.isolation

    @property
    def work_dir(self) -> Path:
        """Where the agent reads and writes."""
        return self._work_dir

    @property
    def running(self) -> bool:
        """Whether a task is being worked on."""
        return self._running is not None

    def use_model(self, choice: str) -> None:
        """Go on with another model in the same conversation; only when idle.

        Args:
            choice: ``provider:name``, or a name at the provider now in use.

        Raises:
            UsageError: a task is being worked on, or no such provider.
            MissingKey: the provider's key variable is unset or empty.
        """
        if self._running is not None:
            raise UsageError(
                "The model can be changed when the agent is idle.", hint="Stop it first, or wait."
            )
        config = self.config.with_model(choice)
        self.provider = provider_for(
            config.model, environ=self._environment, clock=self._clock, file=config.path
        )
        self.config = config
        self._loop_of_tasks = self._make_loop()

    async def start(self) -> None:
        """Start the worker and the terminal `main` now instead of at their first use."""
        self._follow_loop()
        await asyncio.gather(self._executor.start(), self._shells.start())

    async def terminal_socket(self) -> Path:
        """The terminal host's socket, for viewers; starts the host if there is none."""
        return (await self._shells.start()).socket_path

    async def terminals_in_use(self) -> tuple[TerminalInfo, ...]:
        """The terminals in which something runs, background jobs included."""
        return await self._shells.in_use()

    async def terminal_reports(
        self, terminal: str | None = None, *, take: bool = False
    ) -> list[PersonReport]:
        """What the person ran in terminals that nobody held, and the agent was not told.

        Args:
            terminal: one terminal's name; None: all.
            take: it is told to the agent now in some other way, so it is offered no more.
        """
        return await self._shells.offered(terminal, take=take)

    async def close(self, terminals: OnLeave = "") -> None:
        """End the task and the worker, and leave the terminals.

        Called from a handler or a tool of a task that is being worked on, this returns at once: the task is stopped,
        and all is closed before its `run()` returns.

        Args:
            terminals: `end` them, or `detach` and let what runs in them go on; default: as `on_exit` has it.
        """
        if self._is_within():
            self._close_after_task(terminals)
            return
        home = self._loop
        if home is not None and home is not asyncio.get_running_loop() and home.is_running():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.close(terminals), home))
            return
        if self._terminals.stays(terminals):
            self._terminals.let_run()
        if self._running is not None:
            self.abort()
            async with self._one_run:  # until the session is saved
                pass
        self._closed = True
        at_exit.done_with(self)
        await self._executor.close()
        await self._terminals.close(terminals)
        await self.provider.close()
        self._spool.close()

    async def __aenter__(self) -> AsyncRuntime:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- one task -------------------------------------------------------------------------------------------------

    async def _work_on(self, task: str) -> Outcome:
        _within.set(asyncio.current_task())
        self._loop_of_tasks.last = None
        if self._needs_reset:
            await self._reset_adapters()
        if not self._loaded and isinstance(self.session, AsyncBaseSession):
            self._conversation.messages.extend(await self.session.load())
            self._loaded = True
        # Only now, since the file is read before anybody can listen.
        self._damage_told = tell_damage(self.session, self._damage_told, self._events.publish)
        self._loop_of_tasks.settings = self._settings()
        return await self._loop_of_tasks.run(task)

    def _expect_run(self) -> None:
        """`run()` is about to be started on another thread: an `abort()` from now on is meant for it."""
        self._stop_when_due, self._due = False, True

    def _close_after_task(self, terminals: OnLeave = "") -> None:
        """Stop the task, and close when it is over: a handler of it cannot wait for that."""
        self._close_wish = terminals
        self.abort()

    def _is_within(self) -> bool:
        """Whether the running code is part of the task that is being worked on."""
        task = _within.get()
        return task is not None and task is self._running

    def _refuse_from_within(self, what: str, instead: str) -> None:
        if self._is_within():
            raise UsageError(f"{what} was called from a handler or a tool of the same runtime; {instead}")

    def _follow_loop(self) -> None:
        """Belong to the running loop from now on."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None and self._loop.is_running():
                raise UsageError(
                    "This runtime belongs to another event loop, which is still running.",
                    hint="Use it there (asyncio.run_coroutine_threadsafe), or make one for each loop.",
                )
            self._loop, self._one_run = loop, asyncio.Lock()
            self._events.home = loop
        if not self._closed:
            at_exit.expect(self, loop)

    # -- wiring ---------------------------------------------------------------------------------------------------

    def _worker_lost(self, reason: str, lost: tuple[str, ...]) -> None:
        running = self._running
        stopped = running is not None and running.cancelling() > 0
        if lost or not stopped:  # a stop that cost nothing is no news
            self._events.publish(e.WorkerLost(reason=reason, lost=lost))

    def _make_loop(self) -> AgentLoop:
        provider = self.provider
        if not isinstance(provider, RetryingProvider):
            provider = RetryingProvider(provider, clock=self._clock)
        return AgentLoop(
            provider=provider,
            executor=self._executor,
            toolset=self.registry,
            approver=self._approver,
            permit=self._gate.permit,
            conversation=self._conversation,
            inbox=self._inbox,
            emit=self._events.publish,
            settled=self._delivery.settled,
            clock=self._clock,
            settings=self._settings(),
            news=self._shells.news,
            preview=EditsAhead(self._workspace, self._memory, self.registry.is_builtin),
        )

    def _settings(self) -> LoopSettings:
        """The limits as the configuration has them now: programs change its values between tasks."""
        model = self.config.model
        profile = profile_for(self.provider.model)
        return LoopSettings(
            system=self._system_prompt,
            max_steps=self.config.runtime.max_steps,
            max_tokens=model.max_tokens,
            temperature=model.temperature,
            thinking_budget=model.thinking.budget_tokens if model.thinking.enabled else None,
            context_window=profile.context_window,
            cost=profile.cost,
            spool=self._spool.write,
            limits=self._limits(),
            work_dir=str(self._work_dir),
        )

    def _limits(self) -> Limits:
        shown = next(
            (t.config.get("max_output_chars") for t in self.config.tools if t.name == "execute"), None
        )
        return LIMITS.with_command(shown) if shown else LIMITS

    def _system_prompt(self) -> str:
        import platform

        return system_prompt(
            agent_name=self.config.name,
            role=self.config.role or "",
            tools=self.registry.describe(),
            work_dir=str(self._work_dir),
            platform=f"{platform.system()} {platform.machine()}",
            shell="bash",
            developer_prompt=self.config.system_prompt,
            allowed_imports=self._executor.allowed_imports,
            max_steps=self.config.runtime.max_steps,
        )

    async def _wipe(self) -> None:
        self._wipe_at_end = False
        if isinstance(self.session, AsyncBaseSession):
            await self.session.reset()
        else:
            self.session.reset()
        self._forget()
        await self._reset_adapters()
        await self._delivery.settled()

    def _forget(self) -> None:
        self._conversation.clear()
        self._inbox.clear()
        self._memory.clear()
        self._loop_of_tasks = (
            self._make_loop()
        )  # it holds the tokens of the session, and results not yet read
        self._loaded = self._needs_reset = True
        self._events.publish(e.SessionCleared())

    async def _reset_adapters(self) -> None:
        self._needs_reset = False
        await self._executor.reset()
        await self._shells.start_anew()


def _make_work_dir(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(
            f"The work folder {folder} cannot be made: {error.strerror or error}.",
            hint="Name another with work_dir, or make it yourself.",
        ) from error
