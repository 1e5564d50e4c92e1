"""`create_session`: a backend by its name."""

from __future__ import annotations

from pathlib import Path

from codepilot.errors import UsageError
from codepilot.sessions.base import BaseSession
from codepilot.sessions.file import FileSession
from codepilot.sessions.memory import InMemorySession

BACKENDS = ("memory", "file")


def create_session(
    backend: str = "memory",
    session_id: str = "default",
    agent_name: str = "agent",
    session_dir: Path | str | None = None,
) -> BaseSession:
    """Make a session store.

    Args:
        backend: ``memory`` or ``file``.
        session_id: its name.
        agent_name: noted in the file.
        session_dir: folder of the file backend.

    Raises:
        UsageError: an unknown backend (a ValueError).
    """
    match backend:
        case "memory":
            return InMemorySession(session_id)
        case "file":
            return FileSession(session_id, agent_name, session_dir)
        case _:
            import difflib

            near = difflib.get_close_matches(str(backend), BACKENDS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"Unknown session backend {backend!r}: expected one of {', '.join(BACKENDS)}.{guess}",
                hint="For a store of your own subclass BaseSession, and pass session=YourSession(…).",
            )
