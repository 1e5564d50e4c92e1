"""The program that is killed: `codepilot run`, the workbench, or some lines around `AsyncRuntime`."""

from __future__ import annotations

import argparse
import asyncio
import atexit
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.kills.errors import Failing
from benchmarks.kills.faults import plant
from codepilot import AsyncRuntime, EventType
from codepilot import events as e
from codepilot.decision import Decision
from codepilot.events import as_dict
from codepilot.journal import writer
from codepilot.runtime import broadcast
from codepilot.testing.faults import KillingDisk


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=("run", "bench", "library"))
    for name in ("--kill-at", "--kill-on", "--fail-at", "--fault"):
        parser.add_argument(name, default="")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    if options.kill_at:
        number, _, moment = options.kill_at.partition(":")
        disk: Any = lambda: KillingDisk(int(number), moment)  # noqa: E731
        _write_by(disk, int(number), moment)
    if options.fail_at:
        number, _, error = options.fail_at.partition(":")
        kind, place = (options.arguments[0], options.arguments[1]) if options.way == "library" else ("", "")
        made = Failing(int(number), int(error), kind, f"{place}/kept")
        atexit.register(lambda: sys.stderr.write(f"operations={made.operations}\n"))
    if options.kill_on:
        _kill_on(options.kill_on)
    if options.fault:
        plant(options.fault)
    match options.way:
        case "run":
            from codepilot.cli import main as run

            return run(options.arguments)
        case "bench":
            return _bench(options.arguments)
        case _:
            asyncio.run(_library(*options.arguments))
            return 0


def _write_by(disk: Any, number: int, moment: str) -> None:
    """Have the journal written so, and count what the other stores write in the same way."""
    made = disk()
    writer.SystemDisk = lambda: made  # type: ignore[assignment,misc]
    from codepilot.sessions import database_log, tail

    count = 0

    def watched(kind: Any, name: str) -> None:
        work = getattr(kind, name)

        def done(self: Any, *given: Any) -> Any:
            nonlocal count
            count += 1
            if count == number and moment != "after":
                os.kill(os.getpid(), signal.SIGKILL)
            result = work(self, *given)
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(kind, name, done)

    watched(tail.Tail, "append")
    watched(tail.Tail, "sync")
    watched(database_log.DatabaseLog, "append")
    watched(database_log.DatabaseLog, "barrier")


def _kill_on(what: str) -> None:
    kind, _, number = what.partition(":")
    left = int(number)
    publish = broadcast.Broadcast.publish

    def published(self: Any, event: e.Event) -> None:
        nonlocal left
        publish(self, event)
        if e.type_name(event) == kind:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    broadcast.Broadcast.publish = published  # type: ignore[method-assign]


def _tell(descriptor: int) -> Any:
    def tell(stamped: e.Stamped) -> None:
        os.write(descriptor, json.dumps(as_dict(stamped), default=str).encode() + b"\n")

    return tell


def _bench(arguments: list[str]) -> int:
    from codepilot_tui import bridge
    from codepilot_tui.__main__ import main as workbench

    made = bridge.Bridge.__init__
    descriptor = int(os.environ.pop("KILLS_TELL"))

    def init(self: Any, runtime: AsyncRuntime, *given: Any) -> None:
        made(self, runtime, *given)
        runtime.subscribe(_tell(descriptor))

    async def allow(self: Any, request: Any, **_: Any) -> Decision:
        return Decision(allow=True, by="person")

    bridge.Bridge.__init__ = init  # type: ignore[method-assign]
    bridge.Bridge._on_permission = allow  # type: ignore[assignment,method-assign]
    return workbench(arguments)


async def _library(kind: str, folder: str, whole: str) -> None:
    """Begin the task, or go on with it."""
    root = Path(folder)
    places: dict[str, dict[str, Any]] = {
        "journal": {"session": "journal"},
        "file": {"session": "file", "session_dir": root / "kept"},
        "db": {"session": "db", "db_url": f"sqlite:///{root}/kept/kept.db"},
    }
    runtime = AsyncRuntime(
        root / "agent.yaml", session_id="s", mode="ask", allow=() if whole else ("all",), use_stdin=False,
        work_dir=root / "work", **places[kind],
    )  # fmt: skip
    for event in runtime.hooks.default_events():
        runtime.hooks.clear(event)
    if whole:
        _make_whole(runtime, root)
    runtime.subscribe(_tell(1))
    if runtime.unfinished is not None:
        await runtime.resume()
    elif not runtime.messages:
        await runtime.run("do it")
    await runtime.close()


def _make_whole(runtime: AsyncRuntime, root: Path) -> None:
    def deploy(what: str) -> str:
        handle = os.open(root / "witness", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, b"3\n")
        os.close(handle)
        return f"deployed {what}"

    async def allow(**_: Any) -> bool:
        await asyncio.sleep(0.002)
        return True

    async def answer(question: str, **_: Any) -> str:
        await asyncio.sleep(0.002)
        return f"Yes. {question}"

    def sent(stamped: e.Stamped) -> None:
        if isinstance(stamped.event, e.TaskStarted | e.ControlStarted):
            runtime.send_message(f"By the way, it is {time.time()}.")

    runtime.register_tool("deploy", deploy)
    runtime.hooks.replace(EventType.PERMISSION_REQUEST, allow)
    runtime.hooks.replace(EventType.ASK_USER, answer)
    runtime.subscribe(sent)


if __name__ == "__main__":
    sys.exit(main())
