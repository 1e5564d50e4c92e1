"""The terminals of a runtime: opened, asked, and what happens in them put into events and into the model's news."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.errors import TerminalError
from codepilot.journal.unfinished import OpenCall
from codepilot.loop.deciding import Verdict
from codepilot.messages import OnExit
from codepilot.protocol import environment_change
from codepilot.runtime.recovering import of_recovered
from codepilot.terminal.client import SILENT, HostOptions, TerminalService
from codepilot.terminal.protocol import (
    HANDED_BACK,
    PersonReport,
    TerminalEvent,
    TerminalInfo,
    report_to_agent,
)
from codepilot.tools.terminal import MAIN

if TYPE_CHECKING:
    from codepilot.terminal.client import TerminalClient


class Shells:
    """Over one `TerminalService`.

    Args:
        config: the agent's.
        work_dir: where terminals start.
        environment: of the terminals.
        on_exit: what becomes of them when the program is gone; None: as the agent file says.
        adopt: go on with those that an earlier program left.
        publish: takes what happens as events.
    """

    def __init__(
        self,
        config: AgentConfig,
        work_dir: Path,
        environment: Mapping[str, str],
        *,
        on_exit: OnExit | None,
        adopt: bool,
        publish: Callable[[e.Event], None],
    ) -> None:
        self._sent_along = config.terminals.person_commands == "send"
        self._offered = config.terminals.person_commands == "offer"
        self._publish = publish
        options = HostOptions(
            work_dir=work_dir,
            # Names of keys mostly tell what they are and are left out below; the one of the agent file may not.
            environment={
                name: value for name, value in environment.items() if name != config.model.api_key_env
            },
            # Without a screen nobody can be asked.
            on_exit=on_exit or ("detach" if config.terminals.on_exit == "detach" else "end"),
            idle_minutes=config.terminals.idle_minutes,
            agent=config.name,
        )
        self.service = TerminalService(options, adopt=adopt, on_event=self._changed, on_adopted=self._found)

    async def start(self) -> TerminalClient:
        """Have the host and the terminal `main`."""
        client = await self.service.client()
        try:
            await _need_main(client)
        except TerminalError:
            if client.alive:
                raise
            # The host died, which is noticed by asking it: another one is started.
            client = await self.service.client()
            await _need_main(client)
        return client

    async def start_anew(self) -> None:
        """End all terminals and open `main`; nothing where there is no host."""
        with contextlib.suppress(TerminalError):  # a host that is gone has nothing to forget
            client = await self.service.current_here()
            if client is not None:
                for terminal in await client.list():
                    await client.terminate(terminal.name)
                await client.take_handed_back()  # that belongs to the conversation that is forgotten
                await client.open(MAIN)

    async def go_on(self) -> None:
        """Keep the terminals for a new conversation, without what belongs to the one that is forgotten."""
        with contextlib.suppress(TerminalError):  # a host that is gone has nothing to keep
            client = await self.service.current_here()
            if client is None:
                return
            await client.take_handed_back()
            terminals = _lasting(await client.list())
            if any(each.name != MAIN or each.state in ("busy", "waiting") for each in terminals):
                self._found(terminals)

    async def belong_to(self, session: str) -> None:
        """The terminals are those of another session from now on."""
        with contextlib.suppress(TerminalError):  # a host that is gone belongs to none
            await self.service.belong_to(session)

    async def in_use(self) -> tuple[TerminalInfo, ...]:
        """Those in which something runs, background jobs included."""
        client = self.service.current
        if client is None:
            return ()
        running = (await client.status()).running
        return tuple(terminal for terminal in await client.list() if terminal.name in running)

    async def offered(self, terminal: str | None, *, take: bool) -> list[PersonReport]:
        """What the person ran and the agent was not told; see `AsyncRuntime.terminal_reports`."""
        client = await self.service.current_here()
        return [] if client is None else await client.offered(terminal, take=take)

    async def news(self) -> str:
        """What the person did in the terminals since the agent's last step, as the model reads it; empty if nothing."""
        reports: list[PersonReport] = []
        with contextlib.suppress(TerminalError):  # of a host that is gone there is nothing to tell
            client = await self.service.current_here()
            if client is not None:
                reports = await client.take_handed_back()
                if self._sent_along:
                    reports += await client.offered(take=True)
        if not reports:
            return ""
        text = environment_change(HANDED_BACK, report_to_agent(reports))
        self._publish(
            e.PersonCommandsTold(
                terminals=tuple(dict.fromkeys(report.terminal for report in reports)),
                commands=tuple(command.text for report in reports for command in report.commands),
                text=text,
            )
        )
        return text

    async def recover(self, call: OpenCall) -> Verdict | None:
        """What the terminal host of an earlier program knows of a command in which that program ended."""
        if call.effect != "command" or not call.host:
            return None
        return of_recovered(call, *await self.service.came_of(call.host, call.call_id))

    def note(self, event: e.Event) -> None:
        """What came of a call is recorded: nobody will ask the host for it."""
        if isinstance(event, e.ToolFinished):
            self.service.noted(event.call_id)

    def _found(self, terminals: Sequence[TerminalInfo]) -> None:
        terminals = _lasting(terminals)
        self._publish(
            e.TerminalsFound(
                terminals=tuple(each.name for each in terminals),
                running=tuple(
                    f"{each.name} runs {each.command}"
                    for each in terminals
                    if each.state in ("busy", "waiting")
                ),
            )
        )

    def _changed(self, event: TerminalEvent) -> None:
        match event.kind:
            case "typed":
                if self._offered:
                    self._publish(e.PersonCommandsOffered(terminal=event.name, count=event.count))
            case "opened":
                self._publish(e.TerminalOpened(name=event.name))
            case "closed":
                self._publish(e.TerminalClosed(name=event.name, exit_code=event.exit_code))
            case "lost":
                how = "does not answer and was given up" if SILENT in event.detail else "died"
                self._publish(
                    e.RuntimeFailed(
                        error=f"The terminal host {how}; its shells are lost.",
                        source="terminal",
                        hint="A new one starts with the next command. Programs that were detached from the shells may "
                        "still run.",
                    )
                )
            case _:
                pass


def _lasting(terminals: Sequence[TerminalInfo]) -> list[TerminalInfo]:
    """Without those of single commands that have ended: nothing goes on there, and no screen shows them."""
    return [each for each in terminals if not (each.one_shot and each.state == "exited")]


async def _need_main(client: TerminalClient) -> None:
    if not await _has_main(client):
        try:
            await client.open(MAIN)
        except TerminalError:
            if not await _has_main(client):  # else whoever asked at the same time was quicker
                raise


async def _has_main(client: TerminalClient) -> bool:
    return any(terminal.name == MAIN for terminal in await client.list())
