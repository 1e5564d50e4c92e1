"""Long texts stand beside the journal, in `texts/`, each by its hash: a record stays short, and no text is kept twice.

A string of more than 32 KB is replaced by `{"$text": hash, "bytes", "head", "tail"}`. Where the record is still longer
than 256 KB, its longest values are, as JSON: `{"$json": hash, "bytes"}`. The file is there, and synced, before its
record.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codepilot import paths
from codepilot.journal.disk import Disk
from codepilot.text import well_formed

LONG = 32 * 1024
"""Bytes of a string that stands in its record."""
MOST = 256 * 1024
"""Bytes of a record."""
TEXT, JSON = "$text", "$json"
_SHOWN = 200
"""Characters of a long text at each end that its record shows."""
_MARK = b'{"$'
_MARKS = (b'{"$text":"', b'{"$json":"')
_NAME = frozenset("0123456789abcdef")

Long = list[tuple[str, bytes]]
"""Names and contents of texts that have to be there before their record."""


def name_of(content: bytes) -> str:
    """The name of a text: its SHA-256."""
    import hashlib

    return hashlib.sha256(content).hexdigest()


def is_name(name: str) -> bool:
    """Whether a file's name can be that of a text."""
    return len(name) == 64 and _NAME.issuperset(name)


def take_out(data: dict[str, Any], line: bytes) -> tuple[dict[str, Any], Long]:
    """The fields of a record without what is too long for it, and that.

    Args:
        data: the fields.
        line: the record as it would be written.
    """
    long: Long = []
    if len(line) <= LONG:
        return data, long
    data = {key: _short(value, long) for key, value in data.items()}
    left = MOST - 1024
    sizes = {key: len(_json(value)) for key, value in data.items()}
    for key in sorted(sizes, key=lambda key: -sizes[key]):
        if sum(sizes.values()) <= left:
            break
        content = _json(data[key])
        long.append((name_of(content), content))
        data[key] = {JSON: long[-1][0], "bytes": len(content)}
        sizes[key] = len(_json(data[key]))
    return data, long


def _short(value: Any, long: Long) -> Any:
    if isinstance(value, dict):
        return {key: _short(each, long) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_short(each, long) for each in value]
    if not isinstance(value, str) or len(value) * 4 <= LONG:
        return value
    content = well_formed(value).encode()
    if len(content) <= LONG:
        return value
    long.append((name_of(content), content))
    return {TEXT: long[-1][0], "bytes": len(content), "head": value[:_SHOWN], "tail": value[-_SHOWN:]}


def _json(value: Any) -> bytes:
    return well_formed(json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))).encode()


class Texts:
    """Those of one session.

    Args:
        folder: where they lie, whether it is there or not.
        disk: how they are written.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def put(self, name: str, content: bytes) -> Path:
        """Keep a text; it would survive a loss of power when this returns.

        Raises:
            OSError: no space, an I/O error, read-only.
        """
        path = self._folder / name
        if path.exists():
            return path
        paths.private_dir(self._folder)
        draft = path.with_name(f".{name}.new")
        draft.unlink(missing_ok=True)
        handle = self._disk.open(draft)
        try:
            if self._disk.write(handle, content) != len(content):
                raise OSError(28, os.strerror(28))
            self._disk.sync(handle)
        except OSError:
            with contextlib.suppress(OSError):  # else it is removed before the next try
                draft.unlink()
            raise
        finally:
            self._disk.close(handle)
        draft.replace(path)
        sync_folder(self._folder)
        return path


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder has, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_back(value: Any, line: bytes, folder: Path | None) -> Any:
    """The fields of a record with their long texts.

    Args:
        value: the fields as they were read.
        line: the record.
        folder: where the texts lie; None: their ends stand for them.
    """
    # Both in one look: every line of a journal comes by when it is opened.
    if _MARK not in line or not any(mark in line for mark in _MARKS):
        return value
    return _whole(value, folder)


def _whole(value: Any, folder: Path | None) -> Any:
    if isinstance(value, list):
        return [_whole(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(name := value.get(TEXT), str) and "bytes" in value:
        text = _read(folder, name)
        return f"{value.get('head', '')}\n[…]\n{value.get('tail', '')}" if text is None else text
    if isinstance(name := value.get(JSON), str) and "bytes" in value:
        text = _read(folder, name)
        try:
            return None if text is None else _whole(json.loads(text), folder)
        except ValueError:
            return None
    return {key: _whole(each, folder) for key, each in value.items()}


def _read(folder: Path | None, name: str) -> str | None:
    if folder is None or not is_name(name):
        return None
    try:
        return (folder / name).read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def names_in(data: Any) -> Iterator[str]:
    """The names of the texts that fields of a record speak of."""
    if isinstance(data, dict):
        for key, each in data.items():
            if key in (TEXT, JSON) and isinstance(each, str) and "bytes" in data:
                yield each
            else:
                yield from names_in(each)
    elif isinstance(data, list):
        for each in data:
            yield from names_in(each)
