"""Changes of files written as patches, as SEARCH/REPLACE outside a payload, or as a file between tags."""

from __future__ import annotations

import re
from collections.abc import Mapping

from codepilot.protocol.calls import Tools
from codepilot.protocol.foreign.reading import Found
from codepilot.protocol.mends import form_of_call

_PATCH = re.compile(r"^[ \t]*\*\*\* (?:Begin Patch|(?:Update|Add) File: )", re.MULTILINE)
_PATCHED = re.compile(r"^[ \t]*\*\*\* (?P<verb>Update|Add) File: (?P<path>[^\n]+)", re.MULTILINE)


def patch(text: str, tools: Tools) -> Found | None:
    """`*** Begin Patch`."""
    mark = _PATCH.search(text)
    if mark is None:
        return None
    file = _PATCHED.search(text, mark.start())
    path = file["path"].strip() if file is not None else "src/app.py"
    if file is not None and file["verb"] == "Add":
        added = [line[1:] for line in text[file.end() :].split("\n") if line.startswith("+")]
        return edit(mark.start(), "write_file", {"path": path, "content": "\n".join(added)}, tools)
    hunk = text[file.end() :].partition("*** ")[0] if file is not None else ""
    body = [line for line in hunk.split("\n") if line and not line.startswith("@@")]
    old = "\n".join(line[1:] for line in body if line[0] in " -")
    new = "\n".join(line[1:] for line in body if line[0] in " +")
    return edit(mark.start(), "edit_file", {"path": path, "old_str": old, "new_str": new}, tools)


_SEARCH_MARK = re.compile(r"^[ \t]*<{5,9} ?SEARCH[^\n]*\n", re.MULTILINE)
_PATH_LINE = re.compile(r"(?:#+ |\*\*|`|File: |//|# )*(?P<path>[\w./\\-]+\.\w+)[`:*]*\Z")


def search_replace(text: str, tools: Tools) -> Found | None:
    """The markers of `edit_file` where no payload holds them."""
    mark = _SEARCH_MARK.search(text)
    if mark is None or re.search(r"^[ \t]*>{5,9} ?REPLACE", text[mark.end() :], re.MULTILINE) is None:
        return None
    before = [line.strip() for line in text[: mark.start()].split("\n") if line.strip()]
    named = _PATH_LINE.match(before[-1]) if before else None
    old, _, rest = text[mark.end() :].partition("\n=======\n")
    new = re.split(r"^[ \t]*>{5,9} ?REPLACE", rest, maxsplit=1, flags=re.MULTILINE)[0].rstrip("\n")
    path = named["path"] if named is not None else "src/app.py"
    return edit(mark.start(), "edit_file", {"path": path, "old_str": old, "new_str": new}, tools)


_FILE_TAG = re.compile(
    r"^[ \t]*<(?:file|artifact|boltAction|write|create|edit|document|source_file)\b[^>\n]*?"
    r"\b(?:path|name|filename|filePath|file)=[\"'](?P<path>[^\"'\n]+)[\"'][^>\n]*>(?P<body>.*?)(?=^[ \t]*</|\Z)",
    re.MULTILINE | re.DOTALL,
)


def file_tag(text: str, tools: Tools) -> Found | None:
    """`<file path="…">`."""
    mark = _FILE_TAG.search(text)
    if mark is None:
        return None
    return edit(
        mark.start(), "write_file", {"path": mark["path"], "content": mark["body"].strip("\n")}, tools
    )


def edit(at: int, name: str, arguments: Mapping[str, str], tools: Tools) -> Found:
    """A change of a file, as a call of one of our tools."""
    return Found(at, "", form_of_call(name, arguments, tools), True)
