"""Waiting for a sign that a program is ready: words in its output, or a port that it listens on."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from codepilot.clock import TimeLimitReached, time_limit
from codepilot.errors import TerminalError
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.session.state import Changes

_LISTEN = "0A"
_TABLES = ("tcp", "tcp6")
_ANY_OR_LOOPBACK = frozenset(
    {
        "00000000",
        "0100007F",
        "0" * 32,
        "0" * 24 + "01000000",  # ::1
        "0000000000000000FFFF00000100007F",  # 127.0.0.1 in a socket for both
    }
)
"""As the kernel of a little-endian machine prints them."""
_PATIENCE = 0.5


async def listens(port: int, process: int) -> bool:
    """Whether a connection to that port on the loopback device would be taken.

    Args:
        port: 1 to 65535.
        process: whose network is meant; a jail may have one of its own.
    """
    tables = [Path(f"/proc/{process}/net/{name}") for name in _TABLES]
    seen = False
    for table in tables:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        seen = True
        for line in lines:
            fields = line.split(maxsplit=4)
            address, _, number = fields[1].rpartition(":")
            if fields[3] == _LISTEN and int(number, 16) == port and _reachable(address):
                return True
    return False if seen else await _answers(port)


def _reachable(address: str) -> bool:
    return address in _ANY_OR_LOOPBACK or (len(address) == 8 and address.endswith("7F"))


async def _answers(port: int) -> bool:
    """The same where the system has no such table: connect."""
    for host in ("127.0.0.1", "::1"):
        try:
            async with asyncio.timeout(_PATIENCE):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            continue
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True
    return False


MATCH_PATIENCE = 0.25
"""Seconds that one look may take. A pattern can be written so that it never ends, and the host has other work."""
_LONGEST = 500
_SHOWN = 120


class Pattern:
    """A regular expression; a text that does not compile is searched for literally.

    Args:
        text: of one line.

    Raises:
        TerminalError: it is too long, or matches everything.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise TerminalError(f"wait_for is longer than {_LONGEST} characters.")
        self.text = text
        try:
            self._regex = re.compile(text, re.MULTILINE)
        except (re.error, OverflowError, RecursionError):
            self._regex = re.compile(re.escape(text))
        self._plain = text
        self.too_slow = False
        """Matching took too long and was given up."""
        if self._regex.fullmatch(""):
            raise TerminalError(
                "wait_for matches the empty text.", hint="Give words that the program prints."
            )

    def find(self, text: str, old: int = 0) -> str:
        """The line with the first match, shortened; empty if there is none.

        Args:
            text: where to look.
            old: characters at its beginning that were searched before.
        """
        if self.too_slow:
            return ""
        start = text.find(self._plain, max(0, old - len(self._plain) + 1))
        if start < 0:
            try:
                with time_limit(MATCH_PATIENCE):
                    match = next((each for each in self._regex.finditer(text) if each.end() > old), None)
            except TimeLimitReached:
                self.too_slow = True
                return ""
            if match is None:
                return ""
            start = match.end() - len(match[0].lstrip())
        line = text[text.rfind("\n", 0, start) + 1 :].split("\n", 1)[0].strip()
        return line[:_SHOWN] or self.text[:_SHOWN]


_EVERY = 0.1
_SLOWEST = 0.5


@dataclass(frozen=True, slots=True)
class Sign:
    """What to wait for beside the end of a command; both, if both are named."""

    pattern: str = ""
    port: int = 0

    def __bool__(self) -> bool:
        return bool(self.pattern or self.port)


class Watch:
    """Looks for a `Sign` while it is entered.

    Args:
        sign: what to look for.
        changes: beaten when a port answers.
        process: of the terminal, whose network is meant.

    Raises:
        TerminalError: the port or the pattern is not valid.
    """

    def __init__(self, sign: Sign, changes: Changes, process: int) -> None:
        if not 0 <= sign.port <= 65535:
            raise TerminalError(f"{sign.port} is not a port number.")
        self.sign = sign
        self._pattern = Pattern(sign.pattern) if sign.pattern else None
        self._changes = changes
        self._process = process
        self._captures: list[Capture] = []
        self._matched = ""
        self._open = False
        self._was_open = False
        self._task: asyncio.Task[None] | None = None

    async def look_before(self) -> None:
        """Notice a port that is taken before the command begins: then it says nothing about the command."""
        if self.sign.port:
            self._was_open = await listens(self.sign.port, self._process)

    def over(self, *captures: Capture) -> Watch:
        """Look at this output."""
        self._captures = [*captures]
        return self

    async def __aenter__(self) -> Watch:
        if self._pattern is not None:
            for capture in self._captures:
                capture.begin_search()
        if self.sign.port and not self._was_open:
            self._task = asyncio.get_running_loop().create_task(self._watch_port())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for capture in self._captures:
            capture.end_search()
        if self._task is not None:
            self._task.cancel()

    @property
    def seen(self) -> bool:
        """All of the sign was seen. Looks at the output that came since it was asked last."""
        if not self.sign:
            return False
        if self._pattern is not None and not self._matched:
            for capture in self._captures:
                self._matched = self._matched or capture.search(self._pattern.find)
            if not self._matched:
                return False
        return self._open or not self.sign.port

    def note(self, *, running: bool) -> str:
        """What became of it, in a sentence or two."""
        notes = []
        if self._pattern is not None:
            if self._matched:
                notes.append(f"Matched: {self._matched!r}.")
            elif self._pattern.too_slow:
                notes.append(f"The pattern {self.sign.pattern!r} takes too long to match; use plain words.")
            elif running:
                notes.append(f"{self.sign.pattern!r} has not appeared in its output so far.")
            else:
                notes.append(f"It ended without {self.sign.pattern!r} in its output.")
        if self.sign.port:
            if self._open:
                notes.append(f"Port {self.sign.port} accepts connections.")
            elif self._was_open:
                notes.append(f"Something listened on port {self.sign.port} before this command already.")
            else:
                notes.append(f"Nothing listens on port {self.sign.port} so far.")
        return " ".join(notes)

    async def _watch_port(self) -> None:
        pause = _EVERY
        while not await listens(self.sign.port, self._process):
            await asyncio.sleep(pause)
            pause = min(_SLOWEST, pause * 1.1)
        self._open = True
        self._changes.notify()
