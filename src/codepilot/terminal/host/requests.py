"""What a client may ask of the host: one small method a request."""

from __future__ import annotations

import asyncio
import re
import shutil
import unicodedata
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast, get_args
from weakref import WeakKeyDictionary

from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.terminal.host.closed import ClosedTerminals
from codepilot.terminal.host.host import Host
from codepilot.terminal.host.kept import KeptCalls
from codepilot.terminal.host.viewers import Viewer
from codepilot.terminal.messages import Request, pack_row, unpack_bytes
from codepilot.terminal.protocol import OnLeave, Owner, PersonReport, TerminalEvent, as_wire, unknown_request
from codepilot.terminal.session.commands import ABANDONED, Commands
from codepilot.terminal.session.session import Session
from codepilot.terminal.session.signs import Sign
from codepilot.terminal.session.state import Spec

_NAME = re.compile(r"[^\W_][\w.:+-]{0,63}|_[\w.:+-]{0,63}")
_KEPT_TABS = 8
"""How many ended one-shot tabs are kept for reading."""
_KINDS = frozenset({"key", "paste", "mouse", "focus"})
_LOOKING = frozenset(
    {"list", "status", "watch", "unwatch", "follow", "history", "text", "closed_by", "call", "goodbye"}
)
"""Requests that a read-only client may make."""
_OWNERS: tuple[Owner, ...] = ("agent", "person", "free")


