"""The corpus of commands that hang other agents: none wedges its terminal, each is told for what it is."""

import asyncio
import importlib
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]


def _runner():
    """`benchmarks.hanging`, which prints the same as figures."""
    sys.path.insert(0, str(ROOT))
    try:
        return importlib.import_module("benchmarks.hanging")
    finally:
        sys.path.remove(str(ROOT))


hanging = _runner()
INSTALLED = {line.split()[0] for line in (ROOT / ".ci" / "programs").read_text().splitlines()}
"""What `.ci/run` installs: a row that needs one of these is left out with a word, the rest of the missing silently."""
ROWS = [row for row in hanging.rows() if not row.missing or row.missing in INSTALLED]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All rows that can run here, run at once, a few at a time."""
    chosen = [row for row in ROWS if not row.missing]
    return {
        each.row.name: each for each in asyncio.run(hanging.run(chosen, tmp_path_factory.mktemp("hanging")))
    }


def test_the_corpus_is_large():
    rows = hanging.rows()
    assert len(rows) >= 150 and len({row.name for row in rows}) == len(rows)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_command(outcomes, row):
    if row.missing:
        pytest.skip(f"{row.missing} is not here")
    outcome = outcomes[row.name]
    assert not outcome.wrong and not outcome.wedged
