"""Pasted text on its way to a program: no byte of it may act as a key or leave the brackets."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def encode_paste(text: str, *, bracketed: bool) -> bytes:
    """The bytes of a paste: control characters taken out, line ends as Enter would send them."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text:
        return b""
    if bracketed:
        return b"\x1b[200~" + text.encode() + b"\x1b[201~"
    return text.replace("\n", "\r").encode()
