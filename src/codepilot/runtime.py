"""`AsyncRuntime` and `Runtime`: the agent file turned into a working agent. The one module that names adapters."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import platform
import shutil
import socket
import tempfile
import threading
import weakref
from collections.abc import Callable, Collection, Coroutine, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.clock import SystemClock
from codepilot.decision import Decision, Mode, PermissionRequest
from codepilot.errors import SessionError, TerminalError, UsageError
from codepilot.hooks import EventType, HookSystem
from codepilot.hooks.approver import HookApprover
from codepilot.hooks.bus import Runner
from codepilot.hooks.delivery import HookDelivery
from codepilot.hooks.threads import CallersThread, on_daemon_thread
from codepilot.loop import AgentLoop, LoopSettings, Outcome
from codepilot.loop.conversation import Conversation
from codepilot.loop.inbox import Inbox
from codepilot.messages import Isolation
from codepilot.permissions import Policy
from codepilot.ports import Clock, Provider
from codepilot.prompts import system_prompt
from codepilot.providers import RetryingProvider, profile_for, provider_for
from codepilot.sandbox import WorkerExecutor
from codepilot.sessions import AsyncBaseSession, BaseSession, create_session
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.protocol import TerminalEvent
from codepilot.terminal.service import TerminalService
from codepilot.tools import ToolRegistry
from codepilot.tools.builtin import builtin_registry
from codepilot.tools.terminal import MAIN
from codepilot.workspace import FileMemory, Workspace

log = logging.getLogger(__name__)
T = TypeVar("T")

_within: ContextVar[asyncio.Task[Any] | None] = ContextVar("codepilot_task", default=None)
"""The task that this code is part of: a handler or a tool of it must not wait for its end."""
_open: weakref.WeakSet[AsyncRuntime] = weakref.WeakSet()
"""Runtimes that started something and were not closed yet."""


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
        work_dir: wins over the agent file's.
        environment: where keys are looked up; default `os.environ`.
        clock: time, for tests.
        use_stdin: ask y/N on stdin where no permission handler is registered.

    Raises:
        AgentFileNotFound, AgentFileError: the agent file.
        MissingKey: its key variable is unset or empty.
        UsageError: an unknown session backend or provider.
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
        work_dir: Path | str | None = None,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        use_stdin: bool = True,
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self._clock = clock or SystemClock()
        config = agent_file if isinstance(agent_file, AgentConfig) else AgentConfig.load(Path(agent_file))
        if work_dir is not None:
            config = replace(
                config, runtime=replace(config.runtime, work_dir=Path(work_dir).expanduser().resolve())
            )
        self.config = config
        self.provider: Provider = (
            provider
            if provider is not None
            else provider_for(config.model, environ=self._environment, clock=self._clock, file=config.path)
        )
        self.hooks = HookSystem()
        self.hooks.on_error = lambda text: self._publish(e.RuntimeFailed(error=text, source="hook"))
        self.session = self._open_session(session, session_id, session_dir, db_url, db)
        self._policy = Policy(mode, frozenset(allow))
        self._work_dir = Path(config.runtime.work_dir)
        self._work_dir.mkdir(parents=True, exist_ok=True)
        self._workspace = Workspace(self._work_dir, unsafe=config.runtime.unsafe_mode)
        self._memory = FileMemory()

        self._run_sync: Runner = asyncio.to_thread
        self._ask_sync: Runner = (
            on_daemon_thread  # a question that is given up must not keep the program alive
        )
        self._approver = HookApprover(self.hooks, lambda job: self._ask_sync(job), use_stdin=use_stdin)
        self._delivery = HookDelivery(self.hooks, lambda job: self._run_sync(job), stream=stream)
        self._sinks: list[Callable[[e.Stamped], None]] = []
        self._sequence = 0
        self._inbox = Inbox(self._publish)
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
        self._terminals = self._make_terminals()
        self._spool_folder: Path | None = None
        self.registry: ToolRegistry = builtin_registry(
            workspace=self._workspace,
            memory=self._memory,
            terminals=self._terminals,
            tools=config.tools,
            complete=lambda summary: self._loop_of_tasks.block.complete(summary),
        )
        self._loop_of_tasks = self._make_loop()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[Outcome] | None = None
        self._one_run = asyncio.Lock()
        self._due = False
        self._stop_when_due = False
        self._needs_reset = False
        self._wipe_at_end = False
        self._closed = False
        self.last_outcome: Outcome | None = None
        """How the last task ended."""

    # -- the public API of codepilot-ai ------------------------------------------------------------------------

    async def run(self, task: str) -> str | None:
        """Work on a task; the conversation of earlier tasks goes on.

        Returns:
            The completion's text (or what `done()` was given); None for every other end, see `last_outcome`.

        Raises:
            UsageError: called from a handler or a tool of this very runtime, or after `close()`.
        """
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
                    await self._save_session()
                await self._delivery.settled()
            return self.last_outcome.summary

    def send_message(self, message: str) -> str:
        """Queue words for the agent's next step. From any thread, never blocks.

        Returns:
            An id for `cancel_message`.
        """
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

    @property
    def _shell_tools(self) -> _ShellTools:
        """The built-in `run_command` for tools that wrap it, as in 0.2.1."""
        return _ShellTools(self)

    # -- for screens and programs that embed --------------------------------------------------------------------

    def subscribe(self, sink: Callable[[e.Stamped], None]) -> Callable[[], None]:
        """Give every event to `sink`, in order; it must be quick. Returns a function that ends it."""
        self._sinks.append(sink)
        return lambda: self._sinks.remove(sink)

    @property
    def mode(self) -> Mode | None:
        """The permission mode now in force."""
        return self._policy.mode

    @mode.setter
    def mode(self, mode: Mode | None) -> None:
        self._policy = replace(self._policy, mode=mode)

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
        self.provider = provider_for(config.model, environ=self._environment, clock=self._clock)
        self.config = config
        self._loop_of_tasks = self._make_loop()

    async def start(self) -> None:
        """Start the worker and the terminal `main` now instead of at their first use."""
        self._follow_loop()
        await asyncio.gather(self._executor.start(), self._start_terminals())

    async def terminal_socket(self) -> Path:
        """The terminal host's socket, for viewers; starts the host if there is none."""
        return (await self._start_terminals()).socket_path

    async def close(self) -> None:
        """End the task, the worker and the terminals."""
        home = self._loop
        if home is not None and home is not asyncio.get_running_loop() and home.is_running():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.close(), home))
            return
        if self._running is not None:
            self.abort()
            if not self._is_within():
                async with self._one_run:  # until the session is saved
                    pass
        self._closed = True
        _open.discard(self)
        await self._executor.close()
        await self._terminals.close()
        await self.provider.close()
        if self._spool_folder is not None:
            shutil.rmtree(self._spool_folder, ignore_errors=True)
            self._spool_folder = None

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
        return await self._loop_of_tasks.run(task)

    def _expect_run(self) -> None:
        """`run()` is about to be started on another thread: an `abort()` from now on is meant for it."""
        self._stop_when_due, self._due = False, True

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
        if not self._closed:
            _open.add(self)

    # -- wiring ---------------------------------------------------------------------------------------------------

    def _worker_lost(self, reason: str, lost: tuple[str, ...]) -> None:
        running = self._running
        stopped = running is not None and running.cancelling() > 0
        if lost or not stopped:  # a stop that cost nothing is no news
            self._publish(e.WorkerLost(reason=reason, lost=lost))

    def _make_terminals(self) -> _Terminals:
        return _Terminals(
            work_dir=self._work_dir, environment=self._environment, on_event=self._terminal_changed
        )

    def _make_loop(self) -> AgentLoop:
        model = self.config.model
        profile = profile_for(self.provider.model)
        provider = self.provider
        if not isinstance(provider, RetryingProvider):
            provider = RetryingProvider(provider, clock=self._clock)
        return AgentLoop(
            provider=provider,
            executor=self._executor,
            toolset=self.registry,
            approver=self._approver,
            permit=self._permit,
            conversation=self._conversation,
            inbox=self._inbox,
            emit=self._publish,
            settled=self._delivery.settled,
            clock=self._clock,
            settings=LoopSettings(
                system=self._system_prompt,
                max_steps=self.config.runtime.max_steps,
                max_tokens=model.max_tokens,
                temperature=model.temperature,
                thinking_budget=model.thinking.budget_tokens if model.thinking.enabled else None,
                context_window=profile.context_window,
                cost=profile.cost,
                spool=self._spool,
                work_dir=str(self._work_dir),
            ),
        )

    def _system_prompt(self) -> str:
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

    async def _permit(self, request: PermissionRequest) -> Decision:
        verdict = self._policy.judge(request)
        if verdict.effect == "allow":
            return Decision(allow=True, by="mode", reason=verdict.why)
        if verdict.effect == "deny":
            decision = Decision(allow=False, by="mode", reason=verdict.why)
        else:
            self._publish(
                e.PermissionAsked(
                    request_id=request.id,
                    call_id=request.call_id,
                    tool=request.tool,
                    description=request.description,
                    kind=request.kind,
                )
            )
            await self._delivery.settled()
            try:
                decision = await self._approver.decide(replace(request, why=verdict.why))
            except asyncio.CancelledError:
                self._publish(self._answered(request, Decision(allow=False, by="nobody", reason="stopped")))
                raise
        if decision.by == "nobody":
            self._loop_of_tasks.note_unanswered()
        self._publish(self._answered(request, decision))
        return decision

    def _answered(self, request: PermissionRequest, decision: Decision) -> e.PermissionAnswered:
        return e.PermissionAnswered(
            request_id=request.id,
            call_id=request.call_id,
            tool=request.tool,
            allow=decision.allow,
            reason=decision.reason,
            by=decision.by,
        )

    def _publish(self, event: e.Event) -> None:
        """Stamp an event and give it to all readers; from another thread it is handed to the loop first."""
        loop = self._loop
        if loop is not None and loop.is_running() and _running_loop() is not loop:
            loop.call_soon_threadsafe(self._publish, event)
            return
        self._sequence += 1
        stamped = e.Stamped(self._sequence, self._clock.time(), event)
        for sink in tuple(self._sinks):
            sink(stamped)
        if _running_loop() is not None:
            self._delivery.take(event)
        elif not isinstance(event, e.MessageQueued):
            self._emit_now(event)

    def _emit_now(self, event: e.Event) -> None:
        """Outside any loop (e.g. `reset()` before the first run) handlers are called on the spot."""
        from codepilot.hooks import project

        point = project(event)
        if point is not None:
            self.hooks.emit(point[0], **point[1])

    def _open_session(
        self,
        session: str | BaseSession | AsyncBaseSession,
        session_id: str | None,
        session_dir: Path | str | None,
        db_url: str | None,
        db: Any,
    ) -> BaseSession | AsyncBaseSession:
        if not isinstance(session, str):
            return session
        if session == "db" or db_url is not None or db is not None:
            raise UsageError(
                "Database sessions are not there yet: use session='file' or a BaseSession of your own."
            )
        name = session_id or self.config.name.lower().replace(" ", "-")
        return create_session(session, name, self.config.name, session_dir)

    async def _save_session(self) -> None:
        messages = list(self._conversation.messages)
        try:
            if isinstance(self.session, AsyncBaseSession):
                await self.session.save(messages)
            elif threading.main_thread().is_alive():
                await asyncio.to_thread(self.session.save, messages)
            else:  # the program is ending, and no thread can be started any more
                self.session.save(messages)
        except SessionError as error:
            self._publish(e.RuntimeFailed(error=error.message, source="session", hint=error.hint))
        except Exception as error:  # noqa: BLE001 - seam: a store of the embedding program; the result must not be lost
            text = f"The session could not be saved: {type(error).__name__}: {error}"
            self._publish(e.RuntimeFailed(error=text, source="session"))

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
        self._publish(e.SessionCleared())

    async def _reset_adapters(self) -> None:
        self._needs_reset = False
        await self._executor.reset()
        with contextlib.suppress(TerminalError):  # a host that is gone has nothing to forget
            client = await self._terminals.current_here()
            if client is not None:
                for terminal in await client.list():
                    await client.terminate(terminal.name)
                await client.open(MAIN)

    # -- terminals ------------------------------------------------------------------------------------------------

    async def _start_terminals(self) -> TerminalClient:
        client = await self._terminals.client()
        if all(terminal.name != MAIN for terminal in await client.list()):
            await client.open(MAIN)
        return client

    def _terminal_changed(self, event: TerminalEvent) -> None:
        match event.kind:
            case "opened":
                self._publish(e.TerminalOpened(name=event.name))
            case "closed":
                self._publish(e.TerminalClosed(name=event.name, exit_code=event.exit_code))
            case "lost":
                self._publish(
                    e.RuntimeFailed(
                        error="The terminal host died; its shells are gone.",
                        source="terminal",
                        hint="A new one starts with the next command.",
                    )
                )
            case _:
                pass

    def _spool(self, text: str) -> str:
        if self._spool_folder is None:
            self._spool_folder = Path(tempfile.mkdtemp(prefix="codepilot-results-"))
            weakref.finalize(self, shutil.rmtree, self._spool_folder, ignore_errors=True)
        handle, path = tempfile.mkstemp(dir=self._spool_folder, suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
            stream.write(text)
        return path


class _Terminals(TerminalService):
    """Terminals that come along when the runtime goes on in another event loop; their shells live on."""

    _home: asyncio.AbstractEventLoop | None = None

    async def client(self) -> TerminalClient:
        """A live client on the running loop; a host is started if there is none."""
        await self._come_along()
        return await super().client()

    async def current_here(self) -> TerminalClient | None:
        """The client, if there is a live one, on the running loop."""
        await self._come_along()
        return self.current

    async def close(self) -> None:
        """Leave the host, which ends unless it is to stay."""
        with contextlib.suppress(TerminalError):
            await self._come_along()
        await super().close()

    async def _come_along(self) -> None:
        loop, left_loop = asyncio.get_running_loop(), self._home
        if left_loop is loop:
            return
        self._home, self._lock = loop, asyncio.Lock()
        left, self._client = self._client, None
        if left is None:
            return
        try:
            self._client = await TerminalClient.connect(left.socket_path)
        except TerminalError:
            self._notice = (
                "Note: the terminal host is gone; a new one was started. "
                "Earlier shells and what ran in them are gone."
            )
        else:
            self._client._process, left._process = left._process, None
            if self._on_event is not None:
                self._client.on_event(self._on_event)
        left._closing = True  # what follows is no loss
        _hang_up(left._connection.transport, left_loop)


def _hang_up(transport: asyncio.Transport | None, loop: asyncio.AbstractEventLoop | None) -> None:
    """Close a connection that belongs to another loop, which may be closed itself."""
    if transport is None or loop is None:
        return
    if loop.is_running():
        loop.call_soon_threadsafe(transport.abort)
        return
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)  # the host hears of it at once
    with contextlib.suppress(RuntimeError):
        transport.abort()  # raises where the loop is closed, having done its part but the last:
    if loop.is_closed() and (end := getattr(transport, "_call_connection_lost", None)) is not None:
        end(None)  # no public way closes the socket then


