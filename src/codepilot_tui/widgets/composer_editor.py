"""The text area of the composer."""

from __future__ import annotations

from codepilot_tui.widgets.editing import LinesInput


class Editor(LinesInput):
    """Grows with its text; `styles/composer.tcss` has its look."""
