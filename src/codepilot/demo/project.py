"""The demo's project: a real package with a real bug and a test that shows it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

DEMO_TASK = "A test of this project fails. Find out why and fix it."

FILES = {
    "README.md": """\
# inventory

Counts what is in stock. Run the tests with `python -m unittest`.
""",
    "inventory/__init__.py": '''\
"""Counts what is in stock."""

from inventory.stock import OutOfStock, Stock

__all__ = ["OutOfStock", "Stock"]
''',
    "inventory/stock.py": '''\
"""Items by their code."""


class OutOfStock(Exception):
    """More was asked for than there is."""


class Stock:
    """How many pieces there are of each item."""

    def __init__(self, items=None):
        self.items = dict(items or {})

    def add(self, code, quantity):
        """Put pieces on the shelf and return how many there are now."""
        self.items[code] = self.items.get(code, 0) + quantity
        return self.items[code]

    def remove(self, code, quantity):
        """Take pieces from the shelf and return how many are left."""
        self.items[code] -= quantity
        return self.items[code]

    def total(self):
        """All pieces of all items."""
        return sum(self.items.values())
''',
    "inventory/report.py": '''\
"""The stock as text."""


def lines(stock):
    """One line an item, sorted by code."""
    return [f"{code:<10}{count:>5}" for code, count in sorted(stock.items.items())]
''',
    "tests/__init__.py": "",
    "tests/test_stock.py": """\
import unittest

from inventory import OutOfStock, Stock


class StockTest(unittest.TestCase):
    def test_add(self):
        self.assertEqual(Stock().add("bolt", 3), 3)

    def test_remove(self):
        self.assertEqual(Stock({"bolt": 3}).remove("bolt", 2), 1)

    def test_remove_too_many(self):
        stock = Stock({"bolt": 3})
        with self.assertRaises(OutOfStock):
            stock.remove("bolt", 5)
        self.assertEqual(stock.items["bolt"], 3)

    def test_total(self):
        self.assertEqual(Stock({"bolt": 3, "nut": 4}).total(), 7)


if __name__ == "__main__":
    unittest.main()
""",
    "tests/test_report.py": """\
import unittest

from inventory import Stock
from inventory.report import lines


class ReportTest(unittest.TestCase):
    def test_lines(self):
        self.assertEqual(lines(Stock({"nut": 4, "bolt": 3})), ["bolt          3", "nut           4"])
""",
    ".gitignore": "__pycache__/\n",
}


def create_project(folder: Path | None = None, *, commit: bool = True) -> Path:
    """Write the project, as a git repository where git is there.

    Args:
        folder: where; default a new temporary folder, left to the caller to delete.
        commit: make it a git repository at once; otherwise see `commit_project`.

    Returns:
        The project's root, named `inventory`.
    """
    root = (folder or Path(tempfile.mkdtemp(prefix="codepilot-demo-"))) / "inventory"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if commit:
        commit_project(root)
    return root


def commit_project(root: Path) -> None:
    """Make the project a git repository with one commit, where git is there.

    Variables and settings of the person's git have no say: they may name another repository, hooks or a signing key.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ["-c", "user.name=demo", "-c", "user.email=demo@localhost"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*identity, "commit", "-q", "-m", "Start"],
    ):
        try:
            subprocess.run(["git", *arguments], cwd=root, env=environment, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            break  # no git, or one that refuses: the demo needs none
