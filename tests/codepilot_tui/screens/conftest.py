"""The workbench with an agent in it: a real runtime, worker and terminal host; only the model answers from a script."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.widgets import TextArea

from codepilot.agentfile import AgentConfig, ModelConfig, RuntimeConfig
from codepilot.runtime import AsyncRuntime
from codepilot.testing import ModelServer, Turn
from codepilot_tui.tabs import Tab

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


class Live(stage.Stage):
    """Everything as a person has it, but for the opening's questions."""

    warnings: tuple[str, ...] = ()
    """Of its agent file."""

    def __init__(
        self, folder: Path, server: ModelServer, *, task: str = "", on_exit: str = "ask", kept: str = ""
    ) -> None:
        super().__init__(folder)
        self.server = server
        self._first, self._on_exit = task, on_exit
        self._kept = kept
        self.left = []

    async def show_session(self) -> None:
        await self.tabs.show_first()
        stage.register_themes(self)
        await self.session.furnish()
        plan = self._plan(self._kept, self._first)
        if self._kept:
            self.run_worker(self.session.build(plan))  # it may ask
        else:
            await self.session.build(plan)

    def begin_tab(self, tab: Tab) -> None:
        """A tab that was opened has an agent, too."""

        async def begin() -> None:
            await tab.session.furnish()
            await tab.session.build(self._plan(tab.options.session or f"session-of-{tab.mode}"))
            self.tabs.changed()

        self.run_worker(begin())

    def _plan(self, kept: str, task: str = "") -> stage.AgentPlan:
        return stage.AgentPlan(
            name="BackendEngineer",
            model="scripted",
            mode="ask",
            work_dir=self.project,
            make=lambda: self._runtime(kept),
            task=task,
            on_exit=self._on_exit,
            kept=bool(kept),
        )

    async def on_unmount(self) -> None:
        """End the agent, as the way out does: what is left has processes and watches that the next tests need."""
        for tab in self.tabs.all:
            if (parts := tab.session.parts) is not None:
                await parts.files.leave()
                await parts.terminals.leave()
                await parts.agent.close("end")

    def _runtime(self, kept: str) -> AsyncRuntime:
        model = ModelConfig(provider="openai", name="scripted", base_url=self.server.openai_url)
        config = AgentConfig(
            name="BackendEngineer",
            model=model,
            runtime=RuntimeConfig(work_dir=self.project),
            path=self.project / "agent.yaml",
            warnings=self.warnings,
        )
        session = {"session": "journal", "session_id": kept} if kept else {}
        return AsyncRuntime(config, mode="ask", use_stdin=False, **session)

    def seen(self) -> str:
        """What stands on the screen; nothing while a text area comes or goes, which has no styles to be drawn with."""
        areas = (widget for widget in self.screen._compositor.full_map if isinstance(widget, TextArea))
        if any("text-area--gutter" not in area._component_styles for area in areas):
            return ""
        lines = self.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in lines[: self.size.height])

    async def until(self, condition: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(60):
                while not condition():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"it did not come to that; on the screen:\n{self.seen()}") from None

    async def is_up(self) -> None:
        await self.until(lambda: self.session.parts is not None and self.parts.agent.ready)
        await self.until(lambda: self.parts.terminals.connected)

    async def asks(self) -> None:
        """A question is open and can be answered."""
        await self.until(lambda: self.session.docks.dock is not None and self.session.docks.dock.ready)

    async def is_idle(self) -> None:
        await self.until(
            lambda: not self.parts.agent.working and not self.parts.agent.transcript.status.working
        )


@pytest.fixture
def live(tmp_path: Path):
    """Makes a workbench whose model says these turns."""
    servers: list[ModelServer] = []

    def make(turns: Sequence[Turn], **options: str) -> Live:
        servers.append(ModelServer(list(turns)).__enter__())
        return Live(tmp_path / "work", servers[-1], **options)

    yield make
    for server in servers:
        server.__exit__(None, None, None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test in this folder draws the whole workbench many times: seconds, where the fast part has minutes for all."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slow)
