"""`codepilot run "task"`: one task, from start to an exit code."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from codepilot import credentials, paths
from codepilot import events as e
from codepilot.agentfile import AgentConfig, find_agent_file
from codepilot.cli import output, stdin, which_session
from codepilot.cli.folder import current_folder
from codepilot.cli.report import Report
from codepilot.cli.steering import steer
from codepilot.decision import MODES
from codepilot.demo import DEMO_TASK, DemoProvider, create_project
from codepilot.errors import UsageError
from codepilot.loop import Outcome
from codepilot.permissions import TrustStore, known_mode
from codepilot.runtime import AsyncRuntime
from codepilot.text import clean_line

EXIT = {
    "done": 0,
    "replied": 0,
    "failed": 1,
    "max_steps": 3,
    "needs_person": 5,
    "max_cost": 6,
    "aborted": 130,
}
NOT_KEPT = 7
"""The exit code of a task that went well, and whose session could not be written to its end."""
HALF_REWOUND = (
    "an earlier program ended in the middle of a rewind: {}. It stays so; see /rewind in codepilot-tui."
)


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    run = commands.add_parser(
        "run",
        help="work on one task and exit",
        description="Work on one task. With nobody to ask, whatever needs permission is denied; see --mode, --allow.",
        epilog="exit codes: 0 done or answered, 1 failed, 2 usage, 3 step limit, 4 provider,"
        " 5 a person was needed, 6 stopped by the budget, 7 done, but the session could not be written, 130 stopped",
    )
    run.add_argument(
        "task",
        nargs="?",
        help="what to do; piped input is added to it, or is the task itself with `-` or no task",
    )
    run.add_argument("--dir", "-C", type=Path, help="the folder to work in (default: here)")
    run.add_argument(
        "--agent", type=Path, help="agent file (default: DIR/agent.yaml if trusted, yours, the packaged one)"
    )
    run.add_argument("--model", metavar="PROVIDER:NAME", help="instead of the agent file's model")
    run.add_argument(
        "--mode",
        metavar=f"{{{','.join(MODES)}}}",
        default="ask",
        help="when to ask for permission (default: ask)",
    )
    run.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="TOOL",
        help="allow a tool in advance (repeatable, comma-separated, or `all`)",
    )
    run.add_argument(
        "--format",
        choices=("text", "json", "jsonl"),
        default="text",
        help="text, one JSON object, or one event per line",
    )
    run.add_argument("--json", dest="format", action="store_const", const="json", help="as `--format json`")
    which_session.add_to(run)
    run.add_argument(
        "--steer",
        action="store_true",
        help="while the agent works, read further messages from standard input, one per line; they reach it at its"
        " next step (no questions are asked on standard input then)",
    )
    run.add_argument("--max-steps", type=int, metavar="N", help="of the task, instead of the agent file's")
    run.add_argument(
        "--max-cost",
        type=float,
        metavar="DOLLARS",
        help="that the session may cost, earlier tasks included; at a terminal you are asked before the step that"
        " passes 80 %%",
    )
    run.add_argument("--demo", action="store_true", help="the scripted demo model on a project of its own")
    run.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    task = _task(options)
    known_mode(options.mode)
    if options.max_steps is not None and options.max_steps < 1:
        raise UsageError(f"--max-steps must be 1 or more, not {options.max_steps}.")
    if options.max_cost is not None and not options.max_cost > 0:
        raise UsageError(f"--max-cost must be more than 0, not {options.max_cost:g}.")
    if options.session == "":
        raise UsageError("--session wants a name.", hint="As in --session fix-the-tests.")
    made: Path | None = None
    if options.demo:
        made = create_project()
        options.dir = options.dir or made
    try:
        return asyncio.run(_run(options, task))
    finally:
        if made is not None:
            shutil.rmtree(made.parent, ignore_errors=True)


def _task(options: argparse.Namespace) -> str | None:
    """What to do; None: go on with what the session has."""
    task: str | None = options.task
    if task == "-":
        if options.steer:
            raise UsageError(
                "--steer reads messages from standard input, so the task cannot come from there too."
            )
        task = sys.stdin.read() if sys.stdin is not None else ""
    elif not options.steer and not options.demo and (piped := stdin.piped()).strip():
        task = piped if task is None else stdin.beside(task, piped)
    if task is None and options.demo:
        task = DEMO_TASK
    if not task or not task.strip():
        if task is None and which_session.may_go_without_task(options):
            return None
        raise UsageError("There is no task.", hint='Say it: codepilot run "fix the failing test"')
    return task


def load_config(options: argparse.Namespace) -> AgentConfig:
    """The agent file that the options name or imply, with what they override."""
    try:
        directory = paths.expanded(options.dir or current_folder()).resolve()
    except ValueError as error:
        raise UsageError(f"--dir: {error}.") from None
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a folder.")
    own = directory / "agent.yaml"
    trusted = TrustStore().answer(directory) is True
    path = find_agent_file(options.agent, directory, trusted)
    if options.agent is None and own.is_file() and not trusted:
        output.narrate(
            f"codepilot: {own} is not used, because this folder is not trusted. Name it with --agent to use it."
        )
    config = AgentConfig.load(path)
    credentials.hide_also(config.model.api_key_env)
    if options.model:
        config = config.with_model(options.model)
    if options.dir is not None or not config.work_dir_given:
        config = replace(config, runtime=replace(config.runtime, work_dir=str(directory)))
    return config


async def _run(options: argparse.Namespace, task: str | None) -> int:
    allow = [name.strip() for names in options.allow for name in names.split(",") if name.strip()]
    config = load_config(options)
    for warning in config.warnings:  # first: a key that is missing may stand in one that is ignored
        output.narrate(f"codepilot: {warning}")
    kept = not options.demo or which_session.may_go_without_task(options)
    session_id = which_session.session_id_of(options, config.runtime.work_dir) if kept else None
    runtime = AsyncRuntime(
        config,
        session="journal" if kept else "memory",
        session_id=session_id,
        stream=True,
        mode=known_mode(options.mode),
        allow=allow,
        provider=DemoProvider(pace=0.0) if options.demo else None,
        use_stdin=_asks_on_stdin(options),
        max_cost=options.max_cost,
        max_steps=options.max_steps,
    )
    _know_tools(runtime, allow)
    _silence_default_handlers(runtime)
    gathered = output.Gathered()
    runtime.subscribe(gathered.take)
    report = Report(options.format, runtime.abort)
    runtime.subscribe(report.take)
    _stop_on_signals(runtime)
    if options.steer:
        steer(runtime)
    async with runtime:
        if which_session.may_go_without_task(options) and (rest := await runtime.unfinished_restore()):
            files = "some files are as they were, others not" if rest.rows else "only its files are restored"
            output.narrate(f"codepilot: {HALF_REWOUND.format(files)}")
        await _work(runtime, task)
        report.check()
    outcome = runtime.last_outcome or Outcome("failed")
    code = _exit_code(outcome)
    if runtime.unwritten_records and code == 0:
        code = NOT_KEPT
    report.check()
    if options.format == "json":
        output.json_line(_final(runtime, outcome, gathered, code, session_id))
    return code


async def _work(runtime: AsyncRuntime, task: str | None) -> None:
    if task is not None:
        await runtime.run(task)
    elif runtime.unfinished is not None:
        await runtime.resume()
    else:
        raise UsageError(
            "There is no task, and none was cut in this session.",
            hint=f'Give one: codepilot run --session {clean_line(runtime.session.session_id)} "go on with …"',
        )


def _exit_code(outcome: Outcome) -> int:
    if outcome.status == "failed" and outcome.error_source == "provider":
        return 4
    return EXIT[outcome.status]


def _final(
    runtime: AsyncRuntime, outcome: Outcome, gathered: output.Gathered, code: int, session: str | None
) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "exit_code": code,
        "summary": outcome.summary,
        "reply": outcome.reply,
        "error": outcome.error,
        "steps": outcome.steps,
        "calls": gathered.calls,
        "changed": gathered.changed,
        "denied": gathered.denied,
        "unanswered": gathered.unanswered,
        "errors": gathered.errors,
        "usage": {
            "input_tokens": outcome.usage.input_tokens,
            "output_tokens": outcome.usage.output_tokens,
            "cached_tokens": outcome.usage.cache_read,
        },
        "cost": gathered.cost,
        "model": f"{runtime.provider.name}:{runtime.provider.model}",
        "work_dir": os.fspath(runtime.work_dir),
        "agent": runtime.config.name,
        "session": session,
    }


def _know_tools(runtime: AsyncRuntime, allow: list[str]) -> None:
    unknown = [name for name in allow if name != "all" and name not in runtime.registry]
    if unknown:
        names = ", ".join(runtime.registry.names())
        raise UsageError(
            f"--allow names no tool: {', '.join(unknown)}.", hint=f"The tools are: {names}, or `all`."
        )


def _silence_default_handlers(runtime: AsyncRuntime) -> None:
    """The report below is the only writer here; handlers that print would break JSON."""
    for event in runtime.hooks.default_events():
        runtime.hooks.clear(event)


def _asks_on_stdin(options: argparse.Namespace) -> bool:
    return bool(
        sys.stdin is not None and sys.stdin.isatty() and options.format == "text" and not options.steer
    )


def _stop_on_signals(runtime: AsyncRuntime) -> None:
    """Ctrl-C, TERM and a closed terminal stop the task, also if they come before it has begun."""
    if threading.current_thread() is not threading.main_thread():
        return
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        runtime.abort()

    def begun(stamped: e.Stamped) -> None:
        if stopped.is_set() and isinstance(stamped.event, e.TaskStarted):
            runtime.abort()

    runtime.subscribe(begun)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
