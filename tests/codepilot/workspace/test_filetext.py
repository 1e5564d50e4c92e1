"""Text files keep encoding, byte-order mark, line ends, final newline and mode."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.errors import WorkspaceError
from codepilot.workspace.filetext import BinaryFile, FileText, decode, encode, lines_of

CASES = {
    "lf": (b"a\nb\n", "utf-8", "\n", True),
    "crlf": (b"a\r\nb\r\n", "utf-8", "\r\n", True),
    "mixed": (b"a\r\nb\nc\r\n", "utf-8", "mixed", True),
    "no-eol": (b"a\nb", "utf-8", "\n", False),
    "crlf-no-eol": (b"a\r\nb", "utf-8", "\r\n", False),
    "double-cr": (b"a\r\r\nb\r\n", "utf-8", "\r\n", True),
    "lone-cr": (b"a\rb\n", "utf-8", "\n", True),
    "empty": (b"", "utf-8", "\n", False),
    "bom": (codecs.BOM_UTF8 + "é\r\n".encode(), "utf-8", "\r\n", True),
    "utf-16-le": (codecs.BOM_UTF16_LE + "né\r\n".encode("utf-16-le"), "utf-16-le", "\r\n", True),
    "utf-16-be": (codecs.BOM_UTF16_BE + "né\n".encode("utf-16-be"), "utf-16-be", "\n", True),
    "latin-1": ("caf\xe9\n".encode("latin-1"), "latin-1", "\n", True),
    "form-feed": ("a\x0cb\u2028c\n".encode(), "utf-8", "\n", True),
    "bom-only": (codecs.BOM_UTF8, "utf-8", "\n", False),
}


@pytest.mark.parametrize("name", CASES)
def test_bytes_come_back_as_they_were(name):
    data, encoding, newline, final = CASES[name]
    file = decode(data, shown="x")
    assert (file.encoding, file.newline, file.final_newline) == (encoding, newline, final)
    assert encode(file.text, file, shown="x") == data
    assert file.size == len(data)


@given(st.binary(max_size=200))
def test_any_text_file_comes_back_byte_for_byte(data):
    try:
        file = decode(data, shown="x")
    except BinaryFile:
        return
    assert encode(file.text, file, shown="x") == data


@given(st.text(alphabet="ab\r\n é\x0c\u2028", max_size=60))
def test_line_ends_survive(text):
    data = text.encode()
    file = decode(data, shown="x")
    assert encode(file.text, file, shown="x") == data
    if file.newline != "mixed":
        assert len(lines_of(file.text)) == text.count("\n") + (bool(text) and not text.endswith("\n"))


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0",
        b"text\0text",
        codecs.BOM_UTF16_LE + b"a",
        bytes(range(128, 160)),
        b"\x80\x81\x82abc",
    ],
)
def test_binary_is_refused(data):
    with pytest.raises(BinaryFile, match=f"'x' is a binary file \\({len(data)} bytes\\)"):
        decode(data, shown="x")


def test_only_a_newline_ends_a_line():
    assert decode("a\x0cb\x85c\u2028d\ne".encode(), shown="x").lines == ["a\x0cb\x85c\u2028d", "e"]
    assert lines_of("") == []
    assert lines_of("\n\n") == ["", ""]


def test_a_character_that_the_encoding_lacks_is_refused():
    latin = decode(b"caf\xe9\n", shown="x")
    with pytest.raises(WorkspaceError, match=r"'x' is latin-1 text, which cannot hold U\+1F600") as caught:
        encode("😀", latin, shown="x")
    assert "UTF-8" in caught.value.hint
    with pytest.raises(WorkspaceError, match=r"cannot hold U\+DC80"):
        encode("\udc80", FileText(text=""), shown="x")


def test_foreign_text_takes_the_line_ends_of_the_file():
    assert decode(b"a\n", shown="x").fit("x\r\ny\n") == "x\ny\n"
    assert decode(b"a\r\n", shown="x").fit("x\r\ny\n") == "x\ny\n"
    assert decode(b"a\r\nb\r\nc\n", shown="x").fit("x\n") == "x\r\n"
    assert decode(b"a\nb\nc\r\n", shown="x").fit("x\n") == "x\n"
