import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.errors import TerminalError
from codepilot.terminal.messages import (
    MAX_FRAME,
    FrameReader,
    encode_frame,
    pack_bytes,
    pack_row,
    pack_update,
    unpack_bytes,
    unpack_row,
    unpack_update,
)
from codepilot.terminal.screen import Cursor, Modes, Row, Run, ScreenUpdate

colours = st.one_of(st.none(), st.integers(0, 255), st.tuples(*[st.integers(0, 255)] * 3))
runs = st.builds(
    Run, st.text(), st.integers(0, 200), colours, colours, st.integers(0, 4095), st.text(max_size=5), colours
)
rows = st.builds(Row, st.lists(runs, max_size=4).map(tuple), st.booleans())
updates = st.builds(
    ScreenUpdate,
    columns=st.integers(2, 300),
    lines=st.integers(2, 100),
    rows=st.dictionaries(st.integers(0, 99), rows, max_size=5),
    cursor=st.builds(
        Cursor, st.integers(0, 99), st.integers(0, 99), st.booleans(), st.sampled_from(["block", "bar"])
    ),
    modes=st.builds(Modes, st.booleans(), mouse=st.sampled_from(["off", "drag"]), mouse_sgr=st.booleans()),
    title=st.text(),
    history=st.integers(0, 10_000),
    full=st.booleans(),
)


@given(st.lists(updates, max_size=3), st.integers(1, 50))
def test_screens_cross_the_socket_unchanged(screens, step):
    stream = b"".join(encode_frame({"update": pack_update(update)}) for update in screens)
    reader = FrameReader()
    got = []
    for start in range(0, len(stream), step):
        got += [unpack_update(message["update"]) for message in reader.feed(stream[start : start + step])]
    assert got == screens


@pytest.mark.parametrize(
    ("run", "packed"),
    [
        (Run("a", 1), ["a", 1]),
        (Run("a", 1, 0, None), ["a", 1, 0, -1, 0]),
        (Run("a", 1, None, 255, 3), ["a", 1, -1, 255, 3]),
        (Run("a", 1, (0, 0, 0), (255, 128, 1), 0, "x:"), ["a", 1, 256, 256 + 0xFF8001, 0, "x:"]),
        (Run("a", 1, None, None, 0, "", 7), ["a", 1, -1, -1, 0, "", 7]),
    ],
)
def test_a_run_is_packed_as_the_documentation_says(run, packed):
    """docs/multiplexer.md: clients of other makers read it."""
    assert pack_row(Row((run,), wrapped=True)) == [1, packed]
    assert unpack_row([1, packed]).runs == (run,)


@given(st.binary())
def test_bytes_cross_the_socket_unchanged(data):
    (message,) = FrameReader().feed(encode_frame({"data": pack_bytes(data)}))
    assert unpack_bytes(message["data"]) == data


@pytest.mark.parametrize(
    "data",
    [
        (MAX_FRAME + 1).to_bytes(4, "big"),
        (3).to_bytes(4, "big") + b"[1]",
        (2).to_bytes(4, "big") + b"{]",
        (2).to_bytes(4, "big") + b"\xff\xff",
        (100_000).to_bytes(4, "big") + b"[" * 100_000,
    ],
)
def test_a_peer_that_breaks_the_protocol_is_refused(data):
    with pytest.raises(TerminalError):
        list(FrameReader().feed(data))


def test_a_run_that_comes_again_is_the_very_same_so_rows_are_compared_at_once():
    run = Run("word", 4, (1, 2, 3), None, 1, "https://example.org/", 7)
    first, second = (unpack_row(pack_row(Row((run,), wrapped))) for wrapped in (False, True))
    assert first.runs == (run,)
    assert first.runs[0] is second.runs[0]
