"""Written is acknowledged; what was torn is dropped; a disk that takes nothing loses nothing."""

import errno
import json
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.errors import SessionError
from codepilot.journal import writer as writer_module
from codepilot.journal.disk import SystemDisk
from codepilot.journal.record import decode
from codepilot.journal.tail import tail_of
from codepilot.journal.writer import JournalWriter
from codepilot.testing.faults import FaultyDisk


def numbers(path):
    return [record.n for line in path.read_bytes().split(b"\n") if (record := decode(line))]


def test_a_record_is_there_when_append_returns(tmp_path):
    path = tmp_path / "j"
    writer = JournalWriter(path, now=lambda: 12.5)
    assert writer.append("said", {"text": "a\nb\u2028c"}) == 1
    assert path.read_bytes() == b'{"n":1,"time":12.5,"type":"said","text":"a\\nb\xe2\x80\xa8c"}\n'
    assert path.stat().st_mode & 0o777 == 0o600
    writer.close()


def test_numbers_go_on_in_the_next_program(tmp_path):
    path = tmp_path / "j"
    for expected in (1, 2, 3):
        writer = JournalWriter(path)
        assert writer.append("said", {}) == expected
        writer.close()
    assert numbers(path) == [1, 2, 3]


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x", "\ud800", {1: object()}, ("a", ["b"])])
def test_what_json_cannot_hold_costs_no_record(tmp_path, value):
    path = tmp_path / "j"
    writer = JournalWriter(path)
    writer.append("said", {"value": value})
    writer.close()
    assert json.loads(path.read_bytes())["n"] == 1


def test_what_holds_itself_costs_no_record(tmp_path):
    value = []
    value.append(value)
    writer = JournalWriter(tmp_path / "j")
    assert writer.append("said", {"value": value}) == 1
    writer.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "j"
    writer = JournalWriter(path)
    for number in range(12):
        writer.append("said", {"text": "ä" * number * 7})
    writer.close()
    return path.read_bytes()


def test_every_cut_is_healed(tmp_path, whole):
    ends = [0, *(at + 1 for at, byte in enumerate(whole) if byte == 10)]
    for cut in range(len(whole) + 1):
        path = tmp_path / f"j{cut}"
        path.write_bytes(whole[:cut])
        before = max(end for end in ends if end <= cut)
        tail = tail_of(path)
        assert (tail.whole, tail.torn, tail.damaged) == (before, cut - before, False)
        writer = JournalWriter(path)
        writer.append("after", {})
        writer.close()
        kept = ends.index(before)
        assert path.read_bytes()[:before] == whole[:before]
        assert numbers(path) == [*range(1, kept + 1), kept + 1]
        assert len(path.read_bytes().splitlines()) == kept + 1


def test_damage_at_the_end_is_copied_before_it_is_taken_away(tmp_path, whole):
    path = tmp_path / "j"
    path.write_bytes(whole + b"\0" * 5000)
    writer = JournalWriter(path)
    assert writer.set_aside is not None and writer.set_aside.read_bytes() == whole + b"\0" * 5000
    assert writer.append("after", {}) == 13
    writer.close()
    assert numbers(path) == list(range(1, 14))


def test_a_long_last_record_is_found(tmp_path):
    path = tmp_path / "j"
    writer = JournalWriter(path)
    writer.append("said", {"text": "x" * 300_000})
    writer.close()
    with path.open("ab") as stream:
        stream.write(b'{"n":2,"ti')
    assert tail_of(path).last == 1


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("at", range(1, 13))
def test_a_disk_that_fails_once_loses_nothing(tmp_path, at, number, short):
    path = tmp_path / "j"
    disk = FaultyDisk(lambda n, name: number if n == at and name != "open" else 0, short=short)
    writer = JournalWriter(path, disk)
    for _ in range(6):
        writer.append("said", {"text": "words"})
        writer.sync()
    assert writer.sync() and writer.trouble == ""
    writer.close()
    assert numbers(path) == [1, 2, 3, 4, 5, 6]


