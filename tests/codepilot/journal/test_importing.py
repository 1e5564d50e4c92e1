"""Sessions of other programs: read in their own formats, written as journals, never written to."""

import json
import signal
import sqlite3
import subprocess
import sys

import pytest

from codepilot.errors import UsageError
from codepilot.journal.branches import saved_of
from codepilot.journal.export import export_session
from codepilot.journal.fold import fold
from codepilot.journal.importing import import_sessions
from codepilot.journal.listing import sessions_of
from codepilot.journal.log import lines_of
from codepilot.journal.overview import list_sessions, overview_of
from codepilot.journal.parts import parts_of
from codepilot.journal.place import TEXTS, sessions_root
from codepilot.journal.record import decode
from codepilot.sessions import DatabaseSession, FileSession

CODE = "I look.\n\n```codepilot\nprint(read_file('a'))\n```\n"
OLD = [
    {"role": "user", "content": "[Task 1][USER INPUT]\nFix it"},
    {"role": "assistant", "content": CODE},
    {"role": "user", "content": "[EXECUTION RESULT]\n[read_file] text"},
    {"role": "user", "content": "[USER MESSAGE]\nQuickly"},
    {"role": "assistant", "content": "Fixed.\n\n```completion\nAll is well.\n```\n"},
    {"role": "user", "content": "[Task 2][USER INPUT]\nAnd now?"},
    {"role": "assistant", "content": "Nothing more."},
]
CALLS = [
    {"role": "system", "content": "You are another agent."},
    {"role": "user", "content": "[x] list it"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "k1",
                "type": "function",
                "function": {"name": "bash", "arguments": '{"command": "ls -l"}'},
            },
            {"id": "k2", "type": "function", "function": {"name": "read", "arguments": '{"path": "a"}'}},
        ],
    },
    {"role": "tool", "content": "a\nb", "tool_call_id": "k1", "name": "bash"},
    {"role": "tool", "content": "text", "tool_call_id": "k2", "name": "read"},
    {"role": "assistant", "content": "Two files."},
]


def one(path, **options):
    [found] = import_sessions(path, **options)
    return found


def messages(found):
    return fold(lines_of(found.info.path), found.info.path.with_name(TEXTS)).messages


def parts(found):
    records = [decode(line) for line in lines_of(found.info.path)]
    assert [record.n for record in records] == list(range(1, len(records) + 1))
    return [(part.kind, part.title, part.text) for part in parts_of(records)]


@pytest.mark.parametrize("kind", ["file", "db", "old file", "old db"])
def test_both_versions_of_codepilot_ai_are_read(tmp_path, kind):
    if kind == "file":
        FileSession("inventory/1", "Agent", tmp_path).save(OLD)
        [path] = tmp_path.glob("*.json")
    elif kind == "db":
        path = tmp_path / "codepilot.db"
        session = DatabaseSession("inventory/1", "Agent", f"sqlite:///{path}")
        session.save(OLD)
        session.dispose()
    elif kind == "old file":
        path = tmp_path / "inventory.json"
        told = {
            "session_id": "inventory/1",
            "agent_name": "Agent",
            "created_at": 1.7e9,
            "updated_at": 1.7e9 + 60,
        }
        path.write_text(json.dumps({**told, "messages": OLD}, indent=2))
    else:
        path = tmp_path / "any.name"
        with sqlite3.connect(path) as base:
            base.execute(
                "CREATE TABLE codepilot_sessions (session_id VARCHAR(255) PRIMARY KEY, agent_name VARCHAR(255) NOT NULL,"
                " messages TEXT NOT NULL, created_at FLOAT NOT NULL, updated_at FLOAT NOT NULL)"
            )
            row = ("inventory/1", "Agent", json.dumps(OLD), 1.7e9, 1.7e9 + 60)
            base.execute("INSERT INTO codepilot_sessions VALUES (?, ?, ?, ?, ?)", row)
        base.close()
    before = path.read_bytes()
    found = one(path, work_dir=tmp_path)
    assert (found.program, found.source_id, found.info.agent) == ("codepilot-ai", "inventory/1", "Agent")
    assert messages(found) == OLD
    assert path.read_bytes() == before
    figures = overview_of(found.info).figures
    assert (figures.tasks, figures.state, figures.first, figures.imported) == (
        2,
        "done",
        "Fix it",
        "codepilot-ai",
    )
    assert [kind for kind, _, _ in parts(found)] == [
        "task",
        "reply",
        "code",
        "person",
        "reply",
        "end",
        "task",
        "reply",
        "end",
    ]
    if kind.startswith("old"):
        assert found.info.created == 1.7e9 and found.info.last == 1.7e9 + 60
        assert found.info.id.startswith("2023")
    again = one(path)
    assert (again.new, again.info.id) == (False, found.info.id)
    assert len(list_sessions(tmp_path)) == 1


