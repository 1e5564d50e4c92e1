"""Pictures of the workbench, taken from the guided demo: real shell, real diff, real questions.

    python -m benchmarks.shots [FOLDER]

Writes an SVG for each state, and a PNG beside it where a Chromium is installed (`apt-get install chromium
fonts-firacode fonts-dejavu`).
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import codepilot.demo
from codepilot_tui.__main__ import parser
from codepilot_tui.app import WorkbenchApp
from codepilot_tui.bench import first_times

DEMO = Path("/tmp/demo")
"""Where the demo's project stands, since a traceback in a picture shows it: not a name made at random."""
ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


async def until(pilot, condition: Callable[[], bool], what: str) -> None:
    """Let the app run until a condition holds."""
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.05)
    await pilot.pause(0.3)
    print(f"  {what}")


async def demo(folder: Path, size: tuple[int, int], theme: str, prefix: str) -> None:
    options = parser().parse_args(["--demo", "--theme", theme])
    app = WorkbenchApp(options)
    try:
        async with app.run_test(size=size) as pilot:

            def asks(title: str) -> Callable[[], bool]:
                def ready() -> bool:
                    dock = app.session.docks.dock if app.session.docks is not None else None
                    return dock is not None and dock.ready and dock.title.startswith(title)

                return ready

            def save(name: str) -> None:
                (folder / f"{prefix}{name}.svg").write_text(
                    app.export_screenshot(title="codepilot-tui"), "utf-8"
                )

            await until(pilot, asks("Run"), "permission")
            save("permission")
            await pilot.press("y")
            await until(pilot, asks("The agent asks"), "question")
            save("question")
            await pilot.press(*"bolt", "enter")
            await until(pilot, asks("Change"), "edit")
            save("edit")
            await pilot.press("y")
            await until(pilot, asks("Run"), "permission, again")
            await pilot.press("escape")
            await pilot.pause(0.3)
            await pilot.press(*"also add a test for zero", "enter")
            await pilot.pause(0.3)
            await pilot.press(*"update the readme too")
            await until(pilot, lambda: bool(app.session.agent and app.session.agent.outbox.chips), "queued")
            save("workbench")
            await pilot.press("ctrl+o")
            await until(pilot, asks("Run"), "recalled")
            await pilot.press("y")
            await until(pilot, lambda: bool(app.session.agent and not app.session.agent.working), "done")
            save("done")
            if app.session.parts is not None:
                await app.session.parts.close()
    finally:
        app.forget_demo()


def to_png(folder: Path) -> None:
    """Draw each SVG with Chromium; Textual's SVG names fonts that must be installed."""
    browser = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if browser is None:
        print("no Chromium: SVG only")
        return
    for svg in sorted(folder.glob("*.svg")):
        head = svg.read_text("utf-8")[:400]
        width, height = (float(part) for part in head.split('viewBox="0 0 ')[1].split('"')[0].split())
        with tempfile.TemporaryDirectory() as profile:
            subprocess.run(
                [
                    browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                    "--no-first-run", f"--user-data-dir={profile}", "--hide-scrollbars",
                    f"--window-size={int(width) + 1},{int(height) + 1}", f"--screenshot={svg.with_suffix('.png')}",
                    svg.as_uri(),
                ],
                check=True, capture_output=True, timeout=120,
            )  # fmt: skip
    print(f"PNG beside each SVG in {folder}")


def _be_anybody(home: Path) -> None:
    """A home, a prompt and temporary folders that say nothing of the machine and its user."""
    (home / ".bashrc").write_text("PS1='dev:~/inventory$ '\n", "utf-8")
    os.environ |= {"HOME": str(home), "CODEPILOT_HOME": str(home / "codepilot"), "TMPDIR": str(home)}
    tempfile.tempdir = str(home)
    for name in ("NO_COLOR", "XDG_RUNTIME_DIR"):
        os.environ.pop(name, None)
    codepilot.demo.create_project = functools.partial(codepilot.demo.create_project, DEMO)
    # What is said once would stand in the pictures for good.
    first_times.keep([each.name for each in first_times.FIRST_TIMES])


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", type=Path, default=ROOT / "screenshots")
    folder = arguments.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if DEMO.exists():
        sys.exit(f"{DEMO} is there already; the demo's project would be made in it.")
    with tempfile.TemporaryDirectory() as home:
        _be_anybody(Path(home))
        for size, theme, prefix in (
            ((160, 46), "dusk", ""),
            ((80, 24), "dusk", "small-"),
            ((120, 40), "paper", "light-"),
        ):
            print(f"{prefix or 'wide-'}{theme} {size[0]}x{size[1]}")
            asyncio.run(demo(folder, size, theme, prefix))
    os.environ.pop("TMPDIR")
    tempfile.tempdir = None  # the folder is gone
    to_png(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
