"""Random walks: tools, commands and a person change a folder, then it is brought back to some step, and forth again.

What has to hold: where nobody else had a hand in it, the folder is what it was at that step, to the byte and the
permission; where somebody had, what is only theirs is as they left it; and undoing the restore gives every byte back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import stat
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.figure import Figure, Options
from codepilot import events as e
from codepilot.checkpoints.capture import Capture
from codepilot.checkpoints.keeper import FileKeeper
from codepilot.checkpoints.known import Limit
from codepilot.checkpoints.states import WorkFiles
from codepilot.checkpoints.telling import change_of
from codepilot.checkpoints.tree import Tree
from codepilot.journal.blobs import store_of
from codepilot.loop.conversation import Conversation
from codepilot.runtime.opening import opened_by
from codepilot.runtime.recording import Recorder
from codepilot.runtime.rewinding import Rewinding
from codepilot.secrets import book_of
from codepilot.sessions.journal import JournalSession
from codepilot.workspace import Workspace

STEPS = 20
NAMES = (
    "a.txt",
    "b.txt",
    "src/app.py",
    "src/deep/core.py",
    "docs/read.md",
    "new/x.txt",
    "new/y/z.txt",
    "data.bin",
)
FOLDERS = ("src", "docs", "new", "src/deep", "new/y", "moved")
Snapshot = dict[str, tuple[int, bytes]]


def snapshot(folder: Path) -> Snapshot:
    """All files and links but git's own and the ignored ones."""
    found: Snapshot = {}
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git" and not Path(at, name).is_symlink()]
        for name in {*files, *(each for each in os.listdir(at) if Path(at, each).is_symlink())}:
            path = Path(at, name)
            status = path.lstat()
            data = os.readlink(path).encode() if stat.S_ISLNK(status.st_mode) else path.read_bytes()
            found[path.relative_to(folder).as_posix()] = (status.st_mode, data)
    return {path: each for path, each in found.items() if not path.endswith(".log")}


class Blind(Capture):
    """A known fault that the walks have to find: what others changed is not looked at before a command."""

    def absorb(self, limit: Limit) -> None:
        """Look at nothing."""


class Early(FileKeeper):
    """Another: the look behind a command comes before it is done."""

    async def begin(self, call_id: str) -> None:
        """Look, and forget that this call changes anything."""
        await super().begin(call_id)
        self.end(call_id)
        await self.settle()


FAULTS: dict[str, tuple[type[Capture], type[FileKeeper]]] = {
    "blind": (Blind, FileKeeper),
    "early": (Capture, Early),
}
NO_FAULT = (Capture, FileKeeper)


