"""The program killed with SIGKILL in a scripted run, and gone on with: what is lost, what is done twice.

Three books are compared. What the program acknowledged: JSON lines that came through a pipe to this process, which
survives it. What the session has. And a witness outside of session and work folder: each effect of the script appends
one line to it in one write, and nothing else does.

Ways to run: `run` (`codepilot run`), `bench` (the workbench in a PTY), `journal`, `file`, `db` (`AsyncRuntime` with
such a session). `python -m benchmarks.kills --help` says what else can be done than killing at random: a kill at each
operation of the disk, at each place where a task can be cut, errors of the disk, signals, two processes, a rewind of
files that is killed at each operation (`restore`), and known faults that all this has to find.
"""

from __future__ import annotations

from benchmarks.figure import Figure, Options
from benchmarks.kills.books import Books
from benchmarks.kills.driver import PATIENCE, many, one_run
from benchmarks.kills.stage import WAYS
from benchmarks.kills.story import STEPS, story

__all__ = ["PATIENCE", "STEPS", "Books", "many", "measure", "one_run", "story"]


def measure(options: Options) -> list[Figure]:
    """The counts, all of which have to be 0."""
    figures = []
    for way in WAYS:
        books = many(way, options.pick(200, 10), jobs=2)
        told = "; ".join([*books.lost, *books.twice, *books.unreadable][:3])
        where = ", ".join(f"{count} {name}" for name, count in books.rows.most_common(4))
        note = f"{books.kills} kills in {books.runs} runs: {where}"
        figures += [
            Figure(what=f"{way}: acknowledged events lost", value=len(books.lost), bar=0, note=note),
            Figure(what=f"{way}: side effects done twice", value=len(books.twice), bar=0, note=told),
            Figure(what=f"{way}: sessions that cannot be read", value=len(books.unreadable), bar=0),
        ]
    return figures
