"""A program in a real PTY: what it writes, and when."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import ptyprocess

from benchmarks.procs import cpu_seconds
from codepilot_tui.bench.first_times import FIRST_TIMES
from codepilot_tui.widgets.composer import PLACEHOLDER

ROOT = Path(__file__).resolve().parent.parent
SIZE = (40, 120)
READY = PLACEHOLDER[1:]
"""Says that the workbench can be used; the cursor stands on the first letter of it."""
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78])")


def environment(home: str, **more: str) -> dict[str, str]:
    """No surprises: a home of its own, no keys but those given, and nothing that is said for the first time."""
    state = Path(home, "codepilot", "state")
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    (state / "seen.json").write_text(json.dumps([each.name for each in FIRST_TIMES]))
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        "LANG": "C.UTF-8", **kept, "HOME": home, "CODEPILOT_HOME": f"{home}/codepilot", "TERM": "xterm-256color",
        "COLORTERM": "truecolor", "PYTHONPATH": f"{ROOT}/src:{ROOT}", **more,
    }  # fmt: skip


class Screen:
    """One program in a PTY.

    Args:
        argv: the program; after the interpreter of this very environment.
        more: further environment variables.
        home: its home folder; a new one is made where None.
        cwd: where it runs.
        size: lines and columns.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        more: Mapping[str, str] | None = None,
        home: str | None = None,
        cwd: str | None = None,
        size: tuple[int, int] = SIZE,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="codepilot-bench-") if home is None else None
        self.home = home or self._temporary.name  # type: ignore[union-attr]
        self.began = time.perf_counter()
        self._process = ptyprocess.PtyProcess.spawn(
            [sys.executable, *argv],
            env=environment(self.home, **(more or {})),
            dimensions=size,
            cwd=cwd or str(ROOT),
        )
        self.pid: int = self._process.pid
        self.raw = bytearray()
        self.received = 0

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def descriptor(self) -> int:
        """Our end of the PTY."""
        return int(self._process.fd)

    def read(self, seconds: float) -> bytes:
        """What comes within this time, at once when something is there; empty if nothing."""
        if not select.select([self._process.fd], [], [], max(0.0, seconds))[0]:
            return b""
        try:
            data = os.read(self._process.fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            raise RuntimeError(f"the program ended:\n{self.text[-1500:]}")
        self.received += len(data)
        self.raw += data
        del self.raw[: -(1 << 20)]
        return data

    def drain(self, seconds: float) -> int:
        """Read for this long; returns how many bytes came."""
        before, end = self.received, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)
        return self.received - before

    def wait_for(self, words: str, patience: float = 30.0) -> float:
        """Until these words were written; returns the seconds since the program was started."""
        end = time.perf_counter() + patience
        while words not in self.text:
            if time.perf_counter() > end:
                raise TimeoutError(
                    f"{words!r} did not come within {patience:g} s; the screen:\n{self.text[-1500:]}"
                )
            self.read(0.2)
        return time.perf_counter() - self.began

    def wait_for_file(self, path: Path, patience: float = 300.0) -> str:
        """Until the program wrote this file; what stands in it."""
        end = time.perf_counter() + patience
        while not (path.exists() and path.stat().st_size):
            if time.perf_counter() > end:
                raise TimeoutError(
                    f"{path.name} was not written within {patience:g} s; the screen:\n{self.text[-1500:]}"
                )
            self.read(0.02)
        return path.read_text()

    @property
    def text(self) -> str:
        """What it wrote, without the escapes."""
        return _ESCAPES.sub(b"", bytes(self.raw)).decode("utf-8", "replace")

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        return cpu_seconds(self.pid)

    def write(self, data: bytes) -> None:
        """Type."""
        os.write(self._process.fd, data)

    def echo(self, character: str, patience: float = 10.0) -> float:
        """Type a character that stands nowhere else; seconds until it is written."""
        wanted, seen = character.encode(), b""
        began = time.perf_counter()
        self.write(wanted)
        while wanted not in seen:
            if time.perf_counter() - began > patience:
                raise TimeoutError(f"the key {character!r} was not echoed within {patience:g} s")
            seen = seen[-8:] + self.read(0.5)
        return time.perf_counter() - began

    def close(self) -> None:
        """End it: in order if it can, for sure if not."""
        try:
            os.kill(self.pid, signal.SIGTERM)
            end = time.perf_counter() + 10
            while time.perf_counter() < end and self._process.isalive():
                try:
                    self.read(0.05)
                except RuntimeError:
                    break
            if self._process.isalive():
                time.sleep(0.1)
        except ProcessLookupError:
            pass
        self._process.close(force=True)
        if self._temporary is not None:
            self._temporary.cleanup()
