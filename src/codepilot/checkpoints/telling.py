"""A change of a file as an event: texts where it is text, figures, ids."""

from __future__ import annotations

import stat
from typing import Any

from codepilot import diff
from codepilot.checkpoints.replacing import State
from codepilot.events import FileChanged
from codepilot.workspace.filetext import BinaryFile, FileText, decode

MOST_TEXT = 256 * 1024
"""Characters of a text in an event."""


def text_of(state: State | None, data: bytes | None) -> FileText | None:
    """The bytes of a file as text; None: there is no file, or it is a link, or holds no text."""
    if state is None or data is None or state.is_link:
        return None
    try:
        return decode(data, shown="", mode=stat.S_IMODE(state.mode))
    except BinaryFile:
        return None


def change_of(
    path: str,
    before: tuple[State | None, bytes | None],
    after: tuple[State | None, bytes | None],
    **more: Any,
) -> FileChanged:
    """The event of a change.

    Args:
        path: of the file.
        before: what it was, and its bytes; None for those: not known.
        after: what it is.
        more: the other fields.
    """
    old, new = text_of(*before), text_of(*after)
    known = (before[0] is None or old is not None) and (after[0] is None or new is not None)
    was, now = (old.text if old else ""), (new.text if new else "")
    added, removed = diff.counts(was, now) if known else (0, 0)
    coarse = not known or max(len(was), len(now)) > MOST_TEXT
    return FileChanged(
        path=path,
        before=None if before[0] is None else "" if coarse else was,
        after=None if after[0] is None else "" if coarse else now,
        added=added,
        removed=removed,
        coarse=coarse,
        before_id=before[0].id if before[0] is not None else None,
        after_id=after[0].id if after[0] is not None else None,
        before_mode=before[0].mode if before[0] is not None else 0,
        after_mode=after[0].mode if after[0] is not None else 0,
        **more,
    )
