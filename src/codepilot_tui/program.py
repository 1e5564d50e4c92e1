"""The program around the application: its log, and a terminal that is left as it was found."""

from __future__ import annotations

import argparse
import contextlib
import logging
import logging.handlers
import sys

from codepilot import paths
from codepilot_tui.app import WorkbenchApp
from codepilot_tui.attention import RESTORE
from codepilot_tui.way_out import RESET


def run(options: argparse.Namespace) -> int:
    """Open the workbench and close everything behind it; returns the exit code."""
    _log_to_file()
    app = WorkbenchApp(options)
    clean = False
    try:
        code = app.run()
        clean = app.return_code is not None
    finally:
        if not clean:
            with contextlib.suppress(OSError):  # the terminal itself may be gone
                sys.stdout.write(RESET + RESTORE)
                sys.stdout.flush()
        app.forget_demo()
    return code if code is not None else (app.return_code or 0)


def _log_to_file() -> None:
    path = paths.log_file()
    paths.private_dir(path.parent)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=2_000_000, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
