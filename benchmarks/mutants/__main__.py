"""Plant faults, run the tests that run their lines, report.

    pip install cosmic-ray
    nice python -m benchmarks.mutants --seed 7 --count 330

Cosmic Ray's operators make the faults. A fault that changes only annotations or docstrings is none and is not planted;
of faults with the same meaning one is. Of the tests only those are run that executed the faulty line (by coverage
contexts), those that speak of the same things first, until one fails. Verdicts are kept in `.mutants/`, so a run may be
broken off and carried on; `--again` tries the survivors anew, `--watch tests/…` notes which lines new tests run.
`--only hooks` judges a part.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.mutants.faults import Mutant, drawn, mutants_of
from benchmarks.mutants.judge import Judge
from benchmarks.mutants.report import is_equivalent, page
from benchmarks.mutants.touched import Touched

ROOT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("MUTANTS_STATE", ROOT / ".mutants"))
"""Copy, map and verdicts; a second run beside the first needs its own."""
TARGETS = [
    "src/codepilot/hooks",
    "src/codepilot/permissions",
    "src/codepilot_tui/bridge.py",
    "src/codepilot_tui/screens",
]
TESTS = [
    "tests/codepilot/hooks",
    "tests/codepilot/permissions",
    "tests/codepilot/test_runtime.py",
    "tests/codepilot/test_runtime_async.py",
    "tests/integration",
    "tests/codepilot_tui",
    "--deselect=tests/codepilot_tui/screens/test_key_walk.py",
]
"""The key walk takes minutes and runs every line: it would hide how little the quick tests notice."""


def main() -> None:
    """Do what is asked."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--count", type=int, default=330)
    options.add_argument(
        "--only", default="", help="judge only those whose path holds this text; the check of the tests waits"
    )
    options.add_argument("--at-most", type=int, default=100_000, help="judge so many and stop")
    options.add_argument(
        "--again", action="store_true", help="try the survivors once more, but for the equivalent ones"
    )
    options.add_argument("--watch", nargs="+", help="note which lines these tests run, then go on")
    asked = options.parse_args()
    STATE.mkdir(exist_ok=True)
    everything = [mutant for file in _files() for mutant in _faults(file)]
    sample = drawn(everything, asked.seed, asked.count)
    place = _copy()
    touched = Touched.load(STATE / "touched.json")
    if asked.watch or not touched.lines:
        touched.watch(place, TARGETS, asked.watch or TESTS, STATE)
        touched.save(STATE / "touched.json")
    verdicts = _verdicts()
    wanted = [
        each
        for each in sample
        if asked.only in each.path
        and (each.key not in verdicts or (asked.again and verdicts[each.key]["verdict"] != "killed"))
        and not is_equivalent(each.key)
    ]
    judge = Judge(place)
    for number, mutant in enumerate(wanted[: asked.at_most], 1):
        verdicts[mutant.key] = _judged(judge, mutant, touched)
        _keep(verdicts)
        told = verdicts[mutant.key]
        sys.stderr.write(
            f"{number}/{len(wanted)} {told['verdict']} {told['seconds']:.0f}s {mutant.path}:{mutant.line} "
            f"{mutant.before} → {mutant.after}  [{told['test']}]\n"
        )
    if not asked.only:
        _without_faults(judge, sample, verdicts)
        _keep(verdicts)
    (ROOT / "docs/mutants.md").write_text(
        page(everything, sample, verdicts, asked.seed, _commit()), encoding="utf-8"
    )


def _judged(judge: Judge, mutant: Mutant, touched: Touched) -> dict[str, object]:
    began = time.monotonic()
    tests = touched.tests_for(mutant, judge.source(mutant))
    if tests:
        verdict, test = judge.try_on(mutant, tests, touched.seconds)
    else:
        verdict, test = "not run by any test", ""
    return {
        "verdict": verdict,
        "test": test,
        "tests": len(tests),
        "seconds": time.monotonic() - began,
        "commit": _commit(),
    }


def _without_faults(judge: Judge, sample: list[Mutant], verdicts: dict[str, dict[str, object]]) -> None:
    """The tests that killed must pass where there is no fault, or their verdict is worth nothing."""
    own = [verdicts[each.key] for each in sample if each.key in verdicts]
    killers = {str(each["test"]) for each in own if each["verdict"] == "killed" and not each.get("sure")}
    tried = sorted(each for each in killers if "::" in each and not each.startswith("("))
    sound, unsound = judge.checked(tried) if tried else (set(), set())
    sys.stderr.write(
        f"Without a fault {len(sound)} of {len(tried)} tests that killed pass; these fail: {sorted(unsound)}\n"
    )
    for each in own:
        if each["test"] in unsound and each["verdict"] == "killed":
            each["verdict"] = "killed by a test that fails without it"
        elif each["test"] in sound:
            each["sure"] = True


def _files() -> list[Path]:
    return sorted(
        file
        for target in TARGETS
        for file in ([ROOT / target] if target.endswith(".py") else (ROOT / target).rglob("*.py"))
    )


def _faults(file: Path) -> list[Mutant]:
    """From the store where the file is as it was: finding them takes a minute for all."""
    source = file.read_text(encoding="utf-8")
    store = STATE / "faults" / f"{file.relative_to(ROOT)}.json".replace("/", "+")
    if store.exists():
        known = json.loads(store.read_text())
        if known["source"] == source:
            return [Mutant(**each) for each in known["faults"]]
    found = list(mutants_of(ROOT, file))
    store.parent.mkdir(exist_ok=True)
    fields = Mutant.__dataclass_fields__
    store.write_text(
        json.dumps(
            {"source": source, "faults": [{name: getattr(each, name) for name in fields} for each in found]}
        )
    )
    return found


def _copy() -> Path:
    """The project as it is now, beside itself: no fault is ever planted in the tree that is worked on."""
    place = STATE / "place"
    place.mkdir(exist_ok=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    for name in wanted:
        there, here = place / name, ROOT / name
        if not there.exists() or there.read_bytes() != here.read_bytes():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(here, there)
    for file in place.rglob("*.py"):
        if str(file.relative_to(place)) not in wanted:
            file.unlink()
    compileall.compile_dir(place / "src", quiet=1)
    return place


def _verdicts() -> dict[str, dict[str, object]]:
    file = STATE / "verdicts.json"
    return json.loads(file.read_text()) if file.exists() else {}


def _keep(verdicts: dict[str, dict[str, object]]) -> None:
    (STATE / "verdicts.json").write_text(json.dumps(verdicts, indent=1))


def _commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return told.stdout.strip()


if __name__ == "__main__":
    main()
