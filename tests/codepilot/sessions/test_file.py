import json
import os
import re
import resource
import signal
import subprocess
import sys

import pytest

from codepilot import AsyncBaseSession, BaseSession, FileSession, InMemorySession, create_session
from codepilot.errors import SessionError, UsageError

MESSAGES = [
    {"role": "user", "content": "[Task 1][USER INPUT]\nhi"},
    {"role": "assistant", "content": "hello ☃"},
]


def test_what_was_saved_is_loaded(tmp_path):
    session = FileSession("ecommerce-api", "Backend", tmp_path / "made" / "here")
    session.save(MESSAGES)
    again = FileSession("ecommerce-api", "Backend", str(tmp_path / "made" / "here"))
    assert again.load() == MESSAGES
    assert again.exists()
    assert again.path == tmp_path / "made" / "here" / "ecommerce-api.json"


def test_the_file_has_the_documented_keys_and_created_at_stays(tmp_path):
    session = FileSession("s", "Backend", tmp_path)
    session.save(MESSAGES)
    first = json.loads(session.path.read_text())
    session.save(MESSAGES * 2)
    second = json.loads(session.path.read_text())
    assert set(first) == {"session_id", "agent_name", "created_at", "updated_at", "messages"}
    assert second["created_at"] == first["created_at"]
    assert session.metadata() == {key: value for key, value in second.items() if key != "messages"}
    assert session.path.stat().st_mode & 0o077 == 0


def test_list_sessions_passes_over_a_damaged_one(tmp_path):
    FileSession("b", "B", tmp_path).save(MESSAGES)
    FileSession("a", "A", tmp_path).save(MESSAGES[:1])
    (tmp_path / "c.json").write_text("{half")
    (tmp_path / "d.json").write_text('{"messages": 3}')
    listed = FileSession("_", "_", tmp_path).list_sessions()
    assert [(row["session_id"], row["messages"]) for row in listed] == [("a", 1), ("b", 2)]


def test_a_damaged_file_is_set_aside_and_never_overwritten(tmp_path):
    session = FileSession("s", "S", tmp_path)
    session.path.write_text('{"messages": [')
    assert session.load() == []
    assert session.set_aside is not None
    assert session.set_aside.read_text() == '{"messages": ['
    session.save(MESSAGES)
    assert session.load() == MESSAGES


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b"{broken", []),
        (b"[]", []),
        (b"\xff\xfe\xfd", []),
        (b"[" * 100_000, []),
        (b'{"messages": 3}', []),
        (b'{"messages": {"role": "user"}}', []),
        (
            b'{"messages": [1, {"role": "user", "content": "hi"}], "extra": {"a": 1}}',
            [MESSAGES[0] | {"content": "hi"}],
        ),
    ],
)
def test_damage_of_any_kind_is_set_aside_once_and_what_is_whole_is_kept(tmp_path, data, kept):
    session = FileSession("s", "S", tmp_path)
    session.path.write_bytes(data)
    assert session.load() == kept
    aside = session.set_aside
    assert aside.read_bytes() == data and aside.stat().st_mode & 0o077 == 0
    session.save(MESSAGES)
    assert session.load() == MESSAGES
    assert session.load_extra() == ({"a": 1} if kept else {})
    assert sorted(tmp_path.iterdir()) == sorted([aside, session.path])


def test_damaged_files_do_not_overwrite_each_other(tmp_path):
    session = FileSession("s", "S", tmp_path)
    places = []
    for data in ("{one", "{two", "{three"):
        session.path.write_text(data)
        session.load()
        places.append(session.set_aside)
    assert [place.read_text() for place in places] == ["{one", "{two", "{three"]


def test_reset_deletes_and_ids_cannot_leave_the_folder(tmp_path):
    session = FileSession("../../etc/passwd", "S", tmp_path)
    assert session.path.parent == tmp_path
    session.save(MESSAGES)
    session.reset()
    assert not session.exists()
    assert session.metadata() is None


def test_a_folder_that_cannot_be_made_is_a_session_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionError, match="could not be saved"):
        FileSession("s", "S", tmp_path / "file" / "below").save(MESSAGES)


def test_memory_session_keeps_copies():
    session = InMemorySession("m")
    session.save(MESSAGES)
    session.load()[0]["content"] = "changed"
    assert session.load() == MESSAGES
    session.reset()
    assert session.load() == []
    assert session.session_id == "m"


def test_create_session(tmp_path):
    assert isinstance(create_session(), InMemorySession)
    made = create_session("file", session_id="x", agent_name="A", session_dir=tmp_path)
    assert isinstance(made, FileSession)
    with pytest.raises(ValueError, match="memory, file"):
        create_session("papyrus")


