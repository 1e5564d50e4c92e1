"""`python -m benchmarks.kills`: one way or all, one kind of trouble or all."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable

from benchmarks.kills import __doc__ as about
from benchmarks.kills import driver
from benchmarks.kills.books import ROWS, Books
from benchmarks.kills.faults import FAULTS
from benchmarks.kills.stage import WAYS

TROUBLES = ("random", "every", "places", "errors", "disk", "signals", "two", "restore", "controls")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kills",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "troubles", nargs="*", metavar="TROUBLE", help=f"of {', '.join(TROUBLES)} (default: random)"
    )
    parser.add_argument("--way", action="append", choices=WAYS, help="default: all")
    parser.add_argument(
        "--kills", type=int, default=20, help="at random moments, for each way (the issue: 200)"
    )
    parser.add_argument(
        "--stride", type=int, default=1, help="of the operations that are killed or fail, only each n-th"
    )
    parser.add_argument("--first", type=int, default=1, help="the operation with which errors begin")
    parser.add_argument("--last", type=int, default=999, help="the operation with which they end")
    parser.add_argument("--error", choices=driver.ERRORS, action="append", help="of errors (default: both)")
    parser.add_argument("--fault", choices=FAULTS, action="append", help="of the controls (default: all)")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    troubles, ways = options.troubles or ["random"], options.way or list(WAYS)
    if unknown := set(troubles) - set(TROUBLES):
        parser.error(f"no such trouble: {', '.join(sorted(unknown))}")
    bad, rows = 0, Counter[str]()
    for name, work in _work(troubles, ways, options):
        began = time.monotonic()
        books = work()
        rows += books.rows
        planted = name.startswith("control")
        wrong = (not books.faults) if planted else bool(books.faults)
        bad += wrong
        counts = f"lost {len(books.lost)}, twice {len(books.twice)}, unreadable {len(books.unreadable)}"
        seconds = time.monotonic() - began
        print(
            f"{'WRONG' if wrong else 'ok':5} {name}: {books.runs} runs, {books.kills} kills: {counts}; {seconds:.0f} s"
        )
        for each in () if planted else books.all[:10]:
            print(f"      {each}")
        sys.stdout.flush()
    if rows:
        print("places: " + ", ".join(f"{count} {row}" for row, count in rows.most_common()))
    if "places" in troubles and (missed := [row for row in ROWS if not rows[row]]):
        print(f"WRONG no kill was in: {', '.join(missed)}")
        bad += 1
    return 1 if bad else 0


def _errors(way: str, options: argparse.Namespace) -> Books:
    return driver.errors(
        way,
        first=options.first,
        last=options.last,
        stride=options.stride,
        kinds=options.error or [*driver.ERRORS],
    )


def _work(
    troubles: list[str], ways: list[str], options: argparse.Namespace
) -> list[tuple[str, Callable[[], Books]]]:
    work: list[tuple[str, Callable[[], Books]]] = []
    for way in ways:
        if "random" in troubles:
            work.append(
                (
                    f"random, {way}",
                    lambda way=way: driver.many(way, options.kills, seed=options.seed, jobs=options.jobs),
                )
            )
        if "every" in troubles:
            work.append((f"every operation, {way}", lambda way=way: driver.every(way, stride=options.stride)))
        if "places" in troubles:
            work.append((f"places, {way}", lambda way=way: driver.places(way)))
        if "errors" in troubles:
            work.append((f"errors, {way}", lambda way=way: _errors(way, options)))
        if "disk" in troubles and os.geteuid() == 0:
            work.append((f"full disk, {way}", lambda way=way: driver.full_disk(way)))
        if "signals" in troubles:
            for number in (signal.SIGTERM, signal.SIGHUP):
                work.append(
                    (f"{number.name}, {way}", lambda way=way, number=number: driver.signals(way, number))
                )
        if "two" in troubles and way != "bench":
            work.append((f"two programs, {way}", lambda way=way: driver.two(way)))
    if "restore" in troubles:
        work.append(("restore", lambda: driver.restore(stride=options.stride)))
    if "controls" in troubles:
        for fault in options.fault or FAULTS:
            work.append((f"control: {fault}", lambda fault=fault: driver.control(fault, options.seed)))
    return work


if __name__ == "__main__":
    sys.exit(main())
