"""How each shell is started, marked and given commands. bash is here; zsh and fish take the same Protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from codepilot.errors import TerminalError
from codepilot.terminal.shell.bash import Bash


class Shell(Protocol):
    """What the host needs of a shell."""

    name: str

    def start_file(self, nonce: str) -> str:
        """The text of the start-up file that installs the marks."""
        ...

    def argv(self, program: str, start_file: Path) -> Sequence[str]:
        """The command line of an interactive shell that reads `start_file`."""
        ...

    def source_line(self, path: Path) -> bytes:
        """What is typed at the prompt to run the file at `path`, Enter included."""
        ...

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """A command line that parses the file at `path` without running it."""
        ...

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """Why the parsed file may not run, from what the check said; empty if it may."""
        ...

    def clean(self, output: str, path: Path | None) -> str:
        """A command's output without traces of how it was given to the shell."""
        ...

    def find(self, environment: Mapping[str, str]) -> str:
        """The path of the program."""
        ...


def shell_named(name: str) -> Shell:
    """The integration of that name.

    Raises:
        TerminalError: there is none.
    """
    if name == "bash":
        return Bash()
    raise TerminalError(f"no integration for the shell {name!r}", hint="Use bash.")
