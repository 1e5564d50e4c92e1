"""A shell command cut into simple commands, for showing only: it colours words, it never decides.

Made for a person's eye: it takes any text, never raises, keeps every character (the tokens cover the command from
start to end) and looks into substitutions. Verdicts belong to `codepilot.permissions`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["word", "operator", "redirect", "blank", "comment", "text"]

_OPERATORS = ("&&", "||", ";;", "|&", "|", "&", ";", "(", ")", "\n")
_REDIRECTS = ("&>>", "<<<", "<<-", "&>", ">>", ">|", ">&", "<<", "<>", "<&", ">", "<")
_KEYWORDS = ("!", "{", "}", "if", "then", "elif", "else", "fi", "do", "done", "while", "until", "time")

_ARITHMETIC = re.compile(
    r"\$?\(\((?:[^()'\"`\\$]|\$\w|\((?:[^()'\"`\\$]|\$\w)*\))*\)\)|\$\[(?:[^]['\"`\\$]|\$\w)*\]"
)
"""What can hold no command: in it `<<` is a shift and `#` a base."""

_DESCRIPTOR = re.compile(r"\d+|\{\w+\}")
"""What stands before a redirection and is no word of the command: `2>x`."""


@dataclass(slots=True)
class Token:
    """A piece of the command as it stands there, and for words what the shell would make of the quotes."""

    kind: Kind
    text: str
    value: str = ""


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


def parse(command: str) -> tuple[list[Token], list[Simple]]:
    """The tokens, which together are the command again, and its simple commands in order of appearance."""
    tokens = _Lexer(command).tokens
    return tokens, _group(tokens)


class _Lexer:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self._at = 0
        self._word_start = 0
        self._value: list[str] = []
        self._in_word = False
        self._glued = False
        """What comes next is part of a word that began before a substitution: no comment can begin."""
        self._contexts: list[str] = []
        """What must close: `"`, `)` or a backtick."""
        self._heredocs: list[str] = []
        while self._at < len(source):
            self._quoted() if self._contexts and self._contexts[-1] == '"' else self._plain()
        self._end_word()

    def _take(self, count: int, value: str) -> None:
        if not self._in_word:
            self._in_word, self._word_start = True, self._at
        self._at = min(self._at + count, len(self.source))
        self._value.append(value)

    def _end_word(self) -> None:
        if self._in_word:
            text = self.source[self._word_start : self._at]
            self.tokens.append(Token("word", text, "".join(self._value)))
        self._in_word, self._value = False, []

    def _emit(self, kind: Kind, count: int) -> None:
        self._end_word()
        self._glued = False
        self.tokens.append(Token(kind, self.source[self._at : self._at + count]))
        self._at += count

    def _substitution(self) -> bool:
        """`$(` and backticks open a command, inside double quotes too."""
        source, at = self.source, self._at
        if source[at] == "$" and (arithmetic := _ARITHMETIC.match(source, at)):
            self._take(len(arithmetic[0]), arithmetic[0])
            return True
        if source.startswith(("$(", "<(", ">("), at) and (source[at] == "$" or self._top() != '"'):
            self._emit("operator", 2)
            self._contexts.append(")")
            return True
        if source[at] == "`":
            self._emit("operator", 1)
            if "`" in self._contexts:
                while self._contexts.pop() != "`":
                    pass
                self._glued = True
            else:
                self._contexts.append("`")
            return True
        return False

    def _top(self) -> str:
        return self._contexts[-1] if self._contexts else ""

    def _quoted(self) -> None:
        source, at = self.source, self._at
        if source[at] == "\\":
            self._take(2, source[at + 1 : at + 2])
        elif source[at] == '"':
            self._contexts.pop()
            self._take(1, "")
        elif not self._substitution():
            self._take(1, source[at])

    def _plain(self) -> None:
        source, at = self.source, self._at
        char = source[at]
        if source.startswith("\\\n", at):
            self._take(2, "") if self._in_word or self._glued else self._emit("blank", 2)
        elif char == "\\":
            self._take(2, source[at + 1 : at + 2])
        elif char == "'" or source.startswith("$'", at):
            self._single(1 if char == "'" else 2)
        elif char == '"':
            self._contexts.append('"')
            self._take(1, "")
        elif self._substitution():
            pass
        elif char in " \t":
            end = at
            while end < len(source) and source[end] in " \t":
                end += 1
            self._emit("blank", end - at)
        elif char == "#" and not self._in_word and not self._glued:
            end = source.find("\n", at)
            self._emit("comment", (len(source) if end < 0 else end) - at)
        elif not self._mark():
            self._take(1, char)

    def _mark(self) -> bool:
        """Take a redirection or an operator, if one stands here."""
        source, at = self.source, self._at
        if source[at] == "(" and not self._in_word and (arithmetic := _ARITHMETIC.match(source, at)):
            self._emit("text", len(arithmetic[0]))
        elif redirect := next((mark for mark in _REDIRECTS if source.startswith(mark, at)), ""):
            self._emit("redirect", len(redirect))
            if redirect in ("<<", "<<-"):
                self._heredocs.append("")
        elif operator := next((mark for mark in _OPERATORS if source.startswith(mark, at)), ""):
            self._emit("operator", len(operator))
            if operator == "(":
                self._contexts.append(")")
            elif operator == ")" and self._top() == ")":
                self._contexts.pop()
                self._glued = True
            elif operator == "\n" and self._heredocs:
                self._heredoc_bodies()
        else:
            return False
        return True

    def _single(self, opening: int) -> None:
        start = self._at + opening
        end = start
        while end < len(self.source) and self.source[end] != "'":
            end += 2 if opening == 2 and self.source[end] == "\\" else 1
        self._take(end + 1 - self._at, self.source[start:end])

    def _heredoc_bodies(self) -> None:
        self._heredocs.clear()
        # Only the delimiters of the line that just ended count.
        line: list[Token] = []
        for token in reversed(self.tokens[:-1]):
            if token.text == "\n":
                break
            line.append(token)
        line.reverse()
        for index, token in enumerate(line):
            if token.text not in ("<<", "<<-"):
                continue
            word = next((after for after in line[index + 1 :] if after.kind == "word"), None)
            if word is not None:
                self._heredoc_body(word.value, token.text == "<<-")

    def _heredoc_body(self, delimiter: str, strip_tabs: bool) -> None:
        start = self._at
        while self._at < len(self.source):
            end = self.source.find("\n", self._at)
            end = len(self.source) if end < 0 else end
            line = self.source[self._at : end]
            self._at = min(end + 1, len(self.source))
            if (line.lstrip("\t") if strip_tabs else line) == delimiter:
                break
        self.tokens.append(Token("text", self.source[start : self._at]))


def _group(tokens: list[Token]) -> list[Simple]:
    grouping = _Grouping(tokens)
    for index, token in enumerate(tokens):
        if token.kind == "word":
            grouping.word(index)
        elif token.kind == "redirect":
            grouping.redirect(index)
        elif token.kind == "operator":
            grouping.operator(index)
    return grouping.found


class _Grouping:
    """Puts the tokens into simple commands, one after the other."""

    def __init__(self, tokens: list[Token]) -> None:
        self.found: list[Simple] = []
        self._tokens = tokens
        self._outer: list[Simple | None] = []
        self._current: Simple | None = None
        self._piped = False
        self._target_of: int | None = None

    def word(self, index: int) -> None:
        """A word of the command, or the target of a redirection."""
        if self._target_of is not None and self._current is not None:
            self._current.redirects[-1] = (self._target_of, index)
            self._target_of = None
            return
        command = self._command()
        if command.words or self._tokens[index].text not in _KEYWORDS:
            command.words.append(index)

    def redirect(self, index: int) -> None:
        """Its target comes next."""
        words = self._command().words
        if words and words[-1] == index - 1 and _DESCRIPTOR.fullmatch(self._tokens[index - 1].text):
            words.pop()
        self._command().redirects.append((index, None))
        self._target_of = index

    def operator(self, index: int) -> None:
        """A substitution begins or ends, or the command does."""
        text = self._tokens[index].text
        if text in ("$(", "<(", ">(") or (text == "`" and not _closes(self._tokens, index)):
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


def _closes(tokens: list[Token], index: int) -> bool:
    """Whether this backtick is a closing one: an odd number of them stands before it."""
    return sum(token.text == "`" and token.kind == "operator" for token in tokens[:index]) % 2 == 1
