"""What the calls of the agent's terminals share: the question before them, the frame of their results."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from codepilot.decision import PermissionRequest, RequestKind
from codepilot.errors import TerminalError
from codepilot.ports import CallContext
from codepilot.protocol import LIMITS
from codepilot.terminal.protocol import CommandResult, TerminalInfo
from codepilot.tools.result import ToolResult
from codepilot.tools.stop import of_stopped
from codepilot.tools.terminal_result import of_command, of_denial, of_error, of_missing
from codepilot.tools.used_terminals import Found, UsedTerminals

if TYPE_CHECKING:
    from codepilot.terminal.client import TerminalClient, TerminalService


class TerminalCalls:
    """Over one `TerminalService`.

    Args:
        service: where the terminals are.
        require_permission: tool name → the agent file says to ask a person.
        max_output_chars: what a result holds of a command's output.
        on_new: told the name of each terminal that a tool opens.
    """

    def __init__(
        self,
        service: TerminalService,
        *,
        require_permission: Mapping[str, bool] | None = None,
        max_output_chars: int = LIMITS.command,
        on_new: Callable[[str], None] | None = None,
    ) -> None:
        self._service = service
        self._required = require_permission or {}
        self._limit = max_output_chars
        self._on_new = on_new
        self._used = UsedTerminals()
        self._asked = itertools.count(1)

    async def _permit(
        self,
        context: CallContext,
        tool: str,
        kind: RequestKind,
        session_id: str,
        command: str,
        info: TerminalInfo | None,
        description: str,
    ) -> ToolResult | None:
        decision = await context.permit(
            PermissionRequest(
                id=f"{context.call_id}:{next(self._asked)}",
                call_id=context.call_id,
                tool=tool,
                description=description,
                kind=kind,
                required=bool(self._required.get(tool)),
                command=command,
                terminal=session_id,
                cwd=info.cwd if info is not None else str(self._service.work_dir),
            )
        )
        return None if decision.allow else of_denial(session_id, command or description, decision)

    async def _begin(
        self, context: CallContext, client: TerminalClient, session_id: str, command: str = ""
    ) -> None:
        host = self._service.reference(client)
        await context.begin("command", command=command, terminal=session_id, host=host)

    def _missing(self, session_id: str, found: Found, then: str = "", replaced: str = "") -> ToolResult:
        if found.info is not None:
            self._used.use(found.info)
        return of_missing(session_id, found, replaced if found.replaced else then, self._notice())

    def _frame(
        self, session_id: str, number: int, label: str, result: CommandResult, warning: str = ""
    ) -> ToolResult:
        self._used.keep(result)
        notes = (self._notice(), result.note, warning)
        return of_command(session_id, number, label, result, limit=self._limit, notes=notes)

    def _stopped(
        self,
        context: CallContext,
        client: TerminalClient,
        info: TerminalInfo,
        command: str,
        last: CommandResult | None,
    ) -> None:
        """The call of a command was cancelled: say how far that came."""
        text = f"[terminal:{info.name}] $ {command}"
        if last is not None and last.given:
            self._used.use(info)
            text = self._frame(info.name, self._used.count(info.name, last), f"$ {command}", last).text
        context.stopped(text, of_stopped(last, interrupted=client.interrupts))

    def _failed(self, session_id: str, error: TerminalError) -> ToolResult:
        return of_error(session_id, f"Execution error: {error.told}", self._notice(), prefix="")

    def _notice(self) -> str:
        return self._service.take_notice()
