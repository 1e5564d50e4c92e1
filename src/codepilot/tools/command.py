"""`run_command`: one process, one result, shown as a terminal tab of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from codepilot.decision import PermissionRequest
from codepilot.errors import TerminalError
from codepilot.ports import CallContext
from codepilot.protocol import LIMITS
from codepilot.terminal.protocol import CLOSED, CommandResult
from codepilot.tools.arguments import wrong_choices, wrong_seconds, wrong_texts
from codepilot.tools.result import ToolResult, with_reason
from codepilot.tools.stop import of_stopped
from codepilot.tools.terminal_result import of_closing

if TYPE_CHECKING:
    from codepilot.terminal.client import TerminalClient, TerminalService

DEFAULT_TIMEOUT = 30.0


class CommandTool:
    """The tool over one `TerminalService`.

    Args:
        service: where the process gets its terminal.
        require_permission: tool name → the agent file says to ask a person.
        timeout: seconds for calls that name none.
        max_output_chars: what a result holds of the output.
    """

    def __init__(
        self,
        service: TerminalService,
        *,
        require_permission: Mapping[str, bool] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_output_chars: int = LIMITS.command,
    ) -> None:
        self._service = service
        self._required = bool((require_permission or {}).get("run_command"))
        self._timeout = timeout
        self._limit = max_output_chars
        self._asked = itertools.count(1)

    async def run_command(
        self, context: CallContext, command: str, timeout: float | None = None, background: bool = False
    ) -> ToolResult:
        """Run one shell command in the work folder, in a process of its own that keeps nothing for the next one.

        After `timeout` seconds it is ended; what it printed until then is kept. With `background=True` it goes on and
        this returns at once; `read_output` of the terminal named in the result shows its output.
        """
        wrong = wrong_texts(command=command) or wrong_seconds(timeout)
        if wrong := wrong or wrong_choices(background=background):
            return ToolResult(f"[run_command] ERROR: {wrong}", "error")
        decision = await context.permit(
            PermissionRequest(
                id=f"{context.call_id}:{next(self._asked)}",
                call_id=context.call_id,
                tool="run_command",
                description=f"Execute: {command}",
                kind="command",
                required=self._required,
                command=command,
                cwd=str(self._service.work_dir),
            )
        )
        head = f"[run_command] `{command}`"
        if not decision.allow:
            text = f"[run_command] Permission denied: {with_reason(command, decision)}"
            return ToolResult(text, "denied", "denied")
        seconds = self._timeout if timeout is None else float(timeout)
        try:
            client = await self._service.client()
            await context.begin("command", command=command, host=self._service.reference(client))
            name, result = await client.run(
                command,
                timeout=seconds,
                background=background,
                limit=self._limit,
                stopped=partial(_stopped, context, client, head),
                call=self._service.name_of(context.call_id),
            )
            if not background and result.exit_code is None:
                rest = await _end(context, client, name, head)
        except TerminalError as error:
            return ToolResult(f"{head}\nExecution error: {error.told}", "error")
        result = await self._service.lasting(result)
        notice = self._service.take_notice()
        lines = [f"[{notice}]"] if notice else []
        lines.append(head)
        if background and result.exit_code is None:
            lines.append(f"Started in background. PID: {result.pid}")
            lines.append(f"Its output: read_output('{name}'); to end it: terminate_terminal('{name}').")
            return ToolResult("\n".join(lines), "running", "running")
        if result.exit_code is None:
            lines[-1:] = _ended(head, result, seconds, rest)
        if result.output:
            lines += ["STDOUT:", result.output]
        if result.truncated:
            lines.append(
                f"[Output truncated at {self._limit} chars"
                + (f"; all of it: {result.spool}]" if result.spool else "]")
            )
        lines += [f"[{CLOSED}]"] if result.cut_off else []  # without it the end reads like a crash
        if result.exit_code is None:
            return ToolResult(
                "\n".join(lines), "error", "waits for input" if result.status == "waiting" else "timed out"
            )
        lines.append(f"Return Code: {result.exit_code}")
        reason = of_closing(name) if result.cut_off else ""
        return ToolResult("\n".join(lines), "ok", f"exit {result.exit_code}", reason)


def _stopped(context: CallContext, client: TerminalClient, head: str, last: CommandResult | None) -> None:
    """The call was cancelled: say how far the command came."""
    lines = [head]
    if last is not None and last.output:
        lines += ["STDOUT:", last.output]
    context.stopped("\n".join(lines), of_stopped(last, interrupted=client.interrupts))


async def _end(context: CallContext, client: TerminalClient, name: str, head: str) -> str:
    """End a command whose time is up; gives what is said of that."""
    try:
        ended = await client.terminate(name)
    except asyncio.CancelledError:
        context.stopped(head, "It was started, and was being ended because its time was up.")
        raise
    return f"PID {ended.pid} and what it had started were ended."


def _ended(head: str, result: CommandResult, seconds: float, rest: str) -> tuple[str, str]:
    """Why a command was ended, and what else there is to know of that."""
    if result.status == "waiting":
        why = f"{head} was stopped: it waits for input ({result.waits_for}) and nobody can give any here."
        return why, f"{rest} Use execute() and send_input() for such programs."
    waited = f" It was waiting for {result.waits_for}." if result.waits_for else ""
    return f"{head} timed out after {seconds:g}s.", rest + waited
