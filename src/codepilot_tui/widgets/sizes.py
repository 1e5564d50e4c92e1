"""Tells widgets their first size where Textual may have forgotten it."""

from __future__ import annotations

from textual import events
from textual.widget import Widget


def tell_sizes(root: Widget) -> None:
    """Send a `Resize` to a widget and all below it that stand on the screen. Call it after the first layout.

    Whoever asks for a region between mounting and layout makes the compositor lay out for that answer alone; the
    layout that follows then takes the new widgets for old ones of the same size and sends them no `Resize`. What has
    the keyboard from the moment it is opened is asked for its region at once, by its own `Focus`.
    """
    for widget in (root, *root.walk_children(Widget)):
        if widget.size and widget.display:
            widget.post_message(events.Resize(widget.size, widget.virtual_size, widget.container_size))
