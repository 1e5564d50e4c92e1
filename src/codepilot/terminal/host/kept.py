"""What came of the last calls, kept for a program that is killed before it knows, and asks when it is started anew."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import TracebackType
from typing import Any

from codepilot.terminal.messages import Request
from codepilot.terminal.protocol import CallState, CommandResult, as_wire
from codepilot.terminal.session.commands import Commands
from codepilot.terminal.session.state import Command

_MOST = 64
"""Calls that are kept, the last ones."""
_LONGEST = 256 * 1024
"""Characters of the output of one: the middle of more is left out."""
_PATIENCE = 5.0
"""Seconds for which a call is waited for that is just being given: that its client is gone may not be noticed yet."""


class KeptCall:
    """One call: what it began, and what it was answered.

    Args:
        commands: of its terminal.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._command: Command | None = None
        self._result: CommandResult | None = None
        self._began = False
        self._settled = asyncio.Event()

    def given(self, command: Command | None) -> None:
        """The shell, or the program there, got it.

        Args:
            command: that it began; None: it was input.
        """
        self._command, self._began = command, True
        self._settled.set()

    def ended(self, result: CommandResult) -> CommandResult:
        """This is answered now."""
        self._result = result
        return result

    def over(self) -> None:
        """Its request is served, or was cancelled."""
        self._settled.set()

    @property
    def happened(self) -> bool:
        """There is something to tell of it."""
        return self._began or self._result is not None

    @property
    def terminal(self) -> str:
        """Where it plays."""
        return self._commands.terminal

    async def look(self) -> tuple[CallState, CommandResult | None]:
        """How it stands."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._settled.wait()
        except TimeoutError:
            return "unknown", None
        if not self.happened:
            return "never", None
        if self._command is not None:
            self._add(self._commands.result(self._command))
            return ("running" if self._command.running else "done"), self._result
        if self._result is None:
            self._result = await self._commands.read(0)
        return "done", self._result

    def _add(self, now: CommandResult) -> None:
        """What the command wrote since it was looked at last stands behind the rest."""
        before = self._result
        if before is None or (before.status not in ("running", "waiting") and not now.output):
            self._result = before or now
            return
        output = "\n".join(filter(None, (before.output, now.output)))
        if cut := len(output) > _LONGEST:
            half = _LONGEST // 2
            output = (
                f"{output[:half]}\n[… {len(output) - 2 * half:,} characters left out …]\n{output[-half:]}"
            )
        self._result = replace(
            now,
            output=output,
            truncated=before.truncated or now.truncated or cut,
            spool=now.spool or before.spool,
        )


class KeptCalls:
    """The calls of all clients, by the names that these gave them."""

    def __init__(self) -> None:
        self._calls: dict[str, KeptCall] = {}

    def call(self, message: Request, commands: Commands) -> _Serving:
        """A request that begins something, while it is served; one without a name is not kept."""
        return _Serving(self._calls, message.get("call", ""), KeptCall(commands))

    def forget(self, names: list[str]) -> None:
        """Their client has noted what came of these."""
        for name in names:
            self._calls.pop(name, None)

    async def look(self, name: str) -> dict[str, Any]:
        """How a call stands, as an answer."""
        call = self._calls.get(name)
        state, result = ("never", None) if call is None else await call.look()
        wire = None if result is None else as_wire(result)
        return {"state": state, "result": wire, "terminal": "" if call is None else call.terminal}


class _Serving:
    def __init__(self, calls: dict[str, KeptCall], name: str, call: KeptCall) -> None:
        self._calls = calls
        self._name = name
        self._call = call

    def __enter__(self) -> KeptCall:
        if self._name:
            self._calls[self._name] = self._call
            for oldest in list(self._calls)[:-_MOST]:
                del self._calls[oldest]
        return self._call

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call.over()
        if not self._call.happened and self._calls.get(self._name) is self._call:
            del self._calls[self._name]
