"""The driver of the terminals: joins their pane to the terminal host, over a connection of the screen's own loop.

It is the second driver beside the bridge, which drives the agent: screens come in and keys go out without a detour by
the agent's thread.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from codepilot.errors import TerminalError
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.client.person_report import to_composer
from codepilot.terminal.protocol import Owner, TerminalEvent, TerminalInfo
from codepilot.terminal.screen import Row
from codepilot.text import clean, clean_line, head_and_tail, shorten
from codepilot_tui.bench.layout import Pulse
from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.clipboard import Answer, ClipboardDock
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.widgets.editing import pasted_text
from codepilot_tui.widgets.terminal import State, TerminalPane
from codepilot_tui.widgets.terminal import messages as said

LEAST = (80, 24)
"""Columns and lines that a terminal has at least while no person holds it: a narrower window looks at a part of it."""
UNSEEN = (120, 40)
"""Columns and lines of one that no window shows."""
LARGE_PASTE = 100_000
"""Characters from which a paste is asked about, whatever the program takes."""

_NOTICE_PAUSE = 5.0
_STATES: dict[str, State] = {"busy": "busy", "starting": "busy", "waiting": "waiting", "exited": "exited"}


class LinkHost(Protocol):
    """What a terminal driver needs of the screen around it."""

    def tell(self, text: str) -> None:
        """Say what went wrong, and what a program or the agent has to say."""

    def changed(self) -> None:
        """There is another terminal, state or holder."""

    def open_dock(self, dock: Dock[Any], done: Callable[[Any], None]) -> None:
        """Ask at once: the person began it."""

    def wish(self, title: str, make: Callable[[], Dock[Any]], done: Callable[[Any], None]) -> None:
        """Ask when it does not disturb: a program began it. `title` says what it is about."""


class TerminalLink:
    """One viewer of the host's terminals.

    Args:
        pane: what shows them.
        host: told what happens, and asked to ask.
    """

    def __init__(self, pane: TerminalPane, host: LinkHost) -> None:
        self._pane = pane
        self._host = host
        self._tell = host.tell
        self._changed = host.changed
        self._client: TerminalClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._owners: dict[str, Owner] = {}
        self._watched: set[str] = set()
        self._clipboard: dict[str, Answer] = {}
        """What the person said once and for all, by terminal."""
        self._wished: set[str] = set()
        """Terminals of which a program waits for the clipboard."""
        self._noticed: dict[str, float] = {}
        self._openings: Counter[str] = Counter()
        """How often a terminal of that name was opened."""
        self._opening = 0
        self._early: list[Callable[[str], None]] = []
        """Keys and pastes that came while a new terminal was on its way; each sends itself to the one of a name."""

    async def connect(self, socket: Path, colours: tuple[tuple[int, int, int], tuple[int, int, int]]) -> None:
        """Join the host and show what it has.

        Args:
            socket: of the host.
            colours: default foreground and background of the theme, so that programs that ask get the truth.
        """
        await self.close()
        try:
            client = await TerminalClient.connect(socket, keep=False)
        except TerminalError as error:
            self._tell(str(error))
            return
        self._client = client
        client.on_event(self._on_event)
        await client.set_default_colours(*colours)
        self._watched.clear()
        for name in self._pane.names:
            self._pane.remove_terminal(name)
        for terminal in await client.list():
            await self._show(client, terminal)
        self._pane.allow_opening()

    def set_colours(self, foreground: tuple[int, int, int], background: tuple[int, int, int]) -> None:
        """The theme is another: programs that ask for the colours from now on get these."""
        if self.connected:
            self._do(lambda client: client.set_default_colours(foreground, background))

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

    @property
    def pulse(self) -> Pulse:
        """What the terminals do, all together, for the layout."""
        names = self._pane.names
        if not names:
            return "none"
        if any(self.owner(name) == "person" for name in names):
            return "held"
        states = {name: self._pane.state(name) for name in names}
        if "waiting" in states.values():
            return "asks"
        if any(state == "busy" and self.owner(name) == "agent" for name, state in states.items()):
            return "busy"
        return "idle"

    # -- what the person does --

    def take_over(self, name: str) -> None:
        """Take the keyboard, or hand it back."""
        self._own(name, "free" if self.owner(name) == "person" else "person")

    def taken_by_typing(self, message: said.TakenByTyping) -> None:
        """The person typed into a terminal that nobody held."""
        if not self._opening:  # else the key is meant for another one
            self._own(message.terminal, "person", by_typing=True)

    def typed(self, message: said.KeyTyped) -> None:
        """Send a key; one that is typed while a new terminal is on its way is meant for that."""

        def send(name: str) -> None:
            self._do(lambda client: client.key(name, message.key, message.character or ""))

        self._now_or_early(message.terminal, send)

    def _now_or_early(self, name: str, send: Callable[[str], None]) -> None:
        if self._opening:
            self._early.append(send)
        else:
            send(name)

    def pasted(self, message: said.Pasted) -> None:
        """Send pasted text; ask first where a program would run its lines, or where it is very long."""
        self._now_or_early(message.terminal, lambda name: self._paste(name, message.text))

    def _paste(self, name: str, text: str) -> None:
        view = self._pane.view(name)
        bracketed = view is not None and view.buffer.modes.bracketed_paste
        shown = pasted_text(text)
        lines = len(shown.removesuffix("\n").split("\n"))
        runs = not bracketed and any(end in text for end in "\r\n")

        def send() -> None:
            self._do(lambda client: client.paste(name, text))

        if not runs and len(text) <= LARGE_PASTE:
            send()
            return
        why = (
            "This program cannot tell pasted text from typed text, so each line runs as soon as it arrives.\n\n"
            if runs
            else ""
        )
        ask = ConfirmDock(
            f"Paste {lines:,} line{'s' if lines != 1 else ''} into {clean_line(name)}?",
            f"{why}{head_and_tail(shown, 400, note=lambda left: f'… {left:,} characters …')}",
            yes="paste",
        )
        self._host.open_dock(ask, lambda sure: send() if sure else None)

    def mouse(self, message: said.MouseUsed) -> None:
        """Send a mouse event."""
        self._do(
            lambda client: client.mouse(
                message.terminal, message.action, message.button, message.x, message.y, message.modifiers
            )
        )

    def focus(self, message: said.FocusTold) -> None:
        """Tell the program whether it has the focus."""
        self._do(lambda client: client.focus(message.terminal, message.focused))

    def resized(self, message: said.Resized) -> None:
        """Follow the view's size: at once while the person holds the terminal, else while nothing runs in it."""
        if self.owner(message.terminal) == "person":
            self._do(lambda client: client.resize(message.terminal, message.columns, message.lines))
        else:
            self._fit(message.terminal)

    def _fit(self, name: str) -> None:
        """Give a terminal at rest the width of its window, so that what the agent runs next is written for it."""
        view = self._pane.view(name)
        at_rest = self.owner(name) != "person" and self._pane.state(name) == "idle"
        if at_rest and view is not None and view.frames.seen and view.size.area:
            self._do(lambda client: client.resize(name, *self._size(name, self.owner(name))))

    def seen(self, message: said.SightChanged) -> None:
        """Have the screen sent while it is seen, and only then."""
        name = message.terminal

        async def follow(client: TerminalClient) -> None:
            view = self._pane.view(name)
            if view is not None and view.frames.seen:
                await self._watch(client, name)
            elif name in self._watched:
                self._watched.discard(name)
                await client.unwatch(name)

        if self.connected:
            self._do(follow)

    def open_terminal(self) -> None:
        """Make a terminal that the person holds, and go there."""

        async def make(client: TerminalClient) -> None:
            taken = {terminal.name for terminal in await client.list()}
            name = next(name for name in (f"shell-{n}" for n in range(1, 1000)) if name not in taken)
            size = self._size(name, "person")
            await client.open(name, columns=size[0], lines=size[1])  # told as an event too, which shows it
            await client.set_owner(name, "person")
            self._pane.activate(name, focus=True)
            early, self._early = self._early, []
            for send in early:
                send(name)

        async def opening(client: TerminalClient) -> None:
            try:
                await make(client)
            finally:
                self._opening -= 1
                if not self._opening:
                    self._early.clear()  # it did not come, and another one is not to get them

        if not self.connected:
            self._do(make)  # says why not
            return
        self._opening += 1
        self._do(opening)

    def close_terminal(self, name: str) -> None:
        """End a terminal; ask first while something runs there."""

        def end(sure: bool | None = True) -> None:
            if sure:
                self._do(finish)

        async def finish(client: TerminalClient) -> None:
            await client.terminate(name)
            await self._forget(client, name)

        if self._pane.state(name) in ("busy", "waiting"):
            whose = " The agent is using this terminal." if self.owner(name) == "agent" else ""
            self._host.open_dock(
                ConfirmDock(
                    f"Close {clean_line(name)}?",
                    f"A command is still running in it. Closing ends it: hang-up, then TERM, then KILL.{whose}",
                    yes="end it",
                    no="keep it",
                ),
                end,
            )
        else:
            end()

    async def history(self, name: str, start: int, count: int) -> Sequence[Row]:
        """Rows of a terminal's history; none if the host does not give them."""
        client = self._client
        if client is None or not client.alive:
            return ()
        try:
            return await client.history(name, start, count)
        except TerminalError as error:
            self._tell(str(error))
            return ()

    def _size(self, name: str, owner: Owner) -> tuple[int, int]:
        """Columns and lines for a terminal, from the window that shows it or would."""
        view = self._pane.view(name) or self._pane.active_view
        width, height = view.size if view is not None and view.size.area else UNSEEN
        if owner == "person":
            return max(20, width), max(5, height)
        return max(LEAST[0], width), max(LEAST[1], height)

    def _own(self, name: str, owner: Owner, *, by_typing: bool = False) -> None:
        async def change(client: TerminalClient) -> None:
            await client.set_owner(name, owner, by_typing=by_typing)
            if self._pane.view(name) is not None:
                await client.resize(name, *self._size(name, owner))

        self._do(change)

    def take_offers(self, take: Callable[[str], None]) -> None:
        """Give the words for what the person ran in free terminals, which is offered no more then."""

        async def fetch(client: TerminalClient) -> None:
            reports = await client.offered(take=True)
            if reports:
                take(clean("\n\n".join(to_composer(report) for report in reports)))

        self._do(fetch)

    # -- what the host says --

    async def _show(self, client: TerminalClient, terminal: TerminalInfo) -> None:
        self._pane.add_terminal(terminal.name)
        self._owned(terminal.name, terminal.owner)
        self._state(terminal.name, terminal.state, terminal.exit_code)
        await self._watch(client, terminal.name)

    async def _watch(self, client: TerminalClient, name: str) -> None:
        """Have a screen sent that is seen, all of it first."""
        view = self._pane.view(name)
        if view is None or not view.frames.seen:
            return
        if name in self._watched:
            await client.unwatch(name)
        self._watched.add(name)
        await client.watch(name, view.apply)
        self._fit(name)

    def _on_event(self, event: TerminalEvent) -> None:
        name = event.name
        match event.kind:
            case "opened":
                self._openings[name] += 1
                self._pane.add_terminal(name)
                self._owned(name, event.owner)
                self._state(name, event.state, event.exit_code)
                self._do(lambda client: self._watch(client, name))
            case "closed":
                self._do(self._closed(name))
            case "lost":
                for each in self._pane.names:
                    self._state(each, "exited", None)
                    self._owned(each, "free")
            case "state":
                self._state(name, event.state, event.exit_code, event.detail)
            case "owner":
                self._owned(name, event.owner)
                if event.detail == "wanted":
                    self._tell(f"The agent wants the terminal {name}. Hand it back when you are done.")
            case "bell":
                self._pane.ring(name)
            case "clipboard":
                self._clipboard_wanted(name, event.detail)
            case "notice":
                self._notice(name, event.detail)
            case _:
                pass

    def _closed(self, name: str) -> Callable[[TerminalClient], Coroutine[Any, Any, None]]:
        opened = self._openings[name]

        async def settle(client: TerminalClient) -> None:
            terminals = await client.list()
            if self._openings[name] != opened:
                return  # another one has its name by now, which the list does not know yet
            for terminal in terminals:
                if terminal.name == name and not terminal.one_shot:
                    # Its shell died, but it is not given up: its last words stay, and the next command revives it.
                    self._state(name, terminal.state, terminal.exit_code)
                    return
            await self._forget(client, name)

        return settle

    async def _forget(self, client: TerminalClient, name: str) -> None:
        view = self._pane.view(name)
        self._pane.remove_terminal(name)
        self._owners.pop(name, None)
        self._clipboard.pop(name, None)
        self._watched.discard(name)
        self._changed()
        if view is not None:  # another terminal of this name is not its
            await client.unwatch(name, view.apply)

    def _owned(self, name: str, owner: Owner) -> None:
        self._owners[name] = owner
        self._pane.set_owner(name, owner)
        self._changed()

    def _state(self, name: str, state: str, exit_code: int | None, waits_for: str = "") -> None:
        shown = _STATES.get(state, "idle")
        detail = str(exit_code) if shown == "exited" and exit_code is not None else ""
        note = waiting_note(waits_for) if shown == "waiting" and waits_for else ""
        rested = shown == "idle" and self._pane.state(name) != "idle"
        self._pane.set_state(name, shown, detail, note)
        if rested:
            self._fit(name)
        self._changed()

    # -- what programs ask for --

    def _clipboard_wanted(self, name: str, text: str) -> None:
        """Only the person's own programs may ask; what the agent runs could put anything there."""
        if self.owner(name) != "person":
            self._notice(name, "a program tried to write to your clipboard; it was not allowed to")
            return
        app, answer = self._pane.app, self._clipboard.get(name)
        if answer == "always":
            app.copy_to_clipboard(text)
        if answer is not None or name in self._wished:
            return

        def answered(how: Answer | None) -> None:
            self._wished.discard(name)
            if how in ("once", "always"):
                app.copy_to_clipboard(text)
            if how != "once":
                self._clipboard[name] = how or "no"

        self._wished.add(name)
        title = f"A program in {clean_line(name)} wants to write to your clipboard."
        self._host.wish(title, lambda: ClipboardDock(name, text), answered)

    def _notice(self, name: str, text: str) -> None:
        """A few words of a program, now and then."""
        now = monotonic()
        if now - self._noticed.get(name, float("-inf")) >= _NOTICE_PAUSE:
            self._noticed[name] = now
            self._tell(f"{name}: {shorten(clean_line(text), 200)}")

    def _do(self, work: Callable[[TerminalClient], Coroutine[Any, Any, Any]]) -> None:
        client = self._client
        if client is None or not client.alive:
            if client is not None and client.lost:
                self._tell("This terminal is gone; the next command starts a new one.")
            return

        async def guarded() -> None:
            try:
                await work(client)
            except TerminalError as error:
                self._tell(str(error))

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def waiting_note(waits_for: str) -> str:
    """What the head of a terminal says of a program that waits.

    Args:
        waits_for: as the terminal host tells it to the agent: `input to bash: 'Your name?'`.
    """
    what, _, prompt = waits_for.partition(": ")
    what = "input" if what.startswith("input to ") else what
    prompt = prompt[1:-1] if prompt[:1] in ("'", '"') else prompt
    return f"waits for {what}: {prompt}" if prompt else f"waits for {what}"
