"""An app that lays out and styles no more often than it must.

A window that is dragged is followed a few times a second, and once more at the end; before the first screen the theme
is chosen without a look at the CSS.
"""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.app import App
from textual.timer import Timer

RESIZE_GAP = 1 / 16
"""Seconds between two sizes that are followed: each is painted three times by Textual, until all is in its place."""

Result = TypeVar("Result")


class PacedApp(App[Result]):
    """Follows the size of its window at a steady pace; the last one always. Parses its CSS once for the first frame."""

    _latest: events.Resize | None = None
    _resize_pause: Timer | None = None

    def on_resize(self, event: events.Resize) -> None:
        """Hold back what comes too soon after the one before."""
        if self._resize_pause is None:
            self._resize_pause = self.set_timer(RESIZE_GAP, self._resize_again)
            return
        # A new one, as this one is marked as done with.
        self._latest = events.Resize(event.size, event.virtual_size, event.container_size, event.pixel_size)
        event.stop()
        event.prevent_default()

    async def _resize_again(self) -> None:
        event, self._latest, self._resize_pause = self._latest, None, None
        if event is not None:
            self._resize_pause = self.set_timer(RESIZE_GAP, self._resize_again)
            # Not posted once more: it would stand behind newer ones in the queue, and take their place.
            await self._on_resize(event)

    def refresh_css(self, animate: bool = True) -> None:
        """Style everything anew. While there is nothing on the screen the colours are all that is new.

        What comes is styled as it is mounted; Textual asks for it twice whenever it shows a mode for the first time.
        """
        if self.screen_stack and self.screen.children:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())
