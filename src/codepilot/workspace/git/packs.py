"""The insides of git's packs: where an object is, and how it is put together from what differs."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from typing import Final

MAX_OBJECT: Final = 16 << 20
_MAX_DELTAS: Final = 4096
_MAX_WORK: Final = 256 << 20
"""Bytes that applying all deltas of one object may produce in total."""
_KINDS: Final = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}
_OFFSET_DELTA, _REFERENCE_DELTA = 6, 7


def object_at(
    pack: int, offset: int, id_bytes: int, base_of: Callable[[bytes], tuple[bytes, bytes]]
) -> tuple[bytes, bytes]:
    """Kind and content of an object: stored whole, or as what differs from another one, which may again be such.

    Args:
        pack: descriptor of the pack.
        offset: where the object begins.
        id_bytes: how long an object's name is.
        base_of: finds an object by its name.

    Raises:
        ValueError, IndexError, zlib.error, OSError: it is damaged, or too large.
    """
    deltas: list[bytes] = []
    while True:
        head = os.pread(pack, 64, offset)
        kind, at = (head[0] >> 4) & 7, 1
        while head[at - 1] & 0x80:
            at += 1
        if kind in _KINDS:
            base = (_KINDS[kind], _inflated_at(pack, offset + at))
            break
        if len(deltas) == _MAX_DELTAS:
            raise ValueError("too many deltas")
        if kind == _OFFSET_DELTA:
            back, used = varint(head, at)
            deltas.append(_inflated_at(pack, offset + used))
            if not 0 < back <= offset:
                raise ValueError("a delta against nothing")
            offset -= back
        elif kind == _REFERENCE_DELTA:
            deltas.append(_inflated_at(pack, offset + at + id_bytes))
            base = base_of(head[at : at + id_bytes])
            break
        else:
            raise ValueError("no object")
    body, work = base[1], 0
    for delta in reversed(deltas):
        body = _patched(body, delta)
        work += len(body) + len(delta)
        if work > _MAX_WORK:
            raise ValueError("too much work")
    return base[0], body


def offset_in(index: int, object_id: bytes, id_bytes: int) -> int | None:
    """Where a pack has an object, by its index (version 2): a table of first bytes, then sorted names."""
    head = os.pread(index, 8 + 1024, 0)
    if head[:8] != b"\377tOc\0\0\0\2":
        return None
    first = object_id[0]
    counts = struct.unpack_from(">256I", head, 8)
    low, high, total = (counts[first - 1] if first else 0), counts[first], counts[255]
    names = 8 + 1024
    while low < high:
        middle = (low + high) // 2
        name = os.pread(index, id_bytes, names + middle * id_bytes)
        if name == object_id:
            return _offset_of(index, middle, total, names + total * (id_bytes + 4))
        if len(name) < id_bytes:
            raise ValueError("a damaged pack index")
        low, high = (middle + 1, high) if name < object_id else (low, middle)
    return None


def _offset_of(index: int, position: int, total: int, table: int) -> int:
    (offset,) = struct.unpack(">I", os.pread(index, 4, table + position * 4))
    if offset & 0x80000000:  # packs over 2 GB have a second table
        place = table + total * 4 + (offset & 0x7FFFFFFF) * 8
        (offset,) = struct.unpack(">Q", os.pread(index, 8, place))
    return int(offset)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number as packs and version 4 of the index store it, and where it ends.

    Seven bits a byte, high ones first; each further byte adds one.

    Raises:
        ValueError: it is larger than any file.
        IndexError: the data ends within it.
    """
    byte = data[at]
    value = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = data[at]
        value = ((value + 1) << 7) | (byte & 0x7F)
        if value >> 48:
            raise ValueError("a number out of all proportion")
    return value, at + 1


def inflated(packed: bytes) -> bytes:
    """Unpack what is whole, refusing what grows beyond all measure."""
    inflater = zlib.decompressobj()
    data = inflater.decompress(packed, MAX_OBJECT + 1)
    if len(data) > MAX_OBJECT:
        raise ValueError("too large")
    if not inflater.eof:
        raise ValueError("cut short")
    return data


def _inflated_at(pack: int, offset: int) -> bytes:
    """Unpack from a place in a pack, whose packed length is not written anywhere."""
    inflater = zlib.decompressobj()
    pieces: list[bytes] = []
    size = 0
    while not inflater.eof:
        piece = os.pread(pack, 1 << 16, offset)
        if not piece:
            raise ValueError("cut short")
        offset += len(piece)
        data = inflater.decompress(piece, MAX_OBJECT + 1 - size)
        size += len(data)
        if size > MAX_OBJECT:
            raise ValueError("too large")
        pieces.append(data)
    return b"".join(pieces)


def _patched(base: bytes, delta: bytes) -> bytes:
    """Apply a delta: copies from the base, and bytes of its own."""
    base_size, at = _size(delta, 0)
    result_size, at = _size(delta, at)
    if base_size != len(base) or result_size > MAX_OBJECT:
        raise ValueError("a delta of something else")
    out = bytearray()
    while at < len(delta):
        command = delta[at]
        at += 1
        if command & 0x80:
            start, at = _number(delta, at, command & 0x0F)
            length, at = _number(delta, at, command >> 4 & 0x07)
            out += base[start : start + (length or 0x10000)]
        elif command:
            out += delta[at : at + command]
            at += command
        else:
            raise ValueError("a damaged delta")
        if len(out) > result_size:
            raise ValueError("a delta that gives too much")
    if len(out) != result_size:
        raise ValueError("a delta that gives too little")
    return bytes(out)


def _size(delta: bytes, at: int) -> tuple[int, int]:
    """A number in pieces of seven bits, and where it ends."""
    value = shift = 0
    while True:
        byte = delta[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def _number(delta: bytes, at: int, given: int) -> tuple[int, int]:
    """A number of which only the bytes are there that `given` has a bit for, and where it ends."""
    value = 0
    for place in range(given.bit_length()):
        if given & (1 << place):
            value |= delta[at] << (8 * place)
            at += 1
    return value, at
