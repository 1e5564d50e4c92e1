"""Several runtimes with one session object: who has gone on with it, and who works on it."""

from __future__ import annotations

import weakref

from codepilot.errors import SessionBusy


class _Use:
    """Of one session object."""

    def __init__(self) -> None:
        self.turns = 0
        """How often one of them has changed it."""
        self.worked_on = False


_uses: weakref.WeakKeyDictionary[object, _Use] = weakref.WeakKeyDictionary()


class SharedSession:
    """What one runtime knows of a session object that others of its program may have, too.

    A session looks for other programs by what is on the disk, which an object knows whoever has written it.

    Args:
        session: the object.
        session_id: of it.
    """

    def __init__(self, session: object, session_id: str) -> None:
        self._use = _uses.setdefault(session, _Use())
        self._id = session_id
        self._turns = self._use.turns
        self._mine = False

    def begin(self) -> None:
        """A task begins.

        Raises:
            SessionBusy: another runtime works on the session, or has gone on with it since it was loaded here.
        """
        if self._use.worked_on and not self._mine:
            raise SessionBusy(
                f"The session {self._id} is being worked on by another runtime of this program.",
                hint="Wait for the end of its task, or use another session_id.",
            )
        if self._turns != self._use.turns:
            raise SessionBusy(
                f"The session {self._id} was continued by another runtime since it was loaded here.",
                hint="Make a new runtime: it loads what is there. Or use another session_id.",
            )
        self._use.worked_on = self._mine = True

    def end(self) -> None:
        """The task is over: what the session holds is ours. Nothing where none of ours began."""
        if self._mine:
            self._use.turns += 1
            self._turns = self._use.turns
            self.leave()

    def leave(self) -> None:
        """The task does not begin, and nothing was changed."""
        if self._mine:
            self._use.worked_on = self._mine = False

    def loaded(self) -> None:
        """The session was read."""
        self._turns = self._use.turns
