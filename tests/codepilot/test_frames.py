import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.frames import Cutter, FrameError, pack


@given(st.lists(st.binary(max_size=60), max_size=6), st.integers(1, 40))
def test_frames_may_come_in_any_slices(bodies, step):
    stream = b"".join(pack(body, 60) for body in bodies)
    cutter = Cutter(60)
    found = [body for at in range(0, len(stream), step) for body in cutter.feed(stream[at : at + step])]
    assert found == bodies


def test_a_frame_that_announces_too_much_is_refused_before_it_comes():
    cutter = Cutter(100)
    taken = []
    with pytest.raises(FrameError, match="a frame of 101 bytes"):
        for body in cutter.feed(pack(b"first", 100) + struct.pack(">I", 101)):
            taken.append(body)
    assert taken == [b"first"]


def test_what_the_other_end_would_not_take_is_not_sent():
    assert len(pack(b"x" * 100, 100)) == 104
    with pytest.raises(FrameError, match="101 bytes are more than one frame can carry"):
        pack(b"x" * 101, 100)


def test_it_costs_a_worker_next_to_nothing_to_load():
    """It is loaded by an interpreter without site-packages, before its jail closes."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import __future__, struct, collections.abc; before = set(sys.modules);"
        "import frames; print(sorted(set(sys.modules) - before))"
    )
    place = __import__("codepilot.frames").frames.__file__.rpartition("/")[0]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", script, place], capture_output=True, text=True, check=True
    )
    assert done.stdout == "['frames']\n"
