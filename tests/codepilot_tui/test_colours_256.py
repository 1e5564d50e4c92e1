"""The themes on a terminal of 256 colours."""

from __future__ import annotations

import importlib.util
from itertools import combinations
from pathlib import Path

import pytest
from rich.color import ColorSystem, ColorType

from codepilot_tui.colours_256 import COLOURS, GREYS, HUED, PLANES, _grey, contrast, nearest, numbers
from codepilot_tui.theme import SYNTAX, TOKENS, load_theme

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[1] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

SHIPPED = ("dusk", "paper")
MEANINGS = ("you", "agent", "ok", "warn", "bad", "code")
SURE = [plane for plane in PLANES if plane != "line"]


def is_grey(number: int) -> bool:
    return len(set(COLOURS[number])) == 1


@pytest.mark.parametrize("name", SHIPPED)
def test_every_token_has_a_number_that_looks_the_same_everywhere(name):
    found = numbers(load_theme(name))
    assert set(found) == set(load_theme(name)) and set(found.values()) <= set(COLOURS)
    assert not set(COLOURS) & set(range(16))


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize(("one", "other"), list(combinations([*PLANES, *HUED], 2)))
def test_planes_that_lie_beside_each_other_stay_apart(name, one, other):
    found = numbers(load_theme(name))
    assert found[one] != found[other]


@pytest.mark.parametrize("name", SHIPPED)
def test_planes_keep_their_order_of_lightness(name):
    theme = load_theme(name)
    found = numbers(theme)
    by_theme = sorted(PLANES, key=lambda plane: sum(bytes.fromhex(theme[plane][1:])))
    assert by_theme == sorted(PLANES, key=lambda plane: COLOURS[found[plane]][0])


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("token", [*TOKENS, *(f"syntax-{each}" for each in SYNTAX)])
def test_a_grey_stays_grey_and_a_hue_a_hue(name, token):
    """Seen: muted text was teal, which is to mean names of code."""
    assert is_grey(numbers(load_theme(name))[token]) == (token in (*PLANES, *GREYS))


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("plane", SURE)
@pytest.mark.parametrize(
    "ink", ["ink", "muted", *MEANINGS, *(f"syntax-{each}" for each in SYNTAX if each != "comment")]
)
def test_text_can_be_read_on_every_plane(name, plane, ink):
    found = numbers(load_theme(name))
    assert contrast(found[ink], found[plane]) >= 4.5


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("plane", HUED)
def test_a_diff_and_a_selection_can_be_read(name, plane):
    found = numbers(load_theme(name))
    assert contrast(found["ink"], found[plane]) >= 3.5


@pytest.mark.parametrize("number", sorted(COLOURS))
def test_a_colour_that_there_is_stays_as_it_is(number):
    assert COLOURS[nearest(COLOURS[number])] == COLOURS[number] or is_grey(number)


def test_a_colour_keeps_its_hue_where_a_nearer_one_has_another():
    assert COLOURS[nearest((0, 31, 35))] == (0, 95, 95), "by distance alone it would be blue"


@pytest.mark.parametrize(("dark", "lightness"), [(True, 138), (False, 128)])
def test_grey_text_never_comes_nearer_to_the_planes(dark, lightness):
    """Lighter than it is on a dark theme, darker on a light one, though the other grey may be nearer."""
    nearer_to_the_planes = 131 if dark else 135
    assert COLOURS[_grey((nearer_to_the_planes,) * 3, dark=dark)] == (lightness,) * 3


def drawn(app) -> set[tuple[ColorType, int | None]]:
    lines = app.screen._compositor.render_strips()
    styles = [segment.style for line in lines for segment in line if segment.style is not None]
    return {
        (colour.type, colour.number) for style in styles for colour in (style.color, style.bgcolor) if colour
    }


@pytest.mark.slow
async def test_the_workbench_is_drawn_in_the_colours_that_the_terminal_has(tmp_path):
    app = stage.Stage(tmp_path)
    app.console._color_system = ColorSystem.EIGHT_BIT
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.terminal()
        for name in SHIPPED:
            app.theme = name
            await stage.settled(pilot)
            found, used = numbers(load_theme(name)), drawn(app)
            assert {kind for kind, _ in used} == {ColorType.EIGHT_BIT}
            assert {found[plane] for plane in ("ground", "panel-plane", "terminal-ground")} <= {
                n for _, n in used
            }
