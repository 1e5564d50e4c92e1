"""What docs/benchmarks.md says is measured is what `python -m benchmarks` measures."""

import re
from pathlib import Path

from benchmarks.__main__ import NAMES

PAGE = (Path(__file__).parents[1] / "docs" / "benchmarks.md").read_text()


def test_the_table_names_every_figure_that_there_is():
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", PAGE)) == set(NAMES)
