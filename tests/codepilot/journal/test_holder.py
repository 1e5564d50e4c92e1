"""A look at who has a session is in nobody's way."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from codepilot.journal.holder import holder_of
from codepilot.journal.lease import Lease


def test_nobody_who_opens_a_session_is_refused_by_those_who_look(tmp_path):
    """Found by use: a lock that names a living process is tried, and an opener met that."""
    lock = tmp_path / "lock"
    Lease(lock, "codepilot").release()
    over = threading.Event()

    def look():
        while not over.is_set():
            holder_of(lock)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for each in lookers:
        each.start()
    try:
        for _ in range(200):
            Lease(lock, "codepilot").release()
    finally:
        over.set()
        for each in lookers:
            each.join()
    assert holder_of(lock) is None


@pytest.mark.parametrize("pid", [10**30, -(10**30), float("inf"), 2**31])
def test_a_lock_with_a_number_that_no_process_has_is_nobodys(tmp_path, pid):
    lock = tmp_path / "lock"
    lock.write_text(json.dumps({"pid": pid, "host": socket.gethostname(), "program": "p", "since": 1.0}))
    assert holder_of(lock) is None
    Lease(lock).release()


def test_a_lock_that_is_a_pipe_is_not_waited_for(tmp_path):
    """Found by a program: the list of the sessions never came."""
    os.mkfifo(tmp_path / "lock")
    code = "import pathlib, sys; from codepilot.journal.holder import holder_of; print(holder_of(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, tmp_path / "lock"]
    assert subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout == "None\n"
