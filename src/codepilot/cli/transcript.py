"""A session as it is read in a terminal, and its events as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codepilot import events as e
from codepilot.journal.listing import SessionInfo
from codepilot.journal.player import shown_events
from codepilot.text import clean_line


def as_dicts(info: SessionInfo) -> Iterator[dict[str, Any]]:
    """The same as JSON objects."""
    yield from map(e.as_dict, shown_events(info))


def lines(info: SessionInfo) -> Iterator[str]:
    """The pieces of text that make a transcript."""
    labels: dict[str, str] = {}
    for each in shown_events(info):
        yield shown(each.event, labels)


def shown(event: e.Event, labels: dict[str, str]) -> str:
    """An event as it is read in a transcript; empty: it is not.

    Args:
        event: the next one.
        labels: of the calls that were started, by their ids; kept here between calls.
    """
    match event:
        case e.TaskStarted(task=text) | e.MessageInjected(message=text):
            return f"\n> {text.strip()}\n\n"
        case e.TextStreamed(text=text):
            return text
        case e.ToolStarted(call_id=call_id, label=label):
            labels[call_id] = clean_line(label)
        case e.ToolFinished(tool=tool, state=state, figure=figure):
            sign = "✓" if state == "ok" else "…" if state in ("running", "waiting") else "✗"
            parts = (sign, tool, labels.get(event.call_id, ""), figure)
            return f"  {' '.join(filter(None, parts))}\n"
        case e.QuestionAnswered(answer=answer) if answer is not None:
            return f"> {answer}\n"
        case e.TaskResumed(where=where):
            return f"\n(The program had ended {where}.)\n"
        case e.TaskFinished(status=status, summary=summary):
            said = f"\n{summary.strip()}\n" if status == "done" and summary.strip() else ""
            return said or (f"\n({status})\n" if status not in ("done", "replied") else "\n")
        case _:
            pass
    return ""