class _ShellTools:
    """`runtime._shell_tools`, kept for tools that wrap the built-in `run_command`."""

    def __init__(self, runtime: AsyncRuntime) -> None:
        self._runtime = runtime

    def run_command(self, command: str, timeout: float | None = None, background: bool = False) -> str:
        """Run a command as the built-in tool does; call it from a custom tool, which runs in a thread."""
        runtime = self._runtime
        call = runtime.registry.bind(
            "run_command", runtime._loop_of_tasks.block.context, loop=lambda: runtime._loop
        )
        return str(call(command, timeout=timeout, background=background))


class Runtime:
    """`AsyncRuntime` for ordinary code: `run()` blocks, handlers run on the thread that called it.

    The loop lives on a thread of its own, so `abort()` and `send_message()` work from anywhere and `input()` in a
    handler blocks nobody but the agent. Arguments and errors as for `AsyncRuntime`.
    """

    def __init__(
        self,
        agent_file: str | os.PathLike[str] | AgentConfig,
        session: str | BaseSession = "memory",
        session_id: str | None = None,
        session_dir: Path | str | None = None,
        stream: bool = False,
        db_url: str | None = None,
        db: Any = None,
        **options: Any,
    ) -> None:
        self._async = AsyncRuntime(
            agent_file, session, session_id, session_dir, stream, db_url, db, **options
        )
        self._thread = _LoopThread()
        self._caller = CallersThread()
        self._one_run = threading.Lock()
        self._async._run_sync = self._async._ask_sync = self._caller
        self._close_at_exit = weakref.finalize(self, _close, self._async, self._thread)

    def run(self, task: str) -> str | None:
        """Work on a task until it ends; see `AsyncRuntime.run`.

        Raises:
            UsageError: called from a handler or a tool of this very runtime, or after `close()`.
        """
        if self._inside():
            raise UsageError(
                "run() was called from a handler or a tool of the same runtime; use send_message() there."
            )
        if self._async._closed:
            raise UsageError("This runtime is closed.", hint="Make a new one.")
        with self._one_run:
            self._async._expect_run()
            return self._caller.lend_while(
                lambda: self._thread.submit(self._async.run(task)), self._async.abort
            )

    def send_message(self, message: str) -> str:
        """Queue words for the agent's next step. From any thread, never blocks."""
        return self._async.send_message(message)

    def cancel_message(self, message_id: str) -> str | None:
        """Take queued words back; returns them, or None if it is too late."""
        return self._async.cancel_message(message_id)

    def abort(self) -> None:
        """Stop at once whatever runs. From any thread; no effect when idle."""
        self._async.abort()

    def reset(self) -> None:
        """Forget the conversation and the stored session; terminals and worker are started anew.

        A task that is being worked on is stopped first. Called from one of its handlers or tools, this returns at once
        and all is forgotten at the task's end.
        """
        if self._inside():
            self._async.reset()
            return
        self._async.abort()
        with self._one_run:
            self._caller.lend_while(lambda: self._thread.submit(self._async.areset()), self._async.abort)

    def register_tool(self, name: str, func: Callable[..., Any], replace: bool = False) -> None:
        """Add a tool that control blocks may call; see `AsyncRuntime.register_tool`."""
        self._async.register_tool(name, func, replace=replace)

    def subscribe(self, sink: Callable[[e.Stamped], None]) -> Callable[[], None]:
        """Give every event to `sink`, on the loop's thread; it must be quick."""
        return self._async.subscribe(sink)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The whole conversation."""
        return self._async.messages

    @property
    def hooks(self) -> HookSystem:
        """Handlers of events."""
        return self._async.hooks

    @property
    def config(self) -> AgentConfig:
        """The agent file as loaded."""
        return self._async.config

    @property
    def session(self) -> BaseSession | AsyncBaseSession:
        """The session backend."""
        return self._async.session

    @property
    def registry(self) -> ToolRegistry:
        """The tools."""
        return self._async.registry

    @property
    def provider(self) -> Provider:
        """The model."""
        return self._async.provider

    @property
    def isolation(self) -> Isolation:
        """How control blocks are kept apart from this process."""
        return self._async.isolation

    @property
    def work_dir(self) -> Path:
        """Where the agent reads and writes."""
        return self._async.work_dir

    @property
    def running(self) -> bool:
        """Whether a task is being worked on."""
        return self._async.running

    @property
    def last_outcome(self) -> Outcome | None:
        """How the last task ended."""
        return self._async.last_outcome

    @property
    def mode(self) -> Mode | None:
        """The permission mode now in force."""
        return self._async.mode

    @mode.setter
    def mode(self, mode: Mode | None) -> None:
        self._async.mode = mode

    @property
    def _shell_tools(self) -> _ShellTools:
        return self._async._shell_tools

    def _append_execution(self, text: str) -> None:
        """Add text to what the model reads after this step (the documented way for custom tools)."""
        self._async._append_execution(text)

    def close(self) -> None:
        """End the worker and the terminals. Also happens at exit and when the runtime is collected."""
        self._close_at_exit()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _inside(self) -> bool:
        """Whether the running code is a handler or a tool of the task that is being worked on."""
        return self._caller.is_this_one or self._thread.is_this_one or self._async._is_within()


class _LoopThread:
    """An event loop on a daemon thread, started at its first use."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="codepilot-loop", daemon=True
                )
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    @property
    def started(self) -> bool:
        """Whether there is a loop."""
        return self._loop is not None

    @property
    def is_this_one(self) -> bool:
        """Whether the running thread is the loop's."""
        return self._thread is threading.current_thread()

    def stop(self) -> None:
        """End the loop and its thread; what still runs on it is cancelled."""
        with self._lock:
            loop, thread, self._loop = self._loop, self._thread, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).add_done_callback(
            lambda _: loop.call_soon_threadsafe(loop.stop)
        )
        if self.is_this_one:  # collected there: the thread ends when it comes back to its loop
            return
        thread.join(timeout=5)
        if not thread.is_alive():
            loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=2)


def _close(runtime: AsyncRuntime, thread: _LoopThread) -> None:
    if not thread.started:
        runtime._closed = True
        return
    closing = thread.submit(runtime.close())
    if thread.is_this_one:
        closing.add_done_callback(lambda _: thread.stop())
        return
    closing.result(timeout=15)
    thread.stop()


@atexit.register
def _close_what_is_open() -> None:
    """End what programs did not close themselves: workers, terminals, folders."""
    for runtime in tuple(_open):
        loop = runtime._loop
        try:
            if loop is not None and loop.is_running():
                asyncio.run_coroutine_threadsafe(runtime.close(), loop).result(timeout=15)
            else:
                asyncio.run(runtime.close())
        except Exception:  # seam: at exit nobody can be told
            log.debug("a runtime could not be closed at exit", exc_info=True)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
