"""What was sent from a folder is there again at the next start."""

import json
import stat

from codepilot_tui.history import KEPT, LONGEST, PromptHistory


def texts(path):
    return list(PromptHistory(path).texts)


def test_it_is_kept_for_the_person_alone(tmp_path):
    path = tmp_path / "deep" / "history.jsonl"
    history = PromptHistory(path)
    assert history.texts == ()
    history.add("one\ntwo")
    history.add("ünï")
    assert history.texts == ("one\ntwo", "ünï") == PromptHistory(path).texts
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert all(json.loads(line)["at"] > 0 for line in path.read_text().splitlines())


def test_the_same_again_is_one(tmp_path):
    history = PromptHistory(tmp_path / "h")
    for text in ("a", "a", "b", "a"):
        history.add(text)
    assert history.texts == ("a", "b", "a") == PromptHistory(tmp_path / "h").texts


def test_two_programs_write_one_file(tmp_path):
    first, second = PromptHistory(tmp_path / "h"), PromptHistory(tmp_path / "h")
    first.add("one")
    second.add("two")
    first.add("three")
    assert texts(tmp_path / "h") == ["one", "two", "three"]
    assert first.texts == ("one", "three")  # what another one sends does not come between


def test_broken_lines_are_left_out_and_healed(tmp_path):
    path = tmp_path / "h"
    path.write_bytes(
        b'{"text": "one", "at": 1}\nnonsense\n{"text": 7}\n[]\n\xff\n{"text": "two", "at": 2}\n{"text": "to'
    )
    history = PromptHistory(path)
    assert history.texts == ("one", "two")
    history.add("three")
    assert texts(path) == ["one", "two", "three"]


def test_it_does_not_grow_for_ever(tmp_path):
    path = tmp_path / "h"
    history = PromptHistory(path)
    for number in range(2 * KEPT + 10):
        history.add(f"text {number}")
    again = PromptHistory(path)
    assert again.texts == history.texts[-KEPT:] and again.texts[-1] == f"text {2 * KEPT + 9}"
    again.add("last")
    assert len(path.read_text().splitlines()) == KEPT + 1
    again.add("x" * (LONGEST + 1))
    assert again.texts[-1] == "x" * (LONGEST + 1) and texts(path)[-1] == "last"


def test_without_a_file_it_is_kept_in_memory():
    history = PromptHistory(None)
    history.add("one")
    assert history.texts == ("one",)


def test_a_disk_that_cannot_be_written_to_does_not_disturb(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    history = PromptHistory(tmp_path / "file" / "history")
    history.add("one")
    assert history.texts == ("one",) and "cannot be kept" in caplog.text


def test_nothing_is_written_through_a_link(tmp_path, caplog):
    """A link in the place of the file would have the messages written wherever it points."""
    target = tmp_path / "notes"
    target.write_text("")
    path = tmp_path / "h"
    path.symlink_to(target)
    history = PromptHistory(path)
    history.add("one")
    assert target.read_text() == ""
    assert history.texts == ("one",)
    assert "cannot be kept" in caplog.text
