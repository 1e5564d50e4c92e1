"""What the interpreter of the worker is started with: a file, not a module.

The worker runs without `site`, so neither codepilot nor anything it depends on can be imported there. This file
puts two bare packages in place that only know where their files lie, so that `worker` and its few neighbours can
import each other by their usual names without running any `__init__` of the library.
"""

from __future__ import annotations

import sys
from os.path import abspath, dirname
from types import ModuleType


def _bare_package(name: str, folder: str) -> None:
    package = ModuleType(name)
    package.__path__ = [folder]
    sys.modules[name] = package


if __name__ == "__main__":
    here = dirname(abspath(__file__))
    _bare_package("codepilot", dirname(here))
    _bare_package("codepilot.sandbox", here)
    from codepilot.sandbox.worker import main

    raise SystemExit(main(int(sys.argv[1])))
