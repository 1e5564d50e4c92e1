"""`python -m codepilot` is the `codepilot` command."""

import os
import sys

if __name__ == "__main__" and sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(__file__)):  # noqa: PTH109, PTH120
    # As `python -m` leaves it: a module in the folder at hand would come before Python's own of that name.
    del sys.path[0]

from codepilot.cli import main

raise SystemExit(main())
