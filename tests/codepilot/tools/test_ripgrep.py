"""How ripgrep is asked, and what its answers mean; the search itself is tested with `find`."""

import base64
import json

import pytest

from codepilot.tools.ripgrep import Answer, Broken, command, installed
from codepilot.workspace.search import Match, Search


def search(**more):
    return Search(**{"root": "/w", "pattern": "-v", "files": None, "folder": "", "include": (), "unsafe": False,
                     "protected": (".git",)} | more)  # fmt: skip


def test_pattern_and_paths_can_never_be_options():
    asked = command("rg", search(files=("-x", "/abs/y")))
    assert asked[asked.index("-e") + 1] == "-v"
    assert asked[asked.index("--") + 1 :] == ["./-x", "/abs/y"]
    assert command("rg", search(folder="src"))[-1] == "./src"


def test_noise_and_control_folders_are_left_out_of_a_walk_only():
    assert "--glob=!.git" in command("rg", search())
    assert "--glob=!.git" not in command("rg", search(files=("a",)))
    assert "--glob=*.py" in command("rg", search(include=("*.py",)))


def read(told):
    return Answer().read(json.dumps(told).encode())


def test_only_matches_are_matches():
    assert read({"type": "begin", "data": {}}) == ()
    told = {
        "type": "match",
        "data": {"path": {"text": "./a.py"}, "line_number": 3, "lines": {"text": "x = 1\n"},
                 "submatches": [{"start": 0}]},
    }  # fmt: skip
    assert read(told) == (Match("a.py", 3, "x = 1"),)


def test_a_line_that_is_no_utf_8_is_read_as_latin_1():
    told = {
        "type": "match",
        "data": {"path": {"text": "a"}, "line_number": 1, "submatches": [],
                 "lines": {"bytes": base64.b64encode(b"caf\xe9\n").decode()}},
    }  # fmt: skip
    assert read(told)[0].text == "café"


def test_an_answer_is_whole_when_its_last_line_was_read():
    answer = Answer()
    for line in (b'{"type": "begin", "data": {}}\n', b'{"type": "end", "data": {}}\n'):
        answer.read(line)
        assert not answer.whole
    answer.read(b'{"data": {}, "type": "summary"}\n')
    assert answer.whole


@pytest.mark.parametrize(
    "line", [b"needle\n", b"\n", b"\xff\n", b"7\n", b"[]\n", b"{}\n", b'{"type": "match"}\n',
             b'{"type": "match", "data": {"lines": "x"}}\n', b'{"type": "match", "data": null}\n']
)  # fmt: skip
def test_a_line_that_ripgrep_never_writes_is_told_as_such(line):
    with pytest.raises(Broken, match="unexpected output"):
        Answer().read(line)


def test_relative_folders_of_the_path_do_not_count(tmp_path, monkeypatch):
    program = tmp_path / "rg"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    assert installed("rg") == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed("rg") == str(program)
