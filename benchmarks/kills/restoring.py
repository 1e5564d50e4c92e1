"""A rewind of files and conversation that is killed at each operation of the disk, and finished by the next program.

Run as a program, it is one of the three that take part: `work` has an agent change files, `restore` takes that back and
is killed, `finish` does what is left, takes the whole rewind back, and goes back again. Each tells what it saw.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.kills.books import Books
from benchmarks.kills.operations import MOMENTS, Operations
from codepilot import AsyncRuntime
from codepilot.testing import ModelServer

PATIENCE = 120.0
LINES = "".join(f"line {n}\n" for n in range(9))
_SAVED = "saved by the person while no program ran\n"
_AGENT = (
    "write_file('made/deep/new.txt')\nedit_file('both.txt')\nedit_file('clash.txt')\nwrite_file('saved.txt')",
    "run_command('mv old.txt moved.txt; chmod +x run.sh; ln -sfn run.sh link; mkdir was && mv was.txt was/in.txt')",
)
_FILES = """
```text filename=made/deep/new.txt
made by the agent
```

```text filename=both.txt
<<<<<<< SEARCH
line 3
=======
line three
>>>>>>> REPLACE
```

```text filename=clash.txt
<<<<<<< SEARCH
line 3
=======
line three
>>>>>>> REPLACE
```

