"""Whether git would store a file in another form than it has on disk, as far as `.gitattributes` files tell."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from codepilot.workspace.git.objects import read_small
from codepilot.workspace.ignore import compiled

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_HARMLESS: Final = frozenset({
    "text", "crlf", "eol", "binary", "diff", "merge", "whitespace", "encoding", "delta", "export-ignore",
    "export-subst", "conflict-marker-size",
})  # fmt: skip
"""These change no content, or only line ends, which can be told from the content itself."""
_MAX_FILE: Final = 256 * 1024


class Attributes:
    """The attribute files of one work tree, each read when a path below it is first asked for.

    It errs on one side: a path may be taken for converted that is not.

    Args:
        top: of the work tree.
        common: of the repository; ``info/attributes`` lies there.
    """

    def __init__(self, top: Path, common: Path) -> None:
        self._top = top
        self._common = common
        self._specs: dict[Path, GitIgnoreSpec | None] = {}

    def may_convert(self, path: str) -> bool:
        """A filter, an identifier or an encoding may stand between the file at `path` and what is stored.

        Args:
            path: below the top, with ``/``.
        """
        names = path.split("/")
        for depth in range(len(names)):
            below = "/".join(names[depth:])
            if self._names(self._top.joinpath(*names[:depth], ".gitattributes"), below):
                return True
        return any(self._names(file, path) for file in (self._common / "info" / "attributes", *_everywhere()))

    def _names(self, file: Path, path: str) -> bool:
        if file not in self._specs:
            lines = (read_small(file, _MAX_FILE) or b"").decode("utf-8", "surrogateescape").splitlines()
            patterns = [line.split()[0].strip('"') for line in lines if _converts(line.split())]
            self._specs[file] = compiled(patterns) if patterns else None
        spec = self._specs[file]
        return spec is not None and spec.match_file(path)


def _converts(words: list[str]) -> bool:
    """A line of an attribute file that sets something beyond the harmless, macros of unknown meaning included."""
    if not words or words[0].startswith(("#", "[attr]")):
        return False
    names = (word.partition("=")[0] for word in words[1:] if not word.startswith(("-", "!")))
    return any(name not in _HARMLESS and not name.startswith(("linguist-", "gitlab-")) for name in names)


def _everywhere() -> Iterable[Path]:
    """Where the person's own and the machine's attributes usually are."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - never raises
    configuration = os.environ.get("XDG_CONFIG_HOME", "") or home / ".config"
    return Path(configuration) / "git" / "attributes", home / ".gitattributes", Path("/etc/gitattributes")
