"""What can be asked of a terminal host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.terminal.client.launch import IDLE_MINUTES
from codepilot.terminal.client.link import Stopped
from codepilot.terminal.client.screens import ScreenLink
from codepilot.terminal.messages import pack_bytes
from codepilot.terminal.protocol import (
    CallState,
    CommandResult,
    Hand,
    HostInfo,
    Owner,
    PersonReport,
    TerminalInfo,
    from_wire,
    unknown_request,
)

LIMIT = 10_000
"""Characters that a result holds unless told otherwise."""
_List = list
"""`list` is a method's name inside of the class."""
StoppedCommand = Callable[[CommandResult | None], None]


def _read(told: StoppedCommand | None, result_in: Callable[[Any], Any]) -> Stopped | None:
    """What reads the last word of a cancelled request for those that are told of its command."""
    if told is None:
        return None

    def read(last: Any) -> None:
        try:
            result = None if last is None else from_wire(CommandResult, result_in(last))
        except (TerminalError, LookupError, TypeError, AttributeError):
            result = None  # nothing is known of it; raised, this would take the place of the cancellation
        told(result)

    return read


class TerminalClient(ScreenLink):
    """The terminals of one host, for one event loop. Made by `launch` or `connect`.

    What begins something takes a `call`, the caller's own name for it. What comes of it is then kept by the host until
    it is noted (`calls.noted`), for whoever asks after this program was killed.
    """

    # -- terminals --

    async def open(
        self,
        name: str,
        *,
        cwd: Path | str | None = None,
        columns: int = 120,
        lines: int = 40,
        argv: Sequence[str] | None = None,
        shell: str | None = None,
        limit: int = LIMIT,
    ) -> TerminalInfo:
        """Make a terminal: a shell with integration, or `argv`. A command given at once waits for the prompt.

        Args:
            name: of the terminal.
            cwd: where it starts; None: the folder of the work.
            columns: width.
            lines: height.
            argv: a program to run in place of a shell.
            shell: bash, zsh, fish, sh, dash, or the path of one; None: bash where it is, else sh.
            limit: characters that a result may hold.
        """
        opened = await self._ask(
            "open",
            name=name,
            cwd=str(cwd or ""),
            columns=columns,
            lines=lines,
            limit=limit,
            argv=list(argv) if argv else None,
            shell=shell,
        )
        return from_wire(TerminalInfo, opened)

    async def list(self) -> list[TerminalInfo]:
        """All terminals, in the order they were made."""
        return [from_wire(TerminalInfo, info) for info in await self._ask("list")]

    async def status(self) -> HostInfo:
        """The host as it is now."""
        return from_wire(HostInfo, await self._ask("status"))

    async def adopt(
        self, *, on_exit: OnExit, idle_minutes: float = IDLE_MINUTES, agent: str = "", session: str = ""
    ) -> None:
        """Become the program that keeps this host, if none does. Arguments as in `HostOptions`.

        Raises:
            TerminalError: another program works with it.
        """
        idle = idle_minutes * 60
        await self._ask("adopt", on_exit=on_exit, idle=idle, agent=agent, session=session)

    async def terminate(self, name: str, *, by: Hand | None = None, call: str = "") -> TerminalInfo:
        """End a terminal and what came of it, daemons too: hang up, TERM, KILL.

        A daemon that threw its environment away ends with the host.

        Args:
            name: of the terminal.
            by: who closes it, which `read` and `closed_by` tell afterwards; None: nobody is to be told.
            call: as above.
        """
        return from_wire(
            TerminalInfo, await self._ask("terminate", name=name, by=by, **self.calls.named(call))
        )

    async def closed_by(self, name: str, identity: str = "") -> Hand | None:
        """Who closed a terminal; None if it is open, or if nobody is known to have closed it.

        Args:
            name: of the terminal.
            identity: which one of that name; empty: the one that is open, else the last.
        """
        try:
            hand: Hand | None = await self._ask("closed_by", name=name, identity=identity)
        except TerminalError as error:
            if str(error) != unknown_request("closed_by"):
                raise
            return None  # an older host, which does not keep it
        return hand

    async def execute(
        self,
        name: str,
        command: str,
        *,
        timeout: float,
        wait_for: str = "",
        wait_port: int = 0,
        stopped: StoppedCommand | None = None,
        call: str = "",
    ) -> CommandResult:
        """Run a shell command; never types into a running program. Cancelling this interrupts the command.

        Args:
            name: of the terminal.
            command: any text that the shell takes.
            timeout: seconds after which the command is left running.
            wait_for: a regular expression or words: return as soon as its output holds it.
            wait_port: return as soon as something listens there on the loopback device.
            stopped: told how far the command came, if this is cancelled; None: that is not known.
            call: as above.
        """
        result = await self._ask(
            "execute",
            stopped=_read(stopped, lambda last: last),
            name=name,
            command=command,
            timeout=timeout,
            wait_for=wait_for,
            wait_port=wait_port,
            **self.calls.named(call),
        )
        return from_wire(CommandResult, result)

    async def read(
        self, name: str, *, timeout: float, wait_for: str = "", wait_port: int = 0, identity: str = ""
    ) -> CommandResult:
        """Output that no result has shown; waits for the end of a running command, or until it waits for input.

        Of a terminal that was closed it gives what was left to read. `wait_for` and `wait_port` are as in `execute`;
        `identity` is as in `closed_by`.
        """
        result = await self._ask(
            "read",
            name=name,
            timeout=timeout,
            wait_for=wait_for,
            wait_port=wait_port,
            identity=identity,
        )
        return from_wire(CommandResult, result)

    async def send(
        self, name: str, text: str = "", *, timeout: float, keys: Sequence[str] = (), call: str = ""
    ) -> CommandResult:
        """Give text and then keys to the program, then its output: until it ends, waits again, or the time is up.

        Keys are named as the engine names them (`up`, `ctrl+c`, `enter`), or a single character. Waits while a person
        holds the keyboard.
        """
        data = pack_bytes(text.encode("utf-8", "replace"))
        more = self.calls.named(call)
        result = await self._ask("send", name=name, data=data, timeout=timeout, keys=[*keys], **more)
        return from_wire(CommandResult, result)

    async def run(
        self,
        command: str | Sequence[str],
        *,
        cwd: Path | str | None = None,
        timeout: float,
        background: bool = False,
        columns: int = 120,
        lines: int = 40,
        limit: int = LIMIT,
        stopped: StoppedCommand | None = None,
        call: str = "",
    ) -> tuple[str, CommandResult]:
        """Start a process in a terminal tab of its own; gives the tab's name and what came within the time.

        Cancelling this interrupts the process; `stopped` is as in `execute`.
        """
        text = command if isinstance(command, str) else " ".join(command)
        answer = await self._ask(
            "run",
            stopped=_read(stopped, lambda last: last["result"]),
            command=text,
            argv=None if isinstance(command, str) else [*command],
            cwd=str(cwd or ""),
            timeout=timeout,
            background=background,
            columns=columns,
            lines=lines,
            limit=limit,
            **self.calls.named(call),
        )
        return answer["name"], from_wire(CommandResult, answer["result"])

    async def came_of(self, call: str) -> tuple[CallState, str, CommandResult | None]:
        """How a call stands that was begun by a client that vanished, its terminal, and what is known of it."""
        try:
            said = await self._ask("call", call=call)
        except TerminalError as error:
            if str(error) != unknown_request("call"):
                raise
            return "unknown", "", None  # an older host, which keeps none
        result = None if said["result"] is None else from_wire(CommandResult, said["result"])
        return said["state"], said["terminal"], result

    # -- keyboard --

    async def write(self, name: str, data: bytes) -> None:
        """Raw input. Never blocks the host, whether the program reads or not."""
        await self._ask("write", name=name, data=pack_bytes(data))

    async def key(self, name: str, key: str, text: str = "") -> None:
        """A key, encoded for the modes now in force."""
        await self._ask("input", name=name, kind="key", arguments=[key, text])

    async def paste(self, name: str, text: str) -> None:
        """Pasted text, bracketed where the program asked for it."""
        await self._ask("input", name=name, kind="paste", arguments=[text])

    async def mouse(
        self, name: str, action: str, button: int, x: int, y: int, modifiers: Sequence[str] = ()
    ) -> None:
        """A mouse event, if the program asked for such."""
        await self._ask("input", name=name, kind="mouse", arguments=[action, button, x, y, [*modifiers]])

    async def focus(self, name: str, focused: bool) -> None:
        """The keyboard's focus came or went, if the program asked to be told."""
        await self._ask("input", name=name, kind="focus", arguments=[focused])

    async def interrupt(self, name: str) -> None:
        """^C; a command that goes on gets TERM after 2 s and KILL after 5 s. Returns when ^C is sent."""
        await self._ask("interrupt", name=name)

    async def set_owner(self, name: str, owner: Owner, *, by_typing: bool = False) -> None:
        """Say who holds the keyboard. While a person does, `execute` and `send` wait.

        What the person runs until the next change is told to the agent. With `by_typing` (nobody held it, and the
        person just typed) it is only offered, and the hold gives way when the agent wants the idle prompt.
        """
        await self._ask("owner", name=name, owner=owner, by_typing=by_typing)

    async def take_handed_back(self) -> _List[PersonReport]:
        """What the person ran while they held terminals that they gave back since; never given twice."""
        return [PersonReport.from_wire(report) for report in await self._ask("person", what="due")]

    async def offered(self, name: str | None = None, *, take: bool = False) -> _List[PersonReport]:
        """What the person ran in terminals that nobody held.

        Args:
            name: of one terminal; None: all.
            take: it is told to the agent now, so it is offered no more.
        """
        what = "take" if take else "offered"
        return [PersonReport.from_wire(report) for report in await self._ask("person", what=what, name=name)]
