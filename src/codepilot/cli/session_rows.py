"""A session in a list: as a row for the person, and as JSON."""

from __future__ import annotations

import time
from typing import Any

from codepilot.journal.bin import DeletedSession
from codepilot.journal.overview import Overview
from codepilot.text import clean_line, counted, shorten

_WORDS = 60
"""Characters of a title in a list."""


def row(each: Overview, *, with_folder: bool) -> str:
    """Id, when, state, cost, folder if it is asked for, title."""
    info, figures = each.info, each.figures
    parts = [
        clean_line(info.id),
        f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(info.last))}  {_age(time.time() - info.last)}",
        each.state,
        counted(figures.steps, "step"),
        f"{counted(figures.missing, 'record')} missing" if figures.missing else "",
        "" if figures.cost is None else f"${figures.cost:.2f}",
        clean_line(info.folder) if with_folder else "",
        shorten(clean_line(" ".join(each.title.split())), _WORDS),
    ]
    return "  ".join(filter(None, parts)) + "\n"


def _age(seconds: float) -> str:
    """`5 min ago`."""
    for unit, length in (("day", 86_400), ("hour", 3_600)):
        if seconds >= length:
            return f"{counted(int(seconds // length), unit)} ago"
    return f"{int(seconds // 60)} min ago" if seconds >= 60 else "now"


def told(each: Overview) -> dict[str, Any]:
    """The same in JSON, with all that is known."""
    info, figures = each.info, each.figures
    return {
        "id": info.id,
        "title": each.title,
        "state": each.state,
        "folder": info.folder,
        "agent": info.agent,
        "model": figures.model,
        "created": info.created,
        "last": info.last,
        "bytes": info.path.stat().st_size,
        "tasks": figures.tasks,
        "steps": figures.steps,
        "input_tokens": figures.input_tokens,
        "output_tokens": figures.output_tokens,
        "cached_tokens": figures.cached_tokens,
        "cost": figures.cost,
        "changed": figures.files,
        "records_missing": figures.missing,
        "first_words": figures.first,
        "parent": {"id": figures.parent, "n": figures.parent_n} if figures.parent else None,
        "imported_from": figures.imported or None,
        "open_in": _holder(each),
        "journal": str(info.path),
    }


def _holder(each: Overview) -> dict[str, Any] | None:
    holder = each.holder
    return None if holder is None else {"pid": holder.pid, "host": holder.host, "program": holder.program}


def deleted_row(each: DeletedSession) -> str:
    """Id, when it was deleted, first words."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.deleted))
    words = shorten(clean_line(" ".join(each.info.first_words().split())), _WORDS)
    return f"{clean_line(each.id)}  deleted {when}  {words}\n"


def told_deleted(each: DeletedSession) -> dict[str, Any]:
    """The same in JSON."""
    return {
        "id": each.id,
        "deleted": each.deleted,
        "folder": each.info.folder,
        "first_words": each.info.first_words(),
        "path": str(each.path),
    }
