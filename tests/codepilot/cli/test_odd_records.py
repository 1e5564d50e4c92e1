"""Records with fields of other types than this program writes: whatever reads a session passes over them."""

import json
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from codepilot import events as e
from codepilot.checkpoints.history import read_history
from codepilot.journal.branches import prompt_tree, saved_of
from codepilot.journal.log import lines_of
from codepilot.journal.place import folder_of

ODD = [17, -1, 1e300, True, None, "x", [], [17], {"a": 1}, {"$text": 17, "bytes": "x"}]
KINDS = {e.type_name_of(kind): kind for kind in get_args(e.Event)}
OTHERS = {"session_created": {"format": 1, "id": "odd", "folder": "/", "imported": {"program": "x"}}} | {
    "messages_replaced": {"messages": [{"role": "user", "content": "x"}]},
    "files_seen": {"files": {"a": "x"}},
    "session_forked": {"id": "odd", "parent": {"id": "x", "n": 1}},
    "reply_part": {"step": 1, "text": "x", "thinking": "x"},
}
"""Records that are no events."""
BEFORE = [
    {"type": "session_created", "format": 1, "id": "odd", "agent": "A", "folder": "/"},
    {"type": "task_started", "task": "go on", "number": 1},
    {"type": "message_stored", "role": "user", "text": "go on", "kind": "task", "number": 1},
    {"type": "step_started", "step": 1, "max_steps": 9},
    {"type": "message_stored", "role": "assistant", "text": "words", "kind": "reply", "reason": "stop"},
    {"type": "control_started"},
    {"type": "tool_started", "call_id": "c1", "tool": "think", "args": {}, "label": "x"},
]
"""What a record of a task may belong to."""
AFTER = {"type": "task_finished", "status": "done", "summary": "the very end", "steps": 1, "seconds": 1.0}


def proper(declared: Any) -> Any:
    """A value as the field has it."""
    of, inner = get_origin(declared), get_args(declared)
    if of is Literal:
        return inner[0]
    if of in (Union, UnionType):
        return proper(inner[0])
    if of is tuple:
        return [proper(inner[0])]
    if of is dict:
        return {"a": proper(inner[1])}
    return {int: 1, float: 1.5, bool: True}.get(declared, "c1")


def journal(kind: str) -> str:
    """One with each field of this type of record replaced by each odd value, one at a time."""
    hints = get_type_hints(KINDS[kind]) if kind in KINDS else {}
    good = {"type": kind, **OTHERS.get(kind, {name: proper(hint) for name, hint in hints.items()})}
    records = [*BEFORE, good]
    for name in good:
        records += [{**good, name: value} for value in ODD]
    records += [{**good, "time": value} for value in (*ODD, -1e300)]
    records += [good, *BEFORE[1:], AFTER]
    numbered = ({"n": n, "time": 1.7e9 + n, **record} for n, record in enumerate(records, 1))
    return "".join(json.dumps(record) + "\n" for record in numbered)


COMMANDS = [
    *(["sessions", "list", "--all"], ["sessions", "show", "odd"], ["sessions", "show", "odd", "--json"]),
    *(
        ["sessions", "search", "very"],
        ["sessions", "export", "odd"],
        ["sessions", "export", "odd", "-f", "html"],
    ),
    *(["sessions", "export", "odd", "-f", "json"], ["replay", "odd", "--speed", "0"], ["stats"]),
    *(["replay", "odd", "--execute", "--dry-run"], ["events", "odd"], ["sessions", "fork", "odd"]),
    *(["sessions", "rename", "odd", "title"], ["sessions", "delete", "odd"]),
]


@pytest.mark.parametrize("kind", sorted({*KINDS, *OTHERS}))
def test_no_command_ends_with_a_traceback(shop, kind):
    path = folder_of("odd") / "journal.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(journal(kind))
    saved = saved_of(lambda: lines_of(path))
    prompt_tree(lines_of(path))
    read_history(lines_of(path), "/")
    assert saved.unfinished is None
    for words in COMMANDS:
        result = shop.main(*words)  # what it raises comes out here, but for what the program tells of itself
        assert result.code in (0, 1, 2), (words, result)
        if "show" in words or "events" in words:
            assert "the very end" in result.out, (words, result)


def test_a_message_whose_words_are_a_number_is_passed_over(shop):
    shop.play("```completion\nThe end.\n```\n")
    shop.run("go", "--session", "odd")
    path = folder_of("odd") / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for record in lines:
        if record["type"] == "message_stored" and record["kind"] == "reply":
            record["text"] = 17
    path.write_text("".join(json.dumps(record) + "\n" for record in lines))
    assert shop.main("sessions", "show", "odd").code == 0
    assert shop.main("replay", "odd", "--speed", "0").code == 0