class Walk:
    """One folder and one session.

    Args:
        folder: for both; empty.
        seed: of the dice.
        git: the folder is a repository, and some of its files are committed.
        person: somebody else changes files, too.
        parts: what finds and keeps the changes.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        *,
        git: bool,
        person: bool,
        parts: tuple[type[Capture], type[FileKeeper]] = NO_FAULT,
    ) -> None:
        capture, keeper = parts
        self.dice = random.Random(seed)
        self.work = folder / "work"
        self.work.mkdir()
        self.person = person
        self._fill(git)
        self.session = JournalSession("walk", session_dir=folder / "sessions", work_dir=self.work)
        self.workspace = Workspace(self.work)
        files = WorkFiles(self.workspace)
        self.store = store_of(files.root)
        self.recorder = Recorder(
            self.session,
            Conversation(),
            lambda event: self.publish(event),
            lambda: opened_by("walk", "m", None),
            book_of({}, ()),
            dict,
        )
        self.keeper = keeper(
            files,
            self.store,
            self.publish,
            lambda: capture(
                files, self.store, Tree(self.workspace, self.store.folder, lambda: self.session.path.parent)
            ),
            lambda: self.session.path,
        )
        self.rewinding = Rewinding(self.session, self.recorder, self.workspace)
        self.events: list[e.Event] = []
        self.starts: list[tuple[int, Snapshot]] = []
        self.persons: dict[str, tuple[int, bytes] | None] = {}
        """Files that only the person touched, as they left them."""
        self.agents: set[str] = set()
        self._calls = 0

    def _fill(self, git: bool) -> None:
        for name in NAMES[:5]:
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{name} {line}\n" for line in range(12)))
        (self.work / ".gitignore").write_text("*.log\n")
        if git:
            environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
            for words in (
                "init -q",
                "add a.txt src .gitignore",
                "-c user.name=P -c user.email=p commit -qm one",
            ):
                subprocess.run(["git", *words.split()], cwd=self.work, env=environment, check=True)

    def publish(self, event: e.Event) -> int:
        self.events.append(event)
        return self.recorder.take(event)

    # -- what is done ------------------------------------------------------------------------------------------

    async def go(self, steps: int = STEPS) -> None:
        """Walk."""
        self.publish(e.TaskStarted(task="walk", number=1))
        self.keeper.open()
        for step in range(1, steps + 1):
            await self.keeper.settle()
            if self.person and self.dice.random() < 0.5:
                self._person()
            number = self.publish(e.StepStarted(step=step, max_steps=steps))
            self.starts.append((number, snapshot(self.work)))
            for _ in range(self.dice.randint(1, 3)):
                await self.keeper.settle()  # the model thinks
                await (self._tool() if self.dice.random() < 0.4 else self._command())
        await self.keeper.settle()
        if self.person and self.dice.random() < 0.7:
            self._person()

    async def _tool(self) -> None:
        path = self.dice.choice(NAMES)
        file = self.work / path
        if (
            file.is_dir()
            or file.is_symlink()
            or any(each.is_file() or each.is_symlink() for each in file.parents)
        ):
            return
        before = file.read_bytes() if file.exists() else None
        after = self._edited(before or b"").replace(b"\0", b"")
        call = self._call()
        kept = await self.keeper.keep(path, before, after)
        was = None if before is None else file.stat().st_mode
        self.publish(
            e.EffectStarted(
                call_id=call,
                effect="write",
                path=str(self.workspace.root / path),
                before=kept.before,
                after=kept.after,
            )
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name("aside.log")
        aside.write_bytes(after)
        aside.chmod(stat.S_IMODE(was) if was is not None else 0o644)
        aside.replace(file)
        self.agents.add(path)
        if self.dice.random() < 0.1:
            return  # the program ended before it told
        told = change_of(path, (None, None), (None, None), call_id=call)
        self.publish(
            e.FileChanged(
                **{
                    **{name: getattr(told, name) for name in ("call_id", "path", "before", "after")},
                    **{"added": 0, "removed": 0, "before_id": kept.before, "after_id": kept.after},
                    **{"before_mode": was or 0, "after_mode": file.stat().st_mode, "folders": kept.folders},
                }
            )
        )

    async def _command(self) -> None:
        call = self._call()
        await self.keeper.begin(call)
        self.publish(e.EffectStarted(call_id=call, effect="command", command="something"))
        before = snapshot(self.work)
        for _ in range(self.dice.randint(1, 4)):
            try:
                self._act(self.dice)
            except OSError:
                continue  # the dice wanted what cannot be
        now = snapshot(self.work)
        self.agents |= {path for path in {*before, *now} if before.get(path) != now.get(path)}
        self.keeper.end(call)

    def _person(self) -> None:
        before = snapshot(self.work)
        for _ in range(self.dice.randint(1, 2)):
            try:
                self._act(self.dice)
            except OSError:
                continue
        now = snapshot(self.work)
        for path in {*before, *now}:
            if before.get(path) != now.get(path):
                self.persons[path] = now.get(path)

    def _act(self, dice: random.Random) -> None:
        some, other = (self.work / dice.choice(NAMES) for _ in range(2))
        folder, goal = (self.work / dice.choice(FOLDERS) for _ in range(2))
        acts: list[Callable[[], object]] = [
            lambda: self._write(some, self._edited(some.read_bytes() if some.is_file() else b"")),
            lambda: self._write(some, self._edited(some.read_bytes() if some.is_file() else b"")),
            lambda: self._write(some, bytes(dice.randrange(256) for _ in range(40))),
            some.unlink,
            lambda: some.rename(other),
            lambda: folder.rename(goal),
            lambda: shutil.copytree(folder, goal, symlinks=True),
            lambda: some.chmod(dice.choice((0o644, 0o755, 0o600))),
            lambda: some.symlink_to(dice.choice(("a.txt", "nowhere", "src"))),
            lambda: shutil.rmtree(folder),
            lambda: self._write(some.with_suffix(".log"), b"ignored\n"),
            lambda: (some.unlink(), some.mkdir(), (some / "inside.txt").write_text("in\n")),
            lambda: self._write(self.work / f"own{dice.randrange(5)}.txt", self._edited(b"")),
            some.touch,
        ]
        dice.choice(acts)()

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _edited(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        at = self.dice.randrange(len(lines))
        word = f"line {self.dice.randrange(10**6)}".encode()
        if self.dice.random() < 0.5 and len(lines) > 1:
            lines[at] = word
        else:
            lines.insert(at, word)
        return b"\n".join(lines)

    def _call(self) -> str:
        self._calls += 1
        return f"c{self._calls}"

    # -- what has to hold --------------------------------------------------------------------------------------

    async def check(self) -> Counter[str]:
        """Bring the folder back to some step and forth again; counts what is as it has to be, and what is not."""
        found: Counter[str] = Counter()
        for number, then in self.dice.sample(self.starts, min(3, len(self.starts))):
            now = snapshot(self.work)
            plan = await self.rewinding.plan(None, number, None, None)
            restored = await self.rewinding.apply(plan)
            after = snapshot(self.work)
            found["rewinds"] += 1
            if not self.person:
                found["exact"] += after == then
                found["WRONG"] += after != then
            only = {path: each for path, each in self.persons.items() if path not in self.agents}
            found["files of the person"] += len(only)
            found["LOST of the person"] += sum(after.get(path) != each for path, each in only.items())
            kept = [path for path in restored.kept if after.get(path) != now.get(path)]
            found["LOST of kept files"] += len(kept)
            if restored.record:
                await self.rewinding.apply(await self.rewinding.plan(None, restored.record, None, None))
            found["redone"] += snapshot(self.work) == now
            found["LOST after redo"] += snapshot(self.work) != now
        return found

    async def close(self) -> None:
        """Let go of all."""
        await self.keeper.close()
        self.session.close()


async def one(seed: int, folder: Path, fault: str = "") -> Counter[str]:
    """One walk; its kind follows from its number."""
    parts = FAULTS[fault] if fault else NO_FAULT
    walk = Walk(folder, seed, git=seed % 2 == 0, person=seed % 4 >= 2, parts=parts)
    try:
        await walk.go()
        return await walk.check()
    finally:
        await walk.close()


def walks(numbers: range, fault: str = "") -> Counter[str]:
    """Many walks.

    Args:
        numbers: of them; the dice of each follow from it.
        fault: one of `FAULTS`, that has to be found.
    """
    found: Counter[str] = Counter()
    for seed in numbers:
        with tempfile.TemporaryDirectory(prefix="codepilot-walk-") as folder:
            count = asyncio.run(one(seed, Path(folder), fault))
        wrong = {key: value for key, value in count.items() if value and (key.isupper() or "LOST" in key)}
        if wrong and not fault:
            print(f"walk {seed}: {wrong}")
        found += count
    return found


def measure(options: Options) -> list[Figure]:
    """The walks."""
    began = time.monotonic()
    many = 40 if options.quick else 1_000
    found = walks(range(many))
    lost = sum(value for key, value in found.items() if "LOST" in key or key == "WRONG")
    note = ", ".join(f"{key} {value}" for key, value in sorted(found.items()))
    return [
        Figure(
            what=f"{many} random walks with rewinds and redos: wrong or lost", value=lost, bar=0, note=note
        ),
        Figure(what="one walk of 20 steps", value=(time.monotonic() - began) / many, unit="s"),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("many", type=int, nargs="?", default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument(
        "--fault", choices=tuple(FAULTS), default="", help="a known fault, that has to be found"
    )
    chosen = parser.parse_args()
    print(dict(walks(range(chosen.first, chosen.first + chosen.many), chosen.fault)))
