"""A popup: a few rows in a layer of the same screen, under the top bar or above the composer, or at a place.

It covers the body only. Where it has a field it takes the keyboard, and gives it back to where it was; Esc and a click
beside it close it. A popup that the composer drives has none: the composer keeps the keyboard and the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, Literal, TypeVar

from textual import events
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from codepilot_tui.widgets.field import Field
from codepilot_tui.widgets.sizes import tell_sizes

Result = TypeVar("Result")
Anchor = Literal["top", "bottom"]

COLUMNS = 72
ROWS = 10


def popup_region(screen: Size, rows: int, columns: int, *, anchor: Anchor, top: int, bottom: int) -> Region:
    """Where a popup stands.

    Args:
        screen: its size.
        rows: how many the popup wants.
        columns: how many it wants.
        anchor: under the top bar and in the middle, or above the composer and at the left.
        top: the first row that it may cover.
        bottom: the row below the last that it may cover.
    """
    width = max(1, min(columns, screen.width))
    height = max(1, min(rows, bottom - top))
    x = (screen.width - width) // 2 if anchor == "top" else 0
    y = top if anchor == "top" else bottom - height
    return Region(x, y, width, height)


def close_beside(screen: Screen[Any], event: events.MouseDown) -> None:
    """Call this from the screen's `on_mouse_down`: a click beside a popup closes it."""
    for popup in screen.query(Popup):
        if not popup.region.contains(event.screen_x, event.screen_y):
            popup.finish(None)


class CoverChanged(Message):
    """A popup or a page opened or closed, over what is below it."""


class Cover:
    """What opens over what has the keyboard, and gives the keyboard back when it is closed: popups and pages."""


def covers(focused: Widget | None) -> bool:
    """Whether what has the keyboard is a popup or a page, or in one."""
    return focused is not None and any(isinstance(each, Cover) for each in focused.ancestors_with_self)


class Popup(Cover, Vertical, Generic[Result], can_focus=True):
    """One popup. Subclasses give `body` and `rows_wanted`; `finish` closes it.

    One with the `keyboard` has it from the moment it is opened, so that what is typed right behind its key is not lost.

    Args:
        columns: the most it takes.
    """

    DEFAULT_CSS = """
    Popup {
        layer: popup; position: absolute; background: $raised; color: $ink; height: auto; overflow: hidden;
    }
    """
    stands: ClassVar[Anchor] = "top"
    keyboard: ClassVar[bool] = True
    """It has the keyboard while it is open; else whoever opened it keeps the keyboard and drives it."""

    def __init__(self, *, columns: int = COLUMNS, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = columns
        self._over = False
        self._back: Widget | None = None
        self.done: Callable[[Result | None], None] = lambda result: None
        self.top, self.bottom = "#top", "#composer"
        """The selectors of the widgets between which it may stand."""

    def open(
        self,
        screen: Screen[Any],
        done: Callable[[Result | None], None] | None = None,
    ) -> None:
        """Open it on a screen; another popup there is closed.

        Args:
            screen: it needs the layer `popup`.
            done: told the result, or None: nothing was chosen.
        """
        for other in screen.query(Popup):
            other.finish(None)
        self._back = screen.focused
        if done is not None:
            self.done = done
        screen.mount(self)
        if self.keyboard:
            screen.set_focus(self, scroll_visible=False)

    def body(self) -> Iterable[Widget]:
        """What stands in it."""
        return ()

    def rows_wanted(self, width: int) -> int:
        """How many rows it wants in this width."""
        raise NotImplementedError

    def field_now(self) -> Field | None:
        """The field that takes what is typed; None: the popup has the keyboard itself."""
        return None

    def press(self, key: str) -> bool:
        """A key that is not text; True if it was taken."""
        del key
        return False

    def compose(self) -> Iterable[Widget]:
        """Its rows."""
        yield from self.body()

    def on_mount(self) -> None:
        """Take a place, and the keyboard."""
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self.fit())
        self.fit()
        if self.keyboard:
            self.trap_focus()
            self.watch(self.screen, "focused", self._focus_moved, init=False)
        self.screen.post_message(CoverChanged())
        self.call_after_refresh(tell_sizes, self)
        self.call_later(self._to_field)  # behind the keys that came meanwhile

    def _to_field(self) -> None:
        field = self.field_now()
        if field is not None and self.screen.focused is self and not self._over:
            self.screen.set_focus(field, scroll_visible=False)

    def fit(self) -> None:
        """Stand where there is room."""
        if self._over or not self.is_attached:
            return
        region = self.region_wanted()
        self.styles.offset = (region.x, region.y)
        self.styles.width = region.width
        self.styles.height = region.height

    def region_wanted(self) -> Region:
        """Under the top bar or above the composer, with the rows that it wants."""
        screen = self.screen
        above = screen.query_one(self.top).region
        below = screen.query_one(self.bottom).region
        # A pane that has the screen to itself hides the composer: then the status line is the border.
        border = below.y if below.height else screen.size.height - 1
        width = min(self._columns, screen.size.width)
        return popup_region(
            screen.size, self.rows_wanted(width), width, anchor=self.stands, top=above.bottom, bottom=border
        )

    @property
    def over(self) -> bool:
        """It is closed, though it may still have to leave the screen."""
        return self._over

    def finish(self, result: Result | None = None) -> None:
        """Close it with a result; only the first end counts."""
        if self._over:
            return
        self._over = True
        if self.is_attached:
            focused = self.screen.focused
            if focused is None or self in focused.ancestors_with_self:
                back = self._back
                self.screen.set_focus(back if back is not None and back.is_attached else None)
            self.screen.post_message(CoverChanged())
            self.remove()
        self.done(result)

    def _focus_moved(self, focused: Widget | None) -> None:
        """A click into something else that takes the keyboard closes it."""
        if focused is None or self not in focused.ancestors_with_self:
            self.finish(None)

    def on_key(self, event: events.Key) -> None:
        """Esc closes; what the popup takes ends here."""
        if event.key == "escape":
            self.finish(None)
        elif not self.press(event.key) and not self._typed(event):
            return
        event.stop()
        event.prevent_default()

    def _typed(self, event: events.Key) -> bool:
        """A letter that came before the field had the keyboard."""
        field = self.field_now()
        if field is None or field.has_focus or not event.is_printable or not event.character:
            return False
        field.insert_text_at_cursor(event.character)
        return True
