"""An agent, wired: model, tools, worker, terminals, permissions, and the loop over them. Adapters are named here."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot import credentials
from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.caught import in_thread
from codepilot.errors import CodepilotError
from codepilot.hooks import HookSystem
from codepilot.hooks.approver import HookApprover
from codepilot.hooks.bus import Runner
from codepilot.hooks.delivery import HookDelivery
from codepilot.hooks.threads import on_daemon_thread
from codepilot.journal.unfinished import OpenCall, Unfinished
from codepilot.loop import AgentLoop, BlockPorts, LoopPorts, LoopSettings, Outlet, Spending
from codepilot.loop.checkpoints import Checkpoints, NoCheckpoints
from codepilot.loop.conversation import Conversation
from codepilot.loop.deciding import Verdict, said_by_person
from codepilot.loop.inbox import Inbox
from codepilot.loop.lookup import Lookup
from codepilot.loop.numbers import Numbers
from codepilot.loop.wiring import kept_nowhere
from codepilot.permissions import Policy
from codepilot.ports import Provider
from codepilot.prompts import system_prompt
from codepilot.providers import RetryingProvider, provider_for
from codepilot.runtime.answers import OpenQuestions
from codepilot.runtime.broadcast import Broadcast
from codepilot.runtime.gate import Gate
from codepilot.runtime.given import Given, check_limits, make_work_dir
from codepilot.runtime.outside import FileNews, joined
from codepilot.runtime.settings import settings_of
from codepilot.runtime.shells import Shells
from codepilot.runtime.spool import ResultSpool
from codepilot.sandbox import WorkerExecutor
from codepilot.terminal.protocol import OnLeave
from codepilot.tools import ToolRegistry
from codepilot.tools.ahead import EditsAhead
from codepilot.tools.builtin import builtin_registry, unknown_tools
from codepilot.workspace import FileMemory, Workspace

if TYPE_CHECKING:
    from codepilot.runtime.rewinding import Rewinding
    from codepilot.secrets import SecretBook

log = logging.getLogger("codepilot")


class Agent:
    """All parts of one agent. It works on tasks by its `loop`; which task, and when, is not its business.

    Args:
        config: the agent file.
        provider: the model.
        given: the options of the runtime.
        stopping: whether the task that is being worked on was told to stop.

    Raises:
        WorkspaceError: the work folder cannot be made.
    """

    def __init__(
        self, config: AgentConfig, provider: Provider, given: Given, stopping: Callable[[], bool]
    ) -> None:
        self.config, self.provider = config, provider
        self._given, self._stopping = given, stopping
        self.stop: Callable[[], None] = lambda: None
        self.work_dir = Path(config.runtime.work_dir)
        make_work_dir(self.work_dir)
        self.workspace = Workspace(self.work_dir, unsafe=config.runtime.unsafe_mode)
        self.memory = FileMemory()
        self._files = FileNews(self.workspace, self.memory, lambda event: self.events.publish(event))
        self.spool = ResultSpool(lambda: self.secrets)
        self.workspace.shelves = lambda: self.spool.folders
        self.hooks = HookSystem()
        self.hooks.on_error = lambda text: self.events.publish(e.RuntimeFailed(error=text, source="hook"))
        self._run_sync: Runner = in_thread
        # A question that is given up must not keep the program alive.
        self._ask_sync: Runner = on_daemon_thread
        self.delivery = HookDelivery(self.hooks, lambda job: self._run_sync(job), stream=given.stream)
        self.events: Broadcast = Broadcast(self.hooks, self.delivery, given.clock)
        asks = HookApprover(
            self.hooks,
            lambda job: self._ask_sync(job),
            use_stdin=given.use_stdin,
            unanswered=lambda: self.loop.note_unanswered(),
        )
        self.questions = OpenQuestions(asks)
        self.gate = self._permissions()
        self.inbox = Inbox(
            self.events.publish,
            lambda event: self.events.keep_at_once(event),
            lambda: self.events.words_kept(),
        )
        self.conversation = Conversation([], self.events.publish)
        self.lookup = Lookup(self.conversation)
        self.numbers, self.spending = Numbers(), Spending()
        self.unfinished: Unfinished | None = None
        """The task in which an earlier program ended."""
        self.executor = WorkerExecutor(
            allowed_imports=config.runtime.allowed_imports,
            globals={"WORK_DIR": str(self.work_dir)},
            clock=given.clock,
            on_lost=self._worker_lost,
        )
        self.shells = Shells(
            config,
            self.work_dir,
            given.environment,
            on_exit=given.on_exit,
            adopt=given.adopt_terminals,
            publish=self.events.publish,
        )
        self.shells.service.keep_output = self.spool.take_over
        self.events.subscribe(lambda stamped: self.shells.note(stamped.event))
        self.registry = self._tools()
        self.durable: Callable[[], Awaitable[None]] = kept_nowhere
        """Returns when the session has what was published so far; `stepped` is awaited after each step."""
        self.stepped: Callable[[], Awaitable[None]] = kept_nowhere
        self.checkpoints: Checkpoints = NoCheckpoints()
        """Keep what calls change; `rewinding` undoes it. Both are there where the session is a journal."""
        self.rewinding: Rewinding | None = None
        self.loop: AgentLoop = self._make_loop()  # made anew for another model, and when all is forgotten

    def _permissions(self) -> Gate:
        return Gate(
            Policy(self._given.mode, frozenset(self._given.allow)),
            self.questions,
            self.delivery,
            self.events.publish,
            unanswered=lambda: self.loop.note_unanswered(),
            permitted=lambda: self.loop.note_permitted(),
        )

    def _tools(self) -> ToolRegistry:
        config = self.config
        registry = builtin_registry(
            workspace=self.workspace,
            memory=self.memory,
            terminals=self.shells.service,
            tools=config.tools,
            complete=lambda summary: self.loop.block.complete(summary),
            archive=self.lookup,
        )
        registry.on_step(self.gate.begin_step)
        for name in unknown_tools(config.tools, registry):
            if not any(re.search(rf"no tool {re.escape(name)}[ ;]", each) for each in config.warnings):
                log.warning("There is no tool %s; it is left out, unless the program registers it.", name)
        return registry

    def call_handlers_on(self, runner: Runner) -> None:
        """Call sync handlers, and ask questions, by this from now on; else they have threads of their own."""
        self._run_sync = self._ask_sync = runner

    def use_model(self, choice: str) -> None:
        """Go on with another model in the same conversation; only when idle. See `AsyncRuntime.use_model`."""
        config = self.config.with_model(choice)
        self.provider = model_of(config, self._given)
        self.config = config
        self.loop = self._make_loop()

    def refresh_settings(self) -> None:
        """Take the limits as the configuration has them now: programs change its values between tasks.

        Raises:
            UsageError: one of them cannot be a limit.
        """
        check_limits(self.config)
        self.loop.settings = self._settings()

    @property
    def secrets(self) -> SecretBook:
        """The secrets that are known to this program."""
        from codepilot.secrets import book_of  # only where something is recorded

        key = self.config.model.api_key_env
        return book_of(self._given.environment, (key,) if key else ())

    def forget(self, *, wholly: bool = True) -> None:
        """Begin a new conversation (`wholly`), or go back in this one; see `start_anew` for worker and terminals."""
        self.conversation.clear()
        self.unfinished = None
        self.memory.clear()
        self.spending = Spending() if wholly else self.spending
        self.loop = self._make_loop()  # it holds results not yet read
        if wholly:
            self.inbox.clear()
            self.events.publish(e.SessionCleared())

    async def start_anew(self, *, keep_terminals: bool = False) -> None:
        """Forget the names of the worker, and start the terminals anew, or keep them."""
        await self.executor.reset()
        await (self.shells.go_on() if keep_terminals else self.shells.start_anew())

    async def close(self, terminals: OnLeave) -> None:
        """End all parts. Args as `AsyncRuntime.close`."""
        await self.checkpoints.close()
        await self.executor.close()
        await self.shells.service.close(terminals)
        await self.provider.close()
        self.spool.close()

    def _worker_lost(self, reason: str, lost: tuple[str, ...]) -> None:
        if lost or not self._stopping():  # a stop that cost nothing is no news
            self.events.publish(e.WorkerLost(reason=reason, lost=lost))

    def _make_loop(self) -> AgentLoop:
        provider = self.provider
        if not isinstance(provider, RetryingProvider):
            provider = RetryingProvider(provider, clock=self._given.clock)
        block = BlockPorts(
            executor=self.executor,
            toolset=self.registry,
            approver=self.questions,
            permit=self.gate.permit,
            preview=EditsAhead(self.workspace, self.memory, self.registry.is_builtin),
            numbers=self.numbers,
            checkpoints=lambda: self.checkpoints,
        )
        ports = LoopPorts(
            provider=provider,
            block=block,
            outlet=Outlet(
                self.events.publish,
                self.delivery.settled,
                lambda: self.durable(),
                lambda: self.stepped(),
                cut=lambda text, end: self.secrets.cut(text, end),
            ),
            clock=self._given.clock,
            look=self._look,
            known=lambda: self._files.known(self.rewinding),
            recover=self._recover,
            news=lambda: joined(self.shells.news, self._files.news),
            spending=self.spending,
        )
        return AgentLoop(ports, self.conversation, self.inbox, self._settings())

    async def _recover(self, call: OpenCall, ask: bool) -> Verdict | None:
        """What became of a call in which an earlier program ended: its terminal may know, else the person."""
        if call.effect != "outside":
            return await self.shells.recover(call)
        if not ask or call.question or self.hooks.ask_outcome is None:
            return None
        return said_by_person(call, await self.hooks.ask_outcome(f"{call.tool} {call.label}".strip()))

    def _look(self, path: str) -> str | None:
        """A file of the work folder as it is now; None where it cannot be shown."""
        try:
            return self.workspace.read_text(path).text
        except (CodepilotError, OSError):  # gone, binary, too large, not to be opened
            return None

    def _settings(self) -> LoopSettings:
        return settings_of(self.config, self.provider.model, self.system_prompt, self.spool.write)

    def system_prompt(self) -> str:
        """What the model is told before the conversation."""
        import platform

        return system_prompt(
            agent_name=self.config.name,
            role=self.config.role or "",
            tools=self.registry.describe(),
            work_dir=str(self.work_dir),
            platform=f"{platform.system()} {platform.machine()}",
            shell="bash",
            developer_prompt=self.config.system_prompt,
            allowed_imports=self.executor.allowed_imports,
            max_steps=self.config.runtime.max_steps,
        )


def tell_warnings(config: AgentConfig) -> None:
    """Log what the agent file says in vain; before the model is made, whose key may be what is missing for it."""
    if not credentials.in_own_program():  # those show the warnings where their person looks
        for warning in config.warnings:
            log.warning("%s", warning)


def model_of(config: AgentConfig, given: Given) -> Provider:
    """The model that an agent file names.

    Raises:
        UsageError: there is no such provider.
        MissingKey: its key variable is unset or empty.
    """
    return provider_for(config.model, environ=given.environment, clock=given.clock, file=config.path)
