"""Which part of a terminal's document a view shows: following the cursor, or staying where the person scrolled to."""

from __future__ import annotations

from codepilot_tui.widgets.terminal.buffer import ScreenBuffer


class Viewport:
    """A window of `width`×`height` cells over a `ScreenBuffer`. Pure arithmetic."""

    def __init__(self, buffer: ScreenBuffer) -> None:
        self.buffer = buffer
        self.width = 0
        self.height = 0
        self.left = 0
        self.following = True
        """The window moves with the screen and its cursor."""
        self._panned = False
        self._down = 0  # lines of the screen above the window while it follows
        self._top = 0

    @property
    def top(self) -> int:
        """The first document line shown."""
        return self.buffer.history + self._down if self.following else self._top

    @property
    def behind(self) -> int:
        """Lines from the window down to where it would follow; 0 if it does."""
        return 0 if self.following else max(0, self._home - self._top)

    @property
    def _home(self) -> int:
        """The `top` of a window that follows."""
        return self.buffer.history + self._down

    @property
    def _last(self) -> int:
        """The lowest `top`."""
        return self.buffer.history + max(0, self.buffer.lines - self.height)

    def settle(self) -> bool:
        """Fit to the buffer after a change; True if other cells are shown now."""
        if self.width <= 0 or self.height <= 0:
            return False  # not laid out yet
        before = (self.left, self._down if self.following else (self._top, self.buffer.history))
        buffer = self.buffer
        room = max(0, buffer.lines - self.height)
        self._down = max(buffer.cursor.y - self.height + 1, min(self._down, buffer.cursor.y, room), 0)
        self._down = min(self._down, room)
        widest = max(0, buffer.columns - self.width)
        if not self._panned:
            x = buffer.cursor.x
            if x < self.width:
                self.left = 0  # home as soon as it fits
            elif not self.left <= x < self.left + self.width:
                # A third of the width ahead, so that typing does not pan at every key.
                self.left = x - self.width + 1 + self.width // 3
        self.left = max(0, min(self.left, widest))
        if not self.following:
            self._top = max(0, min(self._top, self._last))
        return before != (self.left, self._down if self.following else (self._top, self.buffer.history))

    def scroll(self, lines: int) -> bool:
        """Scroll by lines, up with a negative number; True if the window moved."""
        top, home = self.top, self._home
        self._top = max(0, min(top + lines, self._last))
        if top < home <= self._top:
            self._top = home  # coming down, do not jump over the place where the window follows
        self.following = self._top == home
        return self.top != top

    def scroll_to(self, top: int) -> bool:
        """Show from this document line on."""
        return self.scroll(top - self.top)

    def reveal(self, line: int, column: int, *, centred: bool = False) -> bool:
        """Move so that a cell is seen, no more than is needed or with it in the middle; True if the window moved."""
        moved = False
        for _ in range(2):  # a scroll down stops once where the window would follow
            if self.top <= line < self.top + self.height:
                break
            if centred:
                wanted = line - self.height // 2
            else:
                wanted = line if line < self.top else line - self.height + 1
            moved = self.scroll_to(max(0, wanted)) or moved
        if not self.left <= column < self.left + self.width:
            moved = self.pan(column - self.left - self.width // 2) or moved
        return moved

    def hold(self) -> None:
        """Stay here from now on, whatever is written."""
        self._top, self.following = self.top, False

    def follow(self) -> bool:
        """Back to the cursor; True if the window moved."""
        before = (self.top, self.left)
        self.following, self._panned = True, False
        self.settle()
        return before != (self.top, self.left)

    def pan(self, columns: int) -> bool:
        """Move sideways; the cursor is not followed sideways until the next `follow`."""
        left = self.left
        self._panned = True
        self.left = max(0, min(left + columns, self.buffer.columns - self.width))
        return self.left != left