def test_an_error_of_the_last_sync_is_met_by_another_one(tmp_path):
    """The run then said that its last records were lost, and they were there."""
    errors = [errno.EIO]
    disk = FaultyDisk(lambda n, name: errors.pop() if errors and name == "sync" else 0)
    writer = JournalWriter(tmp_path / "j", disk)
    writer.append("said", {})
    writer.close()
    assert writer.unwritten == 0 and numbers(tmp_path / "j") == [1]


@pytest.mark.parametrize("short", [False, True])
def test_a_full_disk_is_told_and_written_later_in_order(tmp_path, short):
    path, full = tmp_path / "j", True
    disk = FaultyDisk(
        lambda n, name: errno.ENOSPC if full and n > 4 and name in ("write", "sync") else 0, short=short
    )
    writer = JournalWriter(path, disk)
    for _ in range(10):
        writer.append("said", {})
    assert writer.last == 10 and writer.trouble == "No space left on device"
    assert not writer.sync()
    held = numbers(path)
    assert held == list(range(1, len(held) + 1)) and len(held) < 10
    full = False
    assert writer.sync() and writer.trouble == ""
    assert numbers(path) == list(range(1, 11))
    writer.close()


def test_where_a_torn_record_cannot_be_cut_off_it_becomes_a_line_that_is_skipped(tmp_path):
    path = tmp_path / "j"
    disk = FaultyDisk(
        lambda n, name: errno.ENOSPC if (n == 3 and name == "write") or name == "truncate" else 0, short=True
    )
    writer = JournalWriter(path, disk)
    for _ in range(4):
        writer.append("said", {})
        writer.sync()
    writer.close()
    assert numbers(path) == [1, 2, 3, 4]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["append", "sync", "again"]), st.sampled_from([0, 0, 0, errno.ENOSPC, errno.EIO])
        ),
        max_size=30,
    )
)
def test_whatever_fails_the_acknowledged_are_there_in_the_end(tmp_path_factory, plan):
    path = tmp_path_factory.mktemp("plan") / "j"
    fault = [0]
    disk = FaultyDisk(lambda n, name: fault[0] if name != "open" else 0, short=True)
    writer, acknowledged = JournalWriter(path, disk), []
    for act, fault[0] in plan:
        if act == "append":
            acknowledged.append(writer.append("said", {}))
        elif act == "sync" and writer.sync():
            assert numbers(path) == acknowledged
        elif act == "again":
            fault[0] = 0
            writer.close()
            writer = JournalWriter(path, disk)
    fault[0] = 0
    writer.close()
    assert numbers(path) == acknowledged == list(range(1, len(acknowledged) + 1))