def test_values_of_the_program_are_kept_beside_the_messages(tmp_path):
    session = FileSession("a", session_dir=tmp_path)
    assert session.load_extra() == {}
    session.save_extra({"memory_state": {"archive": {"store": {"1": []}}}})
    session.save([{"role": "user", "content": "x"}])
    again = FileSession("a", session_dir=tmp_path)
    assert again.load_extra() == {"memory_state": {"archive": {"store": {"1": []}}}}
    assert again.load() == [{"role": "user", "content": "x"}]
    again.save_extra({"other": 1})
    assert (again.load_extra(), len(again.load())) == ({"other": 1}, 1)
    assert "extra" in json.loads(again.path.read_text())


def test_values_of_the_program_leave_what_else_the_file_holds(tmp_path):
    session = FileSession("a", session_dir=tmp_path)
    session.save(MESSAGES)
    document = json.loads(session.path.read_text())
    session.path.write_text(json.dumps({**document, "created_at": 1.5, "of another program": [1]}))
    FileSession("a", session_dir=tmp_path).save_extra({"other": 1})
    kept = json.loads(session.path.read_text())
    assert (kept["created_at"], kept["of another program"], kept["extra"]) == (1.5, [1], {"other": 1})
    assert kept["messages"] == document["messages"]


def test_sessions_say_whether_they_are_awaited():
    assert (BaseSession.is_async, AsyncBaseSession.is_async) == (False, True)


@pytest.mark.parametrize(
    ("name", "file"),
    [("..", "__~"), (".", "_~"), ("", "_~"), ("../x", ".._x~"), ("x" * 300, "x" * 150 + "~")],
)
def test_a_name_that_is_no_file_name_is_a_visible_file_in_the_folder(tmp_path, name, file):
    session = FileSession(name, "A", tmp_path)
    assert session.path.parent == tmp_path
    assert session.path.name[: len(file)] == file and len(session.path.stem) == len(file) + 16
    session.save(MESSAGES)
    assert FileSession(name, "A", tmp_path).load() == MESSAGES


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("日本語", "äöü"),
        ("a/b", "a_b"),
        ("bob@x.org", "bob_x.org"),
        ("user:1", "user/1"),
        ("", "_"),
        ("..", "__"),
        ("x" * 300, "x" * 301),
        ("x" * 150, "x" * 151),
        ("\ud800", "\ud801"),
    ],
)
def test_two_ids_never_share_a_conversation(tmp_path, one, other):
    for first, second in ((one, other), (other, one)):
        folder = tmp_path / ("a" if first == one else "b")
        FileSession(first, "A", folder).save(MESSAGES)
        session = FileSession(second, "A", folder)
        assert session.load() == [] and not session.exists()
        session.save(MESSAGES[:1])
        assert FileSession(first, "A", folder).load() == MESSAGES
        assert FileSession(second, "A", folder).load() == MESSAGES[:1]
        session.reset()
        assert FileSession(first, "A", folder).load() == MESSAGES


@pytest.mark.parametrize("name", ["a", "A.b-c_d", "9", "x.json"])
def test_a_name_that_codepilot_ai_leaves_alone_names_the_file(tmp_path, name):
    assert FileSession(name, "A", tmp_path).path == tmp_path / f"{name}.json"


def written_by_codepilot_ai(folder, name, file):
    (folder / file).write_text(json.dumps({"session_id": name, "agent_name": "A", "messages": MESSAGES}))


def test_a_file_of_codepilot_ai_under_a_changed_name_belongs_to_the_id_in_it(tmp_path):
    written_by_codepilot_ai(tmp_path, "a/b", "a_b.json")
    stranger = FileSession("a_b", "A", tmp_path)
    assert stranger.load() == []
    stranger.save(MESSAGES[:1])
    assert FileSession("a:b", "A", tmp_path).load() == []
    owner = FileSession("a/b", "A", tmp_path)
    assert owner.load() == MESSAGES
    owner.save(MESSAGES * 2)
    assert FileSession("a/b", "A", tmp_path).load() == MESSAGES * 2
    assert FileSession("a_b", "A", tmp_path).load() == MESSAGES[:1]
    assert {row["session_id"] for row in owner.list_sessions()} == {"a/b", "a_b"}


def test_a_file_that_was_copied_to_another_name_by_hand_is_read_under_that_name(tmp_path):
    FileSession("old", "A", tmp_path).save(MESSAGES)
    (tmp_path / "new.json").write_bytes((tmp_path / "old.json").read_bytes())
    assert FileSession("new", "A", tmp_path).load() == MESSAGES


def test_an_unknown_backend_gets_a_guess_and_the_way_to_ones_own():
    with pytest.raises(UsageError, match="Unknown session backend 'fil': .* Did you mean 'file'") as caught:
        create_session("fil")
    assert "BaseSession" in caught.value.hint


CIRCLE: list = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("extra", "place"),
    [
        ({"a": {1}}, "extra.a"),
        ({"a": [1.5, float("nan")]}, "extra.a[1]"),
        ({"a": [0, {"b": object()}]}, "extra.a[1].b"),
        ({(1, 2): 3}, "extra.(1, 2)"),
        ({"a": CIRCLE}, "extra.a[0][0]"),
    ],
)
def test_a_value_that_json_cannot_hold_is_named_and_leaves_nothing_behind(tmp_path, extra, place):
    session = FileSession("x", session_dir=tmp_path)
    session.save(MESSAGES)
    before = session.path.read_bytes()
    with pytest.raises(SessionError) as error:
        session.save_extra(extra)
    assert f"could not be saved: {place}" in error.value.message
    with pytest.raises(SessionError, match=re.escape("messages[1].content cannot be written as JSON")):
        session.save([MESSAGES[0], {"role": "user", "content": {1}}])
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert session.path.read_bytes() == before


