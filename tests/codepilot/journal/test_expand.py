"""Events from records: the texts of changed files come back from the store, where they are kept still."""

from dataclasses import replace

from codepilot import events as e
from codepilot.journal.blobs import BlobStore
from codepilot.journal.expand import expand
from codepilot.journal.record import Record, of_event


def test_texts_of_changed_files(tmp_path):
    store = BlobStore(tmp_path)
    before, after = store.put(b"one\r\n", b"two\r\n")
    change = e.FileChanged(
        call_id="c1",
        path="a",
        before="one\n",
        after="two\n",
        added=1,
        removed=1,
        before_id=before,
        after_id=after,
    )
    made = replace(change, before=None, before_id=None, removed=0)
    gone = replace(change, after=None, after_id=None, added=0)
    records = [Record(n, 0.0, *of_event(each)) for n, each in enumerate((change, made, gone), 1)]
    assert not any("before" in record.data or "after" in record.data for record in records)
    assert [each.event for each in expand(records, store.get)] == [change, made, gone]
    lost = [each.event for each in expand(records)]
    assert all(each.coarse for each in lost)
    assert [(each.before, each.after) for each in lost] == [("", ""), (None, ""), ("", None)]


def test_what_was_not_kept_stands_in_the_record():
    change = e.FileChanged(call_id="c1", path="a", before="one\n", after="two\n", added=1, removed=1)
    assert [each.event for each in expand([Record(1, 0.0, *of_event(change))])] == [change]