```text filename=saved.txt
of the agent
```
"""


def _reply(code: str, more: str = "") -> str:
    return f"```codepilot\n{code}\n```\n{more}"


class Folder:
    """A work folder with the state of the program beside it.

    Args:
        place: of both; empty, or as it was left.
    """

    def __init__(self, place: Path) -> None:
        self.place, self.work, self.agent = place, place / "work", place / "agent.yaml"

    def begin(self) -> None:
        """Let the agent work, and the person after it."""
        self.work.mkdir(parents=True)
        for name in ("both.txt", "clash.txt", "old.txt", "run.sh", "was.txt", "saved.txt"):
            (self.work / name).write_text(LINES)
        (self.work / "link").symlink_to("old.txt")
        turns = [_reply(_AGENT[0], _FILES), _reply(_AGENT[1]), "```completion\nDone.\n```\n"]
        with ModelServer(turns) as server:
            self.agent.write_text(
                f"agent:\n  name: K\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            )
            told = self.run("work")
        assert told.returncode == 0, told.stderr
        (self.work / "both.txt").write_text((self.work / "both.txt").read_text() + "of the person\n")
        (self.work / "clash.txt").write_text("of the person\n")

    def run(self, what: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of the programs, to its end."""
        environment = {**os.environ, "CODEPILOT_HOME": str(self.place / "home"), "OPENAI_API_KEY": "none"}
        return subprocess.run(
            [sys.executable, "-m", "benchmarks.kills.restoring", what, str(self.place), *arguments],
            env=environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def files(self) -> dict[str, list[Any]]:
        """All that stands in the work folder: kind and permissions, and what it holds."""
        return {
            path.relative_to(self.work).as_posix(): [
                path.lstat().st_mode,
                os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else "",
            ]
            for path in sorted(self.work.rglob("*"))
        }


def restores(place: Path, *, first: int = 1, stride: int = 1, moments: tuple[str, ...] = MOMENTS) -> Books:
    """A restore for each operation, killed there; every third one is killed once more while it is finished.

    Args:
        place: an empty folder.
        first: the operation with which to begin.
        stride: of the operations, only each n-th.
        moments: of `MOMENTS`.
    """
    books, kept, folder = Books(), place / "kept", Folder(place / "one")
    folder.begin()
    shutil.copytree(folder.place, kept, symlinks=True)
    worked = folder.files()
    told = json.loads(folder.run("restore").stdout)
    target, last = folder.files(), told["operations"]
    wrong = _expected(target)
    books.lost += wrong
    for at in range(first, last + 1, stride):
        for moment in moments:
            shutil.rmtree(folder.place)
            shutil.copytree(kept, folder.place, symlinks=True)
            books.runs += 1
            name = f"restore, {at} of {last}, {moment}"
            killed = folder.run("restore", str(at), moment)
            if killed.returncode != -9:
                if moment != "in the middle":
                    books.unreadable.append(f"{name}: exit {killed.returncode}: {killed.stderr[-300:]}")
                continue
            books.kills += 1
            again = (at,) if at % 3 == 0 else ()
            for problem in _finished(folder, worked, target, killed.stdout, again, save=at % 2 == 0):
                books.lost.append(f"{name}: {problem}")
    return books


def _expected(target: dict[str, list[Any]]) -> list[str]:
    """Whether the restore that nobody kills does what it should."""
    wanted = dict.fromkeys(("old.txt", "run.sh", "was.txt", "saved.txt"), LINES)
    wanted |= {"both.txt": LINES + "of the person\n", "clash.txt": "of the person\n", "link": "old.txt"}
    found = {name: each[1] for name, each in target.items()}
    return [] if found == wanted else [f"restore: {found}"]


def _finished(
    folder: Folder,
    worked: dict[str, list[Any]],
    target: dict[str, list[Any]],
    said: str,
    again: tuple[int, ...],
    *,
    save: bool,
) -> Iterator[str]:
    """What is wrong behind a kill: at once, and when the restore was finished, taken back, and done again."""
    for name, each in folder.files().items():
        if not name.startswith(".codepilot-") and "/.codepilot-" not in name:
            allowed = [files[name] for files in (worked, target) if name in files]
            if each not in allowed and each[1]:
                yield f"{name} is {each}"
    for name in worked.keys() & target.keys():
        if not os.path.lexists(folder.work / name):
            yield f"{name} is gone"
    saved = worked["saved.txt"][0]
    if save:
        (folder.work / "saved.txt").write_text(_SAVED)
        target = {**target, "saved.txt": [saved, _SAVED]}
        worked = {**worked, "saved.txt": [saved, _SAVED]}
    for at in again:
        folder.run("finish", str(at), "before")
    done = folder.run("finish")
    if done.returncode != 0:
        yield f"exit {done.returncode}: {done.stderr[-500:]}"
        return
    told = json.loads(done.stdout)
    if '"finished"' in said and told["rest"] is not None:
        yield "it was told as finished, and is not"
    for what, wanted in (("finished", target), ("back", worked), ("again", target)):
        if told[what] != wanted:
            names = [n for n in {*told[what], *wanted} if told[what].get(n) != wanted.get(n)]
            yield f"{what}: {[(n, told[what].get(n), wanted.get(n)) for n in sorted(names)]}"


async def _program(what: str, place: Path, at: int, moment: str) -> None:
    folder = Folder(place)
    runtime = AsyncRuntime(
        folder.agent, session="journal", session_id="s", work_dir=folder.work, allow=("all",), use_stdin=False
    )
    for event in runtime.hooks.default_events():
        runtime.hooks.clear(event)
    told: dict[str, Any] = {}
    if what == "work":
        await runtime.run("do it")
    elif what == "restore":
        plan = await runtime.plan_restore(1)
        before = (await runtime.prompts()).prompts[0].before
        operations = Operations(at, moment)
        restored = await runtime.apply_restore(plan)
        if at:
            print('"finished"', flush=True)
        await runtime.rewind(before, restore=restored.record)
        told["operations"] = operations.count
    else:
        Operations(at, moment)
        await _finish(runtime, folder, told, only_that=at > 0)
    await runtime.close()
    print(json.dumps(told))


async def _finish(runtime: AsyncRuntime, folder: Folder, told: dict[str, Any], *, only_that: bool) -> None:
    rest = await runtime.unfinished_restore()
    told["rest"] = None if rest is None else [row.path for row in rest.changes]
    if rest is not None:
        await runtime.apply_restore(rest)
    first = _first_restore(runtime) or (await runtime.apply_restore(await runtime.plan_restore(1))).record
    assert await runtime.unfinished_restore() is None
    told["finished"] = folder.files()
    if only_that:
        return
    await runtime.apply_restore(await runtime.plan_restore(record=first))
    told["back"] = folder.files()
    await runtime.apply_restore(await runtime.plan_restore(1))
    told["again"] = folder.files()


def _first_restore(runtime: AsyncRuntime) -> int:
    lines = runtime.session.path.read_bytes().split(b"\n")[:-1]  # behind the last one stands what was torn
    return next((each["n"] for each in map(json.loads, lines) if each["type"] == "restore_started"), 0)


if __name__ == "__main__":
    kind, where, number, when = (*sys.argv[1:], "0", "before")[:4]
    asyncio.run(_program(kind, Path(where), int(number), when))
