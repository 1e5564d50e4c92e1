"""A person at a terminal, for tests: a program in a real PTY, our own engine as its screen, keys in, words awaited.

Nothing here sleeps: each wait reads the PTY (or asks the kernel about a process) until what was awaited is there, and
fails with the screen as it stands when the guard is up.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pexpect

from codepilot.terminal.engines import new_engine
from codepilot_tui.bench.first_times import FIRST_TIMES

READY = re.compile(r"^.*(\?|asks you)( .*)? ready\b|\bready ·", re.M)
"""The first row of a question whose keys answer."""
GUARD = 60.0
"""Seconds after which a wait is taken for a hang."""
TUI = [sys.executable, "-m", "codepilot_tui"]
MODES = {
    "alternate screen": b"1049",
    "mouse clicks": b"1000",
    "mouse motion": b"1003",
    "mouse SGR": b"1006",
    "focus": b"1004",
    "bracketed paste": b"2004",
}
"""DEC private modes that a full-screen program turns on and has to turn off again."""

Wanted = str | re.Pattern[str] | Callable[[str], object]


class Bench:
    """One program in a PTY.

    Args:
        argv: what to run.
        columns: of the screen.
        lines: of the screen.
        cwd: where.
        environment: all of it.
        temporary: what stands for /tmp, looked at in the end.
        hosts: where terminal hosts have their folders, looked at in the end.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int,
        lines: int,
        cwd: Path,
        environment: Mapping[str, str],
        temporary: Path | None = None,
        hosts: Path | None = None,
    ) -> None:
        self.raw = bytearray()
        self.temporary = temporary
        self.hosts = hosts
        self._engine = new_engine(columns, lines)
        self._child = pexpect.spawn(
            argv[0],
            list(argv[1:]),
            cwd=str(cwd),
            env=dict(environment),  # type: ignore[arg-type]
            dimensions=(lines, columns),
            timeout=None,
        )
        self._child.delaybeforesend = None
        self._closed = False
        self.pid: int = self._child.pid
        self._seen: dict[int, str] = {self.pid: _born(self.pid)}
        self.columns, self.lines = columns, lines

    # -- the screen ------------------------------------------------------------------------------------------------

    def screen_text(self) -> str:
        """What stands on the screen."""
        return self._engine.text()

    def flat(self) -> str:
        """The screen with all white space as single blanks, for words that may be wrapped."""
        return " ".join(self.screen_text().split())

    def pump(self, patience: float = 0.05) -> bool:
        """Read what the program wrote, waiting for it that long; False at its end."""
        if self._closed:
            return False
        ready, _, _ = select.select([self._child.child_fd], [], [], patience)
        if not ready:
            return True
        try:
            data = os.read(self._child.child_fd, 65536)
        except OSError:  # EIO: the other side is closed
            data = b""
        if not data:
            self._closed = True
            return False
        self.raw += data
        self._engine.feed(data)
        answers = self._engine.take_replies()
        if answers:
            self._write(answers)
        return True

    def wait_for(self, wanted: Wanted, *, guard: float = GUARD) -> str:
        """Read until the screen shows a text (white space does not count), fits a pattern, or a predicate holds."""
        return self._until(lambda: _holds(wanted, self), f"{wanted!r} did not come", guard)

    def wait_for_terminal(self) -> str:
        """Read until a terminal is there: in its column, as a row at the chat's foot, or as a tab."""
        return self.wait_for(re.compile(r"free|terminal ○"))

    def wait_gone(self, unwanted: str | re.Pattern[str], *, guard: float = GUARD) -> str:
        """Read until the screen no longer shows it."""
        return self._until(lambda: not _holds(unwanted, self), f"{unwanted!r} did not go", guard)

    def wait_until(self, condition: Callable[[], object], what: str = "", *, guard: float = GUARD) -> None:
        """Read until something outside the screen is so."""
        self._until(condition, what or "the condition did not come about", guard)

    def _until(self, holds: Callable[[], object], what: str, guard: float) -> str:
        end = time.monotonic() + guard
        while True:
            # Half a frame is no screen: it may show the next question above the foot of the last one.
            if not self._drawing() and holds():
                return self.screen_text()
            alive = self.pump()
            if not alive and not holds():
                raise AssertionError(f"{what}: the program ended\n{self.screen_text()}\n{self.tail()}")
            if time.monotonic() > end:
                raise AssertionError(f"{what}\n{self.screen_text()}")

    def _drawing(self) -> bool:
        """Whether the program is between the marks of a frame (mode 2026)."""
        return self.raw.rfind(b"\x1b[?2026h") > self.raw.rfind(b"\x1b[?2026l")

    def tail(self, count: int = 600) -> str:
        """The last bytes, readable."""
        return repr(bytes(self.raw[-count:]))

    # -- the person ------------------------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Type characters, as fast as they go."""
        self._write(text.encode())

    def press(self, *keys: str) -> None:
        """Press named keys: `enter`, `escape`, `ctrl+x`, `f6`, `up`, a letter."""
        for key in keys:
            data = key.encode() if len(key) == 1 else self._engine.encode_key(key)
            assert data, f"the engine has no bytes for {key}"
            self._write(data)

    def paste(self, text: str) -> None:
        """Paste, bracketed if it was asked for."""
        self._write(self._engine.encode_paste(text))

    def mouse(self, action: str, button: int, x: int, y: int, *modifiers: str) -> None:
        """A mouse event at a cell counted from 0: `press`, `release`, `move`; buttons 1 to 3, 4 and 5 are the wheel."""
        self._write(self._engine.encode_mouse(action, button, x, y, modifiers))

    def say(self, text: str) -> None:
        """Type into the composer and send."""
        self.type(text)
        self.press("enter")

    def answer(self, key: str, heading: str = "Run this command?") -> None:
        """Wait for a question with these words to be ready, then press its key."""
        self.ready(heading)
        self.press(key)

    def ready(self, heading: str) -> None:
        """Wait until a question is open and its keys are not deaf any more."""
        self.wait_for(lambda _: _holds(heading, self) and _holds(READY, self))

    def resize(self, columns: int, lines: int) -> None:
        """Change the window's size."""
        self._engine.resize(columns, lines)
        self._child.setwinsize(lines, columns)
        self.columns, self.lines = columns, lines
        # A program that asked for it (mode 2048) is told in the stream, and a quiet one would give no occasion later.
        if answers := self._engine.take_replies():
            self._write(answers)

    def _write(self, data: bytes) -> None:
        while data:
            ready, writable, _ = select.select([self._child.child_fd], [self._child.child_fd], [], GUARD)
            if writable:
                data = data[os.write(self._child.child_fd, data) :]
            elif ready:
                if not self.pump():
                    raise AssertionError(f"the program ended before the keys\n{self.screen_text()}")
            else:
                raise AssertionError("the program reads no keys")

    # -- its end ---------------------------------------------------------------------------------------------------

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        self.note_processes()
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed does."""
        self.note_processes()
        self._child.ptyproc.fileobj.close()
        self._closed = True

    def wait_end(self, *, guard: float = GUARD) -> int:
        """Read to the end; the exit code, negative for a signal."""
        end = time.monotonic() + guard
        while not self._closed:
            self.note_processes()
            self.pump()
            if time.monotonic() > end:
                raise AssertionError(f"the program did not end\n{self.screen_text()}")
        return self.collect(guard=guard)

    def collect(self, *, guard: float = GUARD) -> int:
        """Wait for the process itself; the exit code, negative for a signal."""
        end = time.monotonic() + guard
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._child.terminated = True
                return os.waitstatus_to_exitcode(status)
            select.select([], [], [], 0.02)
        raise AssertionError(f"process {self.pid} does not end\n{self.screen_text()}")

    @staticmethod
    def now() -> float:
        """Seconds on a clock that only goes on."""
        return time.monotonic()

    def note_processes(self) -> dict[int, str]:
        """Remember every process below the program, to be asked for after its end; number → command line."""
        found = {pid: command_line(pid) for pid in descendants(self.pid)}
        for pid in found:
            self._seen.setdefault(pid, _born(pid))
        return found

    def find_process(self, part: str) -> int:
        """The youngest process below the program whose command line holds the part."""
        found = [pid for pid, command in self.note_processes().items() if part in command]
        assert found, f"no process {part!r} among {self.note_processes()}"
        return max(found)

    def assert_nothing_left(self, *, guard: float = 10.0) -> None:
        """No process of it lives on, no temporary folder, and no folder of a terminal host."""
        end = time.monotonic() + guard
        while True:
            left = {pid: command_line(pid) for pid, born in self._seen.items() if _born(pid) == born and born}
            folders = sorted(self.temporary.glob("codepilot*")) if self.temporary is not None else []
            if self.hosts is not None:
                folders += sorted(self.hosts.glob("[!.]*"))
            if not left and not folders:
                return
            if time.monotonic() > end:
                raise AssertionError(f"left behind: processes {left}, folders {folders}")
            select.select([], [], [], 0.02)

    def assert_clean_terminal(self) -> None:
        """Every mode that was turned on is off again, and the cursor shows."""
        assert not stuck_modes(bytes(self.raw)), f"left on: {stuck_modes(bytes(self.raw))}: {self.tail()}"

    def close(self) -> None:
        """End whatever is left of it."""
        self.note_processes()
        for pid, born in self._seen.items():
            if born and _born(pid) == born:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        process = self._child.ptyproc
        process.fileobj.close()
        self._child.closed = process.closed = True  # else pexpect would close the number a second time
        self._child.child_fd = process.fd = -1
        self._engine.close()


def _holds(wanted: Wanted, bench: Bench) -> object:
    if isinstance(wanted, str):
        text = bench.screen_text()
        return wanted in text or " ".join(wanted.split()) in " ".join(text.split())
    if isinstance(wanted, re.Pattern):
        return wanted.search(bench.screen_text())
    return wanted(bench.screen_text())


def stuck_modes(raw: bytes) -> list[str]:
    """Names of the modes that a stream of bytes turned on and not off."""
    stuck = []
    for name, number in MODES.items():
        state = b"l"
        for match in re.finditer(rb"\x1b\[\?([\d;]+)([hl])", raw):
            if number in match[1].split(b";"):
                state = match[2]
        if state == b"h":
            stuck.append(name)
    cursor = [match[1] for match in re.finditer(rb"\x1b\[\?25([hl])", raw)]
    if cursor and cursor[-1] == b"l":
        stuck.append("cursor hidden")
    pushed = len(re.findall(rb"\x1b\[>\d*u", raw)) - len(re.findall(rb"\x1b\[<\d*u", raw))
    if pushed > 0:
        stuck.append("kitty keyboard")
    return stuck


# -- processes ---------------------------------------------------------------------------------------------------------


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _born(pid: int) -> str:
    """What tells a process from a later one of the same number; empty if it is gone or only waits to be collected."""
    fields = _stat(pid)
    return "" if not fields or fields[0] == "Z" else fields[19]


def alive(pid: int) -> bool:
    """The process runs."""
    return bool(_born(pid))


def command_line(pid: int) -> str:
    """As `ps` shows it."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """All processes below one, those in other sessions too."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            fields = _stat(int(folder.name))
            if fields and fields[0] != "Z":
                parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, queue = [], [pid]
    while queue:
        for child in parents.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


