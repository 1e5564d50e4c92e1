"""The host as a child of this process: started with its settings, collected when it ends.

What of this process's environment the host gets, and what the shells in it, is decided here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from codepilot.credentials import is_secret
from codepilot.messages import OnExit
from codepilot.terminal.host.registry import make_folder
from codepilot.terminal.protocol import OnLeave
from codepilot.values import dataclass

IDLE_MINUTES = 30.0
"""Minutes for which a host is kept that nobody is attached to and in which nothing runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """How a host is started."""

    work_dir: Path
    """Where terminals start unless told otherwise."""
    environment: Mapping[str, str] | None = None
    """Of the shells, before secrets are taken out; None: of this process."""
    directory: Path | None = None
    """An empty private folder for socket and files, which no list will show; None: a new one among the others.

    The host removes it when it ends.
    """
    on_exit: OnExit = "end"
    """What the host does when its last client is gone: end with all terminals, or stay.

    `ask`: as the client says when it leaves; one that is killed lets it stay.
    """
    idle_minutes: float = IDLE_MINUTES
    """How long a host stays in which nothing runs."""
    agent: str = ""
    """The agent's name, for lists."""
    session: str = ""
    """The session that the terminals belong to; empty: to whoever works in the folder."""
    prefix: Sequence[str] = ()
    """Stands before each terminal's command line (a jail's launcher)."""


class HostProcess:
    """A host that this process started. A thread of its own collects it, so no other child's end is touched.

    Args:
        options: of the host.
    """

    def __init__(self, options: HostOptions) -> None:
        import shutil
        import tempfile

        self._remove = shutil.rmtree  # `_collect` may run when nothing can be imported any more
        place = make_folder(options.directory)
        environment = os.environ if options.environment is None else options.environment
        self.directory = place.directory
        self.socket, theirs = socket.socketpair()
        settings = {
            "directory": str(self.directory),
            "lock": place.lock,
            "descriptor": theirs.fileno(),
            "work_dir": str(options.work_dir.resolve()),
            "environment": shell_environment(environment),
            "on_exit": options.on_exit,
            "idle": options.idle_minutes * 60,
            "agent": options.agent,
            "session": options.session,
            "prefix": list(options.prefix),
        }
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the host has ended
        root = str(Path(__file__).resolve().parents[3])
        try:
            with theirs:
                # -P: nothing in the folder at hand is taken for a module. A session of its own: what ends the program's
                # process group or closes its terminal does not reach the host.
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "codepilot.terminal.host.server"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=self._log,
                    cwd="/",
                    env=host_environment(os.environ, root),
                    pass_fds=(theirs.fileno(), place.lock),
                    start_new_session=True,
                )
            assert self._process.stdin is not None
            with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
                stdin.write(json.dumps(settings).encode() + b"\n")
        except BaseException:
            self.socket.close()
            self._log.close()
            place.remove()
            raise
        place.close()
        self.socket.setblocking(False)
        self._said = ""
        self._on_exit = options.on_exit
        self._ended = threading.Event()
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._collect, name="codepilot-terminal-host", daemon=True).start()

    def _collect(self) -> None:
        self._process.wait()
        # A host that was killed leaves its folder behind.
        self._remove(self.directory, ignore_errors=True)
        self._log.seek(0)
        self._said = self._log.read(65536).decode("utf-8", "replace")
        self._log.close()
        with self._lock:
            self._ended.set()
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def stays(self, then: OnLeave) -> bool:
        """Whether it is to outlive a program that leaves it with these words; one that is not asked about stays."""
        return (then or self._on_exit) != "end"

    def end(self) -> None:
        """Kill it, without waiting for its end."""
        with self._lock:
            if not self._ended.is_set():
                self._process.kill()

    def kill(self) -> str:
        """End it at once; what it said before."""
        with self._lock:
            if self._ended.is_set():
                return self._said
            self._process.kill()
        self._ended.wait(5)
        return self._said

    async def wait(self, patience: float = 10.0) -> None:
        """Until it has ended; a host that does not is killed."""
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def settle() -> None:
            if not ended.done():
                ended.set_result(None)

        def listener() -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be closed by then
                loop.call_soon_threadsafe(settle)

        with self._lock:
            if self._ended.is_set():
                return
            self._listeners.append(listener)
        try:
            async with asyncio.timeout(patience):
                await asyncio.shield(ended)
        except TimeoutError:
            self._process.kill()
            await ended


_OUTER_TERMINAL = frozenset(
    {"COLUMNS", "LINES", "TERM_SESSION_ID", "TERMCAP", "STY", "WINDOW", "WINDOWID", "VTE_VERSION", "WT_SESSION",
     "WT_PROFILE_ID"}
)  # fmt: skip
_OUTER_TERMINALS = (
    "TERM_PROGRAM", "TMUX", "KITTY_", "WEZTERM_", "ALACRITTY_", "ITERM_", "LC_TERMINAL", "KONSOLE_", "GHOSTTY_",
    "VSCODE_",
)  # fmt: skip
"""Names, and beginnings of names, that describe the person's own terminal, which is not the one that the shell gets."""

_SHELL_START = frozenset({"BASH_ENV", "PROMPT_COMMAND", "PS0", "PS1", "SHLVL", "OLDPWD"})


def shell_environment(base: Mapping[str, str]) -> dict[str, str]:
    """What a shell gets of `base`: no secrets, nothing of ours, nothing about the outer terminal."""
    environment = {
        name: value
        for name, value in base.items()
        if not is_secret(name)
        and not name.startswith("CODEPILOT")
        and name not in _SHELL_START
        and name not in _OUTER_TERMINAL
        and not name.startswith(_OUTER_TERMINALS)
    }
    environment.update(TERM="xterm-256color", COLORTERM="truecolor")
    if not any(environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        environment["LANG"] = "C.UTF-8"
    return environment


def host_environment(base: Mapping[str, str], module_root: str) -> dict[str, str]:
    """What the host process itself gets: enough to run Python, no key. The shells' variables travel apart."""
    kept = (
        "PATH",
        "HOME",
        "USER",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "TMPDIR",
        "SYSTEMROOT",
        "LD_LIBRARY_PATH",
        "CODEPILOT_TERMINAL_ENGINE",
    )
    environment = {name: base[name] for name in kept if name in base}
    environment["PYTHONPATH"] = module_root
    return environment
