"""All that is read on the screen stands out from what is behind it, in both themes."""

import importlib.util
from pathlib import Path

import pytest
from rich.color import Color, ColorType

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

LEAST = 4.5


def luminance(color: Color) -> float:
    channels = [value / 255 for value in color.get_truecolor()]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def too_faint(app) -> dict[str, float]:
    """Words on the screen that can hardly be read; what a terminal shows is the program's."""
    found = {}
    terminal = app.session.query_one("#terminal-column").region
    for y, strip in enumerate(app.session._compositor.render_strips()[: app.size.height]):
        x = 0
        for text, style, _ in strip:
            words = any(character.isalnum() for character in text)
            inside = terminal.contains(x, y)
            x += len(text)
            if not words or inside or style is None or style.color is None or style.bgcolor is None:
                continue
            if ColorType.TRUECOLOR in (style.color.type, style.bgcolor.type):
                ratio = contrast(style.color, style.bgcolor)
                if ratio < LEAST:
                    found[text.strip()] = round(ratio, 1)
    return found


@pytest.mark.parametrize("theme", ["dusk", "paper"])
@pytest.mark.parametrize("name", ["chat", "question about edits", "file page", "change page", "keys page"])
async def test_every_word_can_be_read(tmp_path, theme, name):
    app = stage.Stage(tmp_path, theme)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.play(stage.TASK, *stage.LOOKED, *stage.EDITED, *stage.DONE)
        app.terminal()
        await stage.STAGINGS[name][1](app, pilot)
        await stage.settled(pilot)
        assert too_faint(app) == {}
