"""One writer per session, and where a session lies."""

import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from codepilot.errors import SessionBusy, UsageError
from codepilot.journal import lease as leases
from codepilot.journal.lease import Lease
from codepilot.journal.place import folder_of, new_session_id, on_network


def test_there_is_one_holder_and_the_next_one_is_told_who(tmp_path):
    lease = Lease(tmp_path / "lock", "codepilot-tui")
    assert lease.held
    with pytest.raises(SessionBusy, match=rf"\(codepilot-tui, process {os.getpid()}, since \d\d:\d\d\)"):
        Lease(tmp_path / "lock")
    lease.release()
    lease.release()
    assert not lease.held
    Lease(tmp_path / "lock").release()


def test_the_lock_of_a_killed_program_is_free(tmp_path):
    script = (
        "import os, signal, sys, pathlib\nfrom codepilot.journal.lease import Lease\n"
        "held = Lease(pathlib.Path(sys.argv[1]))\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    assert (
        subprocess.run([sys.executable, "-c", script, str(tmp_path / "lock")], check=False).returncode == -9
    )
    Lease(tmp_path / "lock").release()


def test_a_fork_neither_holds_the_session_nor_keeps_it(tmp_path):
    lease = Lease(tmp_path / "lock")
    go, gone = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go[1])
        os.close(gone[0])
        os.write(gone[1], b"held" if lease.held else b"free")
        os.read(go[0], 1)  # outlives its parent's lease
        os._exit(0)
    os.close(gone[1])
    assert os.read(gone[0], 4) == b"free" and lease.held
    lease.release()
    Lease(tmp_path / "lock").release()
    os.close(go[1])
    os.waitpid(child, 0)
    os.close(go[0])
    os.close(gone[0])


def test_a_lease_that_nobody_holds_on_to_is_let_go(tmp_path):
    Lease(tmp_path / "lock")
    Lease(tmp_path / "lock").release()


def test_who_took_the_session_on_a_server_that_locks_nothing_is_seen(tmp_path):
    lease = Lease(tmp_path / "lock")
    assert lease.taken_by() == ""
    (tmp_path / "lock").write_text(
        '{"nonce": "another", "pid": 7, "host": "elsewhere", "program": "codepilot"}'
    )
    assert lease.taken_by() == " (codepilot, process 7 on elsewhere)"
    lease.release()


@pytest.mark.parametrize(
    ("session_id", "name"),
    [
        ("a/b:c", "a%2Fb%3Ac"),
        ("a_b_c", "a_b_c"),
        ("ä", "%C3%A4"),
        ("..", "%2E%2E"),
        (".x", ".x"),
        ("a%", "a%25"),
    ],
)
def test_no_two_sessions_share_a_folder(tmp_path, session_id, name):
    assert folder_of(session_id, tmp_path) == tmp_path / name


@pytest.mark.parametrize("session_id", ["", "x" * 300])
def test_a_name_that_no_folder_can_have_is_refused(tmp_path, session_id):
    with pytest.raises(UsageError, match="session_id"):
        folder_of(session_id, tmp_path)


def test_new_ids_stand_in_the_order_of_their_making():
    assert new_session_id(0).startswith("19700101-000000-")
    assert len({new_session_id() for _ in range(200)}) == 200


def test_this_disk_is_none_of_a_network(tmp_path):
    assert on_network(tmp_path) is False


# On a network file system. The kernel of a test machine has none: the folder is a local one that counts as one.


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(leases, "TOUCHED", 0.05)
    monkeypatch.setattr(leases, "SILENT", 0.6)


def left_by_another_machine(lock, **more):
    lock.write_text(json.dumps({"pid": 1, "host": "elsewhere", "program": "codepilot", "nonce": "x", **more}))


def test_a_holder_elsewhere_that_touches_its_file_is_not_robbed(tmp_path, quick):
    lock, over = tmp_path / "lock", threading.Event()
    left_by_another_machine(lock)
    touching = threading.Thread(target=leases._touch, args=(lock, "x", over))
    touching.start()
    try:
        with pytest.raises(SessionBusy, match="codepilot, process 1 on elsewhere"):
            Lease(lock, remote=True)
    finally:
        over.set()
        touching.join()
    assert json.loads(lock.read_bytes())["host"] == "elsewhere"
    assert [each.name for each in tmp_path.iterdir()] == ["lock"]


def test_one_that_is_silent_for_long_enough_is_gone(tmp_path, quick):
    lock = tmp_path / "lock"
    left_by_another_machine(lock)
    began = time.monotonic()
    Lease(lock, remote=True).release()
    assert time.monotonic() - began >= 0.5
    assert json.loads(lock.read_bytes())["host"] == socket.gethostname()


def test_one_that_let_go_or_was_silent_before_is_not_waited_for(tmp_path):
    """With the real 45 seconds: the limit of a test would be met."""
    lock = tmp_path / "lock"
    left_by_another_machine(lock, over=True)
    Lease(lock, remote=True).release()
    assert json.loads(lock.read_bytes())["over"] is True
    left_by_another_machine(lock)
    os.utime(lock, (time.time() - 60, time.time() - 60))
    Lease(lock, remote=True).release()


def test_the_holder_touches_its_file_until_it_lets_go_or_is_robbed(tmp_path, quick):
    lock = tmp_path / "lock"
    lease = Lease(lock, remote=True)
    seen = lock.stat().st_mtime_ns
    while lock.stat().st_mtime_ns == seen:  # a test that hangs is ended
        os.sched_yield()
    assert lease.taken_by() == ""
    left_by_another_machine(lock)
    assert "elsewhere" in lease.taken_by()
    lease.release()
    assert "over" not in json.loads(lock.read_bytes()), "it is another's by now"


def test_a_local_file_system_needs_none_of_that(tmp_path):
    left_by_another_machine(tmp_path / "lock")
    before = threading.active_count()
    lease = Lease(tmp_path / "lock")
    assert not lease.remote and threading.active_count() == before
    lease.release()


def test_the_socket_that_a_killed_holder_left_is_removed(tmp_path):
    left = tmp_path / ".door-left"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(left))
    (tmp_path / "lock").write_text(json.dumps({"pid": 1, "door": str(left)}))
    assert left.is_socket()
    Lease(tmp_path / "lock").release()
    assert not left.exists()


def test_somebody_who_only_looks_who_has_it_refuses_nobody(tmp_path, monkeypatch):
    """A look takes the lock for a moment, as `holder_of` does."""
    looks, real, refused = Lease(tmp_path / "lock"), fcntl.flock, []

    def noting(handle, how):
        try:
            real(handle, how)
        except OSError as error:
            refused.append(error)
            looks.release()  # the look is over
            raise

    monkeypatch.setattr(fcntl, "flock", noting)
    lease = Lease(tmp_path / "lock")
    assert lease.held and len(refused) == 1
    lease.release()
