"""Noise for the terminal engines: `python -m benchmarks.fuzz_engines [ENGINE …] [--kind K] [--megabytes N] [--seed N]`.

Each run is a process of its own, so a crash of native code is a line of the table and no end of it. The suite runs
smaller ones (`tests/contracts/test_engine_noise.py`). A run checks, as it goes, that rows fit the window, that the
cursor is inside it, and that no answer holds a line end; at the end, that the engine still works.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from codepilot.terminal.engines import Engine, available, new_engine

TURN = 0.03
REAL = [
    b"\x1b[H\x1b[2J", b"\x1b[1;31mred\x1b[0m", b"\x1b[38;2;10;20;30m", b"\x1b[48:5:200m", b"\x1b[4:3m",
    b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25l", b"\x1b[?25h", b"\x1b[5;10r", b"\x1b[r", b"\x1b[10;20H",
    b"\x1b[3A", b"\x1b[K", b"\x1b[1K", b"\x1b[2K", b"\x1b[J", b"\x1b[5L", b"\x1b[5M", b"\x1b[5@",
    b"\x1b[5P", b"\x1b[5X", b"\x1b[5S", b"\x1b[5T", b"\x1b[20b", b"\x1b7", b"\x1b8", b"\x1bD", b"\x1bM",
    b"\x1bE", b"\x1bH", b"\x1b[g", b"\x1b[3g", b"\x1b[4h", b"\x1b[4l", b"\x1b[?6h", b"\x1b[?7l",
    b"\x1b[?7h", b"\x1b[?69h", b"\x1b[5;70s", b"\x1b[?2026h", b"\x1b[?2026l", b"\x1b[?2027l",
    b"\x1b[?2027h", b"\x1b[?1003;1006h", b"\x1b[?2004h", b"\x1b[>1u", b"\x1b[<u", b"\x1b[=31;1u",
    b"\x1b[>4;2m", b"\x1b]0;title\x07", b"\x1b]8;;https://example.org/a?b\x1b\\link\x1b]8;;\x1b\\",
    b"\x1b]4;1;rgb:11/22/33\x07", b"\x1b]10;?\x07", b"\x1b]11;?\x1b\\", b"\x1b]52;c;aGVsbG8=\x07",
    b"\x1b]7;file:///tmp\x07", b"\x1b]133;A\x07", b"\x1b]633;D;0\x07", b"\x1b]1337;File=a:AAAA\x07",
    b"\x1bP$qm\x1b\\", b"\x1bP+q544e\x1b\\", b"\x1bPq#0;2;0;0;0~-\x1b\\",
    b"\x1b_Gi=1,a=T,f=24,s=1,v=1;AAAA\x1b\\", b"\x1b[c", b"\x1b[>c", b"\x1b[6n", b"\x1b[?2026$p",
    b"\x1b[18t", b"\x1b[22;0t", b"\x1b[23;0t", b"\x1b[!p", b"\x1bc", b"\x1b(0lqqk\x1b(B", b"\x0e",
    b"\x0f", b"\x1b#8", b"\x1b#3", b'\x1b[2"q', b"\x1b[?2J", b"\x1b[1;1;5;5$r", b"\x1b[2;2;9;9$z",
    b"\x1b[1;1;9;9;1;5;5;1$v", b"\x1b[65;1;1;5;9$x", b"\x1b[2'}", b"\x1b[2'~", b"\x1b[3 @", b"\x1b[3 A",
    b"\x1b[2 q", b"\r\n", b"\r\n", b"\r\n", b"\t", b"\x08", b"\x07", b"\x18",
    b"plain text and more of it ", b"$ ls -l\r\n", b"\x1b[3J", "\u65e5\u672c\u8a9e".encode(),
    "\U0001f469\u200d\U0001f469\u200d\U0001f467".encode(), "e\u0301".encode(),
    "\U0001f1e8\U0001f1ff".encode(), "\u2764\ufe0f".encode(), "\u200b\u202e".encode(), "\x9b2J".encode(),
]  # fmt: skip
OPENINGS = [
    b"\x1b]2;", b"\x1bP1z", b"\x1b_G", b"\x1b]52;c;", b"\x1b^", b"\x1bX", b"\x1b[", b"\x1b]8;;",
    b"\x1bPq",
]  # fmt: skip
COSTLY = [
    b"a\x1b[65535b", b"\x1b[?2J", b"\x1b[65;1;1;50;200$x", b"\x1b#8", b"a\x1b[999S", b"\x1bc",
    b"\x1b[1;1;9;9;1;2;2;1$v", b"\x1b[?40h\x1b[?3h\x1b[?3l",
    b"\x1bP0;0;1!z1B5B302A7A1B5B302A7A\x1b\\\x1b[0*z", b"\x1b[1;1;50;200$r",
]  # fmt: skip
WIDEST = {"bittty": (80, 24)}
"""Most of what a hostile sequence costs it is so much for each cell of the screen."""
KINDS = ("random", "mutated", "strings", "marks", "hoard", "costly")


@dataclass(frozen=True)
class Outcome:
    engine: str
    kind: str
    megabytes: float
    seconds: float
    worst_turn_ms: float
    """The longest that one `feed` with a limit of 30 ms took."""
    grown_mb: float
    """Most resident memory above that of a fresh engine."""


def noise(kind: str, size: int, rng: random.Random) -> Iterator[bytes]:
    """About `size` bytes in pieces."""
    if kind == "random":
        left = size
        while left > 0:
            data = rng.randbytes(rng.randrange(1, 4096))
            left -= len(data)
            yield data
    elif kind == "mutated":
        yield from mutated(size, rng)
    elif kind == "strings":
        for opening in OPENINGS:
            yield opening
            filler = b"1;2:3" if opening == b"\x1b[" else b"0123456789abcdef"
            for _ in range(-(-size // 65536)):
                yield filler * (65536 // len(filler))
            yield b"\x1b\\\x18"
    elif kind == "marks":
        for base in ("e", "日", "👩", ""):
            yield base.encode()
            for mark in ("\u0301", "\u200d", "\ufe0f", "\U0001f3fd"):
                yield (mark * (size // 40)).encode()
            yield b"\r\n"
    elif kind == "hoard":
        yield from hoard(size, rng)
    else:
        yield b"\n" * size
        for unit in COSTLY:
            yield unit * (size // 10 // len(unit))


def mutated(size: int, rng: random.Random) -> Iterator[bytes]:
    """Sequences that programs send, in any order, some with a byte changed, doubled, lost, or a huge number."""
    done = 0
    while done < size:
        parts = []
        for _ in range(rng.randrange(1, 60)):
            part = bytearray(rng.choice(REAL))
            change = rng.random()
            at = rng.randrange(len(part))
            if change < 0.1:
                part[at] = rng.randrange(256)
            elif change < 0.15:
                del part[at]
            elif change < 0.2:
                part[at:at] = part[: rng.randrange(len(part)) + 1]
            elif change < 0.25:
                part[at:at] = str(rng.choice((0, 1, 65535, 2**31, 2**64))).encode()
            parts.append(bytes(part))
        data = b"".join(parts)
        done += len(data)
        yield data


def hoard(size: int, rng: random.Random) -> Iterator[bytes]:
    """What an emulator keeps for each new one: addresses, styles, titles, colours, names, sequences, clusters."""
    each = size // 8
    makers: list[tuple[int, Callable[[int], bytes]]] = [
        (60, lambda n: b"\x1b]8;;https://example.org/%d/%s\x1b\\x" % (n, b"p" * 30)),
        (30, lambda n: b"\x1b[38;2;%d;%d;%d;4;58;2;%d;1;1mx" % (n & 255, n >> 8 & 255, n >> 16, n & 127)),
        (4000, lambda n: b"\x1b]2;%d%s\x07\x1b[22t" % (n, b"t" * 3900)),
        (30, lambda n: b"\x1b]52;%x;aGVsbG8=\x07\x1b]4;%d;#123456\x07" % (n, n)),
        (2000, lambda n: b"\x1b[%s;%dm" % (b";".join(b"%d" % rng.randrange(1000) for _ in range(500)), n)),
        (2000, lambda n: b"\x1bP%d;1|17/%s\x1b\\" % (n, b"6c" * 950)),
        (20, lambda n: "".join(chr(rng.randrange(0x300, 0x36F)) for _ in range(8)).encode() + b"e"),
        (12, lambda n: b"\x1b[>31u\x1b[%d s" % (n & 7)),
    ]
    for length, make in makers:
        together = max(1, 4000 // length)
        for first in range(0, each // length, together):
            yield b"".join(map(make, range(first, first + together)))


def run(name: str, kind: str, size: int, seed: int) -> Outcome:
    """All in this process."""
    rng = random.Random(seed)
    engine = new_engine(80, 24, prefer=name)
    engine.feed(b"line\r\n" * 100)
    engine.take_update(full=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, worst, fed = time.perf_counter(), 0.0, 0
    for data in noise(kind, size, rng):
        fed += len(data)
        rest = data
        while rest:
            at = time.perf_counter()
            rest = engine.feed(rest, seconds=TURN)
            worst = max(worst, time.perf_counter() - at)
        if kind in ("random", "mutated", "hoard"):
            disturb(engine, rng, WIDEST.get(name, (200, 80)))
    seconds = time.perf_counter() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    engine.resize(80, 24)
    engine.feed(b"\x18\x1b\\\x1bc\x1b[?2026lstill here")
    assert engine.text() == "still here", engine.text()
    engine.close()
    return Outcome(name, kind, fed / 1e6, seconds, worst * 1e3, grown / 1024)


def disturb(engine: Engine, rng: random.Random, widest: tuple[int, int]) -> None:
    """What a host does meanwhile. Windows get as large as `widest`."""
    assert not set(engine.take_replies()) & set(b"\r\n"), "an answer would press Enter"
    engine.take_effects()
    choice = rng.random()
    if choice < 0.2:
        update = engine.take_update(full=choice < 0.05)
        if update is not None:
            assert update.cursor.x < update.columns and update.cursor.y < update.lines
            assert all(sum(run.width for run in row.runs) <= update.columns for row in update.rows.values())
            assert all(y < update.lines for y in update.rows)
    elif choice < 0.23:
        engine.resize(rng.randrange(1, widest[0]), rng.randrange(1, widest[1]))
    elif choice < 0.26:
        engine.history(rng.randrange(200), rng.randrange(80))
    elif choice < 0.28:
        engine.text(history=choice < 0.262)
    elif choice < 0.32:
        engine.encode_mouse(rng.choice(("press", "release", "move")), rng.randrange(6), rng.randrange(90), 3)
        engine.encode_key(
            rng.choice(("up", "ctrl+c", "a", "f5")), action=rng.choice(("press", "repeat", "release"))
        )
        engine.encode_paste("pasted\n")
        engine.encode_focus(True)


def run_apart(name: str, kind: str, megabytes: float, seed: int, timeout: float = 3600) -> Outcome:
    """In a process of its own.

    Raises:
        RuntimeError: it died, or a check failed.
    """
    command = [sys.executable, "-W", "error", "-m", "benchmarks.fuzz_engines", name]
    command += ["--kind", kind, "--megabytes", str(megabytes), "--seed", str(seed), "--here"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, cwd=Path(__file__).resolve().parents[1]
    )
    if done.returncode or "Traceback" in done.stderr:
        raise RuntimeError(f"{name} {kind} seed {seed}: exit code {done.returncode}\n{done.stderr[-3000:]}")
    return Outcome(**json.loads(done.stdout))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_engines", description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help="default: all that load here")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--megabytes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        outcome = run(arguments.engines[0], arguments.kind[0], int(arguments.megabytes * 1e6), arguments.seed)
        print(json.dumps(asdict(outcome)))
        return 0
    failed = False
    for name in arguments.engines or available():
        for kind in arguments.kind or KINDS:
            try:
                each = run_apart(name, kind, arguments.megabytes, arguments.seed)
            except RuntimeError as error:
                failed = True
                print(error)
                continue
            print(
                f"{name:8} {kind:8} {each.megabytes:6.1f} MB {each.seconds:7.1f} s"
                f"  worst turn {each.worst_turn_ms:6.0f} ms  memory +{each.grown_mb:.0f} MB",
                flush=True,
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
