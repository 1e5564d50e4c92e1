"""The full-screen attach: the terminal drawn here, the person's keys sent there, and who holds the keyboard."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from codepilot.cli.attach.tty import PersonsTerminal
from codepilot.cli.attach.view import View
from codepilot.errors import TerminalError
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.key_parser import KeyParser, Moused, PastedText, Pressed, Report, Typed
from codepilot.terminal.protocol import Owner, TerminalEvent, TerminalInfo
from codepilot.text import clean_line, shorten

PREFIX = "ctrl+]"
_KEYS = "d detach · t {turn} · n next · PgUp history · r redraw · ] Ctrl+] · Esc back"  # fits 80 columns
_BACK = "history · ↑ ↓ PgUp PgDn Home · q or Esc back to now"
_FRAME = 1 / 60
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)

Work = Callable[[], Awaitable[Any]]


class Attached:
    """One person at one terminal of a host.

    Args:
        client: joined to the host.
        runtime: its name.
        terminal: shown first.
        read_only: nothing is typed.
    """

    def __init__(
        self, client: TerminalClient, runtime: str, terminal: TerminalInfo, *, read_only: bool
    ) -> None:
        self._client = client
        self._runtime = runtime
        self._terminal = terminal
        self._read_only = read_only
        self._owner: Owner = terminal.owner
        self._mine = False
        """The person of this very window took the keyboard."""
        self._menu = False
        self._note = ""
        self._view = View(os.environ)
        self._keys = KeyParser()
        self._loop = asyncio.get_running_loop()
        self._tty = PersonsTerminal(self._take_input, lambda: self._leave("", 129), self._draw)
        self._frame: asyncio.TimerHandle | None = None
        self._last_frame = 0.0
        self._escape: asyncio.TimerHandle | None = None
        self._work: asyncio.Queue[Work] = asyncio.Queue()
        self._left: asyncio.Future[tuple[str, int]] = self._loop.create_future()

    async def run(self) -> tuple[str, int]:
        """Until the person leaves, or the terminal ends; what to say then, and the exit code."""
        self._tty.open()
        worker = self._loop.create_task(self._serve())
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._leave, "", 128 + number)
        self._loop.add_signal_handler(signal.SIGWINCH, self._resized)
        self._loop.set_exception_handler(self._failed)
        try:
            self._client.on_event(self._happened)
            self._view.resize(*self._tty.size)
            self._do(self._show)
            return await self._left
        finally:
            self._tty.close()
            worker.cancel()
            self._loop.set_exception_handler(None)
            for number in (*_SIGNALS, signal.SIGWINCH):
                self._loop.remove_signal_handler(number)
            for handle in (self._frame, self._escape):
                if handle is not None:
                    handle.cancel()

    # -- the end --

    def _leave(self, why: str, code: int) -> None:
        if not self._left.done():
            self._left.set_result((why, code))

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something raised where nobody waits for it: end, so that it is told on a terminal that is whole again."""
        error = context.get("exception") or RuntimeError(context["message"])
        if not self._left.done():
            self._left.set_exception(error)

    # -- work in order --

    def _do(self, work: Work) -> None:
        self._work.put_nowait(work)

    async def _serve(self) -> None:
        """One request after the other, so that keys arrive in their order."""
        while True:
            work = await self._work.get()
            try:
                await work()
            except TerminalError as error:
                while not self._work.empty():  # keys after one that was refused mean nothing any more
                    self._work.get_nowait()
                self._say(error.message)
                await self._look_again()
            except Exception as error:  # noqa: BLE001 - handed to whoever waits in run()
                self._failed(self._loop, {"exception": error})
                return

    async def _show(self) -> None:
        await self._client.watch(self._terminal.name, self._updated)

    async def _look_again(self) -> None:
        if self._client.alive:
            terminals = await self._client.list()
            for terminal in terminals:
                if terminal.name == self._terminal.name:
                    self._terminal, self._owner = terminal, terminal.owner
                    self._mine = self._mine and terminal.owner == "person"
                    self._changed()
                    return
            self._leave(f"The terminal {self._terminal.name} is gone.", 0)

    # -- what the host tells --

    def _updated(self, update: Any) -> None:
        self._view.apply(update)
        self._changed()

    def _happened(self, event: TerminalEvent) -> None:
        if event.kind == "lost":
            self._leave(self._client.lost, 0 if self._client.dismissed else 1)
        elif event.name != self._terminal.name:
            if event.kind == "opened":
                self._say(f"{event.name} was opened: Ctrl+] n")
        elif event.kind == "owner":
            self._mine = self._mine and event.owner == "person"
            self._owner = event.owner
            self._changed()
        elif event.kind == "closed" and self._mine:
            self._leave(f"{event.name} has ended with exit code {event.exit_code}.", 0)
        elif event.kind in ("closed", "state", "opened"):
            self._do(self._look_again)

    # -- what the person does --

    def _take_input(self, data: bytes) -> None:
        if self._escape is not None:
            self._escape.cancel()
            self._escape = None
        for each in self._keys.feed(data):
            self._typed(each)
        if (patience := self._keys.patience) is not None:
            self._escape = self._loop.call_later(patience, self._nothing_followed)

    def _nothing_followed(self) -> None:
        self._escape = None
        for each in self._keys.flush():
            self._typed(each)

    def _typed(self, typed: Typed) -> None:
        if isinstance(typed, Report):
            return
        self._note = ""
        if isinstance(typed, Moused):
            self._clicked(typed)
            return
        key = typed.key if isinstance(typed, Pressed) else ""
        if self._menu:
            self._menu = False
            self._chosen(key)
        elif key == PREFIX:
            self._menu = True
        elif self._view.back:
            self._browse(key)
        elif self._may_type():
            name = self._terminal.name
            if isinstance(typed, PastedText):
                self._do(lambda: self._client.paste(name, typed.text))
            else:
                self._do(lambda: self._client.key(name, typed.key, typed.text))
        self._changed()

    def _may_type(self) -> bool:
        """Whether keys go to the program; takes a terminal that nobody holds."""
        if self._read_only:
            self._note = "Read-only: nothing is typed."
        elif self._terminal.state == "exited":
            self._note = "This terminal has ended."
        elif self._owner == "agent":
            self._note = "The agent types here. Ctrl+] t takes the keyboard."
        else:
            if self._owner == "free":
                self._take(by_typing=True)
            return True
        return False

    def _take(self, *, by_typing: bool = False) -> None:
        name, (columns, lines) = self._terminal.name, (self._view.width, self._view.room)
        self._owner, self._mine = "person", True
        self._do(lambda: self._client.set_owner(name, "person", by_typing=by_typing))
        self._do(lambda: self._client.resize(name, columns, lines))

    def _chosen(self, key: str) -> None:
        """The key after the prefix."""
        name = self._terminal.name
        if key == "d":
            self._leave(f"Detached from {name}; it keeps running.", 0)
        elif key == "t":
            if self._read_only:
                self._note = "Read-only: nothing is typed."
            elif self._owner == "person":
                self._owner, self._mine = "free", False
                self._do(lambda: self._client.set_owner(name, "free"))
            else:
                self._take()
        elif key in ("n", "tab"):
            self._do(self._next)
        elif key in ("pageup", "["):
            self._go(self._view.room - 1)
        elif key == "r":
            self._view.redraw()
        elif key in ("]", PREFIX) and self._may_type():
            self._do(lambda: self._client.key(name, PREFIX))

    async def _next(self) -> None:
        """Show the terminal that comes after this one."""
        terminals = await self._client.list()
        names = [terminal.name for terminal in terminals]
        if len(names) < 2:
            self._say("There is no other terminal.")
            return
        here = names.index(self._terminal.name) if self._terminal.name in names else -1
        await self._client.unwatch(self._terminal.name)
        if self._mine:
            await self._client.set_owner(self._terminal.name, "free")
        self._terminal = terminals[(here + 1) % len(names)]
        self._owner, self._mine = self._terminal.owner, False
        self._view.forget()
        await self._show()

    def _clicked(self, event: Moused) -> None:
        if (
            self._owner == "person"
            and not self._read_only
            and not self._view.back
            and event.y < self._view.room
        ):
            name, x, y = self._terminal.name, event.x + self._view.left, event.y + self._view.top
            self._do(lambda: self._client.mouse(name, event.action, event.button, x, y, event.modifiers))

    def _browse(self, key: str) -> None:
        page = self._view.room - 1
        steps = {"up": 1, "down": -1, "pageup": page, "pagedown": -page, "home": 1 << 30}
        self._go(steps.get(key, -(1 << 30) if key in ("q", "escape", "end") else 0))

    def _go(self, rows: int) -> None:
        start, count = self._view.go(rows)
        name = self._terminal.name

        async def fetch() -> None:
            self._view.remember(start, await self._client.history(name, start, count))
            self._changed()

        if count:
            self._do(fetch)

    def _resized(self) -> None:
        self._view.resize(*self._tty.size)
        if self._mine:
            name, columns, lines = self._terminal.name, self._view.width, self._view.room
            self._do(lambda: self._client.resize(name, columns, lines))
        self._changed()

    # -- drawing --

    def _say(self, note: str) -> None:
        self._note = note
        self._changed()

    def _changed(self) -> None:
        if self._frame is None:
            due = max(self._loop.time(), self._last_frame + _FRAME)
            self._frame = self._loop.call_at(due, self._draw)

    def _draw(self) -> None:
        if self._frame is not None:
            self._frame.cancel()
            self._frame = None
        if self._tty.busy:
            return  # it comes again when the last frame is through
        self._last_frame = self._loop.time()
        drawn = self._view.draw(self._status(), mouse=self._owner == "person" and not self._read_only)
        if drawn:
            self._tty.write(drawn)

    def _status(self) -> str:
        if self._menu:
            return f" {_KEYS.format(turn='hand back' if self._mine else 'take over')}"
        if self._note:
            return f" {clean_line(self._note)}"
        if self._view.back:
            return f" {_BACK} · {self._view.back} rows back"
        terminal = self._terminal
        who = {
            "agent": "agent types",
            "person": "you type" if self._mine else "a person types",
            "free": "free",
        }[self._owner]
        state = {
            "exited": f"ended, exit {terminal.exit_code}",
            "waiting": "waits for input",
            "busy": "runs",
        }.get(terminal.state, terminal.state)
        parts = [f"{terminal.name} of {self._runtime}", "read-only" if self._read_only else who, state]
        if terminal.command and terminal.state in ("busy", "waiting"):
            parts.append(shorten(clean_line(terminal.command), 30))
        return f" {' · '.join(parts)} · Ctrl+] keys"
