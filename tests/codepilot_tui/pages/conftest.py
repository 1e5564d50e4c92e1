"""A small bench with a body, a composer and the place of pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from codepilot_tui.pages.base import Page, PageHost
from codepilot_tui.theme import install_themes


class Bench(App[None]):
    AUTO_FOCUS = None
    ENABLE_COMMAND_PALETTE = False

    CSS = """
    Screen { layers: base popup; }
    #body { height: 1fr; }
    #composer { height: 3; }
    """

    def __init__(self) -> None:
        super().__init__()
        install_themes(self)
        self.results: list[Any] = []

    def compose(self) -> ComposeResult:
        yield Static("top", id="top")
        with Horizontal(id="body"):
            yield Static("bench\n" * 60)
        yield PageHost(("#body", "#composer"), home=lambda: self.query_one("#composer"))
        yield Input(id="composer")
        yield Static("status", id="status")

    @property
    def host(self) -> PageHost:
        return self.query_one(PageHost)

    def look(self, page: Page[Any]) -> None:
        self.host.open(page, self.results.append)


async def until(pilot: Any, condition: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(60):
            while not condition():
                await pilot.pause(0.01)
    except TimeoutError:
        raise AssertionError(f"it did not come to that; on the screen:\n{text_of(pilot.app)}") from None


def text_of(app: App[Any]) -> str:
    """What stands on the screen, as lines."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines[:height])


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def wait():
    return until


@pytest.fixture
def screen_text():
    return text_of
