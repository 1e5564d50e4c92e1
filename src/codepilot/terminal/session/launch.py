"""How a terminal's process is started: what the terminal has, and what the process is given."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codepilot.terminal.session.display import Display
from codepilot.terminal.session.files import SessionFiles
from codepilot.terminal.session.ownership import Keyboard
from codepilot.terminal.session.state import Spec, TerminalState
from codepilot.terminal.shell.integration import Shell
from codepilot.terminal.shell.shells import AGENT

IDENTITY = "TERM_SESSION_ID"
"""The variable by which a program can tell one terminal from another; by it what left the terminal is found again."""


@dataclass(frozen=True, slots=True, eq=False)
class Terminal:
    """What a terminal has, whatever process is on it."""

    spec: Spec
    shell: Shell | None
    """None: a program without marks, which is itself the command."""
    state: TerminalState
    keyboard: Keyboard
    display: Display
    files: SessionFiles
    """For commands on their way, and for what they write."""


class Start:
    """How the process is started: its command line, its environment, and what a shell reads first.

    Args:
        terminal: it is to run on.
        environment: of all terminals.

    Raises:
        TerminalError: the shell is not there.
    """

    def __init__(self, terminal: Terminal, environment: Mapping[str, str]) -> None:
        self.program = ""
        self.nonce = secrets.token_hex(16)
        """By which the shell's marks are known as its own."""
        self.argv: Sequence[str] = terminal.spec.argv
        self._folder: Path | None = None
        shell = terminal.shell
        self.environment: Mapping[str, str] = {**environment, IDENTITY: terminal.state.identity}
        if shell is None:
            # A shell is the person's too: there the agent's variables come and go with its commands.
            self.environment = {**self.environment, **AGENT}
            return
        self.program = shell.find(environment)
        self._folder = terminal.files.folder(".rc", shell.start_files(self.nonce, environment))
        self.environment = shell.environment(self.environment, self._folder)
        self.argv = shell.argv(self.program, self._folder)

    def remove_files(self) -> None:
        """The shell has read them, or never will."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None
