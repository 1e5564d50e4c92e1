"""The terminal goes away under the workbench: nothing is left, and nothing burns."""

import os
import select
import signal
import sys
import time

import pexpect
import pytest

pytestmark = pytest.mark.slow


def test_a_closed_terminal_ends_the_workbench_and_takes_its_files_along(tmp_path):
    environment = {**os.environ, "TERM": "xterm-256color", "TMPDIR": str(tmp_path)}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "codepilot_tui", "--demo"],
        dimensions=(40, 120),
        env=environment,
        encoding="utf-8",
    )
    child.expect("Run this command", timeout=60)
    watched = os.pidfd_open(child.pid)
    os.close(child.child_fd)
    child.child_fd, child.closed = -1, True
    ended, _, _ = select.select([watched], [], [], 30)
    if not ended:
        os.kill(child.pid, signal.SIGKILL)
    _, status = os.waitpid(child.pid, 0)
    os.close(watched)
    assert ended, "the workbench still ran 30 s after its terminal was closed"
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    guard = time.monotonic() + 10
    while time.monotonic() < guard and list(tmp_path.glob("codepilot*")):
        select.select([], [], [], 0.05)  # the terminal host ends on its own, just after
    assert list(tmp_path.glob("codepilot*")) == []
