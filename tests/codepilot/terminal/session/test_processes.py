"""Processes of a terminal, from the outside."""

from __future__ import annotations

import subprocess
import sys

import pytest

from codepilot.terminal.session.processes import descendants, parents_first

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the table of processes is read from /proc")


def test_a_parent_is_told_to_end_before_its_children():
    line = "sh -c 'sh -c \"echo ready; sleep 300; true\"; true'; true"
    with subprocess.Popen(["sh", "-c", line], stdout=subprocess.PIPE, start_new_session=True) as shell:
        assert shell.stdout is not None and shell.stdout.readline() == b"ready\n"
        chain = [shell.pid]
        while len(chain) < 4:
            chain = [shell.pid, *(process.pid for process in descendants(shell.pid))]
        try:
            assert parents_first(chain[::-1]) == chain
            gone = 999_999_999
            assert [pid for pid in parents_first([gone, *chain[::-1]]) if pid != gone] == chain
        finally:
            for pid in chain:
                subprocess.run(["kill", "-KILL", str(pid)], check=False)