def test_what_was_archived_is_back(tmp_path):
    session = FileSession("a", "Agent", tmp_path)
    session.save([{"role": "user", "content": "[ARCHIVED TASK 1]\nIt was mended."}, *OLD[5:]])
    session.save_extra({"memory_state": {"archive": {"store": {"1": OLD[:5]}}}})
    assert messages(one(tmp_path)) == OLD


def test_a_history_of_pyopencode(tmp_path):
    folder = tmp_path / "pyopencode" / "sessions"
    folder.mkdir(parents=True)
    summary = {"role": "system", "content": "Before: much.", "name": "pyopencode_summary", "tool_calls": None}
    lines = [json.dumps(each) for each in (*CALLS[:2], summary, *CALLS[2:])]
    (folder / "0123456789ab.jsonl").write_text("\n".join([*lines[:3], "damaged", *lines[3:], '{"role": "us']))
    found = one(folder.parent, work_dir=tmp_path)
    assert (found.program, found.source_id) == ("pyopencode", "0123456789ab")
    assert [(each["role"], each["content"]) for each in messages(found)] == [
        ("user", "[Task 1][USER INPUT]\n[x] list it"),
        ("user", "Before: much."),
        ("assistant", "(Called bash, read.)"),
        ("user", '[EXECUTION RESULT]\n\n[bash] {"command": "ls -l"}\na\nb\n\n[read] {"path": "a"}\ntext'),
        ("assistant", "Two files."),
    ]
    assert ("call", "bash ls -l", "a\nb") in parts(found) and overview_of(found.info).state == "done"


def test_what_pygent_saved(tmp_path):
    saved = tmp_path / "yesterday"
    (saved / "workspace").mkdir(parents=True)
    (saved / "env.json").write_text('{"OPENAI_API_KEY": "sk-not-to-be-read"}')
    bare = [
        {key: value for key, value in each.items() if key not in ("name", "tool_call_id")} for each in CALLS
    ]
    (saved / "history.json").write_text(json.dumps(bare))
    found = one(saved, work_dir=tmp_path)
    assert (found.program, found.source_id, found.info.folder) == (
        "pygent",
        "yesterday",
        str(saved / "workspace"),
    )
    assert len(messages(found)) == 4 and b"sk-not" not in found.info.path.read_bytes()
    assert [title for kind, title, _ in parts(found) if kind == "call"] == ["bash ls -l", "read a"]


def test_an_export_comes_back_with_every_record(tmp_path):
    FileSession("a", "Agent", tmp_path).save(OLD)
    first = one(tmp_path / "a.json")
    file = tmp_path / "export.json"
    file.write_text(export_session(first.info, "json"))
    found = one(file)
    assert found.program == "codepilot" and messages(found) == OLD
    assert parts(found) == parts(first) and found.info.id != first.info.id


LOST = [
    (1, "session_created", {"format": 1, "id": "a"}),
    (2, "task_started", {"task": "first", "number": 1}),
    (3, "message_stored", {"role": "user", "text": "first", "kind": "task"}),
    # 4 to 6 are lost
    (7, "task_finished", {"status": "done", "summary": "", "steps": 1}),
    (8, "task_started", {"task": "second", "number": 2}),
    (9, "message_stored", {"role": "user", "text": "taken back", "kind": "task"}),
    (10, "task_finished", {"status": "done", "summary": "", "steps": 1}),
    (11, "rewound", {"to": 7, "left": 10, "restore": 0}),
    (12, "message_stored", {"role": "user", "text": "third", "kind": "task"}),
]


def test_records_that_name_others_by_their_numbers_mean_the_same_ones(tmp_path):
    """Numbered anew, an export with a gap brought back what the person had taken back, and said nothing of the gap."""
    records = [{"n": n, "time": 1.7e9, "type": kind, **data} for n, kind, data in LOST]
    (tmp_path / "a.json").write_text(json.dumps({"format": "codepilot-session", "records": records}))
    found = one(tmp_path / "a.json")
    saved = saved_of(lambda: lines_of(found.info.path))
    assert [each["content"] for each in saved.messages] == ["first", "third"]
    assert saved.missing == 3


