"""The changes that a call made to files, as diffs."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot_tui.figures import change_text
from codepilot_tui.transcript import Change
from codepilot_tui.widgets.chat.items.look import INSIDE, Look, more, note
from codepilot_tui.widgets.chat.lines import Line, prefixed

DIFF_PREVIEW = 40
"""Rows of a change that are shown at once."""
_MOST = 2_000
"""Rows of an unfolded change; the changes pane shows all of it."""


def draw_changes(changes: Sequence[Change], look: Look, *, preview: bool) -> list[Line]:
    """Each change as the diff that it is everywhere; several are named."""
    from codepilot_tui.widgets.diff import diff_strips

    lines: list[Line] = []
    for change in changes:
        if len(changes) > 1:
            lines.append(note(f"{change.path}  {change_text(change.added, change.removed)}", look))
        if change.coarse:
            lines.append(note("not compared: the file is over 256 KB", look))
            continue
        left_out: list[int] = []
        strips = diff_strips(
            change.before,
            change.after,
            change.path,
            look.width - 6,
            look.tokens,
            limit=DIFF_PREVIEW if preview else _MOST,
            left_out=left_out.append,
        )
        lines.extend(prefixed((Line(list(strip)) for strip in strips), [INSIDE]))
        lines.extend(more(count, look, key=preview) for count in left_out)
    return lines
