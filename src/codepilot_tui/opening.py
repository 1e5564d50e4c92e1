"""What the workbench begins with: trust, the agent file, the demo, or the welcome. Imported after the first frame."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot import credentials, paths
from codepilot.agentfile import AgentConfig, find_agent_file
from codepilot.errors import CodepilotError, UsageError
from codepilot.journal.listing import sessions_of
from codepilot.journal.place import new_session_id
from codepilot.messages import OnExit
from codepilot.permissions import TrustStore, known_mode
from codepilot.ports import Provider
from codepilot.providers import ModelOffer, is_configured, keyed_offers, local_offers
from codepilot_tui.docks.go_on import session_dock
from codepilot_tui.docks.trust import TrustDock
from codepilot_tui.pages.welcome import Offer, WelcomePage
from codepilot_tui.plan import AgentPlan
from codepilot_tui.screens.overlays import ask, look

if TYPE_CHECKING:
    from codepilot.runtime import AsyncRuntime
    from codepilot_tui.screens.session import SessionScreen


class Opening:
    """Finds out which agent is to work where.

    Args:
        session: where it asks.
        options: the command line.
    """

    def __init__(self, session: SessionScreen, options: argparse.Namespace) -> None:
        self._session = session
        self._options = options
        self._demo_folder: Path | None = None

    async def plan(self) -> AgentPlan:
        """The agent, after whatever had to be asked.

        Raises:
            CodepilotError: the folder or its agent file cannot be used.
        """
        credentials.forbid_dumps()
        if self._options.demo:
            return self._demo()
        await self._ask_for_trust()
        config = self._config()
        if is_configured(config.model, file=config.path):
            return await self._of(config)
        if self._options.or_demo:
            return self._demo()
        return await self._welcome(config)

    def forget_demo(self) -> None:
        """Delete the demo's project."""
        if self._demo_folder is not None:
            shutil.rmtree(self._demo_folder, ignore_errors=True)
            self._demo_folder = None

    @property
    def folder(self) -> Path:
        """Where an agent would work, as far as that can be said without a question."""
        try:
            return Path(self._config().runtime.work_dir)
        except CodepilotError:
            return self._directory

    @property
    def _directory(self) -> Path:
        return Path(self._options.directory or Path.cwd()).expanduser().resolve()

    async def _ask_for_trust(self) -> None:
        directory, store = self._directory, TrustStore()
        if (
            self._options.agent is not None
            or not has_settings(directory)
            or store.answer(directory) is not None
        ):
            return
        trusted = await ask(self._session, TrustDock(str(directory), found=["agent.yaml"]))
        if trusted is not None:
            store.remember(directory, trusted)

    async def _welcome(self, config: AgentConfig) -> AgentPlan:
        page = WelcomePage(_offers(keyed_offers(config.model)), _missing(config))
        looking = asyncio.create_task(asyncio.to_thread(local_offers))
        looking.add_done_callback(lambda done: _offer(page, done))
        choice = await look(self._session, page)
        if choice is None:
            self._session.program.leave()
            await asyncio.get_running_loop().create_future()  # nothing more is opened
        assert choice is not None
        return self._demo() if choice == "demo" else await self._of(self._config().with_model(choice))

    def _config(self) -> AgentConfig:
        options, directory = self._options, self._directory
        if not directory.is_dir():
            raise CodepilotError(
                f"{directory} is not a folder.",
                hint='To give a task, name the folder first: codepilot-tui . "…"',
            )
        path = find_agent_file(options.agent, directory, TrustStore().answer(directory) is True)
        config = AgentConfig.load(path)
        credentials.hide_also(config.model.api_key_env)
        if options.model:
            config = config.with_model(options.model)
        if options.directory is not None or not config.work_dir_given:
            config = replace(config, runtime=replace(config.runtime, work_dir=str(directory)))
        return config

    def _demo(self) -> AgentPlan:
        from codepilot.demo import DEMO_TASK, DemoProvider, commit_project, create_project

        project = create_project(commit=False)
        self._demo_folder = project.parent

        def make() -> AsyncRuntime:
            commit_project(project)
            config = AgentConfig.load(paths.packaged_agent_file())
            config = replace(config, name="Demo", runtime=replace(config.runtime, work_dir=str(project)))
            return self._make(config, "end", DemoProvider())

        return AgentPlan(
            name="Demo",
            model=DemoProvider.model,
            mode=self._options.mode,
            work_dir=project,
            on_exit="end",  # its folder goes, too
            make=make,
            task=self._options.task or DEMO_TASK,
        )

    async def _session_of(self, work_dir: Path) -> str:
        """The session to work in: the one that is named, the last one if the person wants it, else a new one."""
        options = self._options
        if options.session:
            return await self._free(str(options.session))
        if options.new:
            return new_session_id()
        found = await asyncio.to_thread(sessions_of, work_dir)
        if options.go_on and not found:
            raise UsageError(
                f"There is no session of {work_dir} yet.", hint="Leave --continue away to begin one."
            )
        if options.go_on:
            return await self._free(found[0].id)
        # Who has said already what is to be done begins with that.
        if found and not options.task and not self._session.composer.early and found[0].is_free():
            first = await asyncio.to_thread(found[0].first_words)
            if await ask(self._session, session_dock(first, found[0].last, time.time())):
                return found[0].id
        return new_session_id()

    async def _free(self, session_id: str) -> str:
        """A session in which nobody works; where another program does, it is read along, or forked.

        Raises:
            SessionBusy: the person wants neither.
        """
        from codepilot_tui.held import free_session  # only where a session is named

        return await free_session(self._session, session_id)

    async def _of(self, config: AgentConfig) -> AgentPlan:
        on_exit: OnExit = self._options.on_exit or config.terminals.on_exit or "ask"
        work_dir = Path(config.runtime.work_dir)
        work_dir.mkdir(parents=True, exist_ok=True)
        session_id = await self._session_of(work_dir)
        return AgentPlan(
            name=config.name,
            model=config.model.name,
            mode=self._options.mode,
            work_dir=work_dir,
            on_exit=on_exit,
            make=lambda: self._make(config, on_exit, session_id=session_id),
            task=self._options.task or "",
            kept=True,
        )

    def _make(
        self,
        config: AgentConfig,
        on_exit: OnExit,
        provider: Provider | None = None,
        session_id: str | None = None,
    ) -> AsyncRuntime:
        from codepilot.runtime import AsyncRuntime  # a tenth of a second, on the agent's thread

        return AsyncRuntime(
            config,
            session="memory" if session_id is None else "journal",
            session_id=session_id,
            stream=True,
            mode=known_mode(self._options.mode),
            provider=provider,
            use_stdin=False,
            on_exit=on_exit,
            adopt_terminals=True,
            max_cost=self._options.max_cost,
            max_steps=self._options.max_steps,
        )


def _missing(config: AgentConfig) -> str:
    """Why the model that the setup names cannot be used."""
    model = config.model
    return f"This setup uses {model.provider}:{model.name}, but no key was found ({model.api_key_env} is not set)."


def _offers(found: Iterable[ModelOffer]) -> list[Offer]:
    return [Offer(each.choice, each.choice, each.why) for each in found]


def _offer(page: WelcomePage, done: asyncio.Task[list[ModelOffer]]) -> None:
    """Servers were looked for: offer what was found, if the welcome is still there."""
    if not done.cancelled() and done.exception() is None and page.is_attached:
        page.add(_offers(done.result()))


def has_settings(directory: Path) -> bool:
    """Whether the folder brings an agent file that says anything the packaged one does not."""
    own = directory / "agent.yaml"
    try:
        return own.is_file() and own.read_bytes() != paths.packaged_agent_file().read_bytes()
    except OSError:
        return True  # it cannot be compared, so it is asked about
