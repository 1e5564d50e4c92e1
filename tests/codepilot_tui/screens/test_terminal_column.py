"""The terminals' column joins a host once, however often it hears of it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from textual.app import App

from codepilot.terminal.client import HostOptions, TerminalClient
from codepilot_tui.actions import Keymap
from codepilot_tui.screens.terminal_column import TerminalColumn
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.offer import OfferBar

pytestmark = pytest.mark.slow


class Bench(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        install_themes(self)
        self.keymap = Keymap()
        self.told: list[str] = []
        self.column = TerminalColumn(self, OfferBar("Alt+R"), lambda: None)

    def compose(self):
        yield self.column

    def tell(self, text: str, *_: object, **__: object) -> None:
        self.told.append(text)

    def changed(self) -> None:
        pass

    def reveal(self, pane: str) -> None:
        pass


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_host_that_is_named_twice_is_joined_once(tmp_path: Path) -> None:
    """At the start both the agent and its first terminal say where the host is. Seen: F6 pressed meanwhile was lost."""
    (tmp_path / "home").mkdir()
    environment = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    client = await TerminalClient.launch(HostOptions(work_dir=tmp_path, environment=environment))
    try:
        await client.open("main")
        app = Bench()
        async with app.run_test(size=(100, 30)) as pilot:
            column = app.column
            column.join(client.socket_path)
            column.join(client.socket_path)
            await until(lambda: column.pane.active == "main")
            view = column.pane.active_view
            await pilot.pause()
            column.take_over()
            await until(lambda: column.holder == "person")
            column.join(client.socket_path)
            await pilot.pause()
            await until(lambda: column.connected)
            assert column.pane.active_view is view and view.has_focus and column.holder == "person"
            assert not app.told
            await column.leave()
    finally:
        await client.close()
