"""An app whose window may be dragged: it is laid out anew a few times a second, and once more at the end."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.app import App
from textual.timer import Timer

RESIZE_GAP = 1 / 20
"""Seconds between two sizes that are followed: each is painted three times, until all is in its place."""

Result = TypeVar("Result")


class PacedApp(App[Result]):
    """Follows the size of its window at a steady pace; the last one always."""

    _latest: events.Resize | None = None
    _resize_pause: Timer | None = None

    def on_resize(self, event: events.Resize) -> None:
        """Hold back what comes too soon after the one before."""
        if self._resize_pause is None:
            self._resize_pause = self.set_timer(RESIZE_GAP, self._resize_again)
            return
        self._latest = event
        event.stop()
        event.prevent_default()

    def _resize_again(self) -> None:
        event, self._latest, self._resize_pause = self._latest, None, None
        if event is not None:
            self.post_message(event)
