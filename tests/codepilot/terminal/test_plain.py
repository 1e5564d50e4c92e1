import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.terminal.plain import PlainText, plain


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"no end", "no end"),
        (b"10%\r50%\r100%\r\ndone\r\n", "100%\ndone\n"),
        (b"long line\rab\r\n", "abng line\n"),
        (b"long line\r\x1b[Kab\r\n", "ab\n"),
        (b"abc\b\bX\r\n", "aXc\n"),
        (b"a\tb\r\n", "a\tb\n"),
        (b"\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mrgb\x1b[m\x1b[K\r\n", "red rgb\n"),
        (b"\x1b]0;title\x07x\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\\r\n", "xlink\n"),
        (b"\xff\xfe ok\r\n", "\ufffd\ufffd ok\n"),
        (b"a\x00b\x07c\r\n", "abc\n"),
        (b"gr\xc3\xbc\xc3\x9fe \xf0\x9f\x91\x8b\r\n", "grüße 👋\n"),
        (b"double\r\r\nreturn\r\r\n", "double\nreturn\n"),
        (b"one\r\ntwo\r\nthree\r\n\x1b[2A\x1b[2KTWO\r\n\r\n", "one\nTWO\nthree\n"),
        (b"before\r\n\x1b[?1049h\x1b[H full \x1b[5;5Hscreen\x1b[?1049lafter\r\n", "before\nafter\n"),
        (b"x\x1b[5Dab\x1b[10Gz\r\n", "ab       z\n"),
        (b"\x1bPq#0;2;0;0;0\x1b\\after sixel\r\n", "after sixel\n"),
        (b"cut \x1b[3", "cut "),
    ],
)
def test_what_a_person_would_have_read(data, text):
    assert plain(data) == text


@given(
    st.lists(
        st.sampled_from(
            [
                b"word", b" ", b"\r\n", b"\n", b"\r", b"\b", b"\t", b"\x1b[31m", b"\x1b[0m", b"\x1b[K", b"\x1b[2A", b"\x1b[B",
                b"\x1b[3C", b"\x1b[2D", b"\x1b[H", b"\x1b[J", b"\x1b]0;t\x07", b"\x1b]8;;u\x1b\\", b"\x1b[?1049h",
                b"\x1b[?1049l", "ü".encode(), "漢".encode(), b"\xff", b"\x00", b"\x1b", b"\x1bP1\x1b\\", b"\x1b7",
            ]
        )
    ).map(b"".join),
    st.data(),
)  # fmt: skip
def test_any_slicing_gives_the_same_text(data, draw):
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    reader = PlainText()
    out = b""
    for start, end in zip([0, *cuts], [*cuts, len(data)]):
        out += reader.feed(data[start:end])
    assert (out + reader.finish()).decode() == plain(data)


@given(st.binary(max_size=3000))
def test_no_bytes_raise_and_no_control_survives(data):
    text = plain(data)
    assert not set(text) & set(map(chr, set(range(32)) - {9, 10}))


def test_memory_is_bounded():
    reader = PlainText()
    for _ in range(200):
        reader.feed(b"x" * 65536)
    assert len(reader.line) < 200_000
    for _ in range(100):
        reader.feed(b"\x1b]0;" + b"y" * 65536)
    assert len(reader._held) < 100_000
    reader.feed(b"\x07end\r\n")
    assert reader.finish().endswith(b"end\n")


def test_settling_gives_finished_rows_only_once():
    reader = PlainText()
    assert reader.feed(b"one\r\ntw") == b""
    assert reader.settle() == b"one\n"
    assert reader.feed(b"o\r\nthree") == b""
    assert reader.settle() == b"two\n"
    assert reader.finish() == b"three"
