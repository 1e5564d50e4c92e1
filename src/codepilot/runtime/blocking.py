"""`Runtime`: the same agent for ordinary code, which has no event loop."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Collection, Coroutine, Mapping
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot.agentfile import AgentConfig, TimeoutConfig
from codepilot.decision import Mode
from codepilot.errors import UsageError
from codepilot.events import Effect
from codepilot.hooks import HookSystem
from codepilot.hooks.threads import CallersThread
from codepilot.journal.unfinished import Unfinished
from codepilot.loop import Outcome
from codepilot.loop.inbox import QueuedMessage
from codepilot.messages import Isolation, OnExit
from codepilot.ports import Clock, Provider
from codepilot.runtime import at_exit
from codepilot.runtime.context import Context
from codepilot.runtime.keeping import refuse_async_engine
from codepilot.runtime.loop_thread import LoopThread
from codepilot.runtime.native import AsyncRuntime
from codepilot.runtime.resting import Resting
from codepilot.runtime.restores import Restores
from codepilot.runtime.shell_tools import ShellTools
from codepilot.sessions import AsyncBaseSession, BaseSession
from codepilot.tools import ToolRegistry


class Runtime(Context, Resting, Restores):
    """`AsyncRuntime` for ordinary code: `run()` blocks, handlers run on the thread that called it.

    The loop lives on a thread of its own, so `abort()` and `send_message()` work from anywhere and `input()` in a
    handler blocks nobody but the agent. Arguments and errors as for `AsyncRuntime`.
    """

    _async: AsyncRuntime

    def __init__(
        self,
        agent_file: str | os.PathLike[str] | AgentConfig,
        session: str | BaseSession = "memory",
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
        refuse_async_engine(db)
        self._async: AsyncRuntime = AsyncRuntime(
            agent_file,
            session,
            session_id,
            session_dir,
            stream,
            db_url,
            db,
            mode=mode,
            allow=allow,
            provider=provider,
            timeout=timeout,
            work_dir=work_dir,
            environment=environment,
            clock=clock,
            use_stdin=use_stdin,
            on_exit=on_exit,
            adopt_terminals=adopt_terminals,
            max_cost=max_cost,
            max_steps=max_steps,
        )
        self._thread = LoopThread()
        self._caller = CallersThread()
        self._one_run = threading.Lock()
        self._async._agent.call_handlers_on(self._caller)
        self._close_at_exit = weakref.finalize(self, _close, self._async, self._thread)

    def run(self, task: str) -> str | None:
        """Work on a task until it ends; see `AsyncRuntime.run`.

        Raises:
            UsageError: called from a handler or a tool of this very runtime, or after `close()`.
        """
        return self._work(lambda: self._async.run(task))

    def _work(self, work: Callable[[], Coroutine[Any, Any, str | None]]) -> str | None:
        if self._inside():
            raise UsageError(
                "run() was called from a handler or a tool of the same runtime; use send_message() there."
            )
        self._async._tasks.refuse_closed()
        at_exit.refuse_late_tasks()
        with self._one_run:
            self._async.expect_run()
            try:
                return self._caller.lend_while(lambda: self._thread.submit(work()), self._async.abort)
            finally:
                self._finish_closing()

    @property
    def unfinished(self) -> Unfinished | None:
        """The task in which an earlier program ended; see `AsyncRuntime.unfinished`."""
        return self._async.unfinished

    def resume(self) -> str | None:
        """Go on with the unfinished task; see `AsyncRuntime.resume`."""
        return self._work(self._async.resume)

    def send_message(self, message: str) -> str:
        """Queue words for the agent's next step. From any thread, never blocks.

        Raises:
            UsageError: it is not text, or after `close()`.
        """
        return self._async.send_message(message)

    @property
    def queued_messages(self) -> tuple[QueuedMessage, ...]:
        """What was sent and no step has read yet, in order."""
        return self._async.queued_messages

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

        Raises:
            UsageError: after `close()`.
        """
        self._async._tasks.refuse_closed()
        if self._inside():
            self._async.reset()
            return
        self._async.abort()
        with self._one_run:
            self._caller.lend_while(lambda: self._thread.submit(self._async.areset()), self._async.abort)

    def register_tool(
        self, name: str, func: Callable[..., Any], replace: bool = False, *, effect: Effect = "outside"
    ) -> None:
        """Add a tool that control blocks may call; its signature and docstring go into the prompt.

        Args:
            name: by which the model calls it; a Python name.
            func: a function or coroutine function. It runs in this process, on a thread of its own unless it is async.
            replace: take the place of a tool of this name.
            effect: what a call may change; see `AsyncRuntime.register_tool`.

        Raises:
            ValueError: the name is taken and `replace` is false.
            UsageError: after `close()`.
        """
        self._async.register_tool(name, func, replace=replace, effect=effect)

    def subscribe(self, sink: Callable[[e.Stamped], None]) -> Callable[[], None]:
        """Give every event to `sink`, on the loop's thread; it must be quick. See `AsyncRuntime.subscribe`."""
        return self._async.subscribe(sink)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The whole conversation, oldest first: dicts with `role` (`user` or `assistant`) and `content`, the text."""
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
    def last_outcome(self) -> Outcome | None:
        """How the last task ended."""
        return self._async.last_outcome

    @property
    def unwritten_records(self) -> int:
        """Records of a journal that its disk has not taken; see `AsyncRuntime.unwritten_records`."""
        return self._async.unwritten_records

    @property
    def mode(self) -> Mode | None:
        """The permission mode now in force."""
        return self._async.mode

    @mode.setter
    def mode(self, mode: Mode | None) -> None:
        self._async.mode = mode

    def pop_next_payload_block(self) -> str | None:
        """For custom tools: the text of the reply's next payload that no call has taken, or None."""
        return self._async.pop_next_payload_block()

    @property
    def _shell_tools(self) -> ShellTools:
        return self._async._shell_tools

    def _append_execution(self, text: str) -> None:
        """Add text to what the model reads after this step (the documented way for custom tools)."""
        self._async._append_execution(text)

    def close(self) -> None:
        """End the worker and the terminals. Also happens at exit and when the runtime is collected.

        Called from a handler or a tool of a task that is being worked on, this returns at once: the task is stopped,
        and all is closed before its `run()` returns.
        """
        if self._inside():
            self._async._life.close_after_task()
            return
        self._close_at_exit()

    def _finish_closing(self) -> None:
        """Stop the thread, too, if a handler closed the runtime."""
        if self._async._tasks.closed:
            self._close_at_exit()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _inside(self) -> bool:
        """Whether the running code is a handler or a tool of the task that is being worked on."""
        return self._caller.is_this_one or self._thread.is_this_one or self._async._tasks.is_within()


def _close(runtime: AsyncRuntime, thread: LoopThread) -> None:
    if thread.forked:
        return  # everything belongs to the parent
    if not thread.started:
        runtime._life.let_go()
        return
    closing = thread.submit(runtime.close())
    if thread.is_this_one:
        closing.add_done_callback(lambda _: thread.stop())
        return
    closing.result(timeout=15)
    thread.stop()
