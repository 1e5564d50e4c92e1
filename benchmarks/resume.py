"""A session of 10,000 messages is opened: what the workbench waits for before its chat is there, and what follows."""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.agent import ROOT, Model
from benchmarks.figure import Figure, Options
from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.journal.listing import sessions_of
from codepilot.runtime import AsyncRuntime
from codepilot.sessions.journal import JournalSession
from codepilot_tui.past import Past
from codepilot_tui.transcript import Transcript

SESSIONS = 468
WORDS = "Some words about what the step is to do. " * 12
REPLY = f"{WORDS}\n\n```codepilot\nread_file('src/app.py')\n```\n"
RESULT = "[read_file] 'src/app.py'\n" + "a line of the file that was read\n" * 40


def write(session: JournalSession, steps: int) -> None:
    """A session as a recorder would leave it, ten steps a task."""
    log = session.log

    def add(event: e.Event) -> None:
        from codepilot.journal.record import of_event

        if (record := of_event(event)) is not None:
            log.append(*record)

    for step in range(steps):
        number, call = step // 10 + 1, f"c{step + 1}"
        if step % 10 == 0:
            add(e.TaskStarted(task=f"task {number}", number=number))
            text = f"[Task {number}][USER INPUT]\ntask {number}"
            add(e.MessageStored(role="user", text=text, kind="task", number=number))
        add(e.StepStarted(step=step % 10 + 1, max_steps=20))
        add(e.ReplyPart(text=WORDS))
        add(e.MessageStored(role="assistant", text=REPLY, kind="reply", reason="stop"))
        add(e.ReplyFinished(text=REPLY, reason="stop", input_tokens=9_000, output_tokens=200))
        add(e.ControlStarted(code=""))
        add(e.ToolStarted(call_id=call, tool="read_file", args={"path": "src/app.py"}, label="src/app.py"))
        add(e.ToolFinished(call_id=call, tool="read_file", result=RESULT))
        add(e.ControlFinished(ok=True))
        add(e.MessageStored(role="user", text=f"[EXECUTION RESULT]\n{RESULT}", kind="observation"))
        if step % 10 == 9:
            add(e.TaskFinished(status="done", summary="Done.", steps=10))


async def _open(folder: str, home: Path, session_id: str) -> tuple[float, float, AsyncRuntime]:
    """ms until the runtime is made, and until the newest page is reduced after that."""
    config = AgentConfig.load(ROOT / "agent.yaml")
    config = replace(config, runtime=replace(config.runtime, work_dir=folder))
    began = time.perf_counter()
    runtime = AsyncRuntime(
        config,
        session="journal",
        session_id=session_id,
        session_dir=home,
        provider=Model(["x"]),
        use_stdin=False,
    )
    made = time.perf_counter()
    page = Transcript("bench")
    for stamped in await Past(runtime).pages.older():
        page.apply(stamped)
    assert session_id == "new" or len(page.items) > 20
    return (made - began) * 1e3, (time.perf_counter() - made) * 1e3, runtime


async def _measure(options: Options) -> list[Figure]:
    messages = options.pick(10_000, 2_000)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "sessions"
        session = JournalSession("long", session_dir=home, work_dir=folder)
        write(session, messages // 2)
        session.close()
        for number in range(SESSIONS - 1):
            small = JournalSession(f"s{number}", session_dir=home, work_dir=folder)
            write(small, 1)
            small.close()
        empty, _, runtime = await _open(folder, home, "new")
        await runtime.close()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        made, page, runtime = await _open(folder, home, "long")
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        whole = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assert len(runtime.messages) >= messages
        size = runtime.session.path.stat().st_size / 1e6  # type: ignore[union-attr]
        await runtime.close()
        for _ in range(2):  # the least of three: what else the machine does is no part of it
            again, page_again, runtime = await _open(folder, home, "long")
            made, page = min(made, again), min(page, page_again)
            await runtime.close()
        began = time.perf_counter()
        found = sessions_of(folder, home)
        listed = (time.perf_counter() - began) * 1e3
        assert len(found) == SESSIONS
    note = f"{messages:,} messages, {size:.0f} MB; load {os.getloadavg()[0]:.1f}"
    return [
        Figure(
            what="opening a long session, chat there",
            value=made - empty + page,
            unit="ms",
            bar=300,
            note=note,
        ),
        Figure(what="of that, reading and reducing the newest page", value=page, unit="ms"),
        Figure(what="memory for it", value=grown, unit="MB", note="peak"),
        Figure(what="resident memory, the agent's part", value=whole, unit="MB", bar=180, note="peak"),
        Figure(what=f"looking for the last of {SESSIONS} sessions", value=listed, unit="ms", bar=100),
    ]


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure(options))
