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

from codepilot.agentfile import AgentConfig, find_agent_file
from codepilot.cli import output
from codepilot.decision import MODES
from codepilot.demo import DEMO_TASK, DemoProvider, create_project
from codepilot.errors import UsageError
from codepilot.loop import Outcome
from codepilot.permissions import TrustStore
from codepilot.runtime import AsyncRuntime

EXIT = {"done": 0, "replied": 0, "failed": 1, "max_steps": 3, "needs_person": 5, "aborted": 130}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    run = commands.add_parser(
        "run",
        help="work on one task and exit",
        description="Work on one task. Without a person to ask, what would ask is denied: see --mode and --allow.",
        epilog="exit codes: 0 done or answered, 1 failed, 2 usage, 3 step limit, 4 provider,"
        " 5 a person was needed, 130 stopped",
    )
    run.add_argument("task", nargs="?", help="what to do; `-` reads it from standard input")
    run.add_argument("--dir", "-C", type=Path, help="the folder to work in (default: here)")
    run.add_argument(
        "--agent", type=Path, help="agent file (default: DIR/agent.yaml if trusted, yours, the packaged one)"
    )
    run.add_argument("--model", metavar="PROVIDER:NAME", help="instead of the agent file's model")
    run.add_argument("--mode", choices=MODES, default="ask", help="what is asked for (default: ask)")
    run.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="TOOL",
        help="allow a tool beforehand (repeatable, commas, or `all`)",
    )
    run.add_argument(
        "--format",
        choices=("text", "json", "jsonl"),
        default="text",
        help="text, one object, or an event a line",
    )
    run.add_argument("--session", metavar="ID", help="keep the conversation in a file session of this name")
    run.add_argument(
        "--steer",
        action="store_true",
        help="read further messages from standard input, a line each; they reach the agent at its next step",
    )
    run.add_argument("--max-steps", type=int, help="instead of the agent file's")
    run.add_argument("--demo", action="store_true", help="the scripted demo model on a project of its own")
    run.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    task = _task(options)
    if options.max_steps is not None and options.max_steps < 1:
        raise UsageError(f"--max-steps must be 1 or more, not {options.max_steps}.")
    made: Path | None = None
    if options.demo:
        made = create_project()
        options.dir = options.dir or made
    try:
        return asyncio.run(_run(options, task))
    finally:
        if made is not None:
            shutil.rmtree(made.parent, ignore_errors=True)


def _task(options: argparse.Namespace) -> str:
    task: str | None = options.task
    if task == "-":
        if options.steer:
            raise UsageError(
                "--steer reads messages from standard input, so the task cannot come from there too."
            )
        task = sys.stdin.read()
    if task is None and options.demo:
        task = DEMO_TASK
    if not task or not task.strip():
        raise UsageError("There is no task.", hint='Say it: codepilot run "fix the failing test"')
    return task


def load_config(options: argparse.Namespace) -> AgentConfig:
    """The agent file that the options name or imply, with what they override."""
    directory = (options.dir or Path.cwd()).expanduser().resolve()
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
    for warning in config.warnings:
        output.narrate(f"codepilot: {warning}")
    if options.model:
        config = config.with_model(options.model)
    if options.max_steps is not None:
        config = replace(config, runtime=replace(config.runtime, max_steps=options.max_steps))
    if options.dir is not None or not config.work_dir_given:
        config = replace(config, runtime=replace(config.runtime, work_dir=directory))
    return config


async def _run(options: argparse.Namespace, task: str) -> int:
    allow = [name.strip() for names in options.allow for name in names.split(",") if name.strip()]
    runtime = AsyncRuntime(
        load_config(options),
        session="file" if options.session else "memory",
        session_id=options.session,
        stream=True,
        mode=options.mode,
        allow=allow,
        provider=DemoProvider(pace=0.0) if options.demo else None,
        use_stdin=sys.stdin.isatty() and options.format == "text" and not options.steer,
    )
    _know_tools(runtime, allow)
    _silence_default_handlers(runtime)
    gathered = output.Gathered()
    runtime.subscribe(gathered.take)
    if options.format == "text":
        runtime.subscribe(output.TextReport().take)
    elif options.format == "jsonl":
        runtime.subscribe(output.JsonLines().take)
    _stop_on_signals(runtime)
    if options.steer:
        threading.Thread(target=_steer, args=(runtime,), name="codepilot-steer", daemon=True).start()
    async with runtime:
        await runtime.run(task)
        outcome = runtime.last_outcome or Outcome("failed")
        code = _exit_code(outcome)
        if options.format == "json":
            output.json_line(_final(runtime, outcome, gathered, code))
    return code


def _exit_code(outcome: Outcome) -> int:
    if outcome.status == "failed" and outcome.error_source == "provider":
        return 4
    return EXIT[outcome.status]


def _final(runtime: AsyncRuntime, outcome: Outcome, gathered: output.Gathered, code: int) -> dict[str, Any]:
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
        "errors": gathered.errors,
        "usage": {
            "input_tokens": outcome.usage.input_tokens,
            "output_tokens": outcome.usage.output_tokens,
            "cached_tokens": outcome.usage.cache_read,
        },
        "model": f"{runtime.provider.name}:{runtime.provider.model}",
        "work_dir": os.fspath(runtime.work_dir),
        "session": runtime.session.session_id,
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


def _steer(runtime: AsyncRuntime) -> None:
    """Send each line of standard input to the agent, until its end. A daemon: nothing waits for a line to come."""
    for line in sys.stdin:
        if line.strip():
            runtime.send_message(line.rstrip("\n"))


def _stop_on_signals(runtime: AsyncRuntime) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, runtime.abort)
