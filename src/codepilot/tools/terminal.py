"""The agent's terminals: `execute`, `read_output`, `send_input`, `terminate_terminal`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from codepilot.errors import TerminalError
from codepilot.ports import CallContext
from codepilot.terminal.protocol import TerminalInfo
from codepilot.text import shorten
from codepilot.tools.arguments import (
    seconds_of,
    wrong_execute,
    wrong_keys,
    wrong_port,
    wrong_seconds,
    wrong_texts,
)
from codepilot.tools.result import ToolResult
from codepilot.tools.terminal_calls import TerminalCalls
from codepilot.tools.terminal_result import (
    of_another,
    of_closed_meanwhile,
    of_error,
    of_moved,
    of_new_shell,
)
from codepilot.tools.typed import KEYS_EXPLAINED, Typed

MAIN = "main"
"""The terminal that is there without being asked for."""
_NEW = "Use new_terminal=True to create it."


class TerminalTools(TerminalCalls):
    """The four tools over one `TerminalService`. Args as `TerminalCalls`."""

    async def execute(
        self,
        context: CallContext,
        session_id: str,
        command: str,
        timeout: float = 10,
        new_terminal: bool = False,
        shell: str | None = None,
        *,
        wait_for: str = "",
        wait_port: int = 0,
    ) -> ToolResult:
        """Run a shell command in a terminal, as if typed there; variables, folder and jobs stay for the next one.

        Returns what it printed, its status and its exit code. A command that outlasts `timeout` seconds goes on; its
        status is then `running`, or `waiting` if it asks for input: see `read_output` and `send_input`. `main` is
        always there; `new_terminal=True` makes another one, for a server or a watcher: with `wait_for` (words or a
        regular expression) this returns as soon as the output holds it, with `wait_port` as soon as something listens
        there. `command` may be any bash, several lines and here-documents included.
        """
        wait_for = wait_for or ""
        if wrong := wrong_execute(session_id, command, timeout, new_terminal, shell, wait_for, wait_port):
            return of_error(shorten(str(session_id), 60), wrong)
        try:
            client = await self._service.client()
            found = await self._used.look(client, session_id)
            if (info := found.info) is None and not new_terminal and session_id != MAIN:
                return self._missing(session_id, found, _NEW)
            if info is not None and new_terminal and info.state != "exited":
                return of_error(session_id, f"session '{session_id}' already exists.")
            if info is not None and shell not in (None, "bash"):
                return of_error(
                    session_id, f"session '{session_id}' has its shell; open a new terminal for {shell}."
                )
            denied = await self._permit(
                context, "execute", "command", session_id, command, info, f"Execute: {command}"
            )
            if denied is not None:
                return denied
            found = await self._used.look(client, session_id)
            if (closed := self._closed_meanwhile(session_id, info, found.info)) is not None:
                return closed
            await self._begin(context, client, session_id, command)
            if (now := found.info) is None:
                now = await client.open(session_id, limit=self._limit, shell=shell)
                if self._on_new is not None:
                    self._on_new(session_id)
            change = "" if new_terminal else of_new_shell(session_id, found, now.cwd)
            change = of_moved(self._used.folder_before(now), now.cwd) or change
            result = await client.execute(
                session_id,
                command,
                timeout=seconds_of(timeout),
                wait_for=wait_for,
                wait_port=wait_port or 0,
                stopped=partial(self._stopped, context, client, now, command),
                call=self._service.name_of(context.call_id),
            )
        except TerminalError as error:
            return self._failed(session_id, error)
        self._used.use(now)
        result = await self._service.lasting(result)
        return self._frame(session_id, self._used.count(session_id, result), f"$ {command}", result, change)

    async def read_output(
        self,
        context: CallContext,
        session_id: str,
        timeout: float = 5,
        *,
        wait_for: str = "",
        wait_port: int = 0,
    ) -> ToolResult:
        """What a terminal has printed since you last looked.

        Waits until the running command ends or asks for input (or shows `wait_for`, or something listens on
        `wait_port`), `timeout` seconds at most.
        """
        wait_for = wait_for or ""
        wrong = wrong_texts(session_id=session_id, wait_for=wait_for) or wrong_seconds(timeout)
        if wrong := wrong or wrong_port(wait_port):
            return of_error(shorten(str(session_id), 60), wrong)
        try:
            client = await self._service.client()
            found = await self._used.look(client, session_id)
            if found.info is None and found.closed_by is None:
                return self._missing(session_id, found)
            result = await client.read(
                session_id,
                timeout=seconds_of(timeout),
                wait_for=wait_for,
                wait_port=wait_port or 0,
                identity=found.earlier if found.closed_by is not None else "",
            )
        except TerminalError as error:
            return self._failed(session_id, error)
        result = await self._service.lasting(result)
        number = self._used.number_of(session_id, found)
        done = result.status in ("completed", "exited", "idle") and not result.output
        label = "(complete output: nothing new)" if done else "(continued output)"
        return self._frame(session_id, number, label, result, of_another(session_id, found))

    async def send_input(
        self,
        context: CallContext,
        session_id: str,
        text: str = "",
        timeout: float = 5,
        *,
        keys: Sequence[str] = (),
    ) -> ToolResult:
        r"""Give input to the program that runs in a terminal, then read what it prints.

        `text` is typed as it is: end a line with \n. Or it names one key: C-c, C-d, Enter, Tab, Escape, Up, Down, F1 …
        `keys=["Down", "Down", "Enter"]` are pressed after it. Waits until the program ends or asks again, `timeout`
        seconds at most.
        """
        pressed = [keys] if isinstance(keys, str) else keys
        wrong = wrong_texts(session_id=session_id, text=text) or wrong_seconds(timeout) or wrong_keys(pressed)
        if wrong:
            return of_error(shorten(str(session_id), 60), wrong)
        try:
            client = await self._service.client()
            found = await self._used.look(client, session_id)
            if (info := found.info) is None or found.replaced:
                return self._missing(session_id, found, replaced="Nothing was typed.")
            self._used.use(info)
            if info.state == "exited":
                return of_error(session_id, "terminal process is dead.")
            given = Typed.of(text, pressed)
            if given.unknown:
                return of_error(session_id, f"there is no key called {given.unknown!r}. {KEYS_EXPLAINED}")
            what = f"Send input to '{session_id}': {given.shown}"
            denied = await self._permit(context, "send_input", "input", session_id, given.asked, info, what)
            if denied is not None:
                return denied
            now = (await self._used.look(client, session_id)).info
            if now is None or now.pid != info.pid:  # nor is it for another program in a terminal of that name
                return self._meanwhile(session_id, "this input", "Nothing was typed.", now)
            await self._begin(context, client, session_id, given.shown)
            wait, call = seconds_of(timeout), self._service.name_of(context.call_id)
            result = await client.send(session_id, given.text, keys=given.keys, timeout=wait, call=call)
        except TerminalError as error:
            return self._failed(session_id, error)
        result = await self._service.lasting(result)
        label, warning = f'(after input: "{given.shown}")', given.warning if result.status != "busy" else ""
        return self._frame(session_id, self._used.number(session_id), label, result, warning)

    async def terminate_terminal(self, context: CallContext, session_id: str) -> ToolResult:
        """End a terminal and everything that runs in it."""
        if wrong := wrong_texts(session_id=session_id):
            return of_error(shorten(str(session_id), 60), wrong)
        try:
            client = await self._service.client()
            found = await self._used.look(client, session_id)
            if (info := found.info) is None or found.replaced:
                return self._missing(session_id, found, replaced="It was not ended.")
            if info.owner == "person":
                return of_error(
                    session_id, "the person holds this terminal; it was not ended.", self._notice()
                )
            if self._required.get("terminate_terminal"):
                what = f"Terminate terminal '{session_id}'"
                denied = await self._permit(
                    context, "terminate_terminal", "custom", session_id, "", info, what
                )
                if denied is not None:
                    return denied
                now = (await self._used.look(client, session_id)).info
                if now is None or now.identity != info.identity:
                    then = "Another one of that name is open; it was not ended." if now else ""
                    return self._meanwhile(session_id, "ending it", then, now)
            await self._begin(context, client, session_id)
            call = self._service.name_of(context.call_id)
            info = await client.terminate(session_id, by="agent", call=call)
        except TerminalError as error:
            return self._failed(session_id, error)
        return ToolResult(f"[terminal:{session_id}] Session destroyed (PID {info.pid} terminated).")

    # -- inside ------------------------------------------------------------------------------------------------

    def _closed_meanwhile(
        self, session_id: str, info: TerminalInfo | None, now: TerminalInfo | None
    ) -> ToolResult | None:
        """The error where a terminal was closed while the person was asked, and a new one would not be as asked."""
        if info is None or (now is not None and (now.pid == info.pid or now.cwd == info.cwd)):
            return None
        if now is None and session_id == MAIN and info.cwd == str(self._service.work_dir):
            return None  # a new one starts in the folder that was asked about
        then = "" if now else " The next command starts a new one." if session_id == MAIN else f" {_NEW}"
        return self._meanwhile(session_id, "this command", f"Nothing was run.{then}", now)

    def _meanwhile(self, session_id: str, what: str, then: str, now: TerminalInfo | None) -> ToolResult:
        if now is not None:
            self._used.use(now)
        return of_closed_meanwhile(session_id, what, then, self._notice())
