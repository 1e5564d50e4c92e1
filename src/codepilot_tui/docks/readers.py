"""Whether a program only reads with these arguments: what is not known to read is said to run a program.

Git is none of them: `git status` and `git diff` run what the folder's `.git/config` names.
Sources: the manuals of GNU coreutils, diffutils, grep, findutils, ripgrep, tree and file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ALWAYS = frozenset(
    [
        "cat",
        "ls",
        "grep",
        "egrep",
        "fgrep",
        "head",
        "tail",
        "wc",
        "pwd",
        "echo",
        "cut",
        "diff",
        "stat",
        "du",
        "df",
        "which",
        "type",
        "whoami",
        "id",
        "uname",
        "true",
        "false",
        "cd",
        "nl",
        "tr",
        "basename",
        "dirname",
        "realpath",
        "readlink",
        "test",
        "[",
        "find",
    ]
)
"""No option of theirs writes or runs anything; those of `find` that do are told as what they do."""
_BUT = {
    "printf": ("v", ()),
    "rg": ("z", ("--pre", "--hostname-bin", "--search-zip")),
    "sort": ("o", ("--output", "--compress-program")),
    "uniq": ("", ()),
    "tree": ("oR", ("--output",)),
    "date": ("s", ("--set",)),
    "file": ("CzZ", ("--compile", "--uncompress", "--uncompress-noreport")),
}
"""Readers → the short and long options with which they are none."""
_STEADY = re.compile(r"""'[^']*'|"[^"$`\\]?[^"`]*"|[^$`{*?['"\\][^$`{'"\\]*|\\?""")
"""What the shell makes no option of."""


def is_steered(name: str, texts: Sequence[str]) -> bool:
    """Whether a variable or the name of a file may be an option of it that does more than read.

    Args:
        name: of the program, without its folder.
        texts: its arguments, and what opens substitutions, as they stand in the command.
    """
    return name in (*_BUT, "find") and not all(_STEADY.fullmatch(text) for text in texts)


def only_reads(name: str, values: Sequence[str]) -> bool:
    """Whether a program can do no more than read.

    Args:
        name: of the program, without its folder.
        values: its arguments.
    """
    if name in _ALWAYS:
        return True
    if name == "uniq" and sum(value == "-" or not value.startswith("-") for value in values) > 1:
        return False  # the second one is written
    if name == "date" and any(value[:1].isdigit() for value in values):
        return False  # a bare operand sets the clock
    return name in _BUT and not _has(values, *_BUT[name])


def _has(values: Sequence[str], letters: str, long: Sequence[str]) -> bool:
    """Whether one of these options is there, bundled or cut short as `getopt_long` takes them."""
    for value in values:
        if value == "--":
            return False
        if value.startswith("--"):
            begun = value.split("=", 1)[0]
            if any(option.startswith(begun) for option in long):
                return True
        elif value.startswith("-") and any(letter in value for letter in letters):
            return True
    return False
