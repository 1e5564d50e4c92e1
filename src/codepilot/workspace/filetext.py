"""A text file with everything that has to survive an edit: encoding, byte-order mark, line ends, final
newline.
"""

from __future__ import annotations

import codecs
from typing import Literal

from codepilot.errors import WorkspaceError
from codepilot.values import dataclass

Newline = Literal["\n", "\r\n", "mixed"]
Encoding = Literal["utf-8", "utf-16-le", "utf-16-be", "latin-1"]

_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ODD = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), *range(0x7F, 0xA0)])
_SAMPLE = 8192


class BinaryFile(WorkspaceError):
    """The file holds no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    r"""What a text file holds and how it holds it.

    `text` has plain ``\n`` line ends if all ends of the file are alike; with `newline` "mixed" every end
    stays as it is, so that lines nobody touches keep theirs.
    """

    text: str
    encoding: Encoding = "utf-8"
    newline: Newline = "\n"
    final_newline: bool = True
    bom: bytes = b""
    mode: int = 0o644
    digest: str = ""
    """Of the file's bytes."""
    mtime: int = 0
    """Nanoseconds since the epoch."""
    size: int = 0
    """In bytes."""

    @property
    def lines(self) -> list[str]:
        r"""The lines without their ``\n``; only that ends a line."""
        return lines_of(self.text)

    @property
    def adds_cr(self) -> bool:
        r"""New lines need a ``\r`` at their end: the ends are mixed, and most of them are ``\r\n``."""
        return self.newline == "mixed" and 2 * self.text.count("\r\n") > self.text.count("\n")

    def fit(self, text: str) -> str:
        """Text from elsewhere with the line ends of this file (the commoner ones where they are mixed)."""
        plain = text.replace("\r\n", "\n")
        return plain.replace("\n", "\r\n") if self.adds_cr else plain

    def fit_lines(self, text: str) -> tuple[str, ...]:
        """The lines of a text from elsewhere, to stand among `lines`."""
        lines = lines_of(text.replace("\r\n", "\n"))
        return tuple(line + "\r" for line in lines) if self.adds_cr else tuple(lines)


def lines_of(text: str) -> list[str]:
    r"""The lines of a text without their ``\n``; a final newline starts no further line."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def digest(data: bytes) -> str:
    """A fingerprint of bytes."""
    import hashlib

    return hashlib.blake2b(data, digest_size=16).hexdigest()


def decode(data: bytes, *, shown: str, mode: int = 0o644, mtime: int = 0) -> FileText:
    """Read bytes as text: byte-order marks, then UTF-8, then Latin-1 where it looks like text at all.

    Raises:
        BinaryFile: there are NUL bytes, a broken UTF-16 text, or mostly control characters.
    """
    bom, encoding = _mark(data)
    body = data[len(bom) :]
    if not encoding.startswith("utf-16") and b"\0" in body:
        raise _binary(shown, len(data))
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        if encoding.startswith("utf-16") or bom or _looks_odd(body):
            raise _binary(shown, len(data)) from None
        encoding, text = "latin-1", body.decode("latin-1")
    newline = newline_of(text)
    if newline == "\r\n":
        text = text.replace("\r\n", "\n")
    return FileText(
        text=text,
        encoding=encoding,
        newline=newline,
        final_newline=text.endswith("\n"),
        bom=bom,
        mode=mode,
        digest=digest(data),
        mtime=mtime,
        size=len(data),
    )


def encode(text: str, like: FileText, *, shown: str) -> bytes:
    """The bytes of a text in the way of another file. Text as `decode` gave it comes back byte for byte.

    Raises:
        WorkspaceError: the encoding cannot hold a character.
    """
    body = text.replace("\n", "\r\n") if like.newline == "\r\n" else text
    try:
        return like.bom + body.encode(like.encoding)
    except UnicodeEncodeError as error:
        raise WorkspaceError(
            f"'{shown}' is {like.encoding} text, which cannot hold U+{ord(body[error.start]):04X}.",
            hint="Leave that character out"
            + ("." if like.encoding == "utf-8" else ", or write the whole file again, which makes it UTF-8."),
        ) from None


def newline_of(text: str) -> Newline:
    """How the lines end: all alike, or mixed."""
    crlf = text.count("\r\n")
    if not crlf:
        return "\n"
    return "\r\n" if crlf == text.count("\n") else "mixed"


def _mark(data: bytes) -> tuple[bytes, Encoding]:
    for bom, encoding in _MARKS:
        if data.startswith(bom):
            return bom, encoding
    return b"", "utf-8"


def _looks_odd(body: bytes) -> bool:
    sample = body[:_SAMPLE]
    odd = len(sample) - len(sample.translate(None, _ODD))
    return odd * 10 > len(sample)


def _binary(shown: str, size: int) -> BinaryFile:
    return BinaryFile(
        f"'{shown}' is a binary file ({size:,} bytes)",
        hint="Only text can be read and written here; look at it with a command in a terminal.",
    )
