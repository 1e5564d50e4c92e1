"""Commands that hang other agents: each ends, or is told as waiting, and leaves a terminal that works.

`python -m benchmarks.hanging [WORD …]` runs the rows whose command holds one of the words, and tells each.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.figure import Figure, Options
from codepilot.terminal.client import HostOptions, TerminalClient
from codepilot.terminal.protocol import CommandResult, TerminalEvent
from codepilot.tools.typed import key_named

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "corpora" / "hanging"
AT_ONCE = 4
LATE = 1.0
"""Seconds from a program's last output until it is told that it waits."""
_PATIENCE = {"ends": 20.0, "waits": 20.0, "runs": 0.8, "waits or runs": 1.5}
_FREED = 12.0
_REPOSITORY = (
    "git init -q . && git config user.email a@b && git config user.name a && "
    "seq 1 300 > f && git add f && git commit -qm one && seq 1 400 > f && git commit -qam two"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One of the corpus."""

    file: str
    command: str
    expect: str
    status: str = "completed"
    exit_code: int | None = None
    waits_for: str = ""
    free: tuple[dict[str, Any], ...] = ()
    needs: tuple[str, ...] = ()
    setup: str = ""
    git: bool = False

    @property
    def name(self) -> str:
        return f"{self.file}: {self.command[:60]!r}"

    @property
    def missing(self) -> str:
        """The program that is not here; empty if all are."""
        for need in (*self.needs, *(["git"] if self.git else [])):
            here = _FACTS[need]() if need in _FACTS else shutil.which(need) is not None
            if not here:
                return need
        return ""


def _has_account() -> bool:
    """/etc/passwd has a line for us: images are made without one, and `passwd` then ends with an error of its own."""
    lines = Path("/etc/passwd").read_bytes().splitlines()
    return any(line.split(b":")[2:3] == [str(os.getuid()).encode()] for line in lines)


_FACTS: dict[str, Callable[[], bool]] = {"root": lambda: os.getuid() == 0, "account": _has_account}
"""What a row may need that is no program."""


@dataclass(slots=True)
class Outcome:
    """What came of a row."""

    row: Row
    result: CommandResult | None = None
    wrong: str = ""
    wedged: str = ""
    late: float = 0.0
    """Seconds from the last output to the word that it waits."""
    notes: list[str] = field(default_factory=list)


def rows() -> list[Row]:
    """The corpus."""
    found = []
    for path in sorted(CORPUS.glob("*.yaml")):
        for fields in yaml.safe_load(path.read_text(encoding="utf-8")):
            for many in ("free", "needs"):
                fields[many] = tuple(fields.get(many, ()))
            found.append(Row(file=path.stem, **fields))
    return found


async def run(chosen: Sequence[Row], home: Path) -> list[Outcome]:
    """Run rows, a few at once, each in a terminal of its own."""
    (home / ".bashrc").write_text("PS1='$ '\n")
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    client = await TerminalClient.launch(HostOptions(work_dir=home, environment=environment))
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, row: Row) -> Outcome:
        async with gate:
            folder = home / f"row-{number}"
            folder.mkdir()
            return await _Try(client, row, f"t{number}").run(folder)

    try:
        return list(await asyncio.gather(*(one(number, row) for number, row in enumerate(chosen))))
    finally:
        await client.shutdown()


class _Try:
    """One row in one terminal."""

    def __init__(self, client: TerminalClient, row: Row, name: str) -> None:
        self._client = client
        self._row = row
        self._name = name
        self._outcome = Outcome(row)
        self._drawn = self._told = 0.0

    async def run(self, folder: Path) -> Outcome:
        client, row, outcome = self._client, self._row, self._outcome
        forget = client.on_event(self._event)
        try:
            await client.open(self._name, cwd=folder)
            await client.watch(self._name, lambda _: self._draws())
            for setup in (_REPOSITORY if row.git else "", row.setup):
                if setup:
                    await client.execute(self._name, setup, timeout=20)
            began = time.monotonic()
            self._told = 0.0
            outcome.result = await client.execute(self._name, row.command, timeout=_PATIENCE[row.expect])
            if self._told:
                outcome.late = max(0.0, self._told - max(self._drawn, began))
            outcome.wrong = self._judge(outcome.result)
            await self._free(outcome.result)
            await self._check_alive()
        finally:
            forget()
            await client.terminate(self._name)
        return outcome

    def _draws(self) -> None:
        if not self._told:
            self._drawn = time.monotonic()

    def _event(self, event: TerminalEvent) -> None:
        if event.name == self._name and event.kind == "state" and event.state == "waiting" and not self._told:
            self._told = time.monotonic()

    def _judge(self, result: CommandResult) -> str:
        row = self._row
        said = f"{result.status}, exit {result.exit_code}, waits for {result.waits_for!r}, {result.output[-200:]!r}"
        if row.expect == "ends":
            fits = bool(re.fullmatch(row.status, result.status)) and row.exit_code in (None, result.exit_code)
        elif row.expect == "runs":
            fits = result.status == "running"
        elif row.expect == "waits":
            fits = result.status == "waiting" and re.search(row.waits_for, result.waits_for) is not None
        else:
            fits = result.status in ("waiting", "running")
        return "" if fits else said

    async def _free(self, result: CommandResult) -> None:
        client, row = self._client, self._row
        busy = result.status in ("running", "waiting")
        for step in row.free if busy or all("command" in step for step in row.free) else ():
            if "command" in step:
                await client.execute(self._name, step["command"], timeout=_FREED)
            else:
                keys = [key_named(key) for key in step.get("keys", ())]
                text = step.get("text", "").replace("\n", "\r")
                await client.send(self._name, text, keys=keys, timeout=3)
        if busy and not await self._at_prompt(3.0 if row.free else 0.0):
            if row.free:
                self._outcome.notes.append("its key did not free it")
            await client.interrupt(self._name)
            if not await self._at_prompt(_FREED):
                self._outcome.wedged = f"goes on after the ladder: {await self._screen()}"

    async def _check_alive(self) -> None:
        if self._outcome.wedged:
            return
        result = await self._client.execute(self._name, "echo alive", timeout=_FREED)
        # A trap or a background job may have its say as well.
        if result.status != "completed" or "alive" not in result.output.split():
            self._outcome.wedged = f"{result.status}: {result.output!r} {result.note} {await self._screen()}"

    async def _at_prompt(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while True:
            info = next(each for each in await self._client.list() if each.name == self._name)
            if info.state in ("idle", "exited"):
                return True
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(0.05)

    async def _screen(self) -> str:
        return repr("\n".join((await self._client.text(self._name)).rstrip().splitlines()[-4:]))


def measure(options: Options) -> list[Figure]:
    del options
    all_rows = rows()
    chosen = [row for row in all_rows if not row.missing]
    skipped = sorted({row.missing for row in all_rows if row.missing})
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="codepilot-hanging-") as folder:
        outcomes = asyncio.run(run(chosen, Path(folder)))
    wedged = [each.row.name for each in outcomes if each.wedged]
    wrong = [each.row.name for each in outcomes if each.wrong]
    late = [each for each in outcomes if each.row.expect == "waits" and each.late > LATE]
    worst = max((each.late for each in outcomes if each.row.expect == "waits"), default=0.0)
    stubborn = [each.row.name for each in outcomes if each.notes]
    without = f"; {len(all_rows) - len(chosen)} skipped, without {', '.join(skipped)}" if skipped else ""
    return [
        Figure(
            what="commands that hang others, run", value=len(chosen),
            note=f"{time.monotonic() - began:.0f} s{without}",
        ),
        Figure(what="  wedged terminals", value=len(wedged), bar=0, note="; ".join(wedged[:3])),
        Figure(what="  told as waiting after more than 1 s", value=len(late), bar=0, note=f"at most {worst:.2f} s"),
        Figure(what="  told wrongly", value=len(wrong), bar=0, note="; ".join(wrong[:3])),
        Figure(what="  freed by the ladder, not by their key", value=len(stubborn), note="; ".join(stubborn[:3])),
    ]  # fmt: skip


def main() -> int:
    words = sys.argv[1:]
    chosen = [
        row for row in rows() if not row.missing and (not words or any(word in row.name for word in words))
    ]
    with tempfile.TemporaryDirectory(prefix="codepilot-hanging-") as folder:
        outcomes = asyncio.run(run(chosen, Path(folder)))
    for each in outcomes:
        result = each.result
        state = "WEDGED" if each.wedged else "WRONG" if each.wrong else "ok"
        told = "" if result is None else f"{result.status} {result.exit_code} {result.waits_for[:60]!r}"
        print(f"{state:6} {each.late:5.2f}s  {each.row.name:70} {told} {' '.join(each.notes)}")
        for what in (each.wrong, each.wedged):
            if what:
                print(f"         {what[:400]}")
    bad = sum(bool(each.wedged or each.wrong) for each in outcomes)
    print(f"{len(outcomes)} rows, {bad} bad")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
