"""What both engines share, by itself."""

import re

from hypothesis import given
from hypothesis import strategies as st

from codepilot.terminal.engines.common import EdgeGuard

ERASES = re.compile(rb"\x1b\\|\x1b\[0?K")
PARTS = st.sampled_from([b"a", b"bb", b"\n", b"\r\n", b"\x1b[K", b"\x1b[0K", b"\x1b[31m", b"\x1b[1K", b"\x1b", b"[", b"0K", "é".encode()])  # fmt: skip


@given(st.lists(PARTS, max_size=40), st.lists(st.integers(0, 80), max_size=8), st.integers(1, 8))
def test_nothing_but_erases_is_touched_however_the_output_is_cut(parts, cuts, columns):
    """At an edge that is never waited at all comes through; at one that always is, no erase far from a line's beginning."""
    data = b"".join(parts)
    for waits, expected in ((False, data), (True, None)):
        fed = []
        guard = EdgeGuard(fed.append, lambda: waits)
        at = 0
        for cut in [*sorted(cuts), len(data)]:
            guard.feed(data[at:cut], columns)
            at = max(at, cut)
        guard.feed(b".", columns)
        if expected is not None:
            assert b"".join(fed) == expected + b"."
        else:
            assert ERASES.sub(b"", b"".join(fed)) == ERASES.sub(b"", data + b".")
