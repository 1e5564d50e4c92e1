"""docs/sessions.md names every record of a journal with its fields, and what it shows with jq runs."""

import json
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from codepilot import events as e
from codepilot.journal.place import folder_of
from codepilot.journal.record import _EVENTS, _NOT_KEPT, of_event
from codepilot.sessions.journal import JournalSession

PAGE = (Path(__file__).parents[1] / "docs" / "sessions.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("### The records")[2].partition("### With jq")[0]
ROWS = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|([^|]*)\|(.*)\|$", TABLE, re.M)
NO_EVENT = {"session_created", "session_forked", "messages_replaced", "files_seen", "session_cleared"}
"""Written by the session itself."""
LEFT_OUT = {
    ("control_started", "code"),
    ("reply_finished", "text"),
    ("file_changed", "before"),
    ("file_changed", "after"),
}
COMMANDS = re.findall(r"^(jq .*? journal\.jsonl)", PAGE.partition("### With jq")[2], re.M)


def told():
    found = {}
    for names, given, _ in ROWS:
        for name in re.findall(r"`(\w+)`", names):
            found[name] = set(re.findall(r"`(\w+)`", given))
    return found


def test_every_record_is_in_the_table_with_its_fields():
    kept = {name: kind for name, kind in _EVENTS.items() if not issubclass(kind, _NOT_KEPT)}
    there = told()
    assert set(there) == {*kept, *NO_EVENT}
    for name, kind in kept.items():
        missing = {field.name for field in fields(kind)} - there[name]
        assert {(name, field) for field in missing} <= LEFT_OUT, name


@pytest.fixture
def journal(tmp_path):
    session = JournalSession("fix-the-tests", work_dir=tmp_path)
    for event in (
        e.TaskStarted(task="Fix it", number=1),
        e.MessageStored(role="user", text="Fix it", kind="task", number=1),
        e.ReplyFinished(text="x", reason="stop", output_tokens=30),
        e.ToolStarted(call_id="c1", tool="execute", args={}),
        e.EffectStarted(call_id="c1", effect="command", command="make"),
        e.ToolFinished(call_id="c1", tool="execute", result="ok"),
        e.PermissionAnswered(request_id="p", call_id="c2", tool="write_file", allow=False, reason="No"),
        e.FileChanged(call_id="c1", path="a.py", before="", after="x", added=1, removed=2),
        e.EffectStarted(call_id="c9", effect="command", command="deploy"),
        e.TaskFinished(status="aborted"),
    ):
        session.log.append(*of_event(event))
    session.close()
    return folder_of("fix-the-tests")


@pytest.mark.skipif(shutil.which("jq") is None, reason="no jq here")
def test_each_line_with_jq_does_what_it_says(journal):
    said = [
        subprocess.run(
            command, shell=True, cwd=journal, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for command in COMMANDS
    ]
    assert said[0] == "user: Fix it\n"
    assert [json.loads(line)["command"] for line in said[1].splitlines()] == ["make", "deploy"]
    assert said[2] == "30\n"
    assert [line.split("\t")[1:] for line in said[3].splitlines()] == [
        ["task_started", "Fix it"],
        ["task_finished", "aborted"],
    ]
    assert json.loads(said[4]) == {"execute": 1}
    assert said[5] == "a.py +1 -2\n"
    assert json.loads(said[6]) == {"tool": "write_file", "reason": "No", "by": "person"}
    assert json.loads(said[7])["command"] == "deploy"
    assert len(said) == 8
