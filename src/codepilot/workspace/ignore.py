"""Which files a project does not mean: its `.gitignore` files, nested ones too, and folders that are noise
everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NOISE_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".jj", ".codepilot",
    "node_modules", "bower_components", "__pycache__", ".venv", "venv", "site-packages",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox", ".eggs",
    ".ipynb_checkpoints", ".next", ".nuxt", ".parcel-cache",
    ".turbo", ".gradle", ".terraform", ".cache", "htmlcov",
})  # fmt: skip
NOISE_FILES = frozenset({".DS_Store", "Thumbs.db"})
NOISE_ENDINGS = (".pyc", ".pyo", ".swp")


class IgnoreRules:
    """The rules of one folder tree. `read` gives the text of ``<folder>/.gitignore`` ("" is the top), None if
    none.

    Each `.gitignore` is read once, when a path below it is first asked for.
    """

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def ignores(self, path: str, *, folder: bool) -> bool:
        """The path itself is ignored. That no parent of it is, is the caller's to know (see `hides`)."""
        name = path.rpartition("/")[2]
        if folder and name in NOISE_FOLDERS:
            return True
        if not folder and (name in NOISE_FILES or name.endswith(NOISE_ENDINGS)):
            return True
        asked = path + "/" if folder else path
        base = path.rpartition("/")[0]
        while True:
            # The deepest file that says anything about the path decides.
            spec = self._spec(base)
            if spec is not None:
                verdict = spec.check_file(asked[len(base) + 1 :] if base else asked).include
                if verdict is not None:
                    return verdict
            if not base:
                return False
            base = base.rpartition("/")[0]

    def hides(self, path: str, *, folder: bool = False) -> bool:
        """The path or a folder above it is ignored."""
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        return any(self.ignores(parent, folder=True) for parent in above) or self.ignores(path, folder=folder)

    def _spec(self, base: str) -> GitIgnoreSpec | None:
        if base not in self._specs:
            text = self._read(base)
            self._specs[base] = compiled(text.splitlines()) if text else None
        return self._specs[base]


def compiled(patterns: list[str]) -> GitIgnoreSpec:
    """Patterns in the way of `.gitignore`; lines that are none are left out, as git does."""
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except GitIgnorePatternError:
        return GitIgnoreSpec.from_lines(filter(_is_pattern, patterns))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    try:
        GitIgnoreSpec.from_lines([line])
    except GitIgnorePatternError:
        return False
    return True
