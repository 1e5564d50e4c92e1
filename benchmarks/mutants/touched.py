"""Which tests run which line, how long each takes, and which fail without any fault."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mutants.faults import Mutant, functions_of
from benchmarks.mutants.words import nearness

MOST_SECONDS = 60.0
"""Of tests for one mutant: those that name the same things first, then the mirror's, then the quickest."""
MOST_TESTS = 20


@dataclass(slots=True)
class Touched:
    """The map, kept between runs: lines are followed while files change."""

    sources: dict[str, str] = field(default_factory=dict)
    lines: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, file: Path) -> Touched:
        """What an earlier run noted, or nothing."""
        return cls(**json.loads(file.read_text())) if file.exists() else cls()

    def save(self, file: Path) -> None:
        """Keep it."""
        file.write_text(
            json.dumps(
                {
                    "sources": self.sources,
                    "lines": self.lines,
                    "seconds": self.seconds,
                    "failing": self.failing,
                }
            )
        )

    def tests_for(self, mutant: Mutant, source: str) -> list[str]:
        """The tests to try, the likeliest first."""
        left_out = {*self.failing}
        tests = [
            each
            for each in self._running(mutant, source)
            if each not in left_out
            and not each.startswith("tests/snapshots")  # pictures are made anew by hand
        ]
        mirror = Path(mutant.path).relative_to("src").with_suffix("").parts

        def order(test: str) -> tuple[bool, float]:
            is_near = Path(test).parts[1 : len(mirror)] == mirror[: len(Path(test).parts[1 : len(mirror)])]
            named = f"test_{mirror[-1]}.py" in test
            seconds = self.seconds.get(test, 1.0)
            return (not (is_near and (named or mirror[0] == "codepilot")), seconds)

        rare, near = self._rarity(mutant, source), nearness(mutant, source, tests)
        likely = sorted(tests, key=lambda test: (-near[test], *order(test)))[: MOST_TESTS // 2]
        likely += [
            test
            for test in sorted(tests, key=lambda test: (-rare.get(test, 0.0), *order(test)))[
                : MOST_TESTS // 4
            ]
            if test not in likely
        ]
        others = [each for each in sorted(tests, key=order) if each not in likely]
        chosen: list[str] = []
        spent = 0.0
        for test in [*likely, *others]:
            seconds = self.seconds.get(test, 1.0)
            if chosen and (spent + seconds > MOST_SECONDS or len(chosen) >= MOST_TESTS):
                continue
            chosen.append(test)
            spent += seconds
        return chosen

    def _running(self, mutant: Mutant, source: str) -> list[str]:
        """Those that run the line; where it runs at import, those that run the function, or anything of the file."""
        by_line = self.lines.get(mutant.path, {})
        exactly = by_line.get(str(self._line_then(mutant.line, mutant.path, source)), [])
        if exactly:
            return exactly
        names = functions_of(source)
        inside = [line for line, name in names.items() if name == mutant.function]
        near = {test for line in inside for test in self._at(line, mutant.path, source)}
        return sorted(near) or sorted({test for tests in by_line.values() for test in tests})

    def _rarity(self, mutant: Mutant, source: str) -> dict[str, float]:
        """How few others run what a test runs just behind the line: the branch that a fault turns aside."""
        found: dict[str, float] = {}
        for line in range(mutant.line, mutant.line + 4):
            tests = self._at(line, mutant.path, source)
            for test in tests:
                found[test] = max(found.get(test, 0.0), 1 / len(tests))
        return found

    def _at(self, line: int, path: str, source: str) -> list[str]:
        return self.lines.get(path, {}).get(str(self._line_then(line, path, source)), [])

    def _line_then(self, line: int, path: str, source: str) -> int:
        """A line's number in the file as it was when the tests were watched; nought where it is new."""
        then = self.sources.get(path, source)
        if then == source:
            return line
        matcher = difflib.SequenceMatcher(None, then.splitlines(), source.splitlines(), autojunk=False)
        for old, new, length in matcher.get_matching_blocks():
            if new <= line - 1 < new + length:
                return old + line - new
        return 0

    def watch(self, place: Path, targets: list[str], tests: list[str], scratch: Path) -> None:
        """Run tests once with coverage and note what they run; earlier notes of the same tests are replaced."""
        data, times = scratch / "coverage", scratch / "times"
        data.unlink(missing_ok=True)
        times.unlink(missing_ok=True)
        lines = "\n".join(
            f"    */{target}" if target.endswith(".py") else f"    */{target}/*" for target in targets
        )
        (scratch / "coveragerc").write_text(f"[run]\ninclude =\n{lines}\ndata_file = {data}\n")
        command = "-m pytest -q --rootdir=. -p no:xdist -p no:cacheprovider -p benchmarks.mutants.noting"
        command += " --cov --cov-report="
        command += f" --cov-context=test --cov-config={scratch / 'coveragerc'}"
        subprocess.run(
            [sys.executable, *command.split(), *tests],
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(place / "src"), "MUTANTS_NOTES": str(times)},
            check=False,
            stdout=sys.stderr,
        )
        self._note(place, data, times)

    def _note(self, place: Path, data: Path, times: Path) -> None:
        from coverage import CoverageData

        ran = _times(times)
        self.seconds.update({test: seconds for test, (seconds, _) in ran.items()})
        self.failing = sorted(
            {*(set(self.failing) - ran.keys()), *(test for test, (_, passed) in ran.items() if not passed)}
        )
        gathered = CoverageData(str(data))
        gathered.read()
        for file in gathered.measured_files():
            name = os.path.relpath(file, place)
            self._follow(name, Path(file).read_text(encoding="utf-8"))
            known = self.lines.setdefault(name, {})
            for line, contexts in gathered.contexts_by_lineno(file).items():
                now = {each.partition("|")[0] for each in contexts if each}
                known[str(line)] = sorted({*(set(known.get(str(line), [])) - ran.keys()), *now})

    def _follow(self, name: str, source: str) -> None:
        """Move the notes of a file to the lines it has now."""
        then = self.sources.get(name)
        self.sources[name] = source
        if then is None or then == source:
            return
        matcher = difflib.SequenceMatcher(None, then.splitlines(), source.splitlines(), autojunk=False)
        moved: dict[str, list[str]] = {}
        for old, new, length in matcher.get_matching_blocks():
            for step in range(length):
                tests = self.lines.get(name, {}).get(str(old + step + 1))
                if tests is not None:
                    moved[str(new + step + 1)] = tests
        self.lines[name] = moved


def _times(file: Path) -> dict[str, tuple[float, bool]]:
    """Seconds of each test and whether it passed."""
    notes = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {test: (seconds, passed) for test, seconds, passed in notes}
