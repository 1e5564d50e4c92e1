"""When a tracked file is taken as it was by its status, when it is read, and when a verdict is kept."""

import hashlib
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from codepilot.workspace.git.attributes import Attributes
from codepilot.workspace.git.index import Index, IndexEntry
from codepilot.workspace.git.worktree import Look, WorkTree

MIB = 1 << 20
LATER = 1 << 62
"""Nanoseconds, far in the future: an index that is younger than every file."""


def named(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).digest()


def entry_of(file, stored, *, seen=True):
    """A file as an index tracks it.

    Args:
        file: on disk.
        stored: what the index holds of it.
        seen: the status is that of the disk; False: the file was touched since.
    """
    status = file.stat()
    ctime, mtime = (divmod(moment, 10**9) for moment in (status.st_ctime_ns, status.st_mtime_ns))
    return IndexEntry(
        path=os.fsencode(file.name),
        object_id=named(stored),
        mode=0o100644,
        ctime=ctime,
        mtime=mtime if seen else (1, 1),
        inode=status.st_ino & 0xFFFFFFFF,
        size=status.st_size,
        conflict=False,
        taken_as_unchanged=False,
        intent_to_add=False,
    )


def look(top, written=LATER):
    return Look(top, Attributes(top, top / ".git"), written, modes=False)


@pytest.mark.parametrize(
    ("younger", "verdicts"),
    [(1, {}), (0, {b"a": "M"}), (-1, {b"a": "M"})],
    ids=["older than the index", "as old as the index", "younger than the index"],
)
def test_the_status_is_believed_only_of_a_file_older_than_the_index(tmp_path, younger, verdicts):
    """It may have changed after the add within one tick of the clock: its status would be the same."""
    file = tmp_path / "a"
    file.write_text("two")
    found = WorkTree().compare(
        Index((entry_of(file, b"one"),)), look(tmp_path, file.stat().st_mtime_ns + younger)
    )
    assert found == verdicts


def test_a_look_reads_64_mib_at_most(tmp_path):
    """Five files of 15 MiB were touched: four of them are read, the fifth is not known."""
    zeros = bytes(15 * MIB)
    entries = []
    for name in "abcde":
        file = tmp_path / name
        file.touch()
        os.truncate(file, len(zeros))
        entries.append(entry_of(file, zeros, seen=False))
    tree = WorkTree()
    assert tree.compare(Index(tuple(entries)), look(tmp_path)) == {b"e": "?"}
    assert tree.compare(Index(tuple(entries[3:])), look(tmp_path)) == {}  # each look has as much


def test_a_file_above_16_mib_is_not_read(tmp_path):
    file = tmp_path / "a"
    for size, verdicts in ((16 * MIB, {}), (16 * MIB + 1, {b"a": "?"})):
        file.touch()
        os.truncate(file, size)
        entry = entry_of(file, bytes(size), seen=False)
        assert WorkTree().compare(Index((entry,)), look(tmp_path)) == verdicts


def verdicts_before_and_after_a_filter(file, attributes_in):
    """Whether a first verdict is kept: the second look is told of a filter, which only one that reads asks about."""
    tree, index = WorkTree(), Index((entry_of(file, b"x" * file.stat().st_size, seen=False),))
    first = tree.compare(index, look(file.parent))
    (attributes_in / "info").mkdir()
    (attributes_in / "info/attributes").write_text("* filter=x\n")
    filtered = replace(look(file.parent), attributes=Attributes(file.parent, attributes_in))
    return first[os.fsencode(file.name)], tree.compare(index, filtered)[os.fsencode(file.name)]


def test_a_verdict_on_a_file_that_may_still_be_written_is_not_kept(tmp_path):
    age = None
    while (
        age is None or age > 1_000_000_000
    ):  # this machine was busy meanwhile, and the file is at rest by now
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        file = folder / "a"
        file.write_text("two")
        verdicts = verdicts_before_and_after_a_filter(file, folder)
        age = time.time_ns() - file.stat().st_ctime_ns
    assert verdicts == ("M", "?")


def test_a_verdict_on_a_file_at_rest_is_kept(tmp_path):
    assert verdicts_before_and_after_a_filter(Path(os.__file__), tmp_path) == ("M", "M")
