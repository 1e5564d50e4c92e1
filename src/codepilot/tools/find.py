"""`find`: a regular expression over the work folder, by ripgrep where it is installed, else by a child of our own."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import IO, Any

from codepilot.errors import WorkspaceError
from codepilot.ports import CallContext
from codepilot.text import clean_line, shorten
from codepilot.tools import child
from codepilot.tools import ripgrep as rg
from codepilot.tools.arguments import Refused, line_argument, missing, path_argument, text_argument
from codepilot.tools.result import ToolResult
from codepilot.values import dataclass
from codepilot.workspace import Workspace
from codepilot.workspace.regular import MAX_BYTES
from codepilot.workspace.search import Match, NotSearched, Search, command, request

SCOPES = ("codebase", "file", "files")
_MAX_RESULTS = 500
_MAX_COUNTED = 10_000
_MAX_NAMED = 5


class FindTool:
    """Searching one work folder.

    Args:
        workspace: where.
        ripgrep: the program; None looks on PATH, empty never uses it.
        timeout: seconds after which a search is ended; what it found until then counts.
    """

    def __init__(self, workspace: Workspace, *, ripgrep: str | None = None, timeout: float = 20) -> None:
        self._workspace = workspace
        self._ripgrep = ripgrep
        self._timeout = timeout

    async def find(
        self,
        context: CallContext,
        pattern: str,
        scope: str = "codebase",
        target: Any = None,
        include: Any = None,
        max_results: int = 50,
    ) -> ToolResult:
        r"""Search for a regular expression, line by line; results are path:line:text.

        scope="codebase" searches all files that are not ignored (target: only below this folder), "file" the file
        target, "files" the list of files target. include="*.py" (or a list) keeps only files of such names. Escape
        what is meant literally: find(r"open\("). Ignored are .gitignore's files, binary files and caches.
        """
        try:
            search = await asyncio.to_thread(self._search, pattern, scope, target, include)
            limit = min(line_argument(max_results, "max_results"), _MAX_RESULTS)
            found, note = await self._run(search, limit)
        except Refused as refused:
            return refused.result("find")
        except WorkspaceError as error:
            return ToolResult(f"[find] ERROR: {error.told}", "error")
        except FileNotFoundError:  # of the child: it starts in the work folder
            if self._workspace.root.is_dir():
                raise
            return ToolResult(f"[find] ERROR: {self._workspace.gone().told}", "error")
        total, note = found.total, note + _left_out(found.skipped)
        if not total:
            return ToolResult(f"[find] No matches found.{note}", figure="0 matches")
        count = f"{total}+" if total >= _MAX_COUNTED else str(total)
        part = f" (showing {len(found.first)} of {count})" if total > len(found.first) else ""
        rows = [f"{_plain(match.path)}:{match.line}:{match.text}" for match in found.first]
        head = f"[find] {count} match(es){part}:{note}"
        return ToolResult("\n".join([head, *rows]), figure=f"{count} match{'' if total == 1 else 'es'}")

    def _search(self, pattern: Any, scope: Any, target: Any, include: Any) -> Search:
        pattern = text_argument(pattern, "pattern") if pattern != " " else pattern
        if scope not in SCOPES:
            raise Refused(f"scope {shorten(repr(scope), 40)} does not exist. Scopes: {', '.join(SCOPES)}.")
        globs = [include] if isinstance(include, str) else include or []
        if not isinstance(globs, list | tuple) or not all(isinstance(glob, str) for glob in globs):
            raise Refused("include must be a file pattern such as '*.py', or a list of them.")
        files: tuple[str, ...] | None = None
        folder = ""
        if scope == "codebase":
            folder = self._place(target, "folder") if target is not None else ""
        else:
            if target is None:
                raise Refused(
                    f"scope='{scope}' needs target, {'a path' if scope == 'file' else 'a list of paths'}."
                )
            if scope == "files" and not isinstance(target, list | tuple):
                raise Refused("scope='files' needs a list of paths as target.")
            names = [target] if scope == "file" else list(target)
            files = tuple(dict.fromkeys(self._place(name, "file") for name in names))
        return Search(
            root=str(self._workspace.root),
            pattern=pattern,
            files=files,
            folder="" if folder == "." else folder,
            include=tuple(globs),
            unsafe=self._workspace.unsafe,
            protected=self._workspace.protected,
        )

    def _place(self, value: Any, kind: str) -> str:
        """Where a target really is: nothing is searched through a link that leads out."""
        path = path_argument(value, "target")
        found = self._workspace.kind(path)
        if found == "missing":
            raise Refused(missing(self._workspace, path))
        if found != kind:
            shown = self._workspace.display(path)
            other = "scope='codebase'" if found == "folder" else "scope='file'"
            raise Refused(
                f"'{shown}' is not a regular file."
                if found == "other"
                else f"'{shown}' is a {found}: use {other} with it as target."
            )
        place = self._workspace.locate(path)
        if kind == "folder" and not place.inside:
            raise Refused(f"'{path}' is outside the work folder; search there with a command in a terminal.")
        return place.shown

    async def _run(self, search: Search, limit: int) -> tuple[_Found, str]:
        """What was found, and what to say about it."""
        found = _Found(limit)
        try:
            async with asyncio.timeout(self._timeout):
                ripgrep = rg.installed("rg") if self._ripgrep is None else self._ripgrep
                if ripgrep and await _by_ripgrep(ripgrep, search, found):
                    return found, ""
                # Also what only ripgrep's kind of expressions lacks, such as looking ahead.
                found = _Found(limit)
                return found, await _by_ourselves(search, found)
        except TimeoutError:
            note = f" (The search was ended after {self._timeout:g} s: narrow it with target or include.)"
            return found, note


@dataclass(slots=True)
class _Found:
    """The first matches, and how many there were."""

    limit: int
    first: list[Match] = field(default_factory=list)
    total: int = 0
    skipped: list[str] = field(default_factory=list)
    """Paths that were not searched; an empty one stands for all beyond the bound of a walk."""

    def add(self, match: Match | NotSearched) -> None:
        if isinstance(match, NotSearched):
            self.skipped.append(match.path)
            return
        self.total += 1
        if len(self.first) < self.limit:
            self.first.append(match)


async def _by_ripgrep(program: str, search: Search, found: _Found) -> bool:
    """Search with ripgrep; says whether that was the whole answer. It may be damaged, or killed meanwhile."""
    answer = rg.Answer()
    try:
        await _collect(rg.command(program, search), b"", answer.matches, search, found)
        if not answer.whole and found.total < _MAX_COUNTED:
            return False
        # Files that it could not read are no reason to hide the rest.
        found.skipped += await rg.too_large(program, search)
    except (OSError, rg.Broken):
        return False
    return True


async def _by_ourselves(search: Search, found: _Found) -> str:
    """Search with a child of our own; gives what to say about it."""
    end = await _collect(command(sys.executable), request(search).encode(), _own_matches, search, found)
    if not end.code:
        return ""
    if not found.total:
        raise Refused(_words(search.pattern, end.why))
    return f" (The search broke off, there may be more matches: {shorten(end.why, 300)}.)"


async def _collect(
    arguments: list[str],
    stdin: bytes,
    read: Callable[[IO[bytes]], Iterator[Match | NotSearched]],
    search: Search,
    found: _Found,
) -> child.End:
    """Run one search to its end and gather its matches; gives how it ended."""

    def take(output: IO[bytes]) -> bool:
        for match in read(output):
            found.add(match)
            if found.total >= _MAX_COUNTED:
                return False
        return True

    return await child.run(arguments, search.root, stdin, take)


def _own_matches(output: IO[bytes]) -> Iterator[Match | NotSearched]:
    for line in output:
        if not line.endswith(b"\n"):
            return  # it was killed while it wrote
        path, *rest = json.loads(line)
        yield Match(path, *rest) if rest else NotSearched(path)


def _left_out(skipped: Sequence[str]) -> str:
    """Says what was not searched, so that no match is not taken for none."""
    named = [_plain(path) for path in skipped if path]
    notes = []
    if named:
        shown = ", ".join(named[:_MAX_NAMED]) + (
            f" and {len(named) - _MAX_NAMED} more" if named[_MAX_NAMED:] else ""
        )
        notes.append(
            f" (Not searched, larger than {MAX_BYTES >> 20} MB: {shown}."
            f' There use execute("main", "grep -n PATTERN {shlex.quote(named[0])}").)'
        )
    if len(named) < len(skipped):
        notes.append(" (There are too many files; the last ones were not searched: narrow it with target.)")
    return "".join(notes)


def _words(pattern: str, why: str) -> str:
    """What went wrong, for the model; most often the pattern."""
    try:
        re.compile(pattern)
    except re.error as error:
        if re.fullmatch(r"[*?][\w.*?/-]*", pattern):
            return (
                f"{shorten(pattern, 120)!r} is not a regular expression but a pattern of file names. "
                f'To search in such files: find("TODO", include={shorten(pattern, 120)!r}).'
            )
        return (
            f"{shorten(pattern, 120)!r} is not a regular expression: {error}. Escape what you mean literally."
        )
    return f"the search failed: {shorten(why, 300)}"


def _plain(path: str) -> str:
    """A file name as text, also where it is none: what drives a terminal or hides is shown."""
    return clean_line(path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
