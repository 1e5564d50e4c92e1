"""A small bench with three panes, a composer and the place of docks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.dock_host import DockHost, Elsewhere, Panes
from codepilot_tui.theme import install_themes


class Bench(App[None]):
    AUTO_FOCUS = None

    CSS = """
    #body { height: 1fr; layers: panes dock; }
    #files { width: 28; height: 1fr; }
    #chat { width: 3fr; height: 1fr; }
    #term { width: 2fr; height: 1fr; }
    #composer { height: 3; }
    """

    def __init__(self) -> None:
        super().__init__()
        install_themes(self)
        self.results: list[Any] = []
        self.strays: list[str] = []
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("top", id="top")
        with Horizontal(id="body"):
            yield Static("files\n" * 60, id="files")
            yield Static("\n".join(f"chat {n}" for n in range(60)), id="chat")
            yield Static("term\n" * 60, id="term")
            yield DockHost(
                Panes("#chat", ("#files", "#term"), lambda: self.query_one("#composer")),
                Elsewhere(self.strays.append, tell=self.told.append),
                id="docks",
            )
        yield Input(id="composer")
        yield Static("status", id="status")

    def on_mount(self) -> None:
        self.host.name_key("Ctrl+O")

    @property
    def host(self) -> DockHost:
        return self.query_one(DockHost)

    def ask(self, dock: Dock[Any]) -> None:
        self.host.open(dock, self.results.append)


async def until(pilot: Any, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def wait():
    return until


@pytest.fixture
def screen_text():
    def read(app: App[Any]) -> str:
        """What stands on the screen, as lines."""
        width, height = app.size
        lines = app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in lines[:height])

    return read
