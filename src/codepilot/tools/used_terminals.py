"""Which terminal the agent last used under each name, so that a later one of the name is not taken for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codepilot.terminal.protocol import CommandResult, Hand, TerminalInfo
from codepilot.values import dataclass

if TYPE_CHECKING:
    from codepilot.terminal.client import TerminalClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is under a name, and what became of the terminal that the agent knew by it."""

    info: TerminalInfo | None
    """The terminal that has the name now."""
    earlier: str = ""
    """Identity of the one that the agent used last under this name, if it is gone."""
    closed_by: Hand | None = None
    """Who closed that one, as far as it is known. Of a name that the agent never used: who closed the last."""

    @property
    def replaced(self) -> bool:
        """The agent knew another terminal by this name."""
        return self.info is not None and bool(self.earlier)


class UsedTerminals:
    """Remembers a terminal for each name, and counts the commands given under it."""

    def __init__(self) -> None:
        self._identities: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        """Of the last command in the terminal that the name stands for."""
        self._folders: dict[int, str] = {}
        """Of a shell, as the agent's last result there has told it. By process: a new shell is told as such."""

    async def look(self, client: TerminalClient, name: str) -> Found:
        """What there is under this name now.

        Raises:
            TerminalError: the host does not answer.
        """
        info = next((info for info in await client.list() if info.name == name), None)
        used = self._identities.get(name, "")
        if info is not None and used in ("", info.identity):
            return Found(info=info)
        return Found(info=info, earlier=used, closed_by=await client.closed_by(name, used))

    def use(self, info: TerminalInfo) -> None:
        """The agent is told of this terminal: from now on its name stands for it."""
        if self._identities.get(info.name) != info.identity:
            self._identities[info.name] = info.identity
            self._numbers.pop(info.name, None)

    def number_of(self, name: str, found: Found) -> int:
        """The number of the command that a look is about: in the closed terminal first, then in the one there is."""
        number = self.number(name)
        if found.info is not None:
            self.use(found.info)
        return number if found.closed_by is not None else self.number(name)

    def count(self, name: str, result: CommandResult) -> int:
        """The number of a command of which this came. One that was not given is counted, and no look is about it."""
        self._counts[name] = number = self._counts.get(name, 0) + 1
        if result.given:
            self._numbers[name] = number
        return number

    def keep(self, result: CommandResult) -> None:
        """The agent is told this: it knows the folder now, unless a command of its own may still change it."""
        if result.status in ("running", "waiting"):
            self._folders.pop(result.pid, None)
        elif result.status in ("completed", "idle"):
            self._folders[result.pid] = result.cwd

    def folder_before(self, info: TerminalInfo | None) -> str:
        """Where the agent takes the shell to be, if somebody else has changed its folder; else empty."""
        known = self._folders.get(info.pid, "") if info is not None else ""
        return known if info is not None and info.cwd != known else ""

    def number(self, name: str) -> int:
        """The number of the last command there; 0 if the agent gave none to this terminal."""
        return self._numbers.get(name, 0)
