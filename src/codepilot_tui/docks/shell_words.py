"""A shell command cut into words, operators and the like, for showing only: it colours words, it never decides.

Made for a person's eye: it takes any text, never raises, and keeps every character (the tokens cover the command from
start to end). Where the shell may read on differently than this does, the lexer says that it is not sure.
Verdicts belong to `codepilot.permissions`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "operator", "redirect", "blank", "comment", "text"]

_OPERATORS = (";;&", "&&", "||", ";;", ";&", "|&", "|", "&", ";", "(", ")", "\n")
_REDIRECTS = ("&>>", "<<<", "<<-", "&>", ">>", ">|", ">&", "<<", "<>", "<&", ">", "<")

_ARITHMETIC = re.compile(
    r"\$?\(\((?:[^()'\"`\\$]|\$\w|\((?:[^()'\"`\\$]|\$\w)*\))*\)\)|\$\[(?:[^]['\"`\\$]|\$\w)*\]"
)
"""What can hold no command: in it `<<` is a shift and `#` a base."""

_SUBSCRIPT = re.compile(r"(?!\[\[$)\w*\[(?![\w@*.!^-]+\])[^\s]")
"""The begin of a word that may be an element of an array, `a[1 << 2]=x`, and then goes on as no other word does."""
_SPLIT_OPERATOR = re.compile(r"[<>&|;$({]\\\n(?:\\\n)*[<>&|;({\['\"`$]")
"""An operator that goes on in the next line."""


@dataclass(slots=True)
class Token:
    """A piece of the command as it stands there, and for words what the shell would make of the quotes."""

    kind: Kind
    text: str
    value: str = ""
    glued: bool = False
    """It goes on a word that began before a substitution."""

    @property
    def bare(self) -> str:
        """The text without line ends that the shell takes away before it looks for keywords."""
        return self.text.replace("\\\n", "")


def is_substitution(token: Token) -> bool:
    """Whether it begins or ends what the output of a command stands for."""
    return token.kind == "operator" and token.text in ("$(", "`", "<(", ">(")


class Lexer:
    """The tokens of a command, and whether the shell reads it so for certain."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.sure = not _SPLIT_OPERATOR.search(source)
        self._at = 0
        self._word_start = 0
        self._value: list[str] = []
        self._in_word = False
        self._glued = False
        """What comes next is part of a word that began before a substitution: no comment can begin."""
        self._contexts: list[str] = []
        """What is open: `"`, a backtick, `(`, `$(` (or `<(`), `a=(`, `${`."""
        self._backtick_ends = -1
        self._heredocs: list[tuple[int, int]] = []
        """Of each whose text did not begin yet: its token, and how much was open there."""
        readers = {'"': self._quoted, "${": self._braced}
        while self._at < len(source):
            readers.get(self._top(), self._plain)()
        self._end_word()
        self.sure = self.sure and not self._contexts

    def _take(self, count: int, value: str) -> None:
        if not self._in_word:
            self._in_word, self._word_start = True, self._at
        self._at = min(self._at + count, len(self.source))
        self._value.append(value)

    def _end_word(self) -> None:
        if self._in_word:
            text = self.source[self._word_start : self._at]
            token = Token("word", text, "".join(self._value), self._glued)
            self.tokens.append(token)
            if _SUBSCRIPT.match(token.bare) or (token.bare == "case" and self._contexts):
                self.sure = False
        self._in_word, self._value = False, []

    def _emit(self, kind: Kind, count: int) -> None:
        self._end_word()
        self._glued = False
        self.tokens.append(Token(kind, self.source[self._at : self._at + count]))
        self._at += count

    def _top(self) -> str:
        return self._contexts[-1] if self._contexts else ""

    def _substitution(self) -> bool:
        """`$(` and backticks open a command, inside double quotes too."""
        source, at = self.source, self._at
        if source.startswith(("$((", "$["), at):
            if arithmetic := _ARITHMETIC.match(source, at):
                self._take(len(arithmetic[0]), arithmetic[0])
                return True
            self.sure = False
        if source.startswith("${", at):
            self.sure = self.sure and not source.startswith((" ", "\t", "\n", "|", "("), at + 2)
            self._take(2, "${")
            self._contexts.append("${")
        elif source.startswith(("$(", "<(", ">("), at) and (source[at] == "$" or self._top() != '"'):
            self.sure = self.sure and (source[at] == "$" or self._top() != "${")
            self._emit("operator", 2)
            self._contexts.append("$(")
        elif source[at] == "`":
            self._backtick()
        else:
            return False
        return True

    def _backtick(self) -> None:
        """The next one ends it, whatever quotes stand between, and escapes are taken away once more."""
        at = self._at
        self._emit("operator", 1)
        if "`" in self._contexts:
            self.sure = self.sure and at == self._backtick_ends and self._top() == "`"
            while self._contexts.pop() != "`":
                pass
            self._glued = True
        else:
            self._contexts.append("`")
            self._backtick_ends = self.source.find("`", at + 1)
            if "\\" in self.source[at : self._backtick_ends]:
                self.sure = False

    def _quoted(self) -> None:
        source, at = self.source, self._at
        if source[at] == "\\":
            self._take(2, source[at + 1 : at + 2])
        elif source[at] == '"':
            self._contexts.pop()
            self._take(1, "")
        elif not self._substitution():
            self._take(1, source[at])

    def _braced(self) -> None:
        """Within `${…}` blanks, `#` and operators are text."""
        source, at = self.source, self._at
        if source[at] == "\\":
            self._take(2, source[at + 1 : at + 2])
        elif source[at] == "}":
            self._contexts.pop()
            self._take(1, "}")
        elif source[at] == "'":
            self.sure = self.sure and '"' not in self._contexts
            self._single()
        elif source[at] == '"':
            self._contexts.append('"')
            self._take(1, "")
        elif source.startswith("@P}", at):
            self.sure = False
            self._take(1, "@")
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
            self._single()
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

    def _single(self) -> None:
        escapes = self.source[self._at] == "$"
        start = self._at + 1 + escapes
        end = start
        while end < len(self.source) and self.source[end] != "'":
            end += 2 if escapes and self.source[end] == "\\" else 1
        self.sure = self.sure and end < len(self.source)
        self._take(end + 1 - self._at, self.source[start:end])

    def _mark(self) -> bool:
        """Take a redirection or an operator, if one stands here."""
        source, at = self.source, self._at
        if redirect := next((mark for mark in _REDIRECTS if source.startswith(mark, at)), ""):
            self._emit("redirect", len(redirect))
            if redirect in ("<<", "<<-"):
                self._heredocs.append((len(self.tokens) - 1, len(self._contexts)))
        elif source[at] == "(":
            self._opening()
        elif operator := next((mark for mark in _OPERATORS if source.startswith(mark, at)), ""):
            self._emit("operator", len(operator))
            if operator == ")" and self._contexts:
                opened = self._contexts.pop()
                self._glued = opened != "("
                self.sure = self.sure and opened != "`"
            elif operator == "\n":
                self._heredoc_bodies()
        else:
            return False
        return True

    def _opening(self) -> None:
        """A subshell, a function, an array, or arithmetic that is a command."""
        source, at = self.source, self._at
        context = "("
        if self._in_word or self._glued:
            if source[at - 1] == "=":
                context = "a=("
            elif not re.compile(r"\([ \t]*\)").match(source, at):
                self.sure = False
        elif source.startswith("((", at):
            if arithmetic := _ARITHMETIC.match(source, at):
                self._emit("text", len(arithmetic[0]))
                return
            self.sure = False
        self._emit("operator", 1)
        self._contexts.append(context)

    def _heredoc_bodies(self) -> None:
        heredocs, self._heredocs = self._heredocs, []
        for index, depth in heredocs:
            at = index + 1 + (self.tokens[index + 1].kind == "blank")
            word, after = self.tokens[at], self.tokens[at + 1 : at + 2]
            # A delimiter with a substitution in it, or lines of the command that end elsewhere.
            computed = word.kind != "word" or "$" in word.text or (after and is_substitution(after[0]))
            self.sure = self.sure and not computed and depth == len(self._contexts)
            if word.kind == "word":
                self._heredoc_body(word, self.tokens[index].text == "<<-")

    def _heredoc_body(self, word: Token, strip_tabs: bool) -> None:
        start, delimiter, ended = self._at, word.value, False
        while self._at < len(self.source) and not ended:
            end = self.source.find("\n", self._at)
            end = len(self.source) if end < 0 else end
            line = self.source[self._at : end]
            line = line.lstrip("\t") if strip_tabs else line
            self._at = min(end + 1, len(self.source))
            ended = line == delimiter
            if self._contexts and not ended and line.startswith(delimiter):
                self.sure = False  # `E)` ends it, too
        text = self.source[start : self._at]
        self.tokens.append(Token("text", text))
        # Where the delimiter is not quoted, what the text substitutes runs, and its lines can go on in the next.
        if not ended or (word.bare == word.value and re.search(r"\$[({[]|`|\\\n", text)):
            self.sure = False
