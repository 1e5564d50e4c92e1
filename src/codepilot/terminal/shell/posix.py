"""sh, dash and their like: marks through the prompt, which they expand; commands through a private file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from codepilot.terminal.shell.integration import MarkedShell, script

FAMILY = frozenset({"sh", "dash", "ash", "ksh", "mksh"})
"""Names of shells that read the file named by ENV and expand parameters in PS1, as POSIX has it."""


class Posix(MarkedShell):
    """A shell without hooks. It tells how a command ended with its next prompt, and never that one began.

    Args:
        name: of the program, or its path.
    """

    hint = "Every POSIX system has sh."
    announces = False

    def __init__(self, name: str) -> None:
        super().__init__(name if "/" in name else "")
        self.name = PurePath(name).name

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """One file, in place of the one that ENV names, which it reads."""
        theirs = environment.get("ENV")
        back = "unset ENV" if theirs is None else f"export ENV={shlex.quote(theirs)}"
        return {"env": script("env.sh", nonce).replace("@ENV@", back)}

    def environment(self, environment: Mapping[str, str], folder: Path) -> Mapping[str, str]:
        """ENV names our start-up file."""
        return {**environment, "ENV": str(folder / "env")}

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """Interactive."""
        return (program, "-i")

    def source_line(self, path: Path) -> bytes:
        """Sourced at top level."""
        return f" __codepilot_agent; . {shlex.quote(str(path))}; __codepilot_back\r".encode()

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """``sh -n``."""
        return (program, "-n", str(path))

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """A syntax error."""
        if exit_code == 0:
            return ""
        return message.replace(f"{path}: ", "").strip() or f"{self.name} -n ended with {exit_code}"

    def clean(self, output: str, path: Path | None) -> str:
        """Messages name the shell and not the private file; under `set -x` the sourcing is traced."""
        if path is None:
            return output
        output = re.sub(rf"\A\+ __codepilot_agent\n\+ \. '?{re.escape(str(path))}'?\n", "", output)
        output = re.sub(r"(?:\A|(?<=\n))\+ __codepilot_back\n?\Z", "", output)
        return output.replace(f"{self.name}: {path}: ", f"{self.name}: ").replace(f"{path}: ", "")
