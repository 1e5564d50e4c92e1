"""What the agent does with a terminal: give commands and input, and get results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from codepilot.errors import TerminalError
from codepilot.terminal.protocol import CommandResult
from codepilot.terminal.session import results
from codepilot.terminal.session.checking import refused
from codepilot.terminal.session.processes import descendants
from codepilot.terminal.session.session import Session
from codepilot.terminal.session.signs import Sign, Watch
from codepilot.terminal.session.state import Command, SessionHost
from codepilot.terminal.session.unmarked import trimmed, whole_line
from codepilot.terminal.session.waiting import QUIET

ABANDONED = "abandoned"
"""A request is cancelled with this when nobody wants its command any more; else a client has merely left."""
START_PATIENCE = 30.0
"""Seconds that a new shell gets to show its prompt: start-up files may load much, on a busy machine."""
PROMPT_PATIENCE = 1.0
"""Seconds that input waits for the prompt after a command ended."""
INTERRUPT_PATIENCE = 0.03
"""Seconds that a command gets to end by the ^C of a request that was abandoned, before its state is told."""
NO_SIGN = Sign()
"""Wait for nothing but the end."""
Told = Callable[[Command | None], None]
"""Told of a command when the shell has it; of None when a program has input."""
_LEAST = 0.5
"""Seconds that a command gets even if the wait for its turn took all of the time (if it may have as much)."""


class _Given(NamedTuple):
    """A command that the shell got."""

    command: Command
    note: str
    """For its result."""
    deadline: float


class Commands:
    """Of one `Session`. Commands given at once take turns."""

    def __init__(self, session: Session, host: SessionHost) -> None:
        self._session = session
        self._host = host
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()

    @property
    def terminal(self) -> str:
        """The name of their terminal."""
        return self._session.name

    async def execute(
        self, text: str, timeout: float, sign: Sign = NO_SIGN, told: Told = lambda command: None
    ) -> CommandResult:
        """Run a command in the shell; wait for its end, a question of its, a sign of it, or for the time to be up."""
        session = self._session
        if session.one_shot:
            raise TerminalError(f"The terminal '{session.name}' runs a single command and takes no others.")
        if "\0" in text:
            return results.of_refusal(session.info, "The command holds a NUL character.")
        watch = Watch(sign, session.changes, session.pid)
        file = None
        if session.shell is not None and not session.process.unmarked:
            file = session.files.write(".sh", text if text.endswith("\n") else text + "\n")
        given: _Given | CommandResult | None = None
        try:
            given = await self._give(text, file, watch, timeout)
        except asyncio.CancelledError as error:
            if error.args != (ABANDONED,):
                raise
            return results.of_withdrawn(session.info)
        finally:
            if file is not None and (not isinstance(given, _Given) or given.command.file is None):
                file.unlink(missing_ok=True)
        if not isinstance(given, _Given):
            return given
        command, note, deadline = given
        told(command)
        least = max(deadline, self._loop.time() + min(timeout, _LEAST))
        try:
            return await self._watched(command, least, watch, note)
        except asyncio.CancelledError as error:
            return await self._stopped(command, error)

    async def _give(
        self, text: str, file: Path | None, watch: Watch, timeout: float
    ) -> _Given | CommandResult:
        """Give the shell a command as soon as it takes one; else say what is in the way."""
        session, deadline = self._session, self._loop.time() + timeout
        if reason := await refused(session, self._host, text, file):
            return results.of_refusal(session.info, reason)
        await watch.look_before()
        try:
            async with asyncio.timeout_at(deadline):
                await self._turn.acquire()
        except TimeoutError:
            return results.of_busy(session.info, session.waits_for)
        try:
            if not await self._may_type(deadline):
                return results.of_busy(session.info, session.waits_for)
            note = session.revive()
            began = self._loop.time()  # a new shell's start takes nothing from the command's own time
            await session.changes.until(lambda: session.state != "starting", began + START_PATIENCE)
            deadline += self._loop.time() - began
            blocked = await self._await_prompt(deadline)
            if blocked is not None:
                return blocked
            if file is None or session.process.unmarked:
                return _Given(session.process.submit(text), note, deadline)
            return _Given(session.process.give(text, file), note, deadline)
        finally:
            self._turn.release()

    async def read(self, timeout: float, sign: Sign = NO_SIGN) -> CommandResult:
        """What no result has shown yet; waits for the end of a running command, a question of its, or a sign of it."""
        session = self._session
        command = session.unreported or session.command
        watch = Watch(sign, session.changes, session.pid)
        deadline = self._loop.time() + timeout
        if command is not None and (command.running or sign):
            return await self._watched(command, deadline, watch, "")
        if sign:
            async with watch.over(session.process.aside):
                await session.changes.until(lambda: watch.seen or session.state == "exited", deadline)
        result = self._report()
        return replace(result, note=" ".join(filter(None, (result.note, watch.note(running=False)))))

    async def finish(self, timeout: float, told: Told) -> CommandResult:
        """As `read`, but a question is not the end: a person may answer it. Abandoned, it stops the command."""
        command = self._session.command
        told(command)
        if command is not None:
            try:
                await self._session.changes.until(lambda: not command.running, self._loop.time() + timeout)
            except asyncio.CancelledError as error:
                return await self._stopped(command, error)
        return self._report()

    async def send(
        self, text: bytes, keys: Sequence[str], timeout: float, told: Told = lambda command: None
    ) -> CommandResult:
        """Give input, then wait until the program has ended, waits again, or the time is up.

        A whole line for a shell at its prompt is a command: it is given as such, so that the line does not get into the
        person's history.

        Args:
            text: what is typed.
            keys: pressed after it: names as the engine has them, or single characters.
            timeout: seconds.
            told: of what the program got.
        """
        session = self._session
        deadline = self._loop.time() + timeout
        if not await self._may_type(deadline):
            return results.of_busy(session.info, session.waits_for)
        before = session.command
        if before is not None and not before.running and not session.process.ready:
            # Between a command's end and the prompt the line would be echoed by the terminal and again by the shell.
            await session.changes.until(
                lambda: session.process.ready or session.state == "exited",
                min(deadline, self._loop.time() + PROMPT_PATIENCE),
            )
        line = whole_line(text, keys)
        if line and session.shell is not None and session.process.takes_commands:
            result = await self.execute(line, deadline - self._loop.time(), told=told)
            if result.status != "refused":
                return result
        aside = session.process.take_aside() if before is None or not before.running else ""
        data = text + b"".join(
            key.encode() if len(key) == 1 else session.encode("key", [key, ""]) for key in keys
        )
        echoed = data if before is not None and before.running and session.process.line.echoes else b""
        session.write(data, by="agent")
        told(None)
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

        await session.changes.until(settled, deadline, every=QUIET)
        result = self._report(aside)
        return replace(result, output=results.without_echo(result.output, echoed))

    async def _may_type(self, deadline: float) -> bool:
        """Wait until the person does not hold the keyboard; says whether it came to that."""
        session = self._session
        return await session.changes.until(
            lambda: session.owner != "person" or session.closed_by is not None or session.lapse(),
            deadline,
            every=QUIET,
        )

    async def _await_prompt(self, deadline: float) -> CommandResult | None:
        """Wait until a command may be given; else say what is in the way."""
        session = self._session

        def free() -> bool:
            if session.state == "exited":
                return True
            ready = session.process.takes_text if session.process.unmarked else session.process.ready
            return ready and (session.owner != "person" or session.lapse())

        if session.process.dropping.gave_up:
            session.process.dropping.begin()
        while True:
            if not await session.changes.until(free, deadline, every=_LEAST):
                keeps_line = session.process.dropping.in_vain
                return results.of_busy(session.info, session.waits_for, keeps_line=keeps_line)
            if session.state == "exited":
                return results.of_dead(session.info, session.closed_by)
            if not session.process.touched:
                return None
            session.process.dropping.begin()

    async def _stopped(self, command: Command, error: asyncio.CancelledError) -> CommandResult:
        """An abandoned request takes its command along, and its last word is how far that came."""
        if error.args != (ABANDONED,):
            raise error
        if command.running:
            self._session.interrupt()
            await self._session.changes.until(
                lambda: not command.running, self._loop.time() + INTERRUPT_PATIENCE
            )
        return self.result(command)

    async def _watched(self, command: Command, deadline: float, watch: Watch, note: str) -> CommandResult:
        """Wait for what ends the wait, and report."""
        session = self._session

        def stands() -> bool:
            """Nothing more comes of it by itself."""
            if not command.running or session.state == "exited":
                return True
            # While the person holds the keyboard, the question is for them.
            return session.state == "waiting" and session.owner != "person"

        async with watch.over(command.capture, session.process.aside):
            await session.changes.until(lambda: stands() or watch.seen, deadline)
            if watch.seen and not stands():
                # The rest of what it says at once belongs to the result, and its end if that follows.
                await session.changes.until(stands, min(deadline, self._loop.time() + QUIET))
            over = watch.seen or command.exit_code != 0 or session.state != "idle"
            if watch.sign and not over and (watch.sign.port or descendants(session.pid)):
                # A server that was sent to the background begins when its command has ended.
                await session.changes.until(lambda: watch.seen or session.command is not command, deadline)
        aside = session.process.take_aside() if watch.sign and not command.running else ""
        result = self.result(command, note=note, aside=aside)
        more = watch.note(running=command.running) if watch.sign else ""
        return replace(result, note=" ".join(filter(None, (result.note, more))))

    def _report(self, aside: str = "") -> CommandResult:
        session = self._session
        # Of its own command the agent is to hear first, also if the person has run others since.
        command = session.unreported or session.command
        if command is not None and (command.running or session.state == "exited"):
            return self.result(command)
        aside += session.process.take_aside()
        if command is not None:
            return self.result(command, aside=aside)
        return results.of_idle(session.info, aside, session.closed_by)

    def result(self, command: Command, *, note: str = "", aside: str = "") -> CommandResult:
        """What came of a command since the last result of it."""
        session = self._session
        if session.unreported is command and not command.running:
            session.reported()
        result = results.of_command(
            session.info,
            command,
            session.shell,
            session.engine,
            now=self._loop.time(),
            waits_for=session.waits_for,
            note=note,
            aside=aside,
            closed_by=session.closed_by,
        )
        if session.process.unmarked and command.source == "given":
            return trimmed(result, command.text, session.process.prompt_row)
        return result
