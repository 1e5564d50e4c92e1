"""A pytest plugin: one line of JSON for each test, into the file that `MUTANTS_NOTES` names."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

_seconds: defaultdict[str, float] = defaultdict(float)
_passed: defaultdict[str, bool] = defaultdict(lambda: True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up set-up, call and tear-down; note the whole at the end."""
    _seconds[report.nodeid] += report.duration
    _passed[report.nodeid] &= not report.failed
    if report.when == "teardown":
        with Path(os.environ["MUTANTS_NOTES"]).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps([report.nodeid, _seconds[report.nodeid], _passed[report.nodeid]]) + "\n")
