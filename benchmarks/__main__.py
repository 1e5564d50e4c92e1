"""The figures of the design beside their bars: `python -m benchmarks [names…] [--quick] [--json]`.

Each figure runs in a process of its own, so that none inherits the memory or the imports of another, and one that
fails or hangs is told as such.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from benchmarks.figure import Figure, Options, machine, table

NAMES = {
    "first_paint": "start to usable prompt, against a bare Textual app",
    "echo": "key to echo at 10,000 messages while streaming",
    "markdown": "CPU of streamed Markdown",
    "flood": "floods in the terminal pane",
    "diff_stream": "the differences of 500 files in one stream: made, first screen, the wheel",
    "frames": "a terminal's frame from the host to strips; a thousand resizes",
    "idle": "bytes, wake-ups and CPU while nothing happens",
    "quiet": "bytes and CPU while a question is open, a command runs, the model is silent",
    "memory": "resident memory at 10,000 messages",
    "blocks": "an empty control block, a tool call",
    "abort": "abort of a block, a command, a stream",
    "checkpoints": "what it costs to know what commands change, in 500,000 files",
    "commands": "many commands with random gaps",
    "context": "what is still known after the conversation was cut",
    "descendants": "processes left by commands after the terminal's end",
    "hanging": "commands that hang other agents",
    "kills": "the program killed at random in each way to run it, and continued: what is lost, what is done twice",
    "resume": "opening a session of 10,000 messages",
    "tabs": "switching between open sessions of 10,000 messages",
    "library": "import and construction of the library",
    "prompt": "the system prompt",
    "rewind": "random walks of tools, commands and a person, rewound and redone: what is wrong, what is lost",
    "replay": "recorded runs carried out again without a model: what differs",
    "replies": "the corpus of replies: read rightly or named, none executed by mistake",
}
PATIENCE = 3600


def run_here(name: str, options: Options) -> list[Figure]:
    """Measure in this process."""
    try:
        return list(importlib.import_module(f"benchmarks.{name}").measure(options))
    except Exception:  # noqa: BLE001 - seam: a figure that fails is a line of the table
        return [Figure(what=name, value=0, error=traceback.format_exc())]


def run_apart(name: str, options: Options) -> list[Figure]:
    """Measure in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="codepilot-bench-") as folder:
        answer = Path(folder, "figures.json")
        command = [
            sys.executable,
            "-m",
            "benchmarks",
            name,
            "--here",
            str(answer),
            *(["--quick"] if options.quick else []),
        ]
        # Only what the figures need: no keys, no session of the person who runs them.
        environment = {
            key: value for key, value in os.environ.items() if not key.endswith(("_API_KEY", "_BASE_URL"))
        }
        environment["CODEPILOT_HOME"] = folder
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return [Figure(what=name, value=0, error=f"not done within {PATIENCE} s")]
        if not answer.exists():
            return [Figure(what=name, value=0, error=f"{done.stderr}\nexit code {done.returncode}")]
        fields = ("what", "value", "unit", "bar", "note", "error")
        return [Figure(**{key: each[key] for key in fields}) for each in json.loads(answer.read_text())]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="smaller sizes and fewer rounds than the design names"
    )
    parser.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}. There are: {', '.join(NAMES)}.")
    options = Options(quick=arguments.quick)
    names = arguments.names or list(NAMES)
    if arguments.here is not None:
        arguments.here.write_text(json.dumps([each.as_dict() for each in run_here(names[0], options)]))
        return 0
    figures: list[Figure] = []
    began = time.monotonic()
    for name in names:
        if sys.stderr.isatty():
            print(f"\x1b[2K  {name}: {NAMES[name]} …", end="\r", file=sys.stderr, flush=True)
        figures += run_apart(name, options)
    if sys.stderr.isatty():
        print("\x1b[2K", end="\r", file=sys.stderr, flush=True)
    if arguments.json:
        print(json.dumps([each.as_dict() for each in figures], indent=1))
    else:
        print(table(figures))
        print(f"\n{machine()}; {time.monotonic() - began:.0f} s")
    failed = [each for each in figures if each.error]
    for each in failed:
        print(f"\n{each.what} failed:\n{each.error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
