"""How the process of a terminal is started: its command line, its environment, and what a shell reads first."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from codepilot.terminal.session.capture import SessionFiles
from codepilot.terminal.shell.integration import Shell


class Start:
    """Of one process.

    Args:
        shell: to be given our integration; None: `argv` as it is.
        program: path of the shell.
        argv: where there is no shell.
        environment: of the process, but for what the integration adds.
        files: take the shell's start-up files.
    """

    def __init__(
        self,
        shell: Shell | None,
        program: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        files: SessionFiles,
    ) -> None:
        self.nonce = secrets.token_hex(16)
        """By which the shell's marks are known as its own."""
        self.argv, self.environment = argv, environment
        self._folder: Path | None = None
        if shell is not None:
            self._folder = files.folder(".rc", shell.start_files(self.nonce, environment))
            self.environment = shell.environment(environment, self._folder)
            self.argv = shell.argv(program, self._folder)

    def remove_files(self) -> None:
        """The shell has read them, or never will."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None
