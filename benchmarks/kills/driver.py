"""Runs that are killed, failed, stopped and gone on with, and the comparison of the books after each."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.kills.books import KEPT, Books, compare_records, compare_witness, row_of
from benchmarks.kills.faults import FAULTS
from benchmarks.kills.restoring import restores
from benchmarks.kills.stage import JOURNALS, Plan, Running, Stage
from benchmarks.kills.story import FEW, STEPS, story
from codepilot.testing import ModelServer

PATIENCE = 60.0
"""Seconds that one start of the program may take."""
WHOLE = 6
"""Steps of a run in which each place of a task is met."""
_QUIET = {2, 4}
"""Steps of it that leave nothing in the witness."""
PLACES = (
    *("task_started:1", "step_started:2", "reply_part:1", "reply_finished:1", "control_started:2"),
    *("effect_started:1", "effect_started:2", "effect_started:3", "tool_finished:2", "permission_asked:1"),
    *("question_asked:1", "observation_made:1", "reply_finished:7", "task_finished:1", "message_queued:1"),
)
"""Events after which a kill is in each of the places of `ROWS`."""


def one_run(
    way: str,
    folder: Path,
    books: Books,
    rng: random.Random,
    *,
    plan: Plan = Plan(),  # noqa: B008 - it cannot be changed
    most: int = 6,
    steps: int = STEPS,
    whole: bool = False,
) -> None:
    """A run from its first start to its end, killed up to `most` times on the way."""
    planned = plan.kill_at or plan.kill_on or plan.fail_at
    name = f"{way}, run {books.runs + 1}{f' at {planned}' if planned else ''}"
    books.runs += 1
    kills, told_words, sent = 0, list[str](), list[str]()
    with ModelServer(story(folder / "witness", steps, whole=whole)) as server:
        stage = Stage(way, folder, server, whole=whole)
        for _ in range(most + 2):
            since, last = len(stage.records()) if stage.begun else 0, kills >= most and not plan.fail_at
            running = stage.start(Plan(fault=plan.fault) if last else plan)
            if not last and not planned:
                _kill(running, rng)
            code = _ended(stage, running)
            _compare(stage, running, since, told_words, books, name)
            sent += [event["message"] for event in running.told if event["type"] == "message_queued"]
            if code == -9:
                kills += 1
                books.kills += 1
                books.rows[row_of(stage.saved())] += 1
                continue
            error = running.error.decode("utf-8", "replace")
            if code not in (0, 143) and "none was cut" not in error:
                books.unreadable.append(f"{name}: exit {code}: {error[-300:]}")
            if running.count(("task_finished",)) and way in JOURNALS:  # it read all that was said
                read = " ".join(stage.messages)
                books.lost += [f"{name}: not read: {words!r}" for words in sent if words not in read]
            break
        done = compare_witness(stage.witness, books, name)
        expected = steps - (len(_QUIET) if whole else 0)
        if len(done) < expected - kills:
            books.lost.append(f"{name}: {expected - len(done)} steps were left out after {kills} kills")


def _kill(running: Running, rng: random.Random) -> None:
    """After some of its events, and a moment."""
    until = rng.randint(1, 60)
    while running.count(KEPT) < until and running.process.poll() is None:
        if running.count(("task_finished",)):  # the workbench stays
            break
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.01))
    if running.process.poll() is None:
        (os.kill if rng.random() < 0.5 else os.killpg)(running.process.pid, signal.SIGKILL)


def _ended(stage: Stage, running: Running) -> int:
    if stage.way == "bench":  # it stays when its task is over
        until = time.monotonic() + PATIENCE
        while running.process.poll() is None and not running.count(("task_finished",)):
            if time.monotonic() > until:
                running.process.kill()
            opened = running.count(("terminal_opened", "terminals_found"))
            if opened and stage.begun and stage.saved().unfinished is None:
                break  # nothing is open: there is nothing to wait for
            time.sleep(0.05)
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            return -9 if running.wait(PATIENCE) == -9 else 0
    return running.wait(PATIENCE)


def _compare(stage: Stage, running: Running, since: int, words: list[str], books: Books, name: str) -> None:
    if stage.way in JOURNALS:
        records = stage.records()
        compare_records(records, running.told, since, books, name)
    words += [event["text"] for event in running.told if event["type"] == "message_stored"]
    there = stage.messages
    gone = [text for text in words if text not in there]
    if len(gone) > stage.may_be_missing:
        books.lost.append(f"{name}: {gone[0][:200]!r}")
    words[:] = [text for text in words if text in there]
    if stage.whole:
        waits = " ".join([*there, *stage.saved().queued.values()])
        sent = [event["message"] for event in running.told if event["type"] == "message_queued"]
        if stage.way in JOURNALS:
            books.lost += [f"{name}: {message!r}" for message in sent if message not in waits]
    compare_witness(stage.witness, books, name)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def many(way: str, kills: int, *, fault: str = "", seed: int = 1, jobs: int = 1) -> Books:
    """Runs until there were so many kills at random moments; with a fault until it is found."""
    books, rng = Books(), random.Random(seed)

    def run(seed: int) -> None:
        if books.kills < kills and not (fault and books.faults):
            with _folder() as folder:
                one_run(way, folder, books, random.Random(seed), plan=Plan(fault=fault))

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, [rng.randrange(10**9) for _ in range(kills + 3)]))
    return books


def every(way: str, *, fault: str = "", first: int = 1, stride: int = 1) -> Books:
    """One run for each operation of the disk: killed before it, after it, in the middle of a write."""
    books = Books()
    for at in range(first, 400, stride):
        for moment in ("before", "in the middle", "after") if way in JOURNALS else ("before", "after"):
            before = books.kills
            with _folder() as folder:
                plan = Plan(kill_at=f"{at}:{moment}", fault=fault)
                one_run(way, folder, books, random.Random(1), plan=plan, most=1, steps=FEW)
            if (books.kills == before and moment == "before") or (fault and books.faults):
                return books  # there are no more operations
    return books


def places(way: str, *, fault: str = "") -> Books:
    """A kill in each of the places in which a task can be cut."""
    books, whole = Books(), way not in ("run", "bench")
    for place in PLACES:
        with _folder() as folder:
            plan = Plan(kill_on=place, fault=fault)
            steps = WHOLE if whole else FEW
            one_run(way, folder, books, random.Random(1), plan=plan, most=1, steps=steps, whole=whole)
    return books


ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC}


def errors(
    way: str = "run",
    *,
    first: int = 1,
    last: int = 999,
    stride: int = 1,
    kinds: Sequence[str] = tuple(ERRORS),
) -> Books:
    """One run for each operation of the disk, which fails once: no space, or an I/O error.

    Args:
        way: of `WAYS`.
        first: the operation with which to begin.
        last: the one with which to end, if there are so many.
        stride: of the operations, only each n-th.
        kinds: of `ERRORS`.
    """
    books = Books()
    for at in range(first, last + 1, stride):
        operations = 0
        for error in (ERRORS[kind] for kind in kinds):
            with _folder() as folder, ModelServer(story(folder / "witness", FEW)) as server:
                name, stage = f"{way}, {errno.errorcode[error]} at {at}", Stage(way, folder, server)
                books.runs += 1
                running = stage.start(Plan(fail_at=f"{at}:{error}"))
                code = _ended(stage, running)
                said = running.error.decode("utf-8", "replace")
                operations = int(found[1]) if (found := re.search(r"operations=(\d+)", said)) else 0
                if way not in JOURNALS and not running.count(("task_started",)) and "Error" in said:
                    continue  # the session could not be opened: it was refused, and nothing was done
                if code not in (0, 143):
                    books.unreadable.append(f"{name}: exit {code}: {said[-300:]}")
                if (
                    at > 1 or way not in JOURNALS
                ):  # where the journal cannot be made at all the agent works without, and says so
                    _compare(stage, running, 0, [], books, name)
                elif not any(event["type"] == "runtime_failed" for event in running.told):
                    books.lost.append(f"{name}: nothing was said")
                if len(compare_witness(stage.witness, books, name)) != FEW:
                    books.lost.append(f"{name}: not all steps were done")
        if at > 1 and operations < at:  # there are no more
            return books
    return books


def full_disk(way: str = "run") -> Books:
    """The session lies on a small tmpfs that gets full in the middle of the run, and has room again before its end."""
    books = Books(runs=1)
    with _folder() as folder, ModelServer(story(folder / "witness", STEPS)) as server:
        state = folder / "home" / "state" if way in JOURNALS else folder / "kept"
        state.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(state)], check=True)
        try:
            stage = Stage(way, folder, server)
            running = stage.start(Plan())
            _until(running, ("step_started",), 5)
            filler = state / "filler"
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as stream:
                while True:
                    stream.write(b"x" * 4096)
            _until(running, ("step_started",), 9)
            if not any(event["type"] == "runtime_failed" for event in running.told):
                books.lost.append(f"{way}: nothing was said of the full disk")
            filler.unlink()
            code = _ended(stage, running)
            if code not in (0, 143):
                books.unreadable.append(f"{way}: exit {code}: {running.error.decode()[-300:]}")
            _compare(stage, running, 0, [], books, f"{way}, full disk")
            if len(compare_witness(stage.witness, books, way)) != STEPS:
                books.lost.append(f"{way}: not all steps were done on a full disk")
        finally:
            subprocess.run(["umount", "-l", str(state)], check=True)
    return books


def signals(way: str, number: signal.Signals) -> Books:
    """The program is told to end in the middle, and gone on with."""
    books, name = Books(runs=1), f"{way}, {number.name}"
    with _folder() as folder, ModelServer(story(folder / "witness", FEW + 3)) as server:
        stage = Stage(way, folder, server)
        running = stage.start(Plan())
        _until(running, ("tool_started",), 3)
        running.process.send_signal(number)
        running.wait(PATIENCE)
        _compare(stage, running, 0, [], books, name)
        cut = stage.saved().unfinished is not None
        ended = running.count(("task_finished",)) > 0
        if way in ("run", "bench") and cut:  # it had the time to end its task
            books.lost.append(f"{name}: the task was left open")
        if cut == ended:
            books.lost.append(f"{name}: told {ended}, cut {cut}")
        if cut:
            since = len(stage.records())
            again = stage.start(Plan())
            code = _ended(stage, again)
            if code not in (0, 143):
                books.unreadable.append(f"{name}: exit {code}: {again.error.decode()[-300:]}")
            _compare(stage, again, since, [], books, name)
    return books


def two(way: str = "run", *, fault: str = "") -> Books:
    """A second program wants the session while the first one works in it."""
    books, name = Books(runs=1), f"{way}, two programs"
    with _folder() as folder, ModelServer(story(folder / "witness", FEW + 3)) as server:
        stage = Stage(way, folder, server)
        first = stage.start(Plan(fault=fault))
        _until(first, ("step_started",), 2)
        if not fault:  # it holds the session still when the second comes, however slow that is
            first.process.send_signal(signal.SIGSTOP)
        second = stage.start(Plan(fault=fault))
        code = second.wait(PATIENCE)
        first.process.send_signal(signal.SIGCONT)
        said = second.error.decode("utf-8", "replace")
        if code == 0 or not re.search(r"open in another program|being worked on", said):
            books.lost.append(f"{name}: the second was not refused: exit {code}: {said[-300:]}")
        if _ended(stage, first) != 0:
            books.unreadable.append(f"{name}: {first.error.decode()[-300:]}")
        _compare(stage, first, 0, [], books, name)
        if len(compare_witness(stage.witness, books, name)) != FEW + 3:
            books.lost.append(f"{name}: not all steps were done")
    return books


def restore(*, stride: int = 1) -> Books:
    """A rewind that is killed at each operation of the disk."""
    with _folder() as folder:
        return restores(folder, stride=stride)


def _until(running: Running, kinds: tuple[str, ...], count: int) -> None:
    until = time.monotonic() + PATIENCE
    while running.count(kinds) < count and running.process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)


def control(fault: str, seed: int = 1) -> Books:
    """What finds a known fault."""
    assert fault in FAULTS
    if fault == "not healed":
        return every("run", fault=fault)
    if fault == "lease ignored":
        return two("run", fault=fault)
    if fault == "queue cleared":
        return places("journal", fault=fault)
    return many("run", 40, fault=fault, seed=seed)
