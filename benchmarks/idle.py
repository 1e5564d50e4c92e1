"""What happens while nothing happens, beside a bare Textual app over the same seconds."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass

from benchmarks import procs
from benchmarks.figure import Figure, Options
from benchmarks.first_paint import BARE, KEYED, OWN
from benchmarks.ptys import Screen


@dataclass(frozen=True, slots=True)
class Count:
    """A process at one moment."""

    time: float
    wakeups: int
    cpu: float

    @classmethod
    def of(cls, pid: int) -> Count:
        return cls(time.perf_counter(), procs.wakeups(pid), procs.cpu_seconds(pid))

    def rates(self, pid: int) -> tuple[float, float]:
        """Wake-ups a second and the share of a core in per cent, from then to now."""
        now = Count.of(pid)
        seconds = now.time - self.time
        return (now.wakeups - self.wakeups) / seconds, (now.cpu - self.cpu) / seconds * 100


def measure(options: Options) -> list[Figure]:
    seconds = options.pick(60, 10)
    with (
        tempfile.TemporaryDirectory() as project,
        Screen(BARE[0]) as bare,
        Screen(OWN[0], more=KEYED, cwd=project) as bench,
    ):
        bare.wait_for(BARE[1])
        bench.wait_for(OWN[1])
        bare.drain(1)
        bench.drain(4)  # worker, spare, terminal host and shell come up
        while bench.drain(1.5):
            pass
        others = [pid for pid in procs.children(bench.pid) if procs.alive(pid)]
        counts = {pid: Count.of(pid) for pid in (bare.pid, bench.pid, *others)}
        written = bench.drain(seconds)
        bare_wakeups, bare_cpu = counts[bare.pid].rates(bare.pid)
        wakeups, cpu = counts[bench.pid].rates(bench.pid)
        rest = [counts[pid].rates(pid) for pid in others]
    behind = f"the {len(others)} processes behind it {sum(each[0] for each in rest):.1f}/s"
    return [
        Figure(what=f"idle for {seconds} s, written", value=written, unit="bytes", bar=0),
        Figure(what="  wake-ups beyond bare Textual", value=wakeups - bare_wakeups, unit="/s", bar=3,
               note=f"{wakeups:.1f} against {bare_wakeups:.1f}; {behind}"),
        Figure(what="  CPU", value=cpu, unit="%", bar=0.3, note=f"bare Textual {bare_cpu:.2f} %"),
    ]  # fmt: skip
