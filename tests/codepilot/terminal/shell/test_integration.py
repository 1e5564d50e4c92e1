"""The shell's marks in its output, and what is taken for whole at a glance: it is whole for bash too."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot.terminal.shell.integration import Mark, MarkReader, surely_whole

STREAM = (
    b"a\x1b]633;D;0;secret\x07b\x1b]633;P;/x\\x3by\\\\;secret\x07c\x1b]633;D;0\x07\x1b]633;D;0;wrong\x07"
    b"\x1b]633;A;secret\x1b\\d\x1b[31m\x1b"
)


def collect(pieces):
    marks, data = [], b""
    for piece in pieces:
        if isinstance(piece, Mark):
            marks.append((len(data), piece))
        else:
            data += piece
    return marks, data


@given(st.lists(st.integers(0, len(STREAM)), max_size=10).map(sorted))
def test_marks_are_found_however_the_stream_is_cut(cuts):
    reader = MarkReader("secret")
    pieces = []
    for start, end in zip([0, *cuts], [*cuts, len(STREAM)]):
        pieces += reader.feed(STREAM[start:end])
    pieces.append(reader.rest())
    marks, data = collect(pieces)
    assert [mark for _, mark in marks] == [Mark("D", "0"), Mark("P", "/x;y\\"), Mark("A")]
    assert data == b"abc\x1b]633;D;0\x07\x1b]633;D;0;wrong\x07d\x1b[31m\x1b"


def test_a_mark_that_never_ends_is_output():
    reader = MarkReader("secret")
    data = b"\x1b]633;D;" + b"x" * 20_000
    pieces = list(reader.feed(data))
    assert b"".join(pieces) + reader.rest() == data


@pytest.mark.parametrize(
    "text",
    [
        "true", "ls -la src/", "git status\n", "make test 2>&1 | tail -50", "cd /x && pytest -q || echo no; pwd;",
        "a=1 b=$HOME env", "echo 'it is' \"$x y\" > out.txt", "[ -f x ] && cat < x", "grep -rn foo *.py", "echo $?",
    ],
)  # fmt: skip
def test_what_is_sure(text):
    assert surely_whole(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "if true", "done", "x | if y", "echo 'open", 'echo "open', "a &&", "| a", "a ||", "a;;b", "a >", "> >",
        "(a)", "{ a; }", "cat <<E", "a & b", "echo $(x)", "echo `x`", "a\nb", "a\\", "a[1", "x=(1", "f() { a", "! a",
        "time if x", "[[ x", 'echo "$(x"', "echo ${x", "# x", "x" * 3000, "a < <(b)", "a >| b", "[x", "echo \x01",
    ],
)  # fmt: skip
def test_what_has_to_be_asked(text):
    assert not surely_whole(text)


PIECES = [
    *"|;<>&'\" $\t", "&&", "||", ">>", "2>&1", "&>", "'a b'", '"$x"', "$y", "$?", "word", "if", "then", "fi", "do",
    "for", "in", "case", "x=1", "a[", "[", "]", "-n", "*", "~", "^", "=", "!", "time", "\\", "(", ")", "{", "}", "#",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join), min_size=40, max_size=40))
def test_bash_agrees(texts):
    sure = [text for text in texts if surely_whole(text)]
    if sure:
        for text in ("\n".join(sure), sure[0]):
            done = subprocess.run(
                ["bash", "--norc", "-O", "extglob", "-n"], input=text + "\n", capture_output=True, text=True
            )
            assert (done.returncode, done.stderr) == (0, "")
