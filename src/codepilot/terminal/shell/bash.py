"""bash: marks through PS0, PS1 and PROMPT_COMMAND; commands through a private file that is sourced."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from codepilot.terminal.shell.integration import MarkedShell, script

_OPEN_HEREDOC = re.compile(r"here-document at line \d+ delimited by end-of-file")


class Bash(MarkedShell):
    """bash 4.4 or newer (PS0)."""

    name = "bash"
    hint = "Install bash 4.4 or newer."

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """One file, in place of ~/.bashrc."""
        return {"bashrc": script("bashrc.bash", nonce)}

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """Interactive, with our start-up file in place of ~/.bashrc, which it reads itself."""
        return (program, "--rcfile", str(folder / "bashrc"), "-i")

    def source_line(self, path: Path) -> bytes:
        """Sourced at top level, so that `declare`, `cd`, `set` and `exit` mean what they mean when typed."""
        return f" __codepilot_agent; . {shlex.quote(str(path))}\r".encode()

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """``bash -n``, with extended globs known as in the interactive shell."""
        return (program, "--norc", "-O", "extglob", "-n", str(path))

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """A syntax error, or a here-document whose end is missing (bash only warns of it)."""
        message = message.replace(f"{path}: ", "").strip()
        if exit_code == 0 and not _OPEN_HEREDOC.search(message):
            return ""
        return message or f"bash -n ended with {exit_code}"

    def clean(self, output: str, path: Path | None) -> str:
        """Under `set -x` the shell also traces the sourcing and our prompt function: take those lines out."""
        if "+ " not in output:
            return output
        if path is not None:
            output = re.sub(rf"\A\++ __codepilot_agent\n\++ \. '?{re.escape(str(path))}'?\n", "", output)
        return re.sub(r"(?:\A|(?<=\n))\++ __codepilot_\w+\n?\Z", "", output)
