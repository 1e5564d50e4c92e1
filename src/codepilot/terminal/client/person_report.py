"""The words for what the person ran in terminals: to the agent, and for the person's own message."""

from __future__ import annotations

from collections.abc import Iterable

from codepilot.terminal.protocol import PersonCommand, PersonReport

HANDED_BACK = (
    "The person worked in your terminals and ran these commands themselves. They are reported only once:"
)
"""Stands above what `to_agent` gives."""


def to_agent(reports: Iterable[PersonReport]) -> str:
    """What the model is told; all of it is text from outside."""
    return "\n".join(_report(report) for report in reports)


def to_composer(report: PersonReport) -> str:
    """What the person may send along with words of their own."""
    return "\n".join([f"I ran in the terminal {report.terminal}:", *_commands(report), *_folder(report)])


def _report(report: PersonReport) -> str:
    while_ = "While the person held it" if report.handed_back else "The person ran there"
    into = f"; your `{_one_line(report.into)}` was running then" if report.into else ""
    lines = [f"[terminal:{report.terminal}] {while_}{into}:", *_commands(report)]
    if not report.commands:
        lines.append("no command was run")
    if report.handed_back:
        lines += _folder(report)
    return "\n".join(lines)


def _commands(report: PersonReport) -> list[str]:
    lines = [f"[{report.left_out} earlier commands are left out]"] if report.left_out else []
    for command in report.commands:
        lines.append(
            f"$ {command.text or '(a line that was not shown)'} → {_end(command)} in {command.folder}"
        )
        if command.output:
            lines += [f"  {line}" for line in command.output.splitlines()]
    return lines


def _end(command: PersonCommand) -> str:
    if command.running:
        return "still runs"
    code = "exit code unknown" if command.exit_code is None else f"exit {command.exit_code}"
    return f"{code} ({command.seconds:.0f} s)" if command.seconds >= 1 else code


def _folder(report: PersonReport) -> list[str]:
    if not report.folder:
        return []
    return (
        [f"The folder is {'now' if report.moved else 'still'} {report.folder}"] if report.handed_back else []
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