# -- files ---------------------------------------------------------------------------------------------------------------


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder with its text, but what Python and git keep for themselves."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"__pycache__", ".git"} & set(path.relative_to(folder).parts)
    }


# -- a place to start in ---------------------------------------------------------------------------------------------------


@dataclass
class Place:
    """Folders and variables of one test: nothing of the machine's own user is seen or touched."""

    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="cpe-")))
    """Short, because sockets live below it."""

    def __post_init__(self) -> None:
        for folder in (self.home, self.temporary, self.project):
            folder.mkdir()
        # What the status line says once was said, but in the test that is about it.
        self.seen.parent.mkdir(parents=True, mode=0o700)
        self.seen.parent.parent.chmod(0o700)
        self.seen.write_text(json.dumps([each.name for each in FIRST_TIMES]))
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "CODEPILOT_HOME": str(self.home / "cp"),
            "TMPDIR": str(self.temporary),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @property
    def home(self) -> Path:
        """The person's home."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """What stands for /tmp."""
        return self.root / "tmp"

    @property
    def project(self) -> Path:
        """The work folder."""
        return self.root / "project"

    @property
    def hosts(self) -> Path:
        """Where the terminal hosts have their folders."""
        return self.home / "cp" / "run"

    @property
    def seen(self) -> Path:
        """The file of what the status line said once."""
        return self.home / "cp" / "state" / "seen.json"

    @property
    def log(self) -> Path:
        """The program's log file."""
        return self.home / "cp" / "state" / "codepilot.log"

    def agent_file(self, url: str, wire: str = "openai", **model: str) -> Path:
        """An agent file, outside of the work folder, whose model is at an address."""
        lines = [
            f"    {name}: {value}\n"
            for name, value in {"provider": wire, "name": "scripted", **model}.items()
        ]
        path = self.root / "agent.yaml"
        path.write_text(f"agent:\n  name: Mender\n  model:\n    base_url: {url}\n" + "".join(lines))
        return path

    def start(self, argv: Sequence[str], columns: int = 160, lines: int = 48, **variables: str) -> Bench:
        """Run a program in a PTY here."""
        return Bench(
            argv,
            columns=columns,
            lines=lines,
            cwd=self.project,
            environment={**self.variables, **variables},
            temporary=self.temporary,
            hosts=self.hosts,
        )

    def remove(self) -> None:
        """Delete it all."""
        shutil.rmtree(self.root, ignore_errors=True)


class ModelProcess:
    """`codepilot.testing.model_server` as a process of its own, which can be killed and started again on its port."""

    def __init__(self, script: Path, port: int = 0) -> None:
        source = str(Path(__file__).parents[2] / "src")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "codepilot.testing.model_server",
                str(script),
                "--port",
                str(port),
                "--print-url",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": source},
        )
        assert self._process.stdout is not None
        self.openai_url = self._process.stdout.readline().strip()
        self.anthropic_url = self._process.stdout.readline().strip()
        self.port = int(self.anthropic_url.rpartition(":")[2])

    def kill(self) -> None:
        """At once, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> ModelProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
