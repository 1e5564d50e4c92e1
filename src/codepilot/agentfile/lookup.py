"""Which agent file holds."""

from __future__ import annotations

from pathlib import Path

from codepilot import paths
from codepilot.errors import AgentFileNotFound


def find_agent_file(explicit: str | Path | None, directory: str | Path, trusted: bool) -> Path:
    """Which agent file holds: the named one, the folder's if it is trusted, the person's, the shipped one.

    That of a folder that is not trusted is ignored whole.

    Raises:
        AgentFileNotFound: the named one does not exist.
    """
    if explicit:
        try:
            path = paths.expanded(explicit).absolute()
        except ValueError as error:
            raise AgentFileNotFound(f"--agent: {error}.") from None
        if path.exists() and not path.is_file():
            raise AgentFileNotFound(f"{path} is no file.", hint="Name the agent file itself.")
        if not path.is_file():
            raise AgentFileNotFound(
                f"AgentFile not found: {path}", hint="Name another file, or leave --agent out."
            )
        return path
    candidates = [Path(directory).expanduser().absolute() / "agent.yaml"] if trusted else []
    candidates.append(paths.user_agent_file())
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    return paths.packaged_agent_file()
