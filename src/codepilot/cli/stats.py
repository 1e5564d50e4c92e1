"""`codepilot stats`: tasks, tokens and cost, per day, model and folder."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from codepilot import paths
from codepilot.cli import output
from codepilot.errors import UsageError
from codepilot.journal.listing import sessions_of
from codepilot.journal.statistics import Statistics, Used, statistics_of
from codepilot.text import clean_line, counted

_HEADS = ("tasks", "steps", "in", "out", "cached", "cost")
_MOST_DAYS = 36_500


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    stats = commands.add_parser(
        "stats",
        help="tasks, tokens and cost per day, model and folder",
        description="What the sessions of all folders have used: tasks, steps, tokens, cost in dollars. Prices are"
        " those of models.yaml at the time; replies without a known price are listed separately.",
        epilog="exit codes: 0 done, 2 usage",
    )
    stats.add_argument("--days", type=int, metavar="N", help="the last N days only, today included")
    stats.add_argument("--dir", "-C", type=Path, help="the sessions of this folder only")
    stats.add_argument("--json", action="store_true", help="one JSON object")
    stats.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    if options.days is not None and not 1 <= options.days <= _MOST_DAYS:
        raise UsageError(f"--days must be 1 to {_MOST_DAYS}, not {options.days}.")
    try:
        folder = None if options.dir is None else paths.expanded(options.dir)
    except ValueError as error:
        raise UsageError(f"--dir: {error}.") from None
    found = statistics_of(sessions_of(folder), _since(options.days))
    if options.json:
        output.json_line(found.as_dict())
    elif not found.sessions:
        output.narrate("No sessions yet.")
    else:
        output.write(_table(found))
        if found.total.unpriced:
            output.narrate(
                f"Not in the cost: {found.total.unpriced} of {found.total.replies} replies, from models without a known"
                " price. Add prices in models.yaml."
            )
    return 0


def _since(days: int | None) -> float:
    """The midnight with which so many days begin, the last of them today."""
    if days is None:
        return 0.0
    today = time.localtime()
    return time.mktime((today.tm_year, today.tm_mon, today.tm_mday - days + 1, 0, 0, 0, 0, 0, -1))


def _table(found: Statistics) -> str:
    groups = {"day": found.days, "model": found.models, "folder": found.folders}
    rows: list[tuple[str, ...]] = []
    for head, group in groups.items():
        rows.append((head, *_HEADS))
        rows += [(clean_line(name) or "not recorded", *_cells(used)) for name, used in group.items()]
        rows.append(())
    rows.append((f"total ({counted(found.sessions, 'session')})", *_cells(found.total)))
    widths = [max(len(row[index]) for row in rows if row) for index in range(len(_HEADS) + 1)]
    return "".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    if not row:
        return "\n"
    cells = [
        row[0].ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
    ]
    return "  ".join(cells).rstrip() + "\n"


def _cells(used: Used) -> tuple[str, ...]:
    cost = "–" if used.unpriced == used.replies else f"${used.cost:.2f}"
    tokens = (used.input_tokens, used.output_tokens, used.cached_tokens)
    return (f"{used.tasks:,}", f"{used.steps:,}", *(f"{each:,}" for each in tokens), cost)
