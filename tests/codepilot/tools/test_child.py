"""A program of a tool, and what is left of it."""

import os
import signal
import sys

import pytest

from codepilot.tools.child import _LONGEST_COMPLAINT, End, _Child


def test_a_program_that_was_stopped_before_it_began_never_does(tmp_path):
    child = _Child()
    child.stop()
    said = child.run(
        [sys.executable, "-c", "open('ran', 'w')"], str(tmp_path), b"", lambda out: out.read() is not None
    )
    assert said == End()
    assert list(tmp_path.iterdir()) == []


def ran(folder, code, stdin=b""):
    return _Child().run([sys.executable, "-c", code], str(folder), stdin, lambda out: out.read() is not None)


def test_of_a_long_complaint_the_first_part_is_kept_and_the_program_ends(tmp_path):
    said = ran(tmp_path, "import sys; sys.stderr.write('first ' + 'x' * 3_000_000); sys.exit(1)").complaint
    assert said.startswith("first x")
    assert _LONGEST_COMPLAINT <= len(said) < 2 * _LONGEST_COMPLAINT


def test_a_program_that_does_not_read_what_it_is_given_is_no_fault(tmp_path):
    assert ran(tmp_path, "import os; os.close(0)", b"x" * 3_000_000) == End()


def test_a_complaint_of_a_program_that_succeeded_is_left_out(tmp_path):
    assert ran(tmp_path, "import sys; sys.stderr.write('hm')") == End()


@pytest.mark.parametrize(
    ("code", "end", "why"),
    [
        ("import sys; sys.exit(3)", End(3), "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", End(-9), "signal 9 ended its process"),
        ("import sys; sys.exit('one\\ntwo\\n')", End(1, "one\ntwo"), "two"),
    ],
)
def test_how_a_program_failed_is_told(tmp_path, code, end, why):
    assert ran(tmp_path, code) == end
    assert end.why == why


def test_what_it_left_running_is_not_waited_for(tmp_path):
    """It holds stderr open, and may do so for ever."""
    code = (
        "import os, subprocess, sys\n"
        "left = subprocess.Popen(['sleep', '1000'], stdin=-3, stdout=-3, start_new_session=True)\n"
        "sys.stderr.write(f'{left.pid}\\n'); sys.exit(3)\n"
    )
    end = ran(tmp_path, code)
    os.kill(int(end.complaint), signal.SIGKILL)
    assert end.code == 3


def test_a_script_that_is_no_longer_read_ends_with_what_it_started(tmp_path):
    """Its child holds the output open: the reading went on for ever."""
    said = _Child().run(["sh", "-c", "yes; :"], str(tmp_path), b"", lambda out: not out.readline())
    assert said == End()
