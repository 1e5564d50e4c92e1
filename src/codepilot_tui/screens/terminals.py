"""Joins the terminal pane to the terminal host: screens in, keys out, over a connection of the screen's own loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from codepilot.errors import TerminalError
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.protocol import Owner, TerminalEvent, TerminalInfo
from codepilot_tui.widgets.terminal import State, TerminalPane
from codepilot_tui.widgets.terminal.messages import KeyTyped, MouseUsed, Pasted, Resized, TakeOverRequested

AGENT_SIZE = (120, 40)
"""Columns and lines that an agent-held terminal has at least, whoever watches."""


class TerminalLink:
    """One viewer of the host's terminals.

    Args:
        pane: what shows them.
        failed: told what went wrong, in words.
    """

    def __init__(self, pane: TerminalPane, failed: Callable[[str], None]) -> None:
        self._pane = pane
        self._failed = failed
        self._client: TerminalClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._owners: dict[str, Owner] = {}

    async def connect(self, socket: Path, colours: tuple[tuple[int, int, int], tuple[int, int, int]]) -> None:
        """Join the host and show what it has.

        Args:
            socket: of the host.
            colours: default foreground and background of the theme, so that programs that ask get the truth.
        """
        await self.close()
        try:
            client = await TerminalClient.connect(socket)
        except TerminalError as error:
            self._failed(str(error))
            return
        self._client = client
        client.on_event(self._on_event)
        await client.set_default_colours(*colours)
        for name in self._pane.names:
            self._pane.remove_terminal(name)
        for terminal in await client.list():
            await self._show(terminal)

    @property
    def connected(self) -> bool:
        """Whether the host is there."""
        return self._client is not None and self._client.alive

    async def close(self) -> None:
        """Leave the host."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def owner(self, name: str) -> Owner:
        """Who holds a terminal's keyboard."""
        return self._owners.get(name, "free")

    def take_over(self, name: str) -> None:
        """Take the keyboard, or hand it back."""
        self._own(name, "free" if self.owner(name) == "person" else "person")

    def typed(self, message: KeyTyped) -> None:
        """Send a key."""
        self._do(lambda client: client.key(message.view.terminal, message.key, message.character or ""))

    def pasted(self, message: Pasted) -> None:
        """Send pasted text."""
        self._do(lambda client: client.paste(message.view.terminal, message.text))

    def mouse(self, message: MouseUsed) -> None:
        """Send a mouse event."""
        self._do(
            lambda client: client.mouse(
                message.view.terminal, message.action, message.button, message.x, message.y, message.modifiers
            )
        )

    def resized(self, message: Resized) -> None:
        """Follow the view's size while the person holds the terminal."""
        if self.owner(message.view.terminal) == "person":
            self._do(lambda client: client.resize(message.view.terminal, message.columns, message.lines))

    def own(self, message: TakeOverRequested) -> None:
        """Take the keyboard or hand it back, as the view asks."""
        self._own(message.view.terminal, "person" if message.take else "free")

    def history(self, name: str, start: int, count: int) -> None:
        """Fetch rows of a terminal's history for its view."""

        async def fetch(client: TerminalClient) -> None:
            rows = await client.history(name, start, count)
            view = self._pane.view(name)
            if view is not None:
                view.apply_history(start, rows)

        self._do(fetch)

    def _own(self, name: str, owner: Owner) -> None:
        view = self._pane.view(name)

        async def change(client: TerminalClient) -> None:
            await client.set_owner(name, owner)
            if view is None:
                return
            width, height = view.size
            if owner == "person":
                await client.resize(name, max(20, width), max(5, height))
            else:
                await client.resize(name, max(AGENT_SIZE[0], width), max(AGENT_SIZE[1], height))

        self._do(change)

    async def _show(self, terminal: TerminalInfo) -> None:
        client = self._client
        if client is None:
            return
        known = self._pane.view(terminal.name)
        if known is not None:
            await client.unwatch(terminal.name, known.apply)
        view = self._pane.add_terminal(terminal.name)
        self._owned(terminal.name, terminal.owner)
        self._state(terminal.name, terminal.state, terminal.exit_code)
        await client.watch(terminal.name, view.apply)

    def _on_event(self, event: TerminalEvent) -> None:
        match event.kind:
            case "opened":
                self._do(self._show_by_name(event.name))
            case "closed":
                self._do(self._closed(event.name))
            case "lost":
                for name in self._pane.names:
                    self._state(name, "exited", None)
                    self._owned(name, "free")
            case "state":
                self._state(event.name, event.state, event.exit_code)
            case "owner":
                self._owned(event.name, event.owner)
            case _:
                pass

    def _show_by_name(self, name: str) -> Callable[[TerminalClient], Coroutine[Any, Any, None]]:
        async def show(client: TerminalClient) -> None:
            for terminal in await client.list():
                if terminal.name == name:
                    await self._show(terminal)

        return show

    def _closed(self, name: str) -> Callable[[TerminalClient], Coroutine[Any, Any, None]]:
        async def settle(client: TerminalClient) -> None:
            for terminal in await client.list():
                if terminal.name == name and not terminal.one_shot:
                    # Its shell died, but it is not given up: its last words stay, and the next command revives it.
                    self._state(name, terminal.state, terminal.exit_code)
                    return
            self._pane.remove_terminal(name)
            self._owners.pop(name, None)

        return settle

    def _owned(self, name: str, owner: Owner) -> None:
        self._owners[name] = owner
        self._pane.set_owner(name, owner)

    def _state(self, name: str, state: str, exit_code: int | None) -> None:
        shown: State = (
            "busy" if state in ("busy", "starting") else "waiting" if state == "waiting" else "idle"
        )
        detail = ""
        if state == "exited":
            shown, detail = "exited", str(exit_code) if exit_code is not None else ""
        self._pane.set_state(name, shown, detail)

    def _do(self, work: Callable[[TerminalClient], Coroutine[Any, Any, Any]]) -> None:
        client = self._client
        if client is None or not client.alive:
            if client is not None and client.lost:
                self._failed("This terminal is gone; the next command starts a new one.")
            return

        async def guarded() -> None:
            try:
                await work(client)
            except TerminalError as error:
                self._failed(str(error))

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
