"""How much the tests notice: small faults planted one at a time, and whether any test that runs the line fails.

    pip install cosmic-ray
    python -m benchmarks.mutants --seed 7 --count 300 > docs/mutants.md

Cosmic Ray's operators make the faults. A fault that changes only annotations or docstrings is none and is not planted.
Of the tests only those are run that executed the faulty line (by coverage contexts), the mirror's first, until one
fails.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGETS = (
    "src/codepilot/hooks",
    "src/codepilot/permissions",
    "src/codepilot_tui/bridge.py",
    "src/codepilot_tui/screens",
)
TESTS = (
    "tests/codepilot/hooks",
    "tests/codepilot/permissions",
    "tests/codepilot",
    "tests/codepilot_tui",
    "tests/integration",
)
PATIENCE = 300
"""Seconds for the tests of one mutant; longer is a hang, which is noticed."""
MOST_TESTS = 80
SKIPPED_OPERATORS = ("ReplaceBinaryOperator_BitOr", "NumberReplacer", "Variable")
"""`|` is written in types here; numbers are sizes and seconds, which are looked at and not tested."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault."""

    path: str
    operator: str
    occurrence: int
    line: int
    code: str
    before: str
    after: str


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every fault that can be planted in a file."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import get_ast
    from cosmic_ray.mutating import MutationVisitor

    source = path.read_text(encoding="utf-8")
    meaning = _meaning(source)
    seen = {source}
    for name in sorted(plugins.operator_names()):
        if any(skipped in name for skipped in SKIPPED_OPERATORS):
            continue
        occurrence = -1
        while True:
            occurrence += 1
            visitor = MutationVisitor(occurrence, plugins.get_operator(name)())
            code = visitor.walk(get_ast(source)).get_code()
            if not visitor.mutation_applied:
                break
            if code in seen:
                continue
            seen.add(code)
            try:
                if _meaning(code) == meaning:
                    continue
            except SyntaxError:
                continue
            line, before, after = _first_difference(source, code)
            yield Mutant(
                str(path.relative_to(ROOT)), name.removeprefix("core/"), occurrence, line, code, before, after
            )


def _meaning(source: str) -> str:
    """A program's tree without what is never executed."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        body: Any = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_text(each)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _first_difference(old: str, new: str) -> tuple[int, str, str]:
    before, after = old.splitlines(), new.splitlines()
    for number, (one, other) in enumerate(zip(before, after, strict=False), 1):
        if one != other:
            return number, one.strip(), other.strip()
    return min(len(before), len(after)), "", ""


def coverage_by_line(tests: list[str], targets: list[str]) -> dict[tuple[str, int], list[str]]:
    """Which tests executed which line of the targets."""
    data = Path(tempfile.mkdtemp(prefix="codepilot-cov-"), "data")
    settings = data.with_name("rc")
    settings.write_text(f"[run]\nsource =\n    src\ndynamic_context = none\ndata_file = {data}\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--cov",
        "--cov-config",
        str(settings),
        "--cov-context=test",
        "--cov-report=",
    ]
    subprocess.run([*command, *tests], cwd=ROOT, check=False, stdout=sys.stderr)
    from coverage import CoverageData

    found: dict[tuple[str, int], list[str]] = {}
    gathered = CoverageData(str(data))
    gathered.read()
    for file in gathered.measured_files():
        name = os.path.relpath(file, ROOT)
        if any(name.startswith(target) for target in targets):
            for line, contexts in gathered.contexts_by_lineno(file).items():
                found[name, line] = sorted({each.partition("|")[0] for each in contexts if each})
    return found


def chosen_tests(mutant: Mutant, by_line: dict[tuple[str, int], list[str]]) -> list[str]:
    """The tests that executed the line, those of the mirror first."""
    near = [by_line.get((mutant.path, line), ()) for line in range(max(1, mutant.line - 3), mutant.line + 1)]
    tests = near[-1] or next((each for each in reversed(near) if each), ())
    mirror = Path(mutant.path).relative_to("src").with_suffix("").parts
    ordered = sorted(tests, key=lambda test: -len(os.path.commonprefix([Path(test).parts[1:], mirror])))
    return ordered[:MOST_TESTS]


def survives(mutant: Mutant, tests: list[str], place: Path) -> bool:
    """Whether all tests pass in a copy of the project with the fault in it."""
    file = place / mutant.path
    whole = file.read_text(encoding="utf-8")
    file.write_text(mutant.code, encoding="utf-8")
    (place / "chosen").write_text("\n".join(tests))
    environment = {**os.environ, "PYTHONPATH": str(place / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "@chosen",
    ]
    try:
        ended = subprocess.run(
            command,
            cwd=place,
            env=environment,
            timeout=PATIENCE,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return ended.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_text(whole, encoding="utf-8")


def _copies(count: int) -> tuple[Path, SimpleQueue[Path]]:
    home = Path(tempfile.mkdtemp(prefix="codepilot-mutants-"))
    places: SimpleQueue[Path] = SimpleQueue()
    for number in range(count):
        place = home / str(number)
        shutil.copytree(
            ROOT,
            place,
            ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "dist", "build"),
        )
        places.put(place)
    return home, places


def main() -> None:
    """Plant, run, report."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--count", type=int, default=300)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument(
        "--target", action="append", help="a file or folder below the project (default: the usual ones)"
    )
    options.add_argument("--tests", action="append", help="where the tests are looked for")
    asked = options.parse_args()
    targets = asked.target or list(TARGETS)
    files = sorted(
        file
        for target in targets
        for file in ([ROOT / target] if target.endswith(".py") else (ROOT / target).rglob("*.py"))
    )
    everything = [mutant for file in files for mutant in mutants_of(file)]
    sample = random.Random(asked.seed).sample(everything, min(asked.count, len(everything)))
    by_line = coverage_by_line(asked.tests or list(TESTS), targets)
    home, places = _copies(asked.jobs)

    def judge(mutant: Mutant) -> tuple[Mutant, str]:
        tests = chosen_tests(mutant, by_line)
        if not tests:
            return mutant, "no test runs the line"
        place = places.get()
        try:
            verdict = "survived" if survives(mutant, tests, place) else "killed"
        finally:
            places.put(place)
        sys.stderr.write(f"{verdict}: {mutant.path}:{mutant.line} {mutant.operator}\n")
        return mutant, verdict

    try:
        with ThreadPoolExecutor(asked.jobs) as pool:
            judged = list(pool.map(judge, sample))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    report(judged, len(everything), asked.seed, targets)


def report(judged: list[tuple[Mutant, str]], of: int, seed: int, targets: list[str]) -> None:
    """The page, as Markdown."""
    counts = Counter(verdict for _, verdict in judged)
    lived = [(mutant, verdict) for mutant, verdict in judged if verdict != "killed"]
    share = 100 * len(lived) / max(1, len(judged))
    where = ", ".join(f"`{target}`" for target in targets)
    print(f"# Mutants\n\n`python -m benchmarks.mutants --seed {seed} --count {len(judged)}`:")
    print(f"{len(judged)} of {of} faults, drawn with seed {seed}, in {where}.\n")
    print(f"Killed {counts['killed']}, survived {len(lived)} ({share:.1f} %; bar 10 %).\n")
    print("| where | now | planted | |\n|---|---|---|---|")
    for mutant, verdict in sorted(lived, key=lambda each: (each[0].path, each[0].line)):
        before, after = (text.replace("|", "\\|") for text in (mutant.before, mutant.after))
        print(f"| {mutant.path.removeprefix('src/')}:{mutant.line} | `{before}` | `{after}` | {verdict} |")


if __name__ == "__main__":
    main()
