"""The differences of 500 files in one stream: made, first screen, the wheel while texts are compared and coloured."""

from __future__ import annotations

import asyncio
import random
import time

from textual.app import App, ComposeResult

from benchmarks.figure import Figure, Options, percentile
from codepilot.diff import counts
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.diff_stream import DiffStream
from codepilot_tui.widgets.stream_rows import FileDiff

SIZE = (160, 46)
LINES = 240
TURNS = 0.016
"""Seconds between two turns of the wheel."""


def files(count: int) -> list[FileDiff]:
    """Python files of 240 lines, each changed in four places."""
    chance = random.Random(7)
    made = []
    for at in range(count):
        lines = [
            f"    value_{number} = compute({number}, name='{at}')  # what it is\n"
            if number % 12
            else f"def part_{number}():\n"
            for number in range(LINES)
        ]
        after = list(lines)
        for place in sorted(chance.sample(range(LINES), 4), reverse=True):
            after[place : place + 2] = [
                f"    changed_{place} = {at}\n",
                "    if more:\n",
                "        return None\n",
            ]
        before_text, after_text = "".join(lines), "".join(after)
        made.append(
            FileDiff(
                f"src/part{at % 20}/file_{at}.py", before_text, after_text, *counts(before_text, after_text)
            )
        )
    return made


class Bench(App[None]):
    """The stream and nothing else."""

    def __init__(self, view: DiffStream) -> None:
        super().__init__()
        install_themes(self, "dusk")
        self.view = view

    def compose(self) -> ComposeResult:
        yield self.view


def draw(view: DiffStream) -> None:
    """All rows in sight."""
    for y in range(view.size.height):
        view.render_line(y)


async def taken(count: int, turns: int) -> dict[str, list[float]]:
    """Milliseconds of each."""
    diffs = files(count)
    began = time.perf_counter()
    view = DiffStream(diffs)
    times: dict[str, list[float]] = {"made": [(time.perf_counter() - began) * 1000], "wheel": [], "folds": []}
    app = Bench(view)
    async with app.run_test(size=SIZE):
        began = time.perf_counter()
        view.go_to_file(count // 2)  # where nothing is compared yet
        draw(view)
        times["first"] = [(time.perf_counter() - began) * 1000]
        view.go_to_file(0)
        for _ in range(turns):
            began = time.perf_counter()
            view.move(3)
            draw(view)
            times["wheel"].append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(TURNS)
        while view.rows.missing(0, 1):
            await asyncio.sleep(0.01)
        began = time.perf_counter()
        view.toggle_folds()
        draw(view)
        times["folds"].append((time.perf_counter() - began) * 1000)
    return times


def measure(options: Options) -> list[Figure]:
    count = options.pick(500, 100)
    found = asyncio.run(taken(count, options.pick(1200, 200)))
    wheel = found["wheel"]
    return [
        Figure(what=f"{count} files of {LINES} lines in one stream: made", value=found["made"][0], unit="ms", bar=50),
        Figure(what="  first screen of 46 rows", value=found["first"][0], unit="ms", bar=300),
        Figure(what="  wheel of 3 rows, 60 a second, p50", value=percentile(wheel, 0.5), unit="ms", bar=4),
        Figure(what="    p95", value=percentile(wheel, 0.95), unit="ms", bar=8,
               note=f"p99 {percentile(wheel, 0.99):.1f}, most {max(wheel):.1f} ms; compared and coloured meanwhile"),
        Figure(what="  all unfolded, until drawn", value=found["folds"][0], unit="ms", bar=300),
    ]  # fmt: skip
