"""`session="file"` and `"db"` killed with SIGKILL in a scripted run of 20 steps, and gone on with: as `kills`.

Told is what a reader of the events got through a pipe; what the session has is loaded anew after each kill; the witness
lies outside of both. A database is written before an effect and after each step, so of it the words since then may be
missing, of which nothing followed; a file has each word before anybody is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, Options
from benchmarks.kills import PATIENCE, STEPS, Books, script
from codepilot import AsyncRuntime
from codepilot import events as e
from codepilot.sessions import create_session
from codepilot.testing import ModelServer

KINDS = ("file", "db")
_SINCE_A_BARRIER = {"file": 0, "db": 2}
"""Messages that may be told before they are kept: a result and the reply after it."""


def _options(kind: str, folder: Path) -> dict[str, Any]:
    if kind == "file":
        return {"session": "file", "session_dir": folder / "kept"}
    return {"session": "db", "db_url": f"sqlite:///{folder}/kept.db"}


def _stored(kind: str, folder: Path) -> list[str]:
    options = _options(kind, folder)
    session = create_session(kind, "s", "K", options.get("session_dir"), options.get("db_url"))
    return [each["content"] for each in session.load()]  # type: ignore[union-attr]


def one_run(kind: str, folder: Path, books: Books, rng: random.Random, most: int = 6) -> None:
    name = f"{kind}, run {books.runs + 1}"
    books.runs += 1
    (folder / "work").mkdir()
    witness, kills, all_told = folder / "witness", 0, list[str]()
    with ModelServer(script(witness, STEPS)) as server:
        (folder / "agent.yaml").write_text(
            f"agent:\n  name: K\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            f"  runtime: {{work_dir: work, max_steps: {3 * STEPS}}}\n"
        )
        while kills <= most:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.stores", "--child", kind, str(folder)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env={**os.environ, "CODEPILOT_HOME": str(folder / "home"), "OPENAI_API_KEY": "none"},
                cwd=Path(__file__).parents[1], start_new_session=True,
            )  # fmt: skip
            told: list[str] = []
            reader = threading.Thread(target=_read, args=(process, told), daemon=True)
            reader.start()
            if kills < most:
                until = rng.randint(1, 12)
                while len(told) < until and process.poll() is None:
                    time.sleep(0.001)
                time.sleep(rng.uniform(0, 0.03))
                target = os.kill if rng.random() < 0.5 else os.killpg
                target(process.pid, signal.SIGKILL)
            code = process.wait(timeout=PATIENCE)
            reader.join(timeout=PATIENCE)
            error = process.stderr.read().decode() if process.stderr else ""
            kills += 1
            if code not in (0, -9):
                books.unreadable.append(f"{name}: exit {code}: {error[-300:]}")
                return
            books.kills += code == -9
            all_told += told
            stored = Counter(_stored(kind, folder))
            gone = [text for text in all_told if not stored[text]]
            if len(gone) > _SINCE_A_BARRIER[kind]:
                books.lost.append(f"{name}: {gone[0][:200]!r}")
            all_told = [text for text in all_told if stored[text]]
            if code == 0:
                break
    done = Counter(witness.read_text().split()) if witness.exists() else Counter()
    books.twice += [
        f"{name}: step {step} was done {count} times" for step, count in done.items() if count > 1
    ]
    if len(done) < STEPS - kills:
        books.lost.append(f"{name}: {STEPS - len(done)} steps were left out after {kills} kills")


def _read(process: subprocess.Popen[bytes], told: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.endswith(b"\n"):
            told.append(json.loads(line))


def many(kind: str, kills: int, seed: int = 1) -> Books:
    books, rng = Books(), random.Random(seed)
    while books.kills < kills and books.runs < 3 * kills + 3:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            one_run(kind, Path(folder), books, rng)
    return books


def measure(options: Options) -> list[Figure]:
    figures = []
    for kind in KINDS:
        books = many(kind, options.pick(100, 10))
        told = "; ".join([*books.lost, *books.twice, *books.unreadable][:3])
        faults = len(books.lost) + len(books.unreadable)
        note = told or f"{books.kills} kills in {books.runs} runs"
        figures.append(
            Figure(what=f"{kind}: words lost, sessions unreadable", value=faults, bar=0, note=note)
        )
        figures.append(Figure(what=f"{kind}: side effects done twice", value=len(books.twice), bar=0))
    return figures


async def child(kind: str, folder: Path) -> None:
    """Begin the task, or go on with it; each message goes to the pipe when a reader is told of it."""
    runtime = AsyncRuntime(
        folder / "agent.yaml",
        session_id="s",
        mode="ask",
        allow=("all",),
        use_stdin=False,
        **_options(kind, folder),
    )
    for event in runtime.hooks.default_events():
        runtime.hooks.clear(event)

    def tell(stamped: e.Stamped) -> None:
        if isinstance(stamped.event, e.MessageStored):
            os.write(1, json.dumps(stamped.event.text).encode() + b"\n")

    runtime.subscribe(tell)
    if runtime.unfinished is not None:
        await runtime.resume()
    else:
        await runtime.run("go on" if runtime.messages else "do it")
    await runtime.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", nargs=2)
    options = parser.parse_args()
    if options.child:
        asyncio.run(child(options.child[0], Path(options.child[1])))
        return 0
    faults = 0
    for kind in KINDS:
        books = many(kind, options.kills, options.seed)
        faults += books.faults
        for each in [*books.lost, *books.twice, *books.unreadable][:10]:
            print(each)
        print(f"{kind}: {books.runs} runs, {books.kills} kills, {books.faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
