"""The corpus of replies by families: how many are read rightly, and whether anything ran that must not.

    python -m benchmarks.replies [--wrong]

A row of `tests/corpora/replies` says what must become of a reply; its README explains the keys. Right is a reply that
is executed exactly so, delivered as the answer that it is, or named with the mend that it needs. Rows with `told` are
run for real, with the real tools in a folder of their own.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.figure import Figure, Options
from codepilot.clock import SystemClock
from codepilot.decision import Decision
from codepilot.loop import BlockPorts, Outlet
from codepilot.loop.block import BlockRunner
from codepilot.messages import NativeCall
from codepilot.protocol import (
    BUILTIN_TOOLS,
    Reply,
    Verdict,
    build_observation,
    judge,
    missing_payloads,
    overlooked,
    parse_reply,
)
from codepilot.protocol.calls import fits, python_tree
from codepilot.sandbox import WorkerExecutor
from codepilot.terminal.client import HostOptions, TerminalService
from codepilot.tools import builtin_registry
from codepilot.workspace import FileMemory, Workspace

CORPUS = Path(__file__).parents[1] / "tests" / "corpora" / "replies"
SHARE = 0.95
FILES = {"a.py": "x = 1\n", "src/app.py": "port = 80\n"}
"""What is in the folder in which rows are run."""

Row = dict[str, Any]


@dataclass
class Judged:
    """What became of one reply."""

    family: str
    row: Row
    wrong: list[str] = field(default_factory=list)
    """What is not as the row says; empty where all is right."""
    by_mistake: bool = False
    """Something ran that must not."""


def rows() -> list[tuple[str, Row]]:
    """All rows with their family."""
    return [
        (file.stem, row)
        for file in sorted(CORPUS.glob("*.yaml"))
        for row in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


def text_of(row: Row) -> str:
    reply: str = row["reply"]
    return reply.replace("\n", "\r\n") if row.get("crlf") else reply


def words(row: Row, *keys: str) -> list[str]:
    given = [row[key] for key in keys if key in row]
    return [word for value in given for word in ([value] if isinstance(value, str) else value)]


def calls_of(row: Row) -> tuple[NativeCall, ...]:
    return tuple(NativeCall(call["name"], call["arguments"]) for call in row.get("calls", ()))


def expected(row: Row) -> str:
    """What must become of a reply: `run`, `done`, `answer`, `go on`, `refused`, or `named` with its mend."""
    if any(key in row for key in ("mend", "reminder", "malformed", "refusal")) or "open" in row:
        return "named"
    if row.get("refused") or row.get("reason") == "refusal":
        return "refused"
    if "goes on" in row:
        return "go on"
    if row.get("reason", "stop") != "stop":
        return "named"
    return "run" if "control" in row else "done" if "completion" in row else "answer"


def judged(family: str, row: Row) -> Judged:
    """Read a reply as the loop does, and compare it with its row. What has to be run is not run here."""
    reply = parse_reply(text_of(row), reason=row.get("reason", "stop"))
    verdict = judge(reply, BUILTIN_TOOLS, calls_of(row))
    result = Judged(family, row)
    wanted = expected(row)
    if verdict.act == "run":
        assert reply.control is not None
        result.by_mistake = wanted != "run" or reply.control.text != row["control"]
    acts = {"go on answering": "go on", "say again": "named", "remind": "named"}
    act = "named" if verdict.act == "go on" else acts.get(verdict.act, verdict.act)
    if act != wanted:
        result.wrong.append(f"{act} instead of {wanted}")
    result.wrong += _parts(reply, row)
    result.wrong += _words(verdict, reply, row)
    return result


def _parts(reply: Reply, row: Row) -> list[str]:
    found = {
        "payloads": [[payload.path, payload.text] for payload in reply.payloads],
        "completion": reply.completion.summary if reply.completion else None,
        "surplus": len(reply.surplus_controls),
        "control": reply.control.text if reply.control else None,
    }
    blank = {"payloads": [], "surplus": 0}
    wrong = [f"{key}: {value!r}" for key, value in found.items() if value != row.get(key, blank.get(key))]
    if row.get("prose", "") not in reply.prose:
        wrong.append(f"prose: {reply.prose!r}")
    return wrong


def _words(verdict: Verdict, reply: Reply, row: Row) -> list[str]:
    wrong = [
        f"no {word!r} in {verdict.text!r}"
        for word in words(row, "mend", "goes on")
        if word not in verdict.text
    ]
    beside = overlooked(reply, BUILTIN_TOOLS, calls_of(row)) if reply.control and reply.completion else ""
    if row.get("overlooked", "") not in beside or ("overlooked" not in row and beside):
        wrong.append(f"overlooked: {beside!r}")
    form = verdict.text.partition("Write it like this:\n\n")[2]
    if form and not _works(form):
        wrong.append(f"the corrected form is none: {form!r}")
    return wrong


def _works(form: str) -> bool:
    """A corrected form is itself a sound reply, and its calls fit."""
    shown = parse_reply(form)
    if not shown.sound or not (shown.control or shown.payloads or shown.completion):
        return False
    tree = python_tree(shown.control.text) if shown.control else None
    return all(
        fits(node, BUILTIN_TOOLS[node.func.id])
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILTIN_TOOLS
    )


class Bench:
    """The real tools and a real worker, for rows whose mistake shows when they run."""

    def __init__(self) -> None:
        self.executor = WorkerExecutor()

    async def observation(self, row: Row, folder: Path) -> str:
        """Run the block of a row in a folder; gives what the model reads."""
        for path, text in FILES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        reply = parse_reply(text_of(row))
        assert reply.control is not None
        workspace = Workspace(folder)
        memory = FileMemory()
        for path in FILES:
            memory.show(str(folder / path), workspace.read_text(path))
        registry = builtin_registry(
            workspace=workspace,
            memory=memory,
            terminals=TerminalService(HostOptions(work_dir=folder)),
            complete=lambda _: None,
        )
        ports = BlockPorts(executor=self.executor, toolset=registry, approver=self, permit=self._permit)
        outlet = Outlet(lambda event: None, self._settled)
        runner = BlockRunner(ports, outlet, SystemClock(), work_dir=str(folder))
        result = await runner.run(reply.control, reply.payloads)
        await self.executor.reset()
        notes = [*result.notes, *missing_payloads(reply, result.missed)]
        return build_observation(execution=result.execution, results=result.appended, notes=notes)

    async def decide(self, request: object) -> Decision:
        return Decision(allow=True)

    async def answer(self, question: str) -> str | None:
        return None

    async def _permit(self, request: object) -> Decision:
        return Decision(allow=True)

    async def _settled(self) -> None:
        pass


async def run_rows(results: Sequence[Judged]) -> None:
    """Run the rows that must be run, and note what is not as they say."""
    bench = Bench()
    try:
        for result in results:
            row = result.row
            if "told" not in row:
                continue
            with tempfile.TemporaryDirectory() as place:
                text = await bench.observation(row, Path(place).resolve())
                result.wrong += [
                    f"not told: {word!r}\n{text}" for word in words(row, "told") if word not in text
                ]
                result.wrong += [f"told: {word!r}" for word in words(row, "untold") if word in text]
                result.wrong += [
                    f"not once: {word!r}" for word in words(row, "once") if text.count(word) != 1
                ]
                for path, wanted in row.get("files", {}).items():
                    file = Path(place, path)
                    found = file.read_text() if file.exists() else None
                    if found != wanted:
                        result.wrong.append(f"{path}: {found!r}")
                        result.by_mistake = result.by_mistake or wanted is None
    finally:
        await bench.executor.close()


def all_judged() -> list[Judged]:
    """Every row of the corpus."""
    results = [judged(family, row) for family, row in rows()]
    asyncio.run(run_rows(results))
    return results


def measure(options: Options) -> list[Figure]:
    """For `python -m benchmarks`."""
    del options
    results = all_judged()
    wrong = sum(bool(result.wrong) for result in results)
    return [
        Figure(
            what="replies neither read rightly nor named", value=round(100 * wrong / len(results), 1), unit="%", bar=5,
            note=f"{len(results)} replies",
        ),
        Figure(what="replies executed by mistake", value=sum(result.by_mistake for result in results), bar=0),
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the families. Gives 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replies", description=__doc__.splitlines()[0])
    parser.add_argument("--wrong", action="store_true", help="show what is not as it should be")
    chosen = parser.parse_args(arguments)
    results = all_judged()
    outcomes = ("run", "done", "answer", "named", "go on", "refused")
    print(
        f"{'family':14}{'replies':>8}{'right':>7}{'mistake':>9}   "
        + "".join(f"{name:>9}" for name in outcomes)
    )
    for family in [*dict.fromkeys(result.family for result in results), ""]:
        own = [result for result in results if family in ("", result.family)]
        counts = "".join(f"{sum(expected(result.row) == name for result in own):9}" for name in outcomes)
        right, mistakes = sum(not result.wrong for result in own), sum(result.by_mistake for result in own)
        print(f"{family or 'all':14}{len(own):8}{right:7}{mistakes:9}   {counts}")
    share = sum(not result.wrong for result in results) / len(results)
    mistakes = sum(result.by_mistake for result in results)
    print(f"\n{share:.1%} executed rightly or named with the mend (bar {SHARE:.0%})")
    print(f"{mistakes} executed by mistake (bar 0)")
    if chosen.wrong:
        for result in results:
            for what in result.wrong:
                print(f"\n{result.family}: {result.row['name']}\n  {what}")
    return 0 if share >= SHARE and not mistakes else 1


if __name__ == "__main__":
    sys.exit(main())
