"""Payloads and the calls that take them: one spelling of every path, and each call its own text."""

from __future__ import annotations

import posixpath
import unicodedata
from collections import deque
from collections.abc import Iterable

from codepilot.paths import model_path
from codepilot.protocol.blocks import PayloadBlock


def normalise_path(path: str) -> str:
    r"""Bring spellings of one path together: ``./a.py``, ``a.py`` and ``x\..\a.py`` are the same.

    This is the key by which payloads find their calls. It says nothing about where a path may lead.
    """
    text = unicodedata.normalize("NFC", model_path(path))
    # POSIX keeps exactly two leading slashes apart; here they are a slip of the pen.
    return posixpath.normpath("/" + text.lstrip("/") if text.startswith("/") else text) if text else ""


class PayloadBinder:
    """The payloads of a step. Several of one path are handed out in the order of the reply.

    Args:
        payloads: those kept from a cut reply first, then the reply's own.
        work_dir: where given, ``<work_dir>/a.py`` and ``a.py`` are the same path.
    """

    def __init__(self, payloads: Iterable[PayloadBlock], *, work_dir: str = "") -> None:
        self._root = normalise_path(work_dir) if work_dir else ""
        self.missed: list[str] = []
        """Paths for which there was no payload, as the calls spelled them."""
        self._waiting: dict[str, deque[PayloadBlock]] = {}
        for payload in payloads:
            self._waiting.setdefault(self._key(payload.path), deque()).append(payload)

    def fork(self) -> PayloadBinder:
        """The same payloads, to try something out: what is taken from one is left in the other."""
        made = PayloadBinder(())
        made._root = self._root
        made._waiting = {key: deque(queue) for key, queue in self._waiting.items()}
        return made

    def take(self, path: str) -> str | None:
        """The text of the next unused payload of this path, or None."""
        queue = self._waiting.get(self._key(path))
        if not queue:
            self.missed.append(path)
            return None
        return queue.popleft().text

    def pop_next(self) -> str | None:
        """The text of the first unused payload in the order of the reply, or None."""
        left = [(queue[0].line, queue) for queue in self._waiting.values() if queue]
        return min(left, key=lambda each: each[0])[1].popleft().text if left else None

    def remaining(self) -> tuple[str, ...]:
        """The paths, as the model spelled them, of the payloads that no call has taken."""
        left = [payload for queue in self._waiting.values() for payload in queue]
        return tuple(payload.path for payload in sorted(left, key=lambda payload: payload.line))

    def _key(self, path: str) -> str:
        key = normalise_path(path)
        if self._root and posixpath.isabs(key) and key.startswith(self._root.rstrip("/") + "/"):
            return key[len(self._root.rstrip("/")) + 1 :]
        return key