class Requests:
    """Serves requests. An unknown one, or one about an unknown terminal, is a `TerminalError`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._count = 0
        self._runs = 0
        self._handed_back: list[PersonReport] = []
        """Of terminals that were ended before the agent was told."""
        self._closed = ClosedTerminals()
        self._commands: WeakKeyDictionary[Session, Commands] = WeakKeyDictionary()
        self._kept = KeptCalls()
        self._table: dict[str, Callable[[Viewer, Request], Awaitable[Any]]] = {
            "open": self._open,
            "execute": self._execute,
            "read": self._read,
            "write": self._write,
            "send": self._send,
            "input": self._input,
            "interrupt": self._interrupt,
            "resize": self._resize,
            "terminate": self._terminate,
            "closed_by": self._closed_by,
            "call": self._call,
            "list": self._list,
            "status": self._status,
            "adopt": self._adopt,
            "watch": self._watch,
            "unwatch": self._unwatch,
            "follow": self._follow,
            "history": self._history,
            "text": self._text,
            "colours": self._colours,
            "run": self._run,
            "owner": self._owner,
            "person": self._person,
            "abandon": self._abandon,
            "goodbye": self._goodbye,
            "shutdown": self._shutdown,
        }

    async def run(self, viewer: Viewer, message: Request) -> Any:
        """Serve one request; what it gives must be JSON."""
        operation = self._table.get(str(message.get("op")))
        if operation is None:
            raise TerminalError(unknown_request(message.get("op")))
        if viewer.read_only and message["op"] not in _LOOKING:
            raise TerminalError("This client is read-only; the request would change something.")
        self._kept.forget(message.get("known", []))
        return await operation(viewer, message)

    def _session(self, message: Request) -> Session:
        name = message["name"]
        session = self._host.sessions.get(name)
        if session is None:
            raise TerminalError(f"There is no terminal '{name}'.")
        if message.get("identity") not in (None, "", session.identity):
            raise TerminalError(
                f"The terminal '{name}' is another one by now.", hint="Read it to see that one."
            )
        return session

    def _commands_of(self, message: Request) -> Commands:
        return self._commands[self._session(message)]

    def _make(self, name: str, message: Request, **more: Any) -> Session:
        if not isinstance(name, str) or _NAME.fullmatch(unicodedata.normalize("NFC", name)) is None:
            raise TerminalError(
                f"{name!r} cannot name a terminal.",
                hint="Use letters, digits, '.', ':', '+', '-' and '_', at most 64.",
            )
        cwd = message.get("cwd") or self._host.work_dir
        if not Path(cwd).is_dir():
            raise TerminalError(f"{cwd} is not a folder.")
        self._count += 1
        columns, lines = message["columns"], message["lines"]
        spec = Spec(name=name, cwd=cwd, columns=columns, lines=lines, limit=message["limit"], **more)
        session = Session(self._host, self._count, spec)
        self._host.sessions[name] = session
        self._commands[session] = Commands(session, self._host)
        self._host.publish(TerminalEvent(kind="opened", name=name, state=session.state, cwd=cwd))
        return session

    async def _open(self, viewer: Viewer, message: Request) -> Any:
        name, argv = message["name"], message.get("argv")
        if name in self._host.sessions:
            raise TerminalError(f"The terminal '{name}' already exists.")
        if not argv:
            return as_wire(self._make(name, message, shell=message.get("shell")).info)
        program = shutil.which(argv[0], path=self._host.process_settings.environment.get("PATH"))
        if program is None:
            raise TerminalError(f"{argv[0]!r} was not found.")
        return as_wire(self._make(name, message, argv=[program, *argv[1:]], title=" ".join(argv)).info)

    async def _execute(self, viewer: Viewer, message: Request) -> Any:
        commands, text = self._commands_of(message), message["command"]
        with self._kept.call(message, commands) as call:
            result = await commands.execute(text, message["timeout"], _sign(message), call.given)
            return as_wire(call.ended(result))

    async def _call(self, viewer: Viewer, message: Request) -> Any:
        return await self._kept.look(message["call"])

    async def _read(self, viewer: Viewer, message: Request) -> Any:
        closed = self._closed_one(message)
        commands = self._commands_of(message) if closed is None else self._commands[closed]
        return as_wire(await commands.read(message["timeout"], _sign(message)))

    async def _write(self, viewer: Viewer, message: Request) -> Any:
        self._session(message).write(unpack_bytes(message["data"]))

    async def _send(self, viewer: Viewer, message: Request) -> Any:
        text, keys = unpack_bytes(message["data"]), message.get("keys", ())
        commands = self._commands_of(message)
        with self._kept.call(message, commands) as call:
            return as_wire(call.ended(await commands.send(text, keys, message["timeout"], call.given)))

    async def _input(self, viewer: Viewer, message: Request) -> Any:
        session, kind = self._session(message), message["kind"]
        if kind not in _KINDS:
            raise TerminalError(f"Unknown kind of input {kind!r}.")
        data = session.encode(kind, message["arguments"])
        if data:
            session.write(data)

    async def _interrupt(self, viewer: Viewer, message: Request) -> Any:
        self._session(message).interrupt()

    async def _resize(self, viewer: Viewer, message: Request) -> Any:
        self._session(message).resize(message["columns"], message["lines"])

    async def _terminate(self, viewer: Viewer, message: Request) -> Any:
        session = self._session(message)
        # Out of the table first: a new terminal of the same name may be opened while this one ends.
        self._host.forget(session)
        if (hand := message.get("by")) is not None:
            session.close_by(hand)
            self._closed.add(session)
        else:
            self._closed.forget(session.name)
        with self._kept.call(message, self._commands[session]) as call:
            call.given(None)
            await asyncio.shield(session.end())
        self._handed_back += session.hands.take_due()
        session.hands.take_offered(session.cwd)
        session.tell_offers()
        return as_wire(session.info)

    async def _closed_by(self, viewer: Viewer, message: Request) -> Any:
        closed = self._closed_one(message)
        return None if closed is None else closed.closed_by

    def _closed_one(self, message: Request) -> Session | None:
        return self._closed.meant(message, is_open=message["name"] in self._host.sessions)

    async def _list(self, viewer: Viewer, message: Request) -> Any:
        return [as_wire(terminal) for terminal in self._host.terminals()]

    async def _status(self, viewer: Viewer, message: Request) -> Any:
        return as_wire(self._host.info())

    async def _adopt(self, viewer: Viewer, message: Request) -> Any:
        on_exit, idle = message["on_exit"], message["idle"]
        if on_exit not in get_args(OnExit) or not isinstance(idle, int | float):
            raise TerminalError(f"Invalid on_exit {on_exit!r} or idle {idle!r}.")
        self._host.adopt(viewer, on_exit, idle, str(message["agent"]), str(message.get("session", "")))

    async def _watch(self, viewer: Viewer, message: Request) -> Any:
        self._host.screens.watch(viewer, self._session(message).name)

    async def _unwatch(self, viewer: Viewer, message: Request) -> Any:
        viewer.watched.pop(message["name"], None)

    async def _follow(self, viewer: Viewer, message: Request) -> Any:
        session = self._session(message)
        self._host.screens.follow(viewer, session.name)
        command = session.command
        full_screen = command is not None and command.running and command.capture.full_screen
        # In one go with the beginning of the output: nothing is missed between, and nothing comes twice.
        return {"text": session.engine.text(history=True), "full_screen": full_screen}

    async def _history(self, viewer: Viewer, message: Request) -> Any:
        rows = self._session(message).engine.history(message["start"], min(message["count"], 10_000))
        return [pack_row(row) for row in rows]

    async def _text(self, viewer: Viewer, message: Request) -> Any:
        return self._session(message).engine.text(history=bool(message.get("history")))

    async def _colours(self, viewer: Viewer, message: Request) -> Any:
        red, green, blue = message["foreground"]
        background = cast("tuple[int, int, int]", tuple(cast("list[int]", message["background"])))
        self._host.set_colours(((red, green, blue), background))

    async def _run(self, viewer: Viewer, message: Request) -> Any:
        argv, text = message.get("argv"), message["command"]
        path = self._host.process_settings.environment.get("PATH")
        if not argv:
            argv = [shutil.which("bash", path=path) or "/bin/sh", "-c", text]
        program = shutil.which(argv[0], path=path)
        if program is None:
            raise TerminalError(f"{argv[0]!r} was not found.")
        self._runs += 1
        name, argv = f"run-{self._runs}", [program, *argv[1:]]
        session = self._make(name, message, argv=argv, title=text, one_shot=True)
        self._drop_old_tabs()
        commands = self._commands[session]
        with self._kept.call(message, commands) as call:
            timeout = 0 if message["background"] else message["timeout"]
            result = call.ended(await commands.finish(timeout, call.given))
        return {"name": session.name, "result": as_wire(result)}

    def _drop_old_tabs(self) -> None:
        ended = [s for s in self._host.sessions.values() if s.one_shot and s.state == "exited"]
        for session in ended[:-_KEPT_TABS]:
            self._host.forget(session)
            session.release()

    async def _owner(self, viewer: Viewer, message: Request) -> Any:
        if message["owner"] not in _OWNERS:
            raise TerminalError(f"Unknown owner {message['owner']!r}.")
        session, by_typing = self._session(message), bool(message.get("by_typing"))
        if by_typing and session.owner == "agent":
            raise TerminalError("The agent holds the keyboard now.")
        session.set_owner(message["owner"], by_typing=by_typing)
        self._host.take_hold(viewer, session.name, message["owner"])

    async def _person(self, viewer: Viewer, message: Request) -> Any:
        what, name = message["what"], message.get("name")
        sessions = [each for each in self._host.sessions.values() if name in (None, each.name)]
        found: list[PersonReport | None] = []
        if what == "due":
            found, self._handed_back = [*self._handed_back], []
        for session in sessions:
            if what == "due":
                found += session.hands.take_due()
            elif what == "offered":
                found.append(session.hands.offered(session.cwd))
            else:
                found.append(session.hands.take_offered(session.cwd))
                session.tell_offers()
        return [as_wire(report) for report in found if report is not None]

    async def _abandon(self, viewer: Viewer, message: Request) -> Any:
        task = viewer.requests.get(message["request"])
        if task is not None:
            task.cancel(ABANDONED)

    async def _goodbye(self, viewer: Viewer, message: Request) -> Any:
        then = message.get("then", "")
        if then not in get_args(OnLeave):
            raise TerminalError(f"Unknown way to leave a host: {then!r}.")
        return self._host.farewell(viewer, then)

    async def _shutdown(self, viewer: Viewer, message: Request) -> Any:
        self._host.stop("it was told to end")


def _sign(message: Request) -> Sign:
    return Sign(message.get("wait_for") or "", message.get("wait_port") or 0)
