"""The page in docs/, from the verdicts and from what a person found about the survivors."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import yaml

from benchmarks.mutants.faults import Mutant
from benchmarks.mutants.touched import MOST_TESTS

Verdicts = dict[str, dict[str, object]]


@cache
def _reasons() -> dict[str, str]:
    return yaml.safe_load(Path(__file__).with_name("survivors.yaml").read_text()) or {}


def is_equivalent(key: str) -> bool:
    """Whether a person found that nobody can see this fault: such are named, and not counted."""
    return _reasons().get(key, "").startswith("Equivalent")


def page(everything: list[Mutant], sample: list[Mutant], verdicts: Verdicts, seed: int, commit: str) -> str:
    """The whole page, as Markdown."""
    struck = [each for each in sample if is_equivalent(each.key)]
    judged = [each for each in sample if each.key in verdicts and each not in struck]
    lived = [each for each in judged if verdicts[each.key]["verdict"] != "killed"]
    parts = [
        _opening(everything, sample, struck, judged, lived, seed, commit),
        _folders(everything, judged, lived),
        _listed("Unnoticed", lived, verdicts),
        _listed("Equivalent", struck, verdicts),
    ]
    return "\n".join(parts)


def _opening(
    everything: list[Mutant],
    sample: list[Mutant],
    struck: list[Mutant],
    judged: list[Mutant],
    lived: list[Mutant],
    seed: int,
    commit: str,
) -> str:
    share = 100 * len(lived) / max(1, len(judged))
    open_ones = len(sample) - len(judged) - len(struck)
    rest = f" {open_ones} of the sample were not tried, for want of time." if open_ones else ""
    return f"""# Mutants

How much the tests notice: of the {len(everything)} small faults that can be planted in these folders, {len(sample)} \
were drawn with seed {seed}. {len(struck)} of them are equivalent: nobody can see them, and they are listed with the \
reason. {len(judged)} were planted, one at a time, at commit {commit} and the commits before it \
(verdicts are kept while a function stays as it is).{rest} \
The tests noticed {len(judged) - len(lived)}; {len(lived)} they did not: **{share:.1f} %** (bar: 10 %).

The command, by hand, an hour or two on one core; it goes on where it was broken off:

    pip install cosmic-ray
    nice python -m benchmarks.mutants --seed {seed} --count {len(sample)}

Cosmic Ray makes the faults. Of those with the same meaning one is planted, and none in annotations and docstrings.
For each, up to {MOST_TESTS} of the tests that run its line are run: first those that speak of the same things and
those that alone run the lines behind it, then the mirror's and the quickest, until one fails. A hang, or a test that
ran out of its time, is tried once more by itself with twice the time before it counts. What more tests would notice is
counted as unnoticed. A test that notices a fault is run without it at the end: one that always fails proves nothing.
The key walk, the pictures and the programs in `tests/e2e` are left out.
"""


def _folders(everything: list[Mutant], judged: list[Mutant], lived: list[Mutant]) -> str:
    of, tried, left = (Counter(_folder(each) for each in group) for group in (everything, judged, lived))
    rows = [
        f"| `{folder}` | {of[folder]} | {tried[folder]} | {left[folder]} | "
        f"{100 * left[folder] / max(1, tried[folder]):.1f} % |"
        for folder in sorted(of)
    ]
    return "\n".join(["| where | faults | planted | unnoticed | |", "|---|---|---|---|---|", *rows, ""])


def _folder(mutant: Mutant) -> str:
    path = Path(mutant.path.removeprefix("src/"))
    return str(path if path.name == "bridge.py" else path.parent)


def _listed(title: str, mutants: list[Mutant], verdicts: Verdicts) -> str:
    rows = [f"## {title}", "", "| where | is | planted | |", "|---|---|---|---|"]
    for each in mutants:
        before, after = (text.replace("|", "\\|") for text in (each.before or "(a decorator)", each.after))
        why = _reasons().get(each.key) or f"{verdicts[each.key]['tests']} tests were tried"
        where = f"{each.path.removeprefix('src/')}:{each.line} `{each.function}`"
        rows.append(f"| {where} | `{before}` | `{after}` | {why} |")
    return "\n".join([*rows, ""])
