"""How ripgrep is asked, and what its answers mean; the search itself is tested with `find`."""

import base64
import io
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


def told(text, places, **more):
    """A line of ripgrep that tells a match at each of the places."""
    data = {
        "path": {"text": "./a.js"},
        "lines": {"text": text},
        "line_number": 1,
        "absolute_offset": 0,
        "submatches": [{"match": {"text": "x"}, "start": place, "end": place + 1} for place in places],
    }
    return json.dumps({"type": "match", "data": data | more}, separators=(",", ":")).encode() + b"\n"


SUMMARY = b'{"data":{},"type":"summary"}\n'
_MANY = range(6, 60_000)


@pytest.mark.parametrize(
    "line",
    [
        told("needle" + "x" * 60_000 + "\n", _MANY),
        told("y" * 3_000_000 + "\n", [6]),
        told('needle,"submatches":[{"match":{"text":"' * 100_000 + "\n", [6, *_MANY]),
        told("", _MANY, lines={"bytes": base64.b64encode(b"needlex" + b"\xff" * 60_000 + b"\n").decode()}),
    ],
    ids=["many places", "a long text", "a text that looks like places", "no UTF-8"],
)
def test_of_a_long_line_the_first_place_is_read(line):
    """All of three million places took longer to unpack than the search may take."""
    assert len(line) > 1 << 20
    answer = Answer()
    first, second = answer.matches(io.BytesIO(line + told("x\n", [0]) + SUMMARY))
    assert answer.whole
    assert (first, second) == (*Answer().read(line), Match("a.js", 1, "x"))


def test_no_more_of_a_long_line_is_kept_than_its_first_place_needs():
    line = told("needle" + "x" * 60_000 + "\n", _MANY)
    broken = line[:-3] + b"no JSON\n"
    assert [match.line for match in Answer().matches(io.BytesIO(broken))] == [1]


@pytest.mark.parametrize("end", [1_000_000, 1_100_000, -1])
def test_a_long_line_that_is_cut_off_tells_nothing(end):
    line = told("needle" + "x" * 60_000 + "\n", _MANY)
    assert list(Answer().matches(io.BytesIO(line[:end]))) == []


class Endless(io.RawIOBase):
    """What never has a line's end."""

    def __init__(self, begin):
        self.begin = begin

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = (self.begin or b"x" * len(buffer))[: len(buffer)]
        self.begin = self.begin[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("begin", [b"", b'{"type":"match","data":{"lines":{"text":"'])
def test_a_line_that_never_ends_is_none_of_ripgreps(begin, monkeypatch):
    monkeypatch.setattr("codepilot.tools.ripgrep._LONGEST_LINE", 4 << 20)
    with pytest.raises(Broken):
        list(Answer().matches(io.BufferedReader(Endless(begin))))
