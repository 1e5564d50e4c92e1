"""The terminal goes away under the workbench: nothing is left, and nothing burns."""

import os
import select
import signal
import sys
import time
from pathlib import Path

import pexpect
import pytest

pytestmark = pytest.mark.slow


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


WORKBENCH = [sys.executable, "-m", "codepilot_tui", "--demo"]


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(WORKBENCH, id="leader"),
        # Only the leader of a session is sent HUP; make and others do not die of it, but wait for their child.
        pytest.param(
            ["/bin/sh", "-c", 'trap : HUP; "$@"; exit $?', "sh", *WORKBENCH], id="under-a-leader-that-waits"
        ),
    ],
)
def test_a_closed_terminal_ends_the_workbench_and_takes_its_files_along(tmp_path, argv):
    environment = {**os.environ, "TERM": "xterm-256color", "TMPDIR": str(tmp_path)}
    child = pexpect.spawn(
        argv[0],
        argv[1:],
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
        for pid in (child.pid, *children(child.pid)):
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(child.pid, 0)
    os.close(watched)
    assert ended, "the workbench still ran 30 s after its terminal was closed"
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    guard = time.monotonic() + 60
    while time.monotonic() < guard and list(tmp_path.glob("codepilot*")):
        select.select([], [], [], 0.05)  # the terminal host ends on its own, just after
    assert list(tmp_path.glob("codepilot*")) == []
