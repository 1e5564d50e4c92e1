"""Source text to coloured runs: Pygments' hundreds of token types folded into the eight kinds that a theme names.

Pygments and a lexer's tables are loaded when the first source is shown, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer  # type: ignore[import-untyped]

Run = tuple[str, str]
"""Text and its kind: a token of the theme (`syntax-keyword` …), or empty for plain ink."""
SourceLine = tuple[Run, ...]

LIMIT = 300_000
"""Characters; longer sources stay plain, so that one huge file cannot hold up the screen."""

# From special to general: the first prefix that fits decides.
_KINDS: tuple[tuple[str, str], ...] = (
    ("Token.Comment", "syntax-comment"),
    ("Token.Keyword.Constant", "syntax-constant"),
    ("Token.Keyword.Type", "syntax-type"),
    ("Token.Keyword", "syntax-keyword"),
    ("Token.Operator.Word", "syntax-keyword"),
    ("Token.Literal.String.Doc", "syntax-comment"),
    ("Token.Literal.String", "syntax-string"),
    ("Token.Literal.Number", "syntax-number"),
    ("Token.Literal", "syntax-string"),
    ("Token.Name.Function", "syntax-function"),
    ("Token.Name.Class", "syntax-type"),
    ("Token.Name.Exception", "syntax-type"),
    ("Token.Name.Builtin.Pseudo", "syntax-constant"),
    ("Token.Name.Builtin", "syntax-function"),
    ("Token.Name.Constant", "syntax-constant"),
    ("Token.Name.Decorator", "syntax-decorator"),
    ("Token.Name.Attribute", "syntax-function"),
    ("Token.Name.Tag", "syntax-keyword"),
    ("Token.Generic.Deleted", "bad"),
    ("Token.Generic.Inserted", "ok"),
    ("Token.Generic.Heading", "syntax-keyword"),
    ("Token.Generic.Subheading", "syntax-keyword"),
)

_PLAIN = frozenset(("", "text", "txt", "plain", "plaintext", "output", "console-output", "none"))


def language_for(path: str) -> str:
    """The lexer's name for a file, judged by its name alone; empty if none is known."""
    name = path.replace("\\", "/").rpartition("/")[2]
    suffix = name.rpartition(".")[2].lower() if "." in name else name.lower()
    quick = _SUFFIXES.get(suffix)
    return quick if quick is not None else _language_by_name(name)


# The common ones, so that Pygments' table of all languages is seldom read.
_SUFFIXES = {
    "py": "python",
    "pyi": "python",
    "js": "javascript",
    "ts": "typescript",
    "tsx": "tsx",
    "jsx": "jsx",
    "json": "json",
    "yaml": "yaml",
    "yml": "yaml",
    "toml": "toml",
    "md": "markdown",
    "sh": "bash",
    "bash": "bash",
    "c": "c",
    "h": "c",
    "cpp": "cpp",
    "rs": "rust",
    "go": "go",
    "java": "java",
    "html": "html",
    "css": "css",
    "sql": "sql",
    "txt": "",
    "makefile": "make",
    "dockerfile": "docker",
}


@lru_cache(maxsize=256)
def _language_by_name(name: str) -> str:
    from pygments.lexers import find_lexer_class_for_filename  # type: ignore[import-untyped]

    found = find_lexer_class_for_filename(name)
    return found.aliases[0] if found is not None and found.aliases else ""


