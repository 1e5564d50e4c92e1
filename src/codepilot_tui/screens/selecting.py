"""What is selected on the screen with the mouse, in panes and in fields: how long it stays, and that it was copied."""

from __future__ import annotations

from textual import events
from textual.screen import Screen
from textual.widget import Widget

from codepilot_tui.widgets.clicked import LEFT
from codepilot_tui.widgets.status import StatusLine


class SelectingScreen(Screen[None], inherit_bindings=False):
    """A screen whose status line names what can be done with what is selected."""

    def changed(self) -> None:
        """Something that the status line depends on is another."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Keys mean something else while text is selected."""
        self.watch(self, "selections", self._selected, init=False)

    def _selected(self, before: object, now: object) -> None:
        if bool(before) != bool(now):
            self.changed()

    def on_field_selection_changed(self) -> None:
        """Ctrl+C copies where text is selected in a field."""
        self.changed()

    def _select_all_in_widget(self, widget: Widget) -> None:
        """Two clicks are a word where the widget knows its words; all of a pane, with its frame, is never meant."""

    def _forward_event(self, event: events.Event) -> None:
        """A click on a hint of the status line and the right button are about what is selected, which stays."""
        fresh = isinstance(event, events.MouseEvent) and not event.is_forwarded
        other = isinstance(event, events.MouseEvent) and event.button not in (0, LEFT)
        if fresh and isinstance(event, events.MouseUp):
            status = self.query_one(StatusLine).region
            if other or status.contains_point(event.screen_offset):
                self._mouse_down_offset = None  # where this went down and up at one place, Textual deselects
        super()._forward_event(event)
        if fresh and other and isinstance(event, events.MouseDown):
            self._select_state = None  # it selects nothing either
