"""What `from codepilot import Runtime; Runtime(file)` costs beyond bare Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.figure import Figure, Options
from benchmarks.ptys import ROOT, environment

PROGRAMS = {
    "bare": "import os; os._exit(0)",
    "import": "import os; from codepilot import Runtime; os._exit(0)",
    "made": "import os; from codepilot import Runtime; Runtime({file!r}, work_dir={home!r}); os._exit(0)",
}


def cpu(program: str, home: str) -> float:
    """CPU milliseconds of a program."""
    program = program.format(file=str(ROOT / "agent.yaml"), home=home)
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=environment(home, ANTHROPIC_API_KEY="x"), cwd=home
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{program!r} ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def measure(options: Options) -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        rounds = [
            {name: cpu(text, home) for name, text in PROGRAMS.items()} for _ in range(options.pick(15, 7))
        ]
    least = {name: min(each[name] for each in rounds) for name in PROGRAMS}
    return [
        Figure(
            what="Runtime(file), CPU beyond bare Python", value=least["made"] - least["bare"], unit="ms", bar=120,
            note=f"the import alone {least['import'] - least['bare']:.0f} ms; bare Python {least['bare']:.0f} ms",
        )
    ]  # fmt: skip
