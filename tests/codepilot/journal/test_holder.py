"""A look at who has a session is in nobody's way."""

import threading

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
