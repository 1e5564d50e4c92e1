from hypothesis import given
from hypothesis import strategies as st

from codepilot.terminal.shell.marks import Mark, MarkReader

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
