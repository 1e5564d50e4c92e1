"""A program of a tool, and what is left of it."""

import sys

from codepilot.tools.child import _Child


def test_a_program_that_was_stopped_before_it_began_never_does(tmp_path):
    child = _Child()
    child.stop()
    said = child.run(
        [sys.executable, "-c", "open('ran', 'w')"], str(tmp_path), b"", lambda out: out.read() is not None
    )
    assert said == ""
    assert list(tmp_path.iterdir()) == []
