"""Changes of files written as patches, as SEARCH/REPLACE outside a payload, or as a file between tags."""

from __future__ import annotations

import re
from collections.abc import Mapping

from codepilot.protocol.calls import Tools
from codepilot.protocol.foreign.reading import Found
from codepilot.protocol.mends import Form, form_of_call
from codepilot.protocol.prose import announces_change, is_announced

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
    hunks = text[file.end() :].partition("*** ")[0] if file is not None else ""
    return Found(mark.start(), "", _edited(path, hunks, tools), True)


_OLD_NAME = re.compile(r"^--- (?:a/)?(?P<path>[^\t\n]+)", re.MULTILINE)
_FILE_OF_DIFF = re.compile(r"^--- [^\n]+\n\+\+\+ (?:b/)?(?P<path>[^\t\n]+)[^\n]*(?:\n|\Z)", re.MULTILINE)
_MAX_FILES = 4


def form_of_diff(text: str, path: str, tools: Tools) -> Form:
    """A unified diff as calls of our tools. Where its hunks cannot be read, the payloads are placeholders.

    Args:
        text: the diff. It never becomes the content of a file.
        path: the file, where the diff names none.
        tools: what there is.
    """
    files = list(_FILE_OF_DIFF.finditer(text))
    if not files:
        return _edited(path, text, tools)
    forms: list[Form] = []
    for file, following in list(zip(files, [*files[1:], None], strict=True))[:_MAX_FILES]:
        hunks = text[file.end() : following.start() if following is not None else len(text)]
        hunks = hunks.partition("\ndiff --git ")[0]
        old = _OLD_NAME.match(file[0])
        if old is not None and old["path"] == "/dev/null":
            content = "\n".join(line[1:] for line in hunks.split("\n") if line.startswith("+"))
            forms.append(form_of_call("write_file", {"path": file["path"], "content": content}, tools))
        else:
            named = file["path"] if file["path"] != "/dev/null" or old is None else old["path"]
            forms.append(_edited(named, hunks, tools))
    return Form(
        "\n".join(form.code for form in forms), tuple(payload for form in forms for payload in form.payloads)
    )


def _edited(path: str, hunks: str, tools: Tools) -> Form:
    """Hunks as SEARCH/REPLACE blocks: each takes the place of the lines that it shows as the old ones."""
    blocks: list[str] = []
    for hunk in re.split(r"^@@[^\n]*(?:\n|\Z)", hunks.strip("\n"), flags=re.MULTILINE):
        lines = hunk.rstrip("\n").split("\n")
        if not any(line[:1] in ("+", "-") for line in lines):
            continue
        old = [line[1:] for line in lines if line[:1] in ("", " ", "-")]
        new = [line[1:] for line in lines if line[:1] in ("", " ", "+")]
        if not any(line.strip() for line in old) or any(line[:1] not in ("", *" +-\\") for line in lines):
            return form_of_call("edit_file", {"path": path}, tools)  # it does not say where it belongs
        blocks.append("\n".join(["<<<<<<< SEARCH", *old, "=======", *new, ">>>>>>> REPLACE"]))
    return form_of_call("edit_file", {"path": path, "content": "\n\n".join(blocks)}, tools)


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
    r"^[ \t]*<(?:file|artifact|boltAction|dyad-write|lov-write|PlandexBlock|write|create|edit|document|"
    r"source_file)\b[^>\n]*?"
    r"\b(?:path|name|filename|filePath|file_path|file)=[\"'](?P<path>[^\"'\n]+)[\"']"
    r"[^>\n]*>(?P<body>.*?)(?=^[ \t]*</|\Z)",
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


_RAW_DIFF = re.compile(
    r"^(?:diff --git a/(?P<path>\S+) b/\S+$|--- (?:a/)?(?P<old>\S+)[^\n]*\n\+\+\+ \S+[^\n]*\n@@ )",
    re.MULTILINE,
)


_OF_DIFF = re.compile(
    r"(?:[-+ \\@]|diff --git |index |(?:old|new|deleted file|new file) mode |similarity |rename |copy |Binary )[^\n]*|"
)


def raw_diff(text: str, tools: Tools) -> Found | None:
    """`diff --git`, or the two names of a unified diff and a hunk, in no fence.

    It ends the reply, and the words before it announce it: else a change is shown that is already made.
    """
    mark = _RAW_DIFF.search(text)
    if mark is None or "\n@@ " not in text[mark.start() :]:
        return None
    words = text[: mark.start()].rstrip().rpartition("\n\n")[2]
    if words and not (is_announced(words) or announces_change(words)):
        return None
    if not all(_OF_DIFF.fullmatch(line) for line in text[mark.start() :].split("\n")):
        return None
    path = mark["path"] or mark["old"]
    return Found(mark.start(), "", form_of_diff(text[mark.start() :], path, tools), True)


_BOLT_SHELL = re.compile(
    r"^[ \t]*<boltAction\b[^>\n]*\btype=[\"']shell[\"'][^>\n]*>(?P<body>.*?)(?:</boltAction>|\Z)", re.M | re.S
)


def bolt_shell(text: str, tools: Tools) -> Found | None:
    """`<boltAction type="shell">`."""
    mark = _BOLT_SHELL.search(text)
    if mark is None:
        return None
    return Found(
        mark.start(), "execute", form_of_call("execute", {"command": mark["body"].strip()}, tools), True
    )
