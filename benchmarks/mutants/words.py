"""Which tests speak of what a line does: a fault is noticed soonest by the test that names the same things."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from functools import cache
from pathlib import Path

from benchmarks.mutants.faults import Mutant


def nearness(mutant: Mutant, source: str, tests: list[str]) -> dict[str, float]:
    """For each test how much of the faulty line's words its code holds, rare words counting most.

    Args:
        mutant: the fault.
        source: the file without it.
        tests: pytest's names, below the folder of the project at hand.
    """
    lines = source.splitlines()
    around = "\n".join(lines[max(0, mutant.line - 3) : mutant.line + 2])
    wanted = _words(mutant.before) * 3 + _words(mutant.function) * 2 + _words(around)
    spoken = {test: _spoken(test) for test in tests}
    known = Counter(word for words in spoken.values() for word in set(words))
    return {
        test: sum(
            times * math.log((1 + len(tests)) / known[word])
            for word, times in wanted.items()
            if word in words
        )
        / math.sqrt(1 + len(words))
        for test, words in spoken.items()
    }


class _Weighed(Counter[str]):
    def __mul__(self, times: int) -> _Weighed:
        return _Weighed({word: count * times for word, count in self.items()})

    def __add__(self, other: Counter[str]) -> _Weighed:  # type: ignore[override]
        return _Weighed(Counter.__add__(self, other))


def _words(text: str) -> _Weighed:
    parts = re.findall(r"[A-Za-z]{3,}", text)
    return _Weighed(dict.fromkeys((part.lower() for part in parts), 1))


def _spoken(test: str) -> Counter[str]:
    file, _, name = test.partition("::")
    return _of_file(file).get(name.partition("[")[0].rpartition("::")[2], _Weighed())


@cache
def _of_file(file: str) -> dict[str, _Weighed]:
    path = Path(file)
    if not path.exists():
        return {}
    source = path.read_text(encoding="utf-8")
    return {
        node.name: _words(ast.get_source_segment(source, node) or "")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    }
