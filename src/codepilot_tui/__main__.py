"""`codepilot-tui`: arguments → workbench."""

import os
import sys

if __name__ == "__main__" and sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(__file__)):  # noqa: PTH109, PTH120
    # As `python -m` leaves it: a module in the folder at hand would come before Python's own of that name.
    del sys.path[0]

import argparse
import gc
from collections.abc import Sequence
from math import inf
from pathlib import Path

from codepilot import __version__, credentials
from codepilot.errors import CodepilotError

STOPPED = 130
"""The exit code of a program that Ctrl+C ended, as shells count."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="codepilot-tui",
        description="A workbench beside a coding agent. Without a screen: codepilot run.",
    )
    made.add_argument(
        "directory", nargs="?", type=_place, metavar="DIR", help="the folder to work in (default: here)"
    )
    made.add_argument("task", nargs="?", help="a first task, sent at once")
    made.add_argument(
        "--agent", type=_path, help="agent file (default: DIR/agent.yaml if trusted, yours, the packaged one)"
    )
    made.add_argument("--model", metavar="PROVIDER:NAME", help="instead of the agent file's model")
    made.add_argument(
        "--mode",
        metavar="{plan,ask,auto-edit}",
        default="ask",
        help="when to ask for permission (default: ask)",
    )
    made.add_argument(
        "--on-exit",
        choices=("ask", "detach", "end"),
        help="what happens to running terminals when you leave (default: the agent file's terminals.on_exit, else ask)",
    )
    which = made.add_mutually_exclusive_group()
    which.add_argument(
        "--continue",
        "-c",
        dest="go_on",
        action="store_true",
        help="go on with the last session of the folder, without asking",
    )
    which.add_argument("--session", metavar="ID", help="work in the session of this name, new or not")
    made.add_argument("--max-steps", type=_count, metavar="N", help="of a task, instead of the agent file's")
    made.add_argument(
        "--max-cost",
        type=_dollars,
        metavar="DOLLARS",
        help="that a session may cost, earlier tasks included; you are asked before the step that passes 80 %%",
    )
    made.add_argument("--theme", help="name of a theme (default: dusk)")
    made.add_argument(
        "--demo", action="store_true", help="the guided demo: a scripted model on a small real project"
    )
    made.add_argument(
        "--or-demo",
        action="store_true",
        help="the guided demo, if no model is configured (as `make run` does)",
    )
    made.add_argument("--version", action="version", version=f"codepilot-tui {__version__}")
    made.set_defaults(new=False)  # the workbench's own way to begin a session without a question
    return made


def _count(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of at least 1 is wanted, not {given!r}")
    return int(given)


def _dollars(given: str) -> float:
    try:
        dollars = float(given)
    except ValueError:
        dollars = 0.0
    if not 0 < dollars < inf:
        raise argparse.ArgumentTypeError(f"dollars above 0 are wanted, not {given!r}")
    return dollars


def _path(given: str) -> Path:
    from codepilot.paths import expanded

    try:
        return expanded(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _place(given: str) -> Path | str:
    """A folder; words that name none may be a task, and stay as they were typed."""
    path = _path(given)
    return given if " " in given and not path.is_dir() else path


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the workbench; returns the exit code."""
    if arguments is None:  # the process is ours
        credentials.hide()
    options = _placed(parser().parse_args(arguments))
    try:
        return _open(options)
    except KeyboardInterrupt:  # before there is a screen, which takes Ctrl+C as a key
        return STOPPED
    except CodepilotError as error:
        sys.stderr.write(f"codepilot-tui: {error.message}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return error.exit_code


def _placed(options: argparse.Namespace) -> argparse.Namespace:
    """One argument with a blank that is no folder is the task, as in `codepilot run`."""
    given = options.directory
    if isinstance(given, str):
        if options.task is None:
            options.directory, options.task = None, given
        else:
            options.directory = _path(given)
    return options


def _has_screen() -> bool:
    streams = (sys.stdin, sys.stdout)  # None: it was closed when we were started
    terminal = all(stream is not None and stream.isatty() for stream in streams)
    return terminal and os.environ.get("TERM", "dumb") != "dumb"


def _open(options: argparse.Namespace) -> int:
    if options.mode != "ask":  # that one needs no import before the first frame
        from codepilot.permissions import known_mode

        known_mode(options.mode)
    if not _has_screen():
        sys.stderr.write(
            'codepilot-tui needs a terminal with a screen. Without one, use: codepilot run "your task"\n'
        )
        return 2
    gc.disable()  # until the first frame: start-up makes no garbage worth a tenth of its time
    from codepilot_tui.program import run

    return run(options)


if __name__ == "__main__":
    raise SystemExit(main())
