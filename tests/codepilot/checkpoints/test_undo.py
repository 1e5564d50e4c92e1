"""Taking the changes of one file back: what the agent did goes, what somebody else did beside it stays."""

import stat

import pytest

from codepilot.checkpoints.history import Change
from codepilot.checkpoints.replacing import Found, State
from codepilot.checkpoints.undo import CHANGED, begin
from codepilot.journal.blobs import BlobStore

FILE = stat.S_IFREG


@pytest.fixture
def store(tmp_path):
    return BlobStore(tmp_path / "store")


@pytest.fixture
def state(store):
    return lambda text, mode=0o644: State(store.put(text.encode())[0], FILE | mode)


@pytest.mark.parametrize(
    ("was", "agent", "now", "then"),
    [
        (0o644, 0o644, 0o644, 0o644),
        (0o644, 0o755, 0o755, 0o644),
        (0o644, 0o644, 0o755, 0o755),
        (0o644, 0o755, 0o600, 0o600),
    ],
)
def test_the_mode_goes_back_unless_somebody_else_set_it(store, state, was, agent, now, then):
    undoing = begin(Found(state("after", now), b"after"), store)
    assert undoing.undo([Change(1, "a", state("before", was), state("after", agent))]) == ""
    assert undoing.state == state("before", then) and undoing.data == b"before"


def test_a_mode_that_nobody_knows_stays(store, state):
    before, after = (State(state(text).id, 0) for text in ("before", "after"))
    undoing = begin(Found(state("after", 0o750), b"after"), store)
    assert undoing.undo([Change(1, "a", before, after)]) == ""
    assert undoing.state == state("before", 0o750)


def test_a_write_that_may_not_have_happened_is_undone_only_where_it_is_seen(store, state):
    maybe = Change(1, "a", state("before"), state("after"), maybe=True)
    undoing = begin(Found(state("after"), b"after"), store)
    assert undoing.undo([maybe]) == "" and undoing.data == b"before"
    for now in ("of the person", "before"):  # it did not happen, as far as anybody knows
        undoing = begin(Found(state(now), now.encode()), store)
        assert undoing.undo([maybe]) == ""
        assert (undoing.state, undoing.data) == (state(now), now.encode())
    told = Change(1, "a", state("before"), state("after"))
    assert begin(Found(state("of the person"), b"of the person"), store).undo([told]) == CHANGED
