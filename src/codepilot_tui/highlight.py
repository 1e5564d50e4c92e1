"""Source text to coloured runs: Pygments' hundreds of token types folded into the eight kinds that a theme names.

Pygments and a lexer's tables are loaded when the first source is shown, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer  # type: ignore[import-untyped]

Run = tuple[str, str]
"""Text and its kind: a token of the theme (`syntax-keyword` …), or empty for plain ink."""
SourceLine = tuple[Run, ...]

LIMIT = 200_000
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


@lru_cache(maxsize=64)
def highlight_lines(source: str, language: str) -> tuple[SourceLine, ...]:
    """The lines of `source` as coloured runs; their joined text is the source's lines, unchanged.

    An unknown language, or a source over `LIMIT`, comes back plain.
    """
    lexer = _lexer(language)
    if lexer is None or len(source) > LIMIT:
        return tuple(((line, ""),) if line else () for line in source.split("\n"))
    return _lex(source, lexer)


@lru_cache(maxsize=4096)
def highlight_line(line: str, language: str) -> SourceLine:
    """One line on its own: quick and coarse, for a fence that is still being written."""
    lexer = _lexer(language)
    if lexer is None or len(line) > 2_000:
        return ((line, ""),) if line else ()
    return _lex(line, lexer)[0]


def _lex(source: str, lexer: Lexer) -> tuple[SourceLine, ...]:
    kind_of = _kinds()
    lines: list[SourceLine] = []
    current: list[Run] = []
    for _, token, value in lexer.get_tokens_unprocessed(source):
        kind = kind_of(token)
        first, *rest = value.split("\n")
        if first:
            current.append((first, kind))
        for part in rest:
            lines.append(tuple(current))
            current = [(part, kind)] if part else []
    lines.append(tuple(current))
    return tuple(lines)


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
    if name in _PLAIN:
        return None
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    try:
        lexer: Lexer = find_lexer_class_by_name(name)()
    except ClassNotFound:
        return None
    return lexer
