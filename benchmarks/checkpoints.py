"""What it costs to know what commands change, in a tree of 500,000 files: on the step path, and beside it."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, Options
from codepilot import events as e
from codepilot.checkpoints.capture import Capture
from codepilot.checkpoints.keeper import FileKeeper
from codepilot.checkpoints.states import WorkFiles
from codepilot.checkpoints.tree import Tree
from codepilot.journal.blobs import store_of
from codepilot.workspace import Workspace

FILES, QUICK = 500_000, 20_000
IN_FOLDER = 8
COMMANDS = 60


def tree(work: Path, many: int) -> None:
    """Files of some lines, in folders of folders, all of them committed."""
    for number in range(0, many, IN_FOLDER):
        at = (
            work
            / f"p{number // 80_000:02}"
            / f"m{number // 800 % 100:02}"
            / f"d{number // IN_FOLDER % 100:02}"
        )
        at.mkdir(parents=True, exist_ok=True)
        for each in range(min(IN_FOLDER, many - number)):
            (at / f"f{each}.py").write_text(f"name = {number + each}\n" * 3)
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    for words in ("init -q", "add -A", "-c user.name=P -c user.email=p -c gc.auto=0 commit -qm one"):
        subprocess.run(["git", *words.split()], cwd=work, env=environment, check=True)


async def one(work: Path, home: Path, told: dict[str, Any]) -> None:
    """One opening: the first look, a command that comes before it is done, many that come later."""
    workspace = Workspace(work)
    files = WorkFiles(workspace)
    store = store_of(work)
    events: list[e.Event] = []
    keeper = FileKeeper(
        files,
        store,
        events.append,
        lambda: Capture(files, store, Tree(workspace, store.folder, lambda: home)),
        lambda: home / "journal.jsonl",
    )
    began = time.monotonic()
    keeper.open()
    lag = asyncio.create_task(_lag(told))
    told["first command waits"] = await _timed(keeper.begin("c0"))
    keeper.end("c0")
    await keeper.settle()
    while not any(isinstance(each, e.CheckpointSeeded) for each in events):
        await asyncio.sleep(0.01)
    told["first look"] = time.monotonic() - began
    lag.cancel()
    (told["seeded"],) = (each for each in events if isinstance(each, e.CheckpointSeeded))
    waits, looks = [], []
    for number in range(1, COMMANDS + 1):
        (work / f"p00/m{number % 20:02}/d00/f0.py").write_text(f"of the person {number}\n")
        waits.append(await _timed(keeper.begin(f"c{number}")))
        for each in range(5):
            (work / f"p00/m{number % 20:02}/d01/f{each}.py").write_text(f"changed {number}\n")
        (work / f"p00/new{number}").mkdir()
        (work / f"p00/new{number}/file.py").write_text("new\n")
        keeper.end(f"c{number}")
        looks.append(await _timed(keeper.settle()))
    told["a command waits"] = sorted(waits)[int(len(waits) * 0.95)]
    told["the look behind it"] = sorted(looks)[int(len(looks) * 0.95)]
    told["missed"] = COMMANDS * 6 - sum(isinstance(each, e.FileChanged) for each in events)
    await keeper.close()


async def _timed(work: Any) -> float:
    began = time.monotonic()
    await work
    return time.monotonic() - began


async def _lag(told: dict[str, Any]) -> None:
    """How late the loop is at worst while the first look goes on beside it."""
    told["loop late"] = 0.0
    while True:
        began = time.monotonic()
        await asyncio.sleep(0.005)
        told["loop late"] = max(told["loop late"], time.monotonic() - began - 0.005)


def measure(options: Options) -> list[Figure]:
    """The tree is made once, and opened twice: the second time what git knows of untracked files is cached, too."""
    many = QUICK if options.quick else FILES
    found: list[Figure] = []
    for watches in ("", "0"):
        with tempfile.TemporaryDirectory(prefix="codepilot-tree-") as folder:
            work = Path(folder, "work")
            work.mkdir()
            tree(work, many)
            os.environ["CODEPILOT_WATCHES"] = watches
            told: dict[str, Any] = {}
            asyncio.run(one(work, Path(folder), told))
        how = f"{many:,} files, {told['seeded'].method}"
        found += [
            Figure(what=f"{how}: a command waits at most, before the first look is done",
                   value=told["first command waits"], unit="s", bar=2.0),
            Figure(what=f"{how}: a command waits, p95 of {COMMANDS}", value=told["a command waits"] * 1000, unit="ms",
                   bar=50.0 if told["seeded"].method == "watch" else None),
            Figure(what=f"{how}: changes that were missed", value=told["missed"], bar=0),
            Figure(what=f"{how}: first look, beside it all", value=told["first look"], unit="s"),
            Figure(what=f"{how}: the look after a command, beside the model, p95",
                   value=told["the look behind it"] * 1000, unit="ms"),
            Figure(what=f"{how}: the loop is late at worst meanwhile", value=told["loop late"] * 1000, unit="ms"),
        ]  # fmt: skip
        if not options.quick:
            break
    os.environ.pop("CODEPILOT_WATCHES", None)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    for figure in measure(Options(quick=parser.parse_args().quick)):
        print(f"{figure.what}: {figure.value:.3g} {figure.unit} (bar {figure.bar})")
