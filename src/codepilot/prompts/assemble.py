"""Puts the system prompt together from its parts.

The same arguments give the same bytes, always: no time, no listing of files. What differs from project to project
stands at the end, so that the long first part can be cached across them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping, Sequence

from codepilot.messages import ToolDescription
from codepilot.text import well_formed

CHARACTERS_PER_TOKEN = 3.6
_DEFAULT_ROLE = "a software engineering agent"
_HOLE = re.compile(r"\{\{(\w+)\}\}")


def system_prompt(
    *,
    agent_name: str,
    role: str = "",
    tools: Sequence[ToolDescription],
    work_dir: str,
    platform: str,
    shell: str,
    developer_prompt: str = "",
    allowed_imports: Collection[str] = (),
    max_steps: int = 20,
) -> str:
    """Write the system prompt.

    Args:
        agent_name: the agent's name.
        role: what it is, e.g. "a reviewer of database migrations."
        tools: what a control block may call; only what is there is taught.
        work_dir: the project folder.
        platform: the operating system, e.g. "Linux x86_64".
        shell: what the terminals run.
        developer_prompt: the agent file's own words; they come last and are not changed.
        allowed_imports: modules that a control block may import.
        max_steps: replies for one task.
    """
    names = {tool.name for tool in tools}
    sections = [
        _fill(_part("identity"), agent_name=agent_name.strip() or "CodePilot", role=_apposition(role)),
        _fill(_part("reply"), imports=_imports(allowed_imports)),
        _part("payloads") if "write_file" in names else "",
        _part("edits") if "edit_file" in names else _part("writes") if "write_file" in names else "",
        _part("terminals") if {"execute", "read_output", "send_input"} <= names else "",
        _fill(_part("work"), max_steps=str(max_steps)),
        _fill(_part("tools"), tools="\n\n".join([*_own_results(tools), *map(_entry, tools)]))
        if tools
        else "",
        _example(names),
        _fill(_part("surroundings"), work_dir=work_dir, platform=platform, shell=shell),
        f"# From the developer of this agent\n\n{developer_prompt.strip()}"
        if developer_prompt.strip()
        else "",
    ]
    return well_formed("\n\n".join(section for section in sections if section)) + "\n"


def estimate_tokens(text: str) -> int:
    """About how many tokens a text takes; a guess that needs no tokenizer."""
    return -(-len(text) * 10 // int(CHARACTERS_PER_TOKEN * 10))


@functools.cache
def _part(name: str) -> str:
    """One of the Markdown files beside this module."""
    from importlib import resources

    return resources.files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()


def _fill(text: str, **values: str) -> str:
    """Fill the holes once: what a value brings along is never taken for a hole."""
    return _HOLE.sub(lambda hole: values[hole[1]], text)


def _apposition(role: str) -> str:
    words = role.strip().rstrip(".")
    if not words:
        return f", {_DEFAULT_ROLE}"
    # A role of several sentences does not fit into one of ours.
    return f". {role.strip().rstrip('.')}" if ". " in words or "\n" in words else f", {_article(words)}"


def _article(words: str) -> str:
    """`Autonomous software engineer` reads on as `an autonomous software engineer`."""
    first = words.split(maxsplit=1)[0]
    if first.lower() in ("a", "an", "the", "your", "our", "who") or not first[1:].islower():
        return words
    return f"{'an' if first[0].lower() in 'aeiou' else 'a'} {words[0].lower()}{words[1:]}"


def _imports(allowed: Collection[str]) -> str:
    names = ", ".join(f"`{name}`" for name in sorted(allowed))
    return f"You may import {names}, nothing else." if names else "Nothing can be imported."


def _own_results(tools: Sequence[ToolDescription]) -> list[str]:
    """Which tools do not report on their own; nothing where all are built in."""
    names = ", ".join(f"`{tool.name}`" for tool in tools if not tool.builtin)
    return [f"What {names} returned is seen only if you `print` it."] if names else []


def _entry(tool: ToolDescription) -> str:
    """A tool as a heading line and its docstring, indented so that two tools are never mixed up."""
    text = "\n".join(f"  {line}".rstrip() for line in tool.text.strip().splitlines())
    return f"`{tool.signature}`\n{text}" if text else f"`{tool.signature}`"


_CHANGED = """\
    3 |
    4 | def mean(values):
    5 |     \"\"\"Average of the values.\"\"\"
    6 |     return sum(values) / len(values) if values else 0.0"""
_LINE_EDIT = (
    "[write_file] 'src/stats.py' edited: replaced lines 6–6 (1 → 1 line). File now has 6 lines total."
)
_SEARCH_EDIT = (
    "[edit_file] 'src/stats.py' edited: 1 replacement(s), at former lines 6–6. File now has 6 lines total."
)


def _example(names: Collection[str]) -> str:
    """The worked example, told with the tools that are there; none where they could not tell it."""
    if not {"find", "read_file", "write_file"} <= set(names):
        return ""
    if "execute" in names:
        run, report = 'execute("main", "pytest -q", timeout=60)', _terminal_report
    elif "run_command" in names:
        run, report = 'run_command("pytest -q", timeout=60)', _command_report
    else:
        return ""
    searching = "edit_file" in names
    turn = _fill(_part("example_edit" if searching else "example_lines"), run_tests=run)
    values: Mapping[str, str] = {
        "run_tests": run,
        "tests_pass": report(2, 1),
        "tests_pass_again": report(3, 2),
        "edit_turn": turn,
        "edit_result": f"{_SEARCH_EDIT if searching else _LINE_EDIT}\n      …\n{_CHANGED}",
    }
    return _fill(_part("example"), **values)


def _terminal_report(passed: int, call: int) -> str:
    return (
        f"[terminal:main:cmd{call}] $ pytest -q\n{passed} passed in 0.04s\n"
        "[status: completed | return_code: 0 | pid: 4711 | cwd: /home/ada/stats]"
    )


def _command_report(passed: int, call: int) -> str:
    return f"[run_command] `pytest -q`\nSTDOUT:\n{passed} passed in 0.04s\nReturn Code: 0"
