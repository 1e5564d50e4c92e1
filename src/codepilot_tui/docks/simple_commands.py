"""The simple commands of a shell command, for showing only; see `shell_words`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from codepilot_tui.docks.shell_words import Lexer, Token

_KEYWORDS = (
    "!",
    "{",
    "}",
    "if",
    "then",
    "elif",
    "else",
    "fi",
    "do",
    "done",
    "while",
    "until",
    "time",
    "-p",
    "--",
)
"""What stands before a command and is none; `-p` and `--` are options of `time`."""
_DESCRIPTOR = re.compile(r"\d+|\{\w+\}")
"""What stands before a redirection and is no word of the command: `2>x`."""


@dataclass(slots=True)
class Simple:
    """One simple command: its words (positions in the token list) and what surrounds it."""

    words: list[int] = field(default_factory=list)
    redirects: list[tuple[int, int | None]] = field(default_factory=list)
    """Operator and target."""
    piped_into: bool = False
    """It reads what the command before it wrote."""
    substitutions: list[tuple[int, int]] = field(default_factory=list)
    """Of each that opens in it: the token that opens it, and how many words stand before."""
    background: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command as it was read."""

    tokens: list[Token]
    """Together they are the command again."""
    commands: list[Simple]
    """In order of appearance."""
    sure: bool
    """The shell reads it so, too; else there may be other commands in it."""


def parse(command: str) -> Parsed:
    """Cut a command into its simple commands, with those in substitutions."""
    lexer = Lexer(command)
    grouping = _Grouping(lexer.tokens)
    for index, token in enumerate(lexer.tokens):
        if token.kind == "word":
            grouping.word(index)
        elif token.kind == "redirect":
            grouping.redirect(index)
        elif token.kind == "operator":
            grouping.operator(index)
    return Parsed(lexer.tokens, grouping.found, lexer.sure and grouping.sure)


class _Grouping:
    """Puts the tokens into simple commands, one after the other."""

    def __init__(self, tokens: list[Token]) -> None:
        self.found: list[Simple] = []
        self.sure = True
        self._tokens = tokens
        self._outer: list[Simple | None] = []
        self._current: Simple | None = None
        self._piped = False
        self._target_of: int | None = None
        self._in_backticks = False

    def word(self, index: int) -> None:
        """A word of the command, or the target of a redirection."""
        token = self._tokens[index]
        if token.glued:
            return
        if self._target_of is not None and self._current is not None:
            self._current.redirects[-1] = (self._target_of, index)
            self._target_of = None
            return
        command = self._command()
        first = self._tokens[command.words[0]].bare if command.words else ""
        if first == "function" and len(command.words) == 2:
            self._current = None
            command = self._command()
        elif first in ("for", "select") and len(command.words) <= 2 and token.bare in ("do", "{"):
            self._current = None
            return
        if token.bare == "coproc" and not command.words:
            self.sure = False  # what follows may be its name
        if command.words or token.bare not in _KEYWORDS:
            command.words.append(index)

    def redirect(self, index: int) -> None:
        """Its target comes next."""
        words = self._command().words
        if words and words[-1] == index - 1 and _DESCRIPTOR.fullmatch(self._tokens[index - 1].bare):
            words.pop()
        self._command().redirects.append((index, None))
        self._target_of = index

    def operator(self, index: int) -> None:
        """A substitution begins or ends, or the command does."""
        text = self._tokens[index].text
        if text == "`":
            self._in_backticks = not self._in_backticks
        if text in ("$(", "<(", ">(") or (text == "`" and self._in_backticks):
            command = self._command()
            if self._target_of is None:
                command.substitutions.append((index, len(command.words)))
            self._outer.append(command)
            self._current, self._piped, self._target_of = None, False, None
        elif text in (")", "`") and self._outer:
            self._target_of = None
            self._current = self._outer.pop()
        else:
            self._ends(text)

    def _ends(self, text: str) -> None:
        self._target_of = None
        if self._current is not None and text == "&":
            self._current.background = True
        self._piped = text in ("|", "|&")
        if text == "(":
            self._outer.append(None)
        self._current = None

    def _command(self) -> Simple:
        if self._current is None:
            self._current = Simple(piped_into=self._piped)
            self.found.append(self._current)
            self._piped = False
        return self._current
