"""`codepilot replay`: a session shown again at any speed, or its calls carried out again and compared."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot import events as e
from codepilot import paths
from codepilot.cli import output, transcript
from codepilot.cli.folder import current_folder
from codepilot.errors import CodepilotError, UsageError
from codepilot.journal.library import find_session
from codepilot.journal.listing import SessionInfo
from codepilot.journal.player import LONGEST, Player, shown_events
from codepilot.text import clean_line, counted

if TYPE_CHECKING:
    from codepilot.agentfile import AgentConfig
    from codepilot.journal.replay_report import Difference, ReplayReport
    from codepilot.runtime.replaying import Replay

_EXECUTE = ("dry_run", "start", "limit", "in_place", "live", "mask", "keep", "agent", "yes")
"""Options that mean something with --execute only."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    replay = commands.add_parser(
        "replay",
        help="play a session back, or run its recorded calls again and compare",
        description=f"Play a session back as it happened, with pauses of {LONGEST:g} seconds at most. With --execute"
        " its recorded calls run again, without a model, in a copy of the folder as it was when the session began, and"
        " their results are compared with the record.",
        epilog="exit codes: 0 done, or no differences; 1 differences; 2 not possible; 130 stopped",
    )
    replay.add_argument("id", help="the session's id, or the first characters of it")
    replay.add_argument(
        "--speed", type=float, metavar="X", help="2 is twice as fast, 0 without pauses (default: 1)"
    )
    replay.add_argument(
        "--json", action="store_true", help="one event per line; with --execute, one JSON report"
    )
    replay.add_argument(
        "--dir", "-C", type=Path, help="look for the session in this folder first (default: here)"
    )
    replay.add_argument("--execute", action="store_true", help="run the recorded calls again")
    execute = replay.add_argument_group("with --execute")
    execute.add_argument("--dry-run", action="store_true", help="only list what would run")
    execute.add_argument("--start", type=int, metavar="STEP", help="the first step, counted over the session")
    execute.add_argument("--limit", type=int, metavar="N", help="how many steps to run")
    execute.add_argument(
        "--live",
        action="append",
        metavar="TOOL",
        help="call this tool for real instead of answering from the record",
    )
    execute.add_argument(
        "--mask",
        action="append",
        metavar="REGEX",
        help="ignore what this matches when comparing output of commands",
    )
    execute.add_argument("--keep", action="store_true", help="keep the copy of the folder")
    execute.add_argument("--agent", type=Path, help="agent file (default: as codepilot run)")
    execute.add_argument(
        "--in-place",
        action="store_true",
        help="run in the folder itself, as it is now; its changes can be undone like those of any session",
    )
    execute.add_argument(
        "--yes", "-y", action="store_true", help="do not ask before --in-place or an imported session"
    )
    replay.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    try:
        folder = paths.expanded(options.dir or current_folder())
    except ValueError as error:
        raise UsageError(f"--dir: {error}.") from None
    info = find_session(options.id, folder)
    if options.execute:
        if options.speed is not None:
            raise UsageError("--speed shows a session; it means nothing with --execute.")
        return _execute(info, options)
    for name in _EXECUTE:
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} wants --execute.")
    _show(info, options)
    return 0


def _show(info: SessionInfo, options: argparse.Namespace) -> None:
    labels: dict[str, str] = {}
    for wait, stamped in Player(shown_events(info), 1.0 if options.speed is None else options.speed):
        if wait:
            time.sleep(wait)
        if options.json:
            output.json_line(e.as_dict(stamped))
        elif text := transcript.shown(stamped.event, labels):
            output.write(text)


# -- carrying it out ---------------------------------------------------------------------------------------------


def _execute(info: SessionInfo, options: argparse.Namespace) -> int:
    from codepilot.runtime.replaying import Replay, ReplayOptions  # the whole runtime

    try:
        masks = tuple(re.compile(each) for each in options.mask or ())
    except re.error as error:
        raise UsageError(f"--mask is no regular expression: {error}.") from None
    try:
        replay = Replay(
            info,
            ReplayOptions(
                start=1 if options.start is None else options.start,
                limit=options.limit,
                in_place=options.in_place,
                keep=options.keep,
                live=tuple(options.live or ()),
                ask=_ask,
                masks=masks,
            ),
        )
        if options.dry_run:
            return _dry_run(replay, options)
        _confirm(info, replay, options)
        report = asyncio.run(replay.run(_config(info, options)))
    except CodepilotError as error:
        output.error(error.message, error.hint)
        return 2
    if options.json:
        output.json_line(report.as_dict())
    else:
        _tell(report)
    return 0 if report.as_recorded else 1


def _config(info: SessionInfo, options: argparse.Namespace) -> AgentConfig:
    from codepilot.cli.run import load_config

    return load_config(
        argparse.Namespace(dir=Path(info.folder), agent=options.agent, model=None, max_steps=None)
    )


def _dry_run(replay: Replay, options: argparse.Namespace) -> int:
    steps = replay.plan()
    if options.json:
        output.json_line({"steps": steps})
        return 0
    for step in steps:
        output.write(f"step {step['step']}\n")
        for call in step["calls"]:
            output.write(f"  {call['tool']} {clean_line(call['label'])}  ({call['class']})\n")
    return 0


def _confirm(info: SessionInfo, replay: Replay, options: argparse.Namespace) -> None:
    if options.yes or not (options.in_place or replay.from_elsewhere):
        return
    if replay.from_elsewhere:
        why = "This session was imported from a file: its commands will run with your rights."
    else:
        why = f"The calls will run in {info.folder}, as it is now."
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"{why} There is nobody to ask.", hint="Give --yes to run it without asking.")
    if (_ask(f"{why} Go on? [y/N] ") or "").strip().lower() not in ("y", "yes"):
        raise UsageError("Nothing was run.")


def _ask(question: str) -> str | None:
    output.narrate(clean_line(question))
    line = sys.stdin.readline() if sys.stdin is not None else ""
    return line.rstrip("\n") if line else None


def _tell(report: ReplayReport) -> None:
    for number, difference in enumerate(report.differences, 1):
        output.write(f"{number}. {_said(difference)}\n")
        for line in difference.diff:
            output.write(f"     {line}\n")
    figures = [
        f"{report.same} the same",
        f"{report.masked} the same after masking" if report.masked else "",
        f"{report.recorded} answered from the record" if report.recorded else "",
        f"{report.skipped} skipped" if report.skipped else "",
        counted(len(report.differences), "difference"),
    ]
    output.write(f"{counted(report.calls, 'call')}: {', '.join(filter(None, figures))}.\n")
    if report.folder:
        output.narrate(f"The copy is {report.folder}.")


def _said(difference: Difference) -> str:
    what = f"{difference.tool} {clean_line(difference.path)}".strip()
    where = f"step {difference.step} of task {difference.task}: " if difference.step else ""
    said = {
        "start_file": f"{clean_line(difference.path)} "
        + (
            "is not as it was when the session began"
            if difference.expected
            else "has changed since the session"
        ),
        "result": f"{what}: different result",
        "state": f"{what} ended as {difference.got}, not as {difference.expected}",
        "file": f"{clean_line(difference.path)} has different contents",
        "missing": f"{clean_line(difference.expected)} was not called",
        "extra": f"{clean_line(difference.got)} was not recorded, but was called",
    }[difference.kind]
    return where + said + (f" (follows from {difference.follows})" if difference.follows else "")
