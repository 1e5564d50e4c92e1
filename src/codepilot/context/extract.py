"""What a summary takes over word for word, found by code and not by the model: words, files, commands, answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field

from codepilot.context.prune import files_read, files_written
from codepilot.context.view import Message, is_from_person, is_result, opening_words, text_of
from codepilot.values import dataclass

_COMMAND = re.compile(r"^\[(terminal:[^\]]+|run_command)\] (?:\$ (.+)|`(.+)`)$")
_STATUS = re.compile(r"^\[status: (.+?)(?: \| pid.*)?\]$|^(Return Code: .+)$")
_FOLDER = re.compile(r"^\[status: .*\| cwd: (.+?)\]$")
_LINES = re.compile(r"^\[read_file\] '(.+?)' \((lines .+?)\)", re.M)
_ANSWER = re.compile(r"^\[ask_user\] Q: (.+)\n\[ask_user\] A: (.+)", re.M)
_DENIED = re.compile(r"^\[[\w:]+\] .*(?:[Pp]ermission )?[Dd]enied.*$", re.M)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a file beside the messages."""

    added: int = 0
    """Lines that the agent has added to it, and taken from it."""
    removed: int = 0
    seen: str = ""
    """BLAKE2b of what the agent saw of it last, 16 bytes; empty: not known."""


@dataclass(slots=True)
class Facts:
    """What happened in a part of a conversation."""

    before: str = ""
    """What the first message tells of the session that this one continues."""
    words: list[str] = field(default_factory=list)
    """What the person said, each with its tag."""
    files: dict[str, list[str]] = field(default_factory=dict)
    """What was done to each file, in order; the file that was used last comes last."""
    commands: dict[str, list[str]] = field(default_factory=dict)
    """How each command ended, in order; the one that ran last comes last."""
    shown: dict[str, str] = field(default_factory=dict)
    """Which lines of a file were shown last."""
    folders: dict[str, str] = field(default_factory=dict)
    """In which folder each terminal was last."""
    answers: list[str] = field(default_factory=list)
    """Questions with their answers, and what was denied."""
    known: Mapping[str, Known] = field(default_factory=dict)
    """Of files, by their paths as in the messages; not from these."""

    def add(self, messages: Iterable[Message]) -> None:
        """Collect those of more messages, which follow."""
        _add_to(self, messages)


def facts_of(messages: Iterable[Message]) -> Facts:
    """Collect them."""
    facts = Facts()
    facts.add(messages)
    return facts


def _add_to(facts: Facts, messages: Iterable[Message]) -> None:
    for message in messages:
        if is_from_person(message):
            facts.words.append(text_of(message).strip())
        elif is_result(message):
            _result(facts, text_of(message))
        elif opening := opening_words(message):
            facts.before = opening


def _result(facts: Facts, text: str) -> None:
    for path in files_read(text):
        _add(facts.files, path, "read")
    for path in files_written(text):
        _add(facts.files, path, "changed")
    facts.shown.update(_LINES.findall(text))
    command = terminal = ""
    for line in text.splitlines():
        if (begun := _COMMAND.match(line)) is not None:
            if command:
                _add(facts.commands, command, "end not seen")
            command, terminal = begun[2] or begun[3], begun[1]
        elif command and (ended := _STATUS.match(line)) is not None:
            _add(facts.commands, command, ended[1] or ended[2])
            if (at := _FOLDER.match(line)) is not None and terminal.startswith("terminal:"):
                facts.folders[terminal.split(":")[1]] = at[1]
            command = ""
    if command:
        _add(facts.commands, command, "end not seen")
    facts.answers += [f"Q: {question} A: {answer}" for question, answer in _ANSWER.findall(text)]
    facts.answers += _DENIED.findall(text)


def _add(table: dict[str, list[str]], key: str, what: str) -> None:
    """At the end, also what is there already."""
    ends = table.pop(key, [])
    ends.append(what)
    table[key] = ends
