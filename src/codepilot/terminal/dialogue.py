"""What the agent does with a terminal: give commands and input, and get results."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from codepilot.errors import TerminalError
from codepilot.terminal import check, reports
from codepilot.terminal.command import Command
from codepilot.terminal.protocol import CommandResult
from codepilot.terminal.services import Services
from codepilot.terminal.session import QUIET, Session

ABANDONED = "abandoned"
"""With this message a request is cancelled when nobody wants its command any more; else a client has merely left."""
PROMPT_PATIENCE = 1.0
"""Seconds that input waits for the prompt after a command ended."""
_LEAST = 0.5
"""Seconds that a command gets even if the wait for its turn took all of the time (if it may have as much)."""


class Dialogue:
    """Over one `Session`. Commands given at once take turns."""

    def __init__(self, session: Session, services: Services) -> None:
        self._session = session
        self._services = services
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()

    async def execute(self, text: str, timeout: float) -> CommandResult:
        """Run a command in the shell; wait for its end, for a question of its, or for the time to be up."""
        session = self._session
        shell = session.shell
        deadline = self._loop.time() + timeout
        if shell is None:
            raise TerminalError(f"the terminal '{session.name}' runs a single program and takes no commands")
        if "\0" in text:
            return reports.of_refusal(session.info, "The command holds a NUL character.")
        file = session.files.write(".sh", text if text.endswith("\n") else text + "\n")
        command: Command | None = None
        try:
            reason = await check.refusal(
                shell,
                session.program,
                file,
                environment=self._services.environment,
                reaper=self._services.reaper,
                umask=self._services.umask,
            )
            if reason:
                return reports.of_refusal(session.info, reason)
            note = session.revive()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._turn.acquire()
            except TimeoutError:
                return reports.of_busy(session.info, session.waits_for)
            try:
                blocked = await self._await_prompt(deadline)
                if blocked is not None:
                    return blocked
                command = session.give(text, file)
            finally:
                self._turn.release()
        finally:
            if command is None:
                file.unlink(missing_ok=True)
        with self._stopping(command):
            await self._await_result(command, max(deadline, self._loop.time() + min(timeout, _LEAST)))
        return self._result(command, note=note)

    async def read(self, timeout: float) -> CommandResult:
        """What no result has shown yet; waits for the end of a running command, or for a question of its."""
        command = self._session.command
        if command is not None and command.running:
            await self._await_result(command, self._loop.time() + timeout)
        return self._report()

    async def finish(self, timeout: float, *, stop_if_abandoned: bool) -> CommandResult:
        """As `read`, but a question is not the end: a person may answer it."""
        command = self._session.command
        if command is not None:
            with self._stopping(command) if stop_if_abandoned else contextlib.nullcontext():
                await self._session.pulse.until(lambda: not command.running, self._loop.time() + timeout)
        return self._report()

    async def send(self, data: bytes, timeout: float) -> CommandResult:
        """Give input, then wait until the program has ended, waits again, or the time is up."""
        session = self._session
        deadline = self._loop.time() + timeout
        before = session.command
        aside = session.take_aside() if before is None or not before.running else ""
        if before is not None and not before.running and not session.prompt_ready:
            # Between a command's end and the prompt the line would be echoed by the terminal and again by the shell.
            await session.pulse.until(
                lambda: session.prompt_ready or session.state == "exited",
                min(deadline, self._loop.time() + PROMPT_PATIENCE),
            )
        session.write(data)
        given = self._loop.time()

        def settled() -> bool:
            if session.state == "exited":
                return True
            command = session.command
            if command is not None and command.running:
                return session.state == "waiting"
            if command is not before:
                return True
            if command is not None and command.ended is not None and command.ended >= given:
                return True
            # At the prompt, and no command came of it.
            return b"\r" not in data and b"\n" not in data and self._loop.time() - given > QUIET

        await session.pulse.until(settled, deadline, every=QUIET)
        return self._report(aside)

    async def _await_prompt(self, deadline: float) -> CommandResult | None:
        """Wait until a command may be given; else say what is in the way."""
        session = self._session

        def free() -> bool:
            return session.state == "exited" or (session.prompt_ready and session.owner != "person")

        while True:
            if not await session.pulse.until(free, deadline):
                return reports.of_busy(session.info, session.waits_for)
            if session.state == "exited":
                return reports.of_dead(session.info)
            if not session.touched:
                return None
            session.clear_prompt()

    @contextlib.contextmanager
    def _stopping(self, command: Command) -> Iterator[None]:
        """An abandoned request takes its command along."""
        try:
            yield
        except asyncio.CancelledError as error:
            if error.args == (ABANDONED,) and command.running:
                self._session.interrupt()
            raise

    async def _await_result(self, command: Command, deadline: float) -> None:
        session = self._session
        await session.pulse.until(
            lambda: not command.running or session.state in ("waiting", "exited"), deadline
        )

    def _report(self, aside: str = "") -> CommandResult:
        session = self._session
        command = session.command
        if command is not None and (command.running or session.state == "exited"):
            return self._result(command)
        aside += session.take_aside()
        return reports.of_idle(session.info, aside) if command is None else self._result(command, aside=aside)

    def _result(self, command: Command, *, note: str = "", aside: str = "") -> CommandResult:
        session = self._session
        return reports.of_command(
            session.info,
            command,
            session.shell,
            session.engine,
            now=self._loop.time(),
            waits_for=session.waits_for,
            note=note,
            aside=aside,
        )
