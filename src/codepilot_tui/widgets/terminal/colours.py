"""The colours of a terminal view, from the theme."""

from __future__ import annotations

from rich.color import Color
from textual.widget import Widget

from codepilot_tui.keyboard import speaks_protocol
from codepilot_tui.widgets.terminal.paint import Palette

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_VARIABLES = tuple(f"ansi-{name}" for name in _NAMES) + tuple(f"ansi-bright-{name}" for name in _NAMES)


def palette_of(view: Widget) -> Palette:
    """Its own text and background for plain cells, `terminal--cursor…` for the cursor, the theme's sixteen."""
    plain = Color.parse("default")
    return Palette(
        view.rich_style,
        _ansi(view),
        view.get_component_rich_style("terminal--cursor").color or plain,
        view.get_component_rich_style("terminal--cursor-idle").color or plain,
        # Nobody can be asked for underlines. Terminals that know the keyboard protocol draw them all.
        all_underlines=speaks_protocol(view.app) and view.app.console.color_system == "truecolor",
    )


def _ansi(view: Widget) -> tuple[Color, ...]:
    """The theme's `$ansi-…` variables, or what the application says; numbers where the theme is ANSI itself."""
    app = view.app
    if app.native_ansi_color:
        return tuple(Color.from_ansi(number) for number in range(16))
    variables = app.theme_variables
    if all(name in variables for name in _VARIABLES):
        return tuple(Color.parse(variables[name]) for name in _VARIABLES)
    return tuple(Color.from_triplet(app.ansi_theme.ansi_colors[number]) for number in range(16))