class Colouring:
    """The colours of one source, computed from its start as far as needed.

    A line gets the colours that it has in the file: in the middle of a docstring it is text, however little of the
    file is shown. Lines that are never asked for cost nothing; about half a megabyte is coloured per second. `advance`
    may run on a thread while another one reads the lines that are `ready`.

    Args:
        source: the whole text.
        language: the lexer's name; an unknown one, or a source over `LIMIT`, stays plain.
    """

    def __init__(self, source: str, language: str) -> None:
        self._plain = source.split("\n")
        self._lines: list[SourceLine] = []
        self._current: list[Run] = []
        self._lock = Lock()
        lexer = _lexer(language) if len(source) <= LIMIT else None
        # Some lexers know a line by its newline, so the last one gets one too.
        self._tokens = None if lexer is None else lexer.get_tokens_unprocessed(source + "\n")

    def __len__(self) -> int:
        """How many lines there are."""
        return len(self._plain)

    @property
    def ready(self) -> int:
        """How many lines, from the first, are coloured."""
        return len(self._plain) if self._tokens is None else len(self._lines)

    def advance(self, until: int) -> None:
        """Colour the lines up to this one, the first being 0 and `until` not among them."""
        with self._lock:
            while self._tokens is not None and len(self._lines) < until:
                try:
                    _, token, value = next(self._tokens)
                except StopIteration:
                    # What no token covers is blank; each line of the source is there in any case.
                    self._lines.extend(_uncoloured(line) for line in self._plain[len(self._lines) :])
                    return
                self._take(value, _kinds()(token))

    def _take(self, value: str, kind: str) -> None:
        first, *rest = value.split("\n")
        current = self._current
        if first and current and current[-1][1] == kind:  # half of all tokens are plain signs and blanks
            current[-1] = (current[-1][0] + first, kind)
        elif first:
            current.append((first, kind))
        for part in rest:
            self._lines.append(tuple(self._current))
            self._current = [(part, kind)] if part else []

    def line(self, number: int) -> SourceLine:
        """A line, from 0, in its colours, computed now if necessary."""
        self.advance(number + 1)
        return self.line_now(number)

    def line_now(self, number: int) -> SourceLine:
        """A line in its colours if they are ready, else plain."""
        if number < len(self._lines):
            return self._lines[number]
        return _uncoloured(self._plain[number])

    def lines(self) -> tuple[SourceLine, ...]:
        """All lines."""
        self.advance(len(self))
        return tuple(self.line_now(number) for number in range(len(self)))


@lru_cache(maxsize=16)
def colouring(source: str, language: str) -> Colouring:
    """The colouring of a source; the last few are cached, so that several parts of a file are coloured once."""
    return Colouring(source, language)


@lru_cache(maxsize=64)
def highlight_lines(source: str, language: str) -> tuple[SourceLine, ...]:
    """The lines of `source` as coloured runs; their joined text is the source's lines, unchanged.

    An unknown language, or a source over `LIMIT`, comes back plain.
    """
    return Colouring(source, language).lines()


@lru_cache(maxsize=4096)
def highlight_line(line: str, language: str) -> SourceLine:
    """One line on its own: quick and coarse, for a fence that is still being written."""
    if len(line) > 2_000:
        return _uncoloured(line)
    return Colouring(line, language).line(0)


def _uncoloured(line: str) -> SourceLine:
    return ((line, ""),) if line else ()


@lru_cache(maxsize=1)
def _kinds() -> Callable[[object], str]:
    known: dict[object, str] = {}

    def kind_of(token: object) -> str:
        kind = known.get(token)
        if kind is None:
            name = str(token)
            kind = next(
                (kind for prefix, kind in _KINDS if name == prefix or name.startswith(prefix + ".")), ""
            )
            known[token] = kind
        return kind

    return kind_of


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    name = language.strip().lower()
    if name in _PLAIN or name not in _aliases():
        return None
    from pygments.lexers import find_lexer_class_by_name

    lexer: Lexer = find_lexer_class_by_name(name)()
    return lexer


@lru_cache(maxsize=1)
def _aliases() -> frozenset[str]:
    """The languages that Pygments itself knows.

    For another one, such as the first letters of a fence's language while it streams, Pygments searches every
    installed package for plugins, which takes longer than a frame.
    """
    from pygments.lexers import get_all_lexers

    return frozenset(alias.lower() for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases)
