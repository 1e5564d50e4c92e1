"""fish: marks through its events and its prompt; commands through a private file that is evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from codepilot.terminal.shell.integration import MarkedShell, script


class Fish(MarkedShell):
    """fish 3.1 or newer."""

    name = "fish"
    hint = "Install fish 3.1 or newer."
    # Bound to a function of ours: fish takes ^C for a signal, which may be seen after keys that were pressed later, and
    # at an empty line nothing comes of it.
    clear = b"\x1d"
    confirms = True

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """One file, read after the person's own configuration."""
        return {"init.fish": script("init.fish", nonce)}

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """Interactive; our file comes after config.fish."""
        return (program, "-i", "--init-command", f"source {_quote(folder / 'init.fish')}")

    def source_line(self, path: Path) -> bytes:
        """Evaluated and not sourced: in a sourced file `exit` would end only the file."""
        return f"\x1c __codepilot_agent {_quote(path)}; builtin eval $__codepilot_command\r".encode()

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """Parsed only, without configuration."""
        return (program, "--no-config", "--no-execute", str(path))

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """A syntax error."""
        if exit_code == 0:
            return ""
        message = re.sub(rf"(?m)^[^\n]*{re.escape(path.name)} \(line (\d+)\)", r"line \1", message)
        message = re.sub(r"\n*warning: Error while reading file [^\n]*", "", message)
        return message.strip() or f"fish --no-execute ended with {exit_code}"

    def clean(self, output: str, path: Path | None) -> str:
        """Nothing of it shows."""
        return output


def _quote(path: Path) -> str:
    """For fish: only the backslash and the quote mean something in single quotes."""
    text = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
