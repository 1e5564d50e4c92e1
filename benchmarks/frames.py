"""A frame of 200×50 from the terminal host to strips, and the shown terminal under a thousand resizes."""

from __future__ import annotations

import asyncio
import io
import json
import struct
import tempfile
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from textual.app import App, ComposeResult

from benchmarks.figure import Figure, Options, percentile
from benchmarks.ptys import ROOT, SIZE, Screen
from codepilot.terminal.engines import new_engine
from codepilot.terminal.messages import FrameReader, encode_frame, pack_update, unpack_update
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.terminal import TerminalView

COLUMNS, LINES = 200, 50
SOURCE = ROOT / "src" / "codepilot" / "terminal" / "session" / "session.py"
RESIZES, RESIZING = 1000, 2.0


class Bench(App[None]):
    """One terminal view and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        install_themes(self, "dusk")
        self.view = TerminalView()

    def compose(self) -> ComposeResult:
        yield self.view


def highlighted() -> list[bytes]:
    """Lines of source text as a terminal gets them, a true colour for each kind of word."""
    console = Console(width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Syntax(SOURCE.read_text(), "python", theme="monokai", line_numbers=True))
    return [line.encode() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


async def frames(rounds: int) -> dict[str, list[float]]:
    """Milliseconds of CPU from the engine's screen to the strips of the lines that changed, by kind of change."""
    lines, app, engine = highlighted(), Bench(), new_engine(COLUMNS, LINES)
    taken: dict[str, list[float]] = {"full": [], "line": [], "scroll": []}
    painted = {"lines": 0}

    def frame(kind: str) -> None:
        began = time.thread_time()
        update = engine.take_update()
        assert update is not None
        (message,) = FrameReader().feed(encode_frame({"push": "screen", "update": pack_update(update)}))
        app.view.apply(unpack_update(message["update"]))
        for y in sorted({*update.rows, update.cursor.y}):
            app.view.render_line(y)
        taken[kind].append((time.thread_time() - began) * 1000)

    async with app.run_test(size=(COLUMNS, LINES)) as pilot:
        paint = app.view.drawing.painter.strip

        def counted(row: object) -> object:
            painted["lines"] += 1
            return paint(row)  # type: ignore[arg-type]

        for number in range(rounds):
            start = number * 7 % (len(lines) - 2 * LINES)
            engine.feed(b"\x1b[H\x1b[2J" + b"\r\n".join(lines[start : start + LINES]))
            frame("full")
            engine.feed(b"\x1b[20;1H" + lines[start + LINES] + b"\x1b[K")
            frame("line")
            await pilot.pause()
            app.view.drawing.painter.strip = counted  # type: ignore[method-assign, assignment]
            engine.feed(b"\x1b[%d;1H\r\n" % LINES + lines[start + LINES + 1])
            frame("scroll")
            del app.view.drawing.painter.strip
    engine.close()
    taken["painted"] = [painted["lines"] / rounds]
    return taken


def resized() -> dict[str, float]:
    """What the workbench did while its window was resized a thousand times in two seconds."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result")
        with Screen(["-m", "benchmarks.stage", "resize", str(result)], cwd=folder) as screen:
            screen.wait_for_file(result.with_name("typing"))
            began = time.perf_counter()
            for number in range(RESIZES):
                columns = 100 + number % 60
                last = number == RESIZES - 1
                rows, columns = SIZE if last else (30 + number % 11, columns)
                ioctl(screen.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                due = began + (number + 1) * RESIZING / RESIZES
                while (left := due - time.perf_counter()) > 0:
                    screen.read(left)
            result.with_name("resized").touch()
            facts: dict[str, float] = json.loads(screen.wait_for_file(result))
            return facts


def measure(options: Options) -> list[Figure]:
    taken = asyncio.run(frames(options.pick(200, 40)))
    facts = resized()
    most: Callable[[str], float] = lambda kind: percentile(taken[kind], 0.95)  # noqa: E731
    note: Callable[[str], str] = lambda kind: f"p50 {percentile(taken[kind], 0.5):.2f} ms"  # noqa: E731
    return [
        Figure(what="frame of 200×50, host to strips: full, p95", value=most("full"), unit="ms", bar=12,
               note=f"{note('full')}; highlighted source text"),
        Figure(what="  one line, p95", value=most("line"), unit="ms", bar=0.5, note=note("line")),
        Figure(what="  scrolled by a line, p95", value=most("scroll"), unit="ms", bar=6,
               note=f"{note('scroll')}; {taken['painted'][0]:.1f} lines painted"),
        Figure(what="1,000 resizes in 2 s: repaints a second", value=facts["frames"] / facts["seconds"], bar=60,
               note=f"{facts['seconds']:.1f} s until still"),
        Figure(what="  cells by which the final size is wrong", value=facts["wrong"], bar=0,
               note=f"{facts['columns']:.0f}×{facts['lines']:.0f} told to the shell"),
    ]  # fmt: skip
