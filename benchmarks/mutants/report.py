"""The page in docs/, from the verdicts and from what a person found about the survivors."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import yaml

from benchmarks.mutants.faults import Mutant

Verdicts = dict[str, dict[str, object]]


def page(everything: list[Mutant], sample: list[Mutant], verdicts: Verdicts, seed: int, commit: str) -> str:
    """The whole page, as Markdown."""
    judged = [each for each in sample if each.key in verdicts]
    lived = [each for each in judged if verdicts[each.key]["verdict"] != "killed"]
    reasons: dict[str, str] = yaml.safe_load(Path(__file__).with_name("survivors.yaml").read_text()) or {}
    parts = [
        _opening(everything, sample, judged, lived, seed, commit),
        _folders(everything, judged, lived),
        _survivors(lived, verdicts, reasons),
    ]
    return "\n".join(parts)


def _opening(
    everything: list[Mutant],
    sample: list[Mutant],
    judged: list[Mutant],
    lived: list[Mutant],
    seed: int,
    commit: str,
) -> str:
    share = 100 * len(lived) / max(1, len(judged))
    open_ones = len(sample) - len(judged)
    rest = f"; {open_ones} of the sample were not tried, for want of time" if open_ones else ""
    return f"""# Mutants

How much the tests notice: of the {len(everything)} small faults that can be planted in these folders, {len(sample)} \
were drawn with seed {seed}. {len(judged)} were planted, one at a time, at commit {commit} and the commits before it \
(verdicts are kept while a function stays as it is){rest}. \
No test noticed {len(lived)}: **{share:.1f} %** (bar: 10 %). All of those are listed below, the equivalent ones too.

The command, by hand, an hour on one core; it goes on where it was broken off:

    pip install cosmic-ray
    nice python -m benchmarks.mutants --seed {seed} --count {len(sample)}

Cosmic Ray makes the faults. Of those with the same meaning one is planted, and none in annotations and docstrings.
For each, up to 45 of the tests that run its line are run: first those that alone run the lines behind it, then the
mirror's and the quickest, until one fails; a hang is noticed too. What more tests would notice is counted as
unnoticed. A test that notices a fault is run without it at the end: one that always fails proves nothing. The key walk,
the pictures and the programs in `tests/e2e` are left out.
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


def _survivors(lived: list[Mutant], verdicts: Verdicts, reasons: dict[str, str]) -> str:
    rows = ["## Unnoticed", "", "| where | is | planted | |", "|---|---|---|---|"]
    for each in lived:
        before, after = (text.replace("|", "\\|") for text in (each.before or "(a decorator)", each.after))
        why = reasons.get(each.key) or str(verdicts[each.key]["verdict"])
        where = f"{each.path.removeprefix('src/')}:{each.line} `{each.function}`"
        rows.append(f"| {where} | `{before}` | `{after}` | {why} |")
    return "\n".join([*rows, ""])
