"""Arguments → subcommand. One file a subcommand."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence

from codepilot import __version__, credentials
from codepilot.cli import attach, doctor, events, output, replay, run, sessions, stats, terminals
from codepilot.errors import CodepilotError

COMMANDS = {
    "run": run,
    "sessions": sessions,
    "replay": replay,
    "events": events,
    "stats": stats,
    "terminals": terminals,
    "attach": attach,
    "doctor": doctor,
}
"""Each subcommand's module, in the order of the help."""


def parser() -> argparse.ArgumentParser:
    """The command line, for use and for the documentation's tests."""
    root = argparse.ArgumentParser(
        prog="codepilot",
        description="A coding agent without a screen. `codepilot-tui` opens the workbench.",
    )
    root.add_argument("--version", action="version", version=f"codepilot {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in COMMANDS.values():
        module.add_to(commands)
    for command in commands.choices.values():
        command.set_defaults(parser=command)
    return root


def _suggest(root: argparse.ArgumentParser, word: str) -> None:
    """End with the command that was meant, where an unknown one comes near it."""
    names = list(COMMANDS)
    near = [] if word.startswith("-") or word in names else difflib.get_close_matches(word, names, n=1)
    if near:
        root.error(f"there is no command {word!r}. Did you mean: codepilot {near[0]}")


def _refuse(options: argparse.Namespace, unknown: Sequence[str], given: Sequence[str]) -> None:
    """End with what is wrong about words that the command does not know.

    Args:
        options: what was understood.
        unknown: the words that were not.
        given: all words.
    """
    parser: argparse.ArgumentParser = options.parser
    known = [option for action in parser._actions for option in action.option_strings]
    words = given[given.index("--") :] if "--" in given else ()
    for word in unknown:
        name = word.partition("=")[0]
        if name in known and word in words:
            parser.error(f"{name} comes after --, where every word belongs to the task. Put it before --.")
        if name.startswith("-") and word not in words:
            near = difflib.get_close_matches(name, known, n=1)
            guess = f"Did you mean {near[0]}?" if near else f"codepilot {options.command} --help lists all."
            parser.error(f"there is no option {name}. {guess}")
    if options.command == "run" and options.task is not None:
        task = " ".join((options.task, *(word for word in unknown if word != "--")))
        parser.error(
            f'more than one task. Put it into quotes: codepilot run {"-- " if words else ""}"{task}"'
        )
    parser.error(f"too many words: {' '.join(unknown)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code.

    0 done or answered · 1 failed · 2 usage · 3 step limit · 4 provider · 5 a person was needed · 130 stopped
    """
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # before or after the task, which has handlers of its own
        output.narrate("codepilot: stopped.")
        return 130


def _run(arguments: Sequence[str] | None) -> int:
    if arguments is None:  # the process is ours
        credentials.hide()
        credentials.forbid_dumps()
        arguments = sys.argv[1:]
    root = parser()
    if not arguments:
        root.print_help()
        return 0
    _suggest(root, arguments[0])
    options, unknown = root.parse_known_args(arguments)
    if unknown:
        _refuse(options, unknown, arguments)
    try:
        code: int = options.handler(options)
    except output.OutputError as error:
        output.give_up()
        output.error(error.message)
        return error.exit_code
    except CodepilotError as error:
        output.error(error.message, error.hint)
        return error.exit_code
    except BrokenPipeError:
        output.give_up()
        return 1
    return code