@pytest.mark.parametrize("n", [None, "7", 2.5, -4, 0, 3, 10**15, 10**30])
def test_a_number_that_is_none_is_the_next_one(tmp_path, n):
    message = {"n": n, "type": "message_stored", "role": "user", "text": "hi", "kind": "task"}
    (tmp_path / "a.json").write_text(
        json.dumps({"format": "codepilot-session", "records": [message, message, message]})
    )
    found = one(tmp_path / "a.json")
    assert [decode(line).n for line in lines_of(found.info.path)] == (
        [1, 2, 3, 4] if n != 3 else [1, 3, 4, 5]
    )
    assert len(messages(found)) == 3


def test_a_file_does_not_say_what_is_allowed(tmp_path):
    opened = {
        "n": 2,
        "time": 1.0,
        "type": "session_opened",
        "session_id": "a",
        "pid": 1,
        "model": "m",
        "mode": "auto-edit",
    }
    (tmp_path / "a.json").write_text(json.dumps({"format": "codepilot-session", "records": [opened]}))
    found = one(tmp_path / "a.json")
    assert fold(lines_of(found.info.path)).mode == "" and overview_of(found.info).figures.model == "m"


def test_a_task_that_was_cut_is_not_taken_up_by_itself(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"session_id": "a", "messages": OLD[:2]}))
    found = one(tmp_path / "a.json")
    assert fold(lines_of(found.info.path)).unfinished is None
    assert overview_of(found.info).state == "stopped"


def test_what_holds_no_session_is_told(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text('{"other": 1}')
    (tmp_path / "b.jsonl").write_text("x\n")
    (tmp_path / "c.db").write_bytes(b"SQLite format 3\0 and nothing else")
    with pytest.raises(UsageError, match="holds no session"):
        import_sessions(tmp_path)
    with pytest.raises(UsageError, match="There is no file"):
        import_sessions(tmp_path / "nowhere")


def test_known_secrets_are_replaced(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "sk-abcdef0123456789")
    (tmp_path / "a.json").write_text(
        json.dumps({"messages": [{"role": "user", "content": "key sk-abcdef0123456789"}]})
    )
    assert messages(one(tmp_path / "a.json"))[0]["content"].endswith("key [secret SOME_API_KEY]")


@pytest.mark.parametrize("time", [1.7e18, 1.7e12, 1e300, float("inf"), float("nan"), -1e18, None, "now"])
def test_a_time_that_is_none_is_not_known_and_hides_nothing(tmp_path, time):
    """Found by a program: one session with a time in nanoseconds ended the import of a whole folder."""
    for name, created in (("a", 1.7e9), ("b", time), ("c", 1.7e9)):
        told = {"session_id": name, "created_at": created, "updated_at": created, "messages": OLD}
        (tmp_path / f"{name}.json").write_text(json.dumps(told))
    found = import_sessions(tmp_path)
    assert [each.source_id for each in found] == ["a", "b", "c"]
    assert all(messages(each) == OLD for each in found)
    assert found[0].info.created == 1.7e9 < found[1].info.created
    exported = json.loads(export_session(found[0].info, "json"))
    exported["records"][1]["time"] = time
    (tmp_path / "export.json").write_text(json.dumps(exported))
    again = one(tmp_path / "export.json")
    assert messages(again) == OLD and parts(again) == parts(found[0])
    assert export_session(again.info, "json") and export_session(again.info, "markdown")


STOPPED = """
import os, signal, sys
from codepilot.journal.importing import import_sessions

def met(event, given):
    if event == "open" and "/texts/" in str(given[0]):  # the one long text, in the middle
        os.kill(os.getpid(), int(sys.argv[2]))

sys.addaudithook(met)
import_sessions(sys.argv[1])
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_an_import_that_was_stopped_is_begun_anew(tmp_path, sent):
    """Found by a program: the half of a session stayed, and was "already imported" ever after."""
    words = [f"{number} {'x' * 200}" for number in range(100)]
    words[50] = "x" * 100_000
    large = [{"role": "user", "content": each} for each in words]
    for name, told in (("a", OLD), ("b", large)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"session_id": name, "messages": told}))
    command = [sys.executable, "-c", STOPPED, tmp_path, str(int(sent))]
    assert subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == -sent
    halves = [path.read_bytes().count(b'"message_stored"') for path in sessions_root().glob("*/*.new")]
    assert halves == ([50] if sent == signal.SIGKILL else [])
    assert [overview_of(info).figures.first for info in sessions_of()] == ["Fix it"]
    first, second = sorted(import_sessions(tmp_path), key=lambda found: found.source_id)
    assert (first.new, second.new) == (False, True)
    assert [each["content"].partition("\n")[2] for each in messages(second)] == words
    assert len(list(sessions_root().iterdir())) == 2
