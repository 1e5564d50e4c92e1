"""What is shown over the panes is shown whole."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from codepilot_tui.widgets.compositor import WholeCells

WIDE = "日本語のテキスト🚀🚀"


class Panes(Screen[None]):
    CSS = """
    Panes { layers: panes over; }
    Horizontal { layer: panes; height: 4; }
    #left { width: 9; } #right { width: 1fr; }
    #over { layer: over; offset-y: 1; height: 2; width: 30; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = WholeCells()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("\n".join(["left"] * 4), id="left")
            yield Static("\n".join(["right"] * 4), id="right")
        yield Static(f"{WIDE}\n{WIDE}", id="over")


def lines(app: App[None]) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()[:4]]


@pytest.mark.parametrize("left", range(1, 20))
async def test_a_wide_character_over_the_border_of_the_panes_beneath_is_shown(left: int) -> None:
    app: App[None] = App()
    async with app.run_test(size=(30, 6)) as pilot:
        await app.push_screen(Panes())
        app.screen.query_one("#left").styles.width = left
        await pilot.pause()
        assert lines(app)[1:3] == [WIDE, WIDE]
        assert lines(app)[0].index("right") == left, "what is not covered stands where it stood"


async def test_what_is_covered_in_part_is_shown_beside_it() -> None:
    app: App[None] = App()
    async with app.run_test(size=(30, 6)) as pilot:
        await app.push_screen(Panes())
        over, right = app.screen.query_one("#over", Static), app.screen.query_one("#right", Static)
        over.update("over\nover")
        right.update("\n".join(["abcdefghijklmnopqrstu"] * 4))
        over.styles.width = 12
        await pilot.pause()
        assert lines(app)[1] == "over        defghijklmnopqrstu"
        over.styles.offset = (4, 1)
        await pilot.pause()
        assert lines(app)[1] == "leftover        hijklmnopqrstu"


async def test_a_change_beneath_is_not_drawn_over_it() -> None:
    app: App[None] = App()
    async with app.run_test(size=(30, 6)) as pilot:
        await app.push_screen(Panes())
        await pilot.pause()
        app.screen.query_one("#right", Static).update("\n".join(["other"] * 4))
        await pilot.pause()
        assert lines(app)[0] == "left     other" and lines(app)[1:3] == [WIDE, WIDE]
