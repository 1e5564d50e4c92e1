"""A bare app in which a modal is opened, and how to wait for something in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App
from textual.screen import ModalScreen

from codepilot_tui.theme import default_variables, install_themes


class Bench(App[None]):
    def __init__(self) -> None:
        super().__init__()
        install_themes(self)
        self.results: list[Any] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return default_variables()

    def ask(self, modal: ModalScreen[Any]) -> None:
        self.push_screen(modal, self.results.append)


async def until(pilot: Any, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
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
