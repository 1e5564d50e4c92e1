"""Arguments → subcommand. One file a subcommand."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from codepilot import __version__
from codepilot.cli import attach, output, run, terminals
from codepilot.errors import CodepilotError


def parser() -> argparse.ArgumentParser:
    """The command line, for use and for the documentation's tests."""
    root = argparse.ArgumentParser(
        prog="codepilot",
        description="A coding agent without a screen. `codepilot-tui` opens the workbench.",
    )
    root.add_argument("--version", action="version", version=f"codepilot {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    run.add_to(commands)
    terminals.add_to(commands)
    attach.add_to(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code.

    0 done or answered · 1 failed · 2 usage · 3 step limit · 4 provider · 5 a person was needed · 130 stopped
    """
    options = parser().parse_args(arguments)
    try:
        code: int = options.handler(options)
    except CodepilotError as error:
        output.error(error.message, error.hint)
        return error.exit_code
    except BrokenPipeError:
        output.give_up()
        return 1
    except KeyboardInterrupt:  # before or after the task, which has handlers of its own
        output.narrate("codepilot: stopped.")
        return 130
    return code
