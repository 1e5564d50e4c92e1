"""What programs ask for beyond their screen, kept until somebody looks: bounded, and never acted upon here."""

from __future__ import annotations

import re
import socket
from collections import deque
from typing import Literal
from urllib.parse import unquote, urlsplit

from codepilot.terminal.screen import Effect

CLIPBOARD_MAX = 1 << 20
"""A longer text for the clipboard is not taken: half of it would be worse than nothing."""
_NOTICES = 8
_NOTICE_MAX = 1000
_DIRECTORY_MAX = 4096
_NOT_A_NOTICE = re.compile(r"\d{1,2}(?:;|\Z)")
"""OSC 9 with a number is ConEmu's: progress, sleep, a tab's title."""


class Effects:
    """Collects until `take`: one bell, the last text for each clipboard, the last few notices."""

    def __init__(self) -> None:
        self._bell = False
        self._clipboards: dict[Literal["clipboard", "primary"], str] = {}
        self._notices: deque[str] = deque(maxlen=_NOTICES)

    def bell(self) -> None:
        """The bell rang."""
        self._bell = True

    def clipboard(self, target: Literal["clipboard", "primary"], text: str) -> None:
        """A program wants to write to the clipboard. A request to empty it is ignored."""
        if 0 < len(text) <= CLIPBOARD_MAX:
            self._clipboards[target] = text

    def notice(self, text: str) -> None:
        """A program wants to tell something."""
        if text and not _NOT_A_NOTICE.match(text):
            self._notices.append(text[:_NOTICE_MAX])

    def take(self) -> tuple[Effect, ...]:
        """What came since the last call."""
        taken = (
            *((Effect("bell"),) if self._bell else ()),
            *(Effect("clipboard", text, target) for target, text in self._clipboards.items()),
            *(Effect("notice", text) for text in self._notices),
        )
        self._bell = False
        self._clipboards.clear()
        self._notices.clear()
        return taken


def directory_of(address: str) -> str:
    """The folder that an OSC 7 names: a path, `host:path` if of another machine, empty if it names none."""
    if len(address) > _DIRECTORY_MAX:
        return ""
    if address.startswith("/"):
        return address
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    path = unquote(parts.path)
    if parts.scheme not in ("file", "kitty-shell-cwd") or not path.startswith("/"):
        return ""
    return path if host in ("", "localhost") or _is_here(host) else f"{host}:{path}"


def _is_here(host: str) -> bool:
    return host.partition(".")[0] == socket.gethostname().lower().partition(".")[0]
