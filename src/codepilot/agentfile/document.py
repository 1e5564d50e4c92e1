"""A YAML text as all of its sections share it: its nodes with their lines, and what was found wrong with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from codepilot.errors import AgentFileError
from codepilot.text import clean_line, shorten

if TYPE_CHECKING:
    Loader = yaml.SafeLoader | yaml.CSafeLoader

NULL = "tag:yaml.org,2002:null"
"""The tag of a value that is not there."""


class Document:
    """What all sections of a file share."""

    def __init__(self, path: Path, loader: Loader, warnings: list[str]) -> None:
        self.path = path
        self.loader = loader
        self.warnings = warnings
        self.errors: list[AgentFileError] = []
        self.remarks: list[str] = []

    def raise_mistakes(self) -> None:
        """Tell all mistakes of the file at once, and the keys that mean nothing: they may be why others are missing.

        Raises:
            AgentFileError: there is a mistake.
        """
        errors, others = self.errors, [clean_line(text) for text in (*self.warnings, *self.remarks)]
        if len(errors) == 1 and not others:
            raise errors[0]
        if errors:
            lines = sorted([*(error.message for error in errors), *others], key=_line)
            raise AgentFileError(
                "\n".join(lines), hint=" ".join(dict.fromkeys(filter(None, (error.hint for error in errors))))
            )


def composed(text: str) -> tuple[Loader, yaml.Node | None]:
    """By the parser in C where there is one, ten times as quick; what is wrong is told better by the other."""
    if hasattr(yaml, "CSafeLoader"):
        try:
            quick = yaml.CSafeLoader(text)
            return quick, quick.get_single_node()
        except yaml.YAMLError:
            pass
    loader = yaml.SafeLoader(text)
    return loader, loader.get_single_node()


def _line(message: str) -> int:
    """The line of the file that a message is about."""
    found = re.search(r":(\d+): ", message)
    return int(found[1]) if found else 0


def shown(node: yaml.Node) -> str:
    """A value as a mistake names it."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if node.tag == NULL:
        return "nothing"
    return repr(shorten(str(node.value), 60))
