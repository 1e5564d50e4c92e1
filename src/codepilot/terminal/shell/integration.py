"""What the host needs of a shell, and what all of them share."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from codepilot.errors import TerminalError
from codepilot.terminal.shell.environment import AGENT


class Shell(Protocol):
    """What the host needs of a shell."""

    name: str
    announces: bool
    """It marks where a command's output begins (C); else that is the end of the line that we typed."""
    clear: bytes
    """What is typed to have a half-typed line dropped; a mark that the prompt stands comes of it."""
    confirms: bool
    """A mark of its own says so (K), in its order among those of lines typed before."""

    def find(self, environment: Mapping[str, str]) -> str:
        """The path of the program.

        Raises:
            TerminalError: it is not there.
        """
        ...

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Names and texts of the start-up files that install the marks, for a private folder of their own."""
        ...

    def environment(self, environment: Mapping[str, str], folder: Path) -> Mapping[str, str]:
        """All variables that the shell is started with."""
        ...

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """The command line of an interactive shell that reads the start-up files in `folder`."""
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


class MarkedShell:
    """What the shells that we integrate do alike; each adds the rest of `Shell`.

    Args:
        place: path of the program; empty: the first of its name on PATH.
    """

    name: str
    hint: str
    """What to do if it is missing."""
    announces = True
    clear = b"\x03"
    confirms = False

    def __init__(self, place: str = "") -> None:
        self._place = place

    def find(self, environment: Mapping[str, str]) -> str:
        """The program, on the shell's own PATH.

        Raises:
            TerminalError: it is not there.
        """
        program = shutil.which(self._place or self.name, path=environment.get("PATH"))
        if program is None:
            where = (
                f"there is no program {self._place}" if self._place else f"{self.name} was not found on PATH"
            )
            raise TerminalError(where, hint=self.hint)
        return program

    def environment(self, environment: Mapping[str, str], folder: Path) -> Mapping[str, str]:
        """As they are."""
        return environment


def script(name: str, nonce: str) -> str:
    """One of the scripts beside this module, with the nonce and the variables of the agent's commands put in."""
    variables = " ".join(f"{name}={value}" for name, value in AGENT.items())
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return text.replace("@NONCE@", nonce).replace("@AGENT@", variables)