def test_a_full_disk_leaves_no_temporary_file(tmp_path):
    session = FileSession("x", session_dir=tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))  # a file that grows beyond this is refused
    try:
        with pytest.raises(SessionError, match="could not be saved: File too large"):
            session.save(MESSAGES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_deleted_is_a_session_error(tmp_path):
    (tmp_path / "y.json").mkdir()
    with pytest.raises(SessionError, match=r"y\.json could not be deleted: ") as error:
        FileSession("y", session_dir=tmp_path).reset()
    assert error.value.hint == "Delete it by hand, or use another session_id."


def test_a_hashed_file_is_found_though_the_plain_name_is_free(tmp_path):
    (tmp_path / "a_b.json").write_text(json.dumps({"session_id": "a b", "messages": MESSAGES[:1]}))
    session = FileSession("a_b", session_dir=tmp_path)
    session.save(MESSAGES)
    assert session.path.name.startswith("a_b~")
    (tmp_path / "a_b.json").unlink()
    assert FileSession("a_b", session_dir=tmp_path).load() == MESSAGES


def test_a_file_without_messages_is_not_damaged(tmp_path):
    (tmp_path / "a.json").write_text('{"session_id": "a", "extra": {"k": 1}}')
    session = FileSession("a", session_dir=tmp_path)
    assert session.load() == []
    assert session.load_extra() == {"k": 1}
    assert session.set_aside is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


OPENED: list[str] = []
"""The files that were opened while `test_a_session_is_read_once_when_it_is_opened` looks."""
LOOKING = False


def note_opening(event, arguments):
    if LOOKING and event == "open" and str(arguments[0]).endswith(".json"):
        OPENED.append(str(arguments[0]))


def test_a_session_is_read_once_when_it_is_opened(tmp_path, monkeypatch):
    """A long conversation has tens of MB: it was read and parsed for its owner, and again for its messages."""
    FileSession("s", session_dir=tmp_path).save(MESSAGES)
    sys.addaudithook(note_opening)
    monkeypatch.setattr(sys.modules[__name__], "LOOKING", True)
    session = FileSession("s", session_dir=tmp_path)
    assert session.load() == MESSAGES
    assert [str(tmp_path / "s.json")] == OPENED
    assert session.load() == MESSAGES, "and from the disk again when it is loaded again"
    assert len(OPENED) == 2


def test_a_file_with_a_number_that_json_has_not_can_be_saved_again(tmp_path):
    session = FileSession("x", session_dir=tmp_path)
    session.save_extra({"share": 0.5})
    session.path.write_text(session.path.read_text().replace("0.5", "NaN"))
    session = FileSession("x", session_dir=tmp_path)
    assert session.load_extra() == {"share": None}
    session.save(MESSAGES)
    assert session.load() == MESSAGES


def test_a_file_that_cannot_be_read_is_told_without_a_promise(tmp_path):
    (tmp_path / "s.json").mkdir()
    with pytest.raises(SessionError, match=r"s\.json could not be read") as told:
        FileSession("s", "T", tmp_path).load()
    assert told.value.hint == "Repair it, move it away, or use another session_id or session_dir."


def test_what_a_killed_program_left_is_removed_by_a_later_write(tmp_path):
    session = FileSession("s", "T", tmp_path)
    session.save([])
    names = (".s.abcd_123.tmp", ".s.abcd_124.tmp", ".other.abcd_123.tmp", ".s.notes.tmp", "s.abcd_123.tmp")
    for name in names:
        (tmp_path / name).write_text("half")
        if name != ".s.abcd_124.tmp":  # that one may still be written
            os.utime(tmp_path / name, (1, 1))
    session.save([{"role": "user", "content": "x"}])
    assert {path.name for path in tmp_path.iterdir()} == {"s.json", *names} - {".s.abcd_123.tmp"}
    assert len(session.load()) == 1


KILLED = """
import resource, signal, sys
from codepilot import FileSession

signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the kernel kills who writes more
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
FileSession("s", "T", sys.argv[1]).save([{"role": "user", "content": "x" * 5000}])
"""


def test_what_a_program_leaves_that_is_killed_as_it_writes_is_such(tmp_path):
    FileSession("s", "T", tmp_path).save([])
    ran = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert ran.returncode == -signal.SIGXFSZ
    [left] = [path for path in tmp_path.iterdir() if path.name not in ("s.json", "s.lock")]
    os.utime(left, (1, 1))
    FileSession("s", "T", tmp_path).save([])
    assert [path.name for path in tmp_path.iterdir()] == ["s.json"]
