"""What is selected on the screen with the mouse, in panes and in fields: how long it stays, and that it was copied."""

from __future__ import annotations

import math

from textual import events
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.widget import Widget

from codepilot_tui.widgets.clicked import LEFT
from codepilot_tui.widgets.status import StatusLine


class SelectingScreen(Screen[None], inherit_bindings=False):
    """A screen whose status line names what can be done with what is selected."""

    quiet = math.inf
    """For how many seconds the left button had not gone down when it last did."""
    _last_press = -math.inf
    dragged = False
    """The mouse was dragged, and no key was pressed since: Ctrl+C would be meant to copy."""
    _pressed_at: Offset | None = None

    def changed(self) -> None:
        """Something that the status line depends on is another."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Keys mean something else while text is selected."""
        self.watch(self, "selections", self._selected, init=False)

    def _selected(self, before: object, now: object) -> None:
        if bool(before) != bool(now):
            self.changed()

    def on_text_selected(self) -> None:
        """A drag is over. Over cells without text there is nothing to copy, though Textual has marked them."""
        if not (self.get_selected_text() or "").strip():
            self.clear_selection()

    def end_drag(self) -> None:
        """A key or a click came since the mouse was dragged."""
        if self.dragged:
            self.dragged = False
            self.changed()

    def on_field_selection_changed(self) -> None:
        """Ctrl+C copies where text is selected in a field."""
        self.changed()

    def _select_all_in_widget(self, widget: Widget) -> None:
        """Two clicks are a word where the widget knows its words; all of a pane, with its frame, is never meant."""

    def _dragged_in(self) -> Region | None:
        """Where the text is of the widget in which a drag began that goes on."""
        state = self._select_state if self._selecting else None
        widget = state.start.content_widget if state is not None else None
        return widget.scrollable_content_region if widget is not None and widget.is_attached else None

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """What is selected up to there. A drag that leaves its pane goes on in it, in the row of the mouse."""
        if room := self._dragged_in():
            x, y = _within(room, x, y)
        return super().get_widget_and_offset_at(x, y)

    def _check_auto_scroll(self, select_widget: Widget, mouse: tuple[float, float], delta_y: float) -> None:
        """Beyond the edge of its pane a drag scrolls as fast as at the edge."""
        if room := self._dragged_in():
            mouse = _within(room, int(mouse[0]), int(mouse[1]))
        super()._check_auto_scroll(select_widget, mouse, delta_y)

    def _forward_event(self, event: events.Event) -> None:
        """A click on a hint of the status line and the right button are about what is selected, which stays."""
        fresh = isinstance(event, events.MouseEvent) and not event.is_forwarded
        if fresh and isinstance(event, events.MouseDown) and event.button == LEFT:
            # Here, since a widget is handed a copy of the event, which has a time of its own.
            self.quiet, self._last_press = event.time - self._last_press, event.time
            self._pressed_at = event.screen_offset
            self.end_drag()
        other = isinstance(event, events.MouseEvent) and event.button not in (0, LEFT)
        if fresh and isinstance(event, events.MouseUp):
            if not other and self._pressed_at not in (None, event.screen_offset):
                self.dragged = True
                self.changed()
            self._pressed_at = None
            status = self.query_one(StatusLine).region
            if other or status.contains_point(event.screen_offset):
                self._mouse_down_offset = None  # where this went down and up at one place, Textual deselects
        super()._forward_event(event)
        if fresh and other and isinstance(event, events.MouseDown):
            self._select_state = None  # it selects nothing either


def _within(room: Region, x: int, y: int) -> Offset:
    """The cell of a region that is nearest to another one."""
    return (Offset(x, y) - room.offset).clamp(*room.size) + room.offset
