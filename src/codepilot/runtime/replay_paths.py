"""What names the folder of a session names its copy in a replay: in recorded replies, in answers, in links."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from codepilot.protocol import parse_reply
from codepilot.protocol.blocks import ControlBlock, PayloadBlock


class Moved:
    """The names of a folder, each replaced by that of its copy.

    Args:
        names: absolute paths of the folder: as it was recorded, and without links.
        copy: where its copy is.
    """

    def __init__(self, names: Iterable[str], copy: Path) -> None:
        self._copy = Path(os.path.realpath(copy))
        self._tops = [os.path.realpath(name) for name in names]
        known = {name.rstrip("/") for name in names} | set(self._tops)
        home = os.environ.get("HOME", "").rstrip("/")  # as a shell reads it
        for name in tuple(known):
            if home and name.startswith(home + "/"):
                known.update(short + name[len(home) :] for short in ("~", "$HOME", "${HOME}"))
        self.known = longest = sorted(filter(None, known), key=len, reverse=True)
        named = "|".join(re.escape(name) for name in longest)
        # No part of a longer name: /srv/app is in /srv/app/x and in -C/srv/app, but not in /srv/app2 or /old/srv/app.
        self._pattern = re.compile(rf"(?:(?<![\w.~}}-])|(?<=[\s'\"]-[A-Za-z]))(?:{named})(?![\w-]|\.\w)")

    def text(self, text: str) -> str:
        """A text as it is to be used in the copy."""
        return self._pattern.sub(lambda found: str(self._copy), text)

    def names(self, text: str) -> bool:
        """Whether a text names the folder itself, also where signs are escaped."""
        return self._pattern.search(text.replace("\\", "").replace(str(self._copy), "")) is not None

    def reply(self, text: str) -> str:
        """A reply whose code acts in the copy. The contents of files stay as they were recorded: they are compared."""
        if self._pattern.search(text) is None:
            return text
        lines = text.split("\n")
        for part in parse_reply(text).parts:
            if isinstance(part, ControlBlock | PayloadBlock):
                end = part.line if isinstance(part, PayloadBlock) else part.end_line
                for at in range(part.line - 1, min(end, len(lines))):
                    lines[at] = self.text(lines[at])
        return "\n".join(lines)

    def links(self) -> None:
        """Let links of the copy that lead into the folder itself lead to the same place in the copy.

        Raises:
            OSError: one cannot be replaced.
        """
        for folder, folders, files in os.walk(self._copy):
            for name in (*folders, *files):
                link = Path(folder, name)
                if link.is_symlink():
                    self._turn(link)

    def _turn(self, link: Path) -> None:
        leads = os.path.realpath(link)
        if Path(leads).is_relative_to(self._copy):
            return
        for top in self._tops:
            if Path(leads).is_relative_to(top):
                there, was = self._copy / os.path.relpath(leads, top), link.lstat()
                link.unlink()
                link.symlink_to(os.path.relpath(there, link.parent))
                if os.utime in os.supports_follow_symlinks:  # by its time it is as it was
                    os.utime(link, ns=(was.st_atime_ns, was.st_mtime_ns), follow_symlinks=False)
                return
