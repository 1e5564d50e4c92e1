"""What the loop asks of those who keep what calls change."""

from __future__ import annotations

from typing import Protocol

from codepilot.messages import KeptFile, keep_nothing


class Checkpoints(Protocol):
    """Finds and keeps what calls change, so that it can be undone."""

    async def keep(self, path: str, before: bytes | None, after: bytes) -> KeptFile:
        """See `Keep`. Never raises: what cannot be kept is told once."""
        ...

    def open(self) -> None:
        """A task begins."""
        ...

    async def begin(self, call_id: str) -> None:
        """A call is about to do what nobody can foresee: know how the files are now, as far as that is quick."""
        ...

    def end(self, call_id: str) -> None:
        """That call is over: look in the background at what it changed. Of other calls nothing happens."""
        ...

    async def settle(self) -> None:
        """Return when all that was changed is told."""
        ...

    async def close(self) -> None:
        """No task follows."""
        ...


class NoCheckpoints:
    """For sessions in which nothing can be undone."""

    async def keep(self, path: str, before: bytes | None, after: bytes) -> KeptFile:
        """Keep nothing."""
        return await keep_nothing(path, before, after)

    def open(self) -> None:
        """Do nothing."""

    async def begin(self, call_id: str) -> None:
        """Do nothing."""

    def end(self, call_id: str) -> None:
        """Do nothing."""

    async def settle(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
