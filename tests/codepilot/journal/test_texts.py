"""Long texts stand beside the journal: records are short, and nothing of a text is lost."""

import errno
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.errors import SessionError
from codepilot.journal.disk import SystemDisk
from codepilot.journal.fold import fold
from codepilot.journal.log import lines_of
from codepilot.journal.pages import page_before
from codepilot.journal.record import decode
from codepilot.journal.texts import LONG, MOST, Texts, is_name, name_of, names_in
from codepilot.journal.writer import JournalWriter
from codepilot.testing.faults import FaultyDisk


def written(path, *records):
    writer = JournalWriter(path)
    for type_, data in records:
        writer.append(type_, data)
    writer.close()
    return path.read_bytes().splitlines()


def test_a_long_string_stands_beside_its_record(tmp_path):
    text = "ü\n" * LONG
    (line,) = written(
        tmp_path / "journal.jsonl", ("tool_finished", {"result": text, "args": {"deep": [text]}})
    )
    record = json.loads(line)
    name = name_of(text.encode())
    assert record["result"] == {"$text": name, "bytes": 3 * LONG, "head": text[:200], "tail": text[-200:]}
    assert set(names_in(record)) == {name} and is_name(name)
    file = tmp_path / "texts" / name
    assert file.read_text("utf-8") == text and file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in file.parent.iterdir()] == [name]  # kept once, and no draft is left
    whole = decode(line, tmp_path / "texts")
    assert whole.data == {"result": text, "args": {"deep": [text]}}


def test_what_is_short_stays_in_its_record(tmp_path):
    (line,) = written(tmp_path / "journal.jsonl", ("thought", {"message": "x" * LONG}))
    assert json.loads(line)["message"] == "x" * LONG
    assert not (tmp_path / "texts").exists()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=20) | st.integers(1, 60_000).map(lambda n: "é" * n),
        lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=5), inner, max_size=8),
        max_leaves=30,
    )
)
def test_any_record_is_short_and_comes_back(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("journal")
    (line,) = written(folder / "journal.jsonl", ("any", {"value": value, "many": [value] * 3}))
    assert len(line) <= MOST
    assert decode(line, folder / "texts").data == {"value": value, "many": [value] * 3}


def test_ten_thousand_messages_are_one_short_record(tmp_path):
    messages = [{"role": "user", "content": f"message {number}" * 10} for number in range(10_000)]
    (line,) = written(tmp_path / "journal.jsonl", ("messages_replaced", {"messages": messages}))
    assert len(line) < 1024
    assert fold(lines_of(tmp_path / "journal.jsonl"), tmp_path / "texts").messages == messages


def test_a_page_and_a_fold_have_the_whole_text(tmp_path):
    path, text = tmp_path / "journal.jsonl", "word " * LONG
    message = {"role": "assistant", "text": text, "kind": "reply", "step": 1}
    written(
        path,
        ("task_started", {"task": "do", "number": 1}),
        ("step_started", {"step": 1, "max_steps": 5}),
        ("message_stored", message),
    )
    assert fold(lines_of(path), tmp_path / "texts").messages == [{"role": "assistant", "content": text}]
    assert page_before(path).records[-1].data["text"] == text


def test_where_a_text_is_gone_its_ends_stand_for_it(tmp_path):
    text = "begin " + "x" * LONG + " end"
    (line,) = written(tmp_path / "journal.jsonl", ("tool_finished", {"result": text}))
    (tmp_path / "texts" / name_of(text.encode())).unlink()
    for folder in (tmp_path / "texts", None):
        told = decode(line, folder).data["result"]
        assert told.startswith("begin x") and told.endswith("x end") and "[…]" in told


def test_no_name_leads_out_of_the_folder(tmp_path):
    (tmp_path / "secret").write_text("s3cret")
    (tmp_path / "texts").mkdir()
    line = b'{"n":1,"time":1,"type":"x","a":{"$text":"../secret","bytes":6,"head":"","tail":""}}'
    assert "s3cret" not in str(decode(line, tmp_path / "texts").data)


@pytest.mark.parametrize("number", range(1, 16))
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_once_costs_no_text(tmp_path, number, error):
    disk = FaultyDisk(lambda n, name: error if n == number else 0, short=True)
    texts = [f"{each}" * LONG for each in ("aa", "bb")]
    path = tmp_path / "journal.jsonl"
    try:
        writer = JournalWriter(path, disk)
    except SessionError:
        return  # it could not be opened: nothing was acknowledged
    for text in texts:
        writer.append("tool_finished", {"result": text})
        writer.sync()
    writer.sync()
    writer.close()
    records = [decode(line, tmp_path / "texts") for line in path.read_bytes().splitlines()]
    assert [record.data["result"] for record in records if record] == texts
    assert {each.name for each in Path(tmp_path / "texts").iterdir()} == {name_of(t.encode()) for t in texts}


def test_a_text_is_synced_and_then_its_name(tmp_path, synced):
    path = Texts(tmp_path / "texts", SystemDisk()).put(name_of(b"words"), b"words")
    assert synced.count((path.stat().st_ino, 5)) == 1
    at = synced.index((path.stat().st_ino, 5))
    assert [number for number, _ in synced[at + 1 :]] == [path.parent.stat().st_ino], (
        "renamed, so synced again"
    )
