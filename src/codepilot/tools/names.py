"""Words for a file that is not there: what the model may have meant."""

from __future__ import annotations

from codepilot.errors import WorkspaceError
from codepilot.text import clean_line
from codepilot.workspace import Walk, Workspace

_MAX_FILES = 5_000


def missing(workspace: Workspace, path: str) -> str:
    """``there is no file 'x'.`` with the names that come near it."""
    shown = workspace.display(path)
    name = shown.rpartition("/")[2]
    if workspace.kind(path) == "folder":
        return f"'{shown}' is a folder. Name a file in it, or list it in a terminal."
    try:
        paths = [entry.path for entry in Walk(workspace, limit=_MAX_FILES)]
    except WorkspaceError:
        paths = []
    import difflib

    same = [found for found in paths if found.rpartition("/")[2] == name]
    near = same or difflib.get_close_matches(shown, paths, n=3, cutoff=0.75)
    hint = (
        " Did you mean " + " or ".join(f"'{clean_line(found)}'" for found in near[:3]) + "?" if near else ""
    )
    return f"there is no file '{shown}'.{hint}"
