"""The length of the system prompt, and whether its bytes stay."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.figure import Figure, Options
from benchmarks.ptys import ROOT, environment
from codepilot.prompts.assemble import CHARACTERS_PER_TOKEN

PROGRAM = """
import sys
from codepilot import AsyncRuntime
runtime = AsyncRuntime(sys.argv[1], work_dir=sys.argv[2])
first = runtime._agent.system_prompt()
assert first == runtime._agent.system_prompt()
sys.stdout.write(first)
"""


def prompt(work_dir: str, seed: int) -> str:
    """The prompt as a fresh process writes it."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT / "agent.yaml"), work_dir],
        env=environment(work_dir, ANTHROPIC_API_KEY="x", PYTHONHASHSEED=str(seed)),
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def measure(options: Options) -> list[Figure]:
    del options
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first, again, elsewhere = prompt(one, 1), prompt(one, 2), prompt(other, 3)
    shared = len(os.path.commonprefix([first, elsewhere]))
    return [
        Figure(
            what="system prompt, tokens", value=round(len(first) / CHARACTERS_PER_TOKEN), bar=3500,
            note=f"{len(first):,} characters / {CHARACTERS_PER_TOKEN}",
        ),
        Figure(
            what="  differs between processes (0: no)", value=int(first != again),
            bar=0, note=f"{shared / len(first):.0%} are the same for every project",
        ),
    ]  # fmt: skip
