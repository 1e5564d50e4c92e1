"""First paint with a usable prompt, against a bare Textual app, in turns."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figure import Figure, Options
from benchmarks.ptys import READY, Screen

BARE = (["-m", "benchmarks.bare"], "Say something")
DEMO = (["-m", "codepilot_tui", "--demo"], READY)
KEYED = {"ANTHROPIC_API_KEY": "not-a-key"}
OWN = (["-m", "codepilot_tui"], READY)
WATCH = """
import json, sys
seen, path = set(), sys.argv.pop()
def hook(event, arguments):
    if event == "import" and arguments[0] in ("openai", "anthropic", "pydantic"):
        seen.add(arguments[0])
        with open(path, "w") as file:
            json.dump(sorted(seen), file)
sys.addaudithook(hook)
from codepilot_tui.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def paint(argv: Sequence[str], words: str) -> tuple[float, float]:
    """Wall and CPU seconds until these words stand on the screen."""
    with tempfile.TemporaryDirectory() as project, Screen(argv, more=KEYED, cwd=project) as screen:
        wall = screen.wait_for(words)
        return wall, screen.cpu


def imported_sdks() -> list[str]:
    """Which SDKs were imported before the first paint of the demo and of an ordinary start."""
    found: set[str] = set()
    for more in ([], ["--demo"]):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "seen.json")
            with Screen(["-c", WATCH, *more, str(path)], more=KEYED, cwd=folder) as screen:
                screen.wait_for(OWN[1])
                if path.exists():
                    found |= set(json.loads(path.read_text()))
    return sorted(found)


def measure(options: Options) -> list[Figure]:
    rounds = options.pick(8, 4)
    programs = {"bare": BARE, "demo": DEMO, "own": OWN}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            times[name].append(paint(*program))
    wall = {name: min(each[0] for each in all_) for name, all_ in times.items()}
    cpu = {name: min(each[1] for each in all_) for name, all_ in times.items()}
    sdks = imported_sdks()

    def told(name: str) -> str:
        return f"{cpu[name]:.2f} s against {cpu['bare']:.2f} s; wall {wall[name]:.2f} against {wall['bare']:.2f} s"

    return [
        Figure(
            what="first paint, CPU × bare Textual", value=cpu["own"] / cpu["bare"], bar=1.5, note=told("own")
        ),
        Figure(what="  wall × bare Textual", value=wall["own"] / wall["bare"], bar=1.5),
        Figure(
            what="  of the demo, CPU × bare Textual",
            value=cpu["demo"] / cpu["bare"],
            bar=1.5,
            note=told("demo"),
        ),
        Figure(
            what="  of the demo, wall × bare Textual",
            value=wall["demo"] / wall["bare"],
            bar=1.5,
            note="makes a git project first",
        ),
        Figure(what="  SDKs imported before it", value=len(sdks), bar=0, note=", ".join(sdks)),
    ]