def test_many_threads_get_numbers_of_their_own(tmp_path):
    path = tmp_path / "j"
    writer = JournalWriter(path)
    got = []
    threads = [
        threading.Thread(target=lambda: got.extend(writer.append("said", {}) for _ in range(200)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert sorted(got) == numbers(path) == list(range(1, 801))


def test_a_closed_journal_says_so(tmp_path):
    writer = JournalWriter(tmp_path / "j")
    writer.close()
    writer.close()
    with pytest.raises(SessionError, match="is closed"):
        writer.append("said", {})


def test_a_journal_that_cannot_be_opened_says_why(tmp_path):
    (tmp_path / "j").mkdir()
    with pytest.raises(SessionError, match="cannot be opened"):
        JournalWriter(tmp_path / "j")


def test_what_waits_for_a_disk_beyond_its_limit_is_said_and_written_all_the_same(tmp_path, monkeypatch):
    """A number that was given out is a promise: there is no gap, however much waits."""
    monkeypatch.setattr(writer_module, "_MOST_WAITING", 2_000)
    path, full = tmp_path / "j", True
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if full and name == "write" else 0)
    writer = JournalWriter(path, disk)
    writer.append("said", {"text": "x" * 1_000})
    assert not writer.full
    given_out = [writer.append("said", {"text": "x" * 1_000}) for _ in range(3)]
    assert writer.full and given_out == [2, 3, 4] and writer.trouble
    assert not writer.sync()
    full = False
    assert writer.sync() and not writer.full and writer.trouble == ""
    assert numbers(path) == [1, 2, 3, 4]
    writer.close()


def test_long_texts_count_as_waiting_too(tmp_path, monkeypatch):
    monkeypatch.setattr(writer_module, "_MOST_WAITING", 50_000)
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if name == "write" else 0)
    writer = JournalWriter(tmp_path / "j", disk)
    writer.append("said", {"text": "x" * 60_000})
    assert writer.full
    writer.close()


def test_sixty_four_megabytes_may_wait(tmp_path):
    disk = FaultyDisk(lambda n, name: errno.ENOSPC if name == "write" else 0)
    writer = JournalWriter(tmp_path / "j", disk)
    for _ in range(64):
        writer.append("said", {"text": "x" * (1024 * 1024 - 2_000)})
    assert not writer.full
    writer.append("said", {"text": "x" * 1024 * 1024})
    assert writer.full
    writer.close()


class Forgetful(SystemDisk):
    """What a system does that takes the pages of a failed sync for written: the next sync succeeds without them."""

    def __init__(self):
        self.broken, self.written, self.safe = False, {}, {}

    def write(self, handle, data):
        at = os.fstat(handle).st_size
        count = super().write(handle, data)
        self.written[at] = data[:count]
        return count

    def put_again(self, path, pieces):
        super().put_again(path, pieces)
        self.written.update(dict(pieces))

    def sync(self, handle):
        dirty, self.written = self.written, {}
        if self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.safe.update(dirty)
        super().sync(handle)

    def after_the_power_went(self):
        left = bytearray()
        for at, data in sorted(self.safe.items()):
            left[at:] = bytes(at - len(left)) + data  # what was dropped is a hole of zeros
        return bytes(left)


def test_after_a_failed_sync_what_was_written_is_written_again_before_it_counts_as_durable(tmp_path):
    path = tmp_path / "j"
    disk = Forgetful()
    writer = JournalWriter(path, disk)
    writer.append("said", {"text": "one"})
    assert writer.sync()
    writer.append("said", {"text": "two"})
    disk.broken = True
    assert not writer.sync() and not writer.sync()
    writer.append("said", {"text": "three"})
    disk.broken = False
    assert writer.sync()
    assert disk.after_the_power_went() == path.read_bytes()
    assert numbers(path) == [1, 2, 3]
    writer.close()


class ForgetfulAndFull(Forgetful):
    """It also takes half of one record only, and cuts nothing off."""

    full = False

    def write(self, handle, data):
        return super().write(handle, data[: len(data) // 2] if self.full and len(data) > 1 else data)

    def truncate(self, handle, size):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_line_end_after_a_torn_record_is_written_again_after_a_failed_sync(tmp_path):
    """Found by reading: the pages of both were dropped, and the next record stood in one line with the hole."""
    path = tmp_path / "j"
    disk = ForgetfulAndFull()
    writer = JournalWriter(path, disk)
    writer.append("said", {"text": "one"})
    assert writer.sync()
    disk.full = True
    writer.append("said", {"text": "two"})
    disk.full, disk.broken = False, True
    assert not writer.sync(), "now it stands behind the line end, and all of that is dropped"
    disk.broken = False
    writer.append("said", {"text": "three"})
    assert writer.sync()
    left = tmp_path / "left"
    left.write_bytes(disk.after_the_power_went())
    assert b"\0" in left.read_bytes() and numbers(path) == numbers(left) == [1, 2, 3]
    writer.close()


def test_a_failed_sync_is_in_the_way_until_one_works_and_not_longer(tmp_path):
    path, broken = tmp_path / "j", True
    disk = FaultyDisk(lambda n, name: errno.EIO if broken and name == "sync" else 0)
    writer = JournalWriter(path, disk)
    writer.append("said", {})
    assert not writer.sync() and writer.trouble == "Input/output error"
    writer.append("said", {})
    assert writer.trouble, "written, but nothing says that it is durable"
    broken = False
    assert writer.sync() and writer.trouble == ""
    operations = disk.operations
    assert writer.sync() and disk.operations == operations, "there is nothing to sync"
    writer.close()


def test_much_that_is_written_without_a_barrier_is_synced_on_the_way(tmp_path, monkeypatch):
    """It is kept in memory until then."""
    monkeypatch.setattr(writer_module, "_MOST_UNSYNCED", 1_000)
    syncs = []
    disk = FaultyDisk(lambda n, name: syncs.append(n) if name == "sync" else 0)
    writer = JournalWriter(tmp_path / "j", disk)
    for _ in range(10):
        writer.append("said", {"text": "x" * 250})
    assert len(syncs) == 2
    writer.close()


def test_a_line_end_that_was_put_after_a_torn_record_is_no_longer_taken_away(tmp_path):
    """Where the first torn record could not be cut off and a second one is, what stands between stays."""
    path = tmp_path / "j"
    failing = {"write": {3}, "truncate": {1}}
    counted = {"write": 0, "truncate": 0}

    def fault(n, name):
        if name not in counted:
            return 0
        counted[name] += 1
        return errno.ENOSPC if counted[name] in failing[name] else 0

    writer = JournalWriter(path, FaultyDisk(fault, short=True))
    for _ in range(5):
        writer.append("said", {"text": "words"})
        writer.sync()
    assert numbers(path) == [1, 2, 3, 4, 5]
    failing["write"].add(counted["write"] + 1)
    writer.append("said", {"text": "words"})
    assert counted["truncate"] == 2, "this one is cut off"
    writer.close()
    assert numbers(path) == [1, 2, 3, 4, 5, 6]


def test_the_folder_knows_of_a_new_journal_before_anything_is_written(tmp_path, monkeypatch):
    synced, real = [], os.fsync

    def noting(handle):
        synced.append(os.path.realpath(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", noting)
    JournalWriter(tmp_path / "j").close()
    assert synced == [os.path.realpath(tmp_path)]
    JournalWriter(tmp_path / "j").close()
    assert len(synced) == 1, "it knows the file already"


def test_what_is_written_and_never_synced_counts_for_the_stop_too(tmp_path, monkeypatch):
    monkeypatch.setattr(writer_module, "_MOST_WAITING", 1_000)
    writer = JournalWriter(tmp_path / "j", FaultyDisk(lambda n, name: errno.EIO if name == "sync" else 0))
    writer.append("said", {"text": "x" * 600})
    assert not writer.sync() and not writer.full
    writer.append("said", {"text": "x" * 600})
    assert writer.full and writer.unwritten == 2
    writer.close()


@pytest.mark.parametrize("then", ["removed", "moved", "replaced"])
def test_a_journal_that_was_taken_away_is_made_again_from_the_file_that_is_open(tmp_path, then):
    path = tmp_path / "j"
    writer = JournalWriter(path)
    writer.append("said", {"text": "one"})
    assert not writer.gone
    if then == "removed":
        path.unlink()
    else:
        path.rename(tmp_path / "elsewhere")
    if then == "replaced":
        path.write_text("of somebody else")
    writer.append("said", {"text": "two"})
    assert writer.gone
    writer.put_back()
    assert not writer.gone
    assert writer.append("said", {"text": "three"}) == 3
    writer.close()
    assert numbers(path) == [1, 2, 3]
    others = [each.read_text() for each in tmp_path.glob("j.other-*")]
    assert others == (["of somebody else"] if then == "replaced" else [])


@pytest.mark.parametrize("name", ["open", "write", "sync"])
def test_where_a_journal_cannot_be_made_again_the_next_try_can(tmp_path, name):
    path, full = tmp_path / "j", False
    writer = JournalWriter(path, FaultyDisk(lambda n, at: errno.ENOSPC if full and at == name else 0))
    writer.append("said", {})
    path.unlink()
    full = True
    with pytest.raises(OSError):
        writer.put_back()
    assert writer.gone
    full = False
    writer.put_back()
    writer.append("said", {})
    writer.close()
    assert numbers(path) == [1, 2]
