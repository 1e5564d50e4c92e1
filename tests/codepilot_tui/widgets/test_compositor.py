"""What is shown over the panes is shown whole."""

from __future__ import annotations

import random

import pytest
from textual._compositor import Compositor, CompositorUpdate
from textual.app import App, ComposeResult
from textual.containers import Container, Horizontal
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from codepilot.terminal.engines import new_engine
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


class Told(Static):
    """Keeps the sizes that it was told."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self.sizes: list[tuple[int, int]] = []

    def on_resize(self) -> None:
        self.sizes.append(self.size)


class Folded(Panes):
    CSS = f"{Panes.CSS} #folded {{ display: none; width: 12; }}"

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Horizontal(id="folded"):
                yield Told(id="told")
            yield Static("right", id="right")


async def test_what_comes_to_sight_is_told_its_size_whoever_asked_for_it_before() -> None:
    """Found by a test that failed once in a hundred runs: F6 at 120 columns, and the shell was blank for ever."""
    app: App[None] = App()
    async with app.run_test(size=(30, 6)) as pilot:
        screen = Folded()
        await app.push_screen(screen)
        await pilot.pause()
        told = screen.query_one(Told)
        assert told.sizes == [] and not told.size
        # As Textual does when something that is not shown is to be drawn anew: where all is has to be found out again.
        screen._compositor.update_widgets({told})
        screen.query_one("#folded").display = True
        assert told.size == (12, 1), "it is looked up before the layout"
        await pilot.pause()
        assert told.sizes == [(12, 1)]
        screen.query_one("#folded").styles.width = 20
        await pilot.pause()
        assert told.sizes == [(12, 1), (20, 1)]


@pytest.fixture
async def app_of_panes():
    app: App[None] = App()
    async with app.run_test(size=(30, 6)) as pilot:
        await app.push_screen(Panes())
        yield app, pilot


def lines(app: App[None]) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


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


@pytest.mark.parametrize("at", [0, 1, 6, 14])
async def test_what_covers_panes_in_part_is_shown_whole_and_they_beside_it(app_of_panes, at: int) -> None:
    """A popup covers neither all of the chat nor all of the terminal, and the edge between them lies beneath it."""
    app, pilot = app_of_panes
    screen = app.screen
    over = screen.query_one("#over", Static)
    over.styles.width, over.styles.offset = 16, (at, 1)
    over.update("日本語のテキスト\n日本語のテキスト")
    for left in range(1, 29):
        beneath = "abcdefghijklmnopqrstuvwxyzABCDE"[:left] + "0123456789!?&%$#(){}[]<>+-*/=_"[: 30 - left]
        screen.query_one("#left").styles.width = left
        screen.query_one("#left", Static).update("\n".join([beneath[:left]] * 4))
        screen.query_one("#right", Static).update("\n".join([beneath[left:]] * 4))
        await pilot.pause()
        assert lines(app)[0] == beneath
        assert lines(app)[1:3] == [beneath[:at] + "日本語のテキスト" + beneath[at + 16 :]] * 2


class Heap(Screen[None]):
    """Widgets that lie over each other in any way."""

    CSS = """
    Heap { layers: a b c d e f; }
    Static { position: absolute; }
    """

    def __init__(self, compositor: Compositor, places: list[tuple[int, int, int, int]]) -> None:
        super().__init__()
        self._compositor = compositor
        self._places = places

    def compose(self) -> ComposeResult:
        for number, (x, y, width, height) in enumerate(self._places):
            sign = "abcdef"[number]
            over = Static("\n".join([f"{sign}{sign.upper()}" * 15] * height))
            over.styles.layer, over.styles.offset = sign, (x, y)
            over.styles.width, over.styles.height = width, height
            yield over


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_narrow_looks_as_it_does_with_textuals_own(seed: int) -> None:
    chance = random.Random(seed)
    places = [
        (chance.randrange(20), chance.randrange(5), chance.randrange(1, 18), chance.randrange(1, 5))
        for _ in range(6)
    ]
    seen = []
    for compositor in (Compositor(), WholeCells()):
        app: App[None] = App()
        async with app.run_test(size=(30, 8)) as pilot:
            await app.push_screen(Heap(compositor, places))
            await pilot.pause()
            seen.append(lines(app))
    assert seen[0] == seen[1]


async def test_a_change_beneath_is_not_drawn_over_it() -> None:
    app: App[None] = App()
    async with app.run_test(size=(30, 6)) as pilot:
        await app.push_screen(Panes())
        await pilot.pause()
        app.screen.query_one("#right", Static).update("\n".join(["other"] * 4))
        await pilot.pause()
        assert lines(app)[0] == "left     other" and lines(app)[1:3] == [WIDE, WIDE]


class Drawn(Container):
    """Counts how often it is drawn."""

    count = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self.count += 1
        return super().render_lines(crop)


class Covered(Panes):
    CSS = f"{Panes.CSS} #row {{ layer: panes; layout: horizontal; height: 4; }} #beside {{ width: 5; }}"

    def compose(self) -> ComposeResult:
        with Drawn(id="row"):
            yield Static("\n".join(["left"] * 4), id="left")
            yield Drawn(id="beside")
            yield Static("\n".join(["right"] * 4), id="right")


async def test_only_what_may_be_seen_is_drawn() -> None:
    app: App[None] = App()
    async with app.run_test(size=(40, 6)) as pilot:
        screen = Covered()
        await app.push_screen(screen)
        await pilot.pause()
        row, beside = screen.query_one("#row", Drawn), screen.query_one("#beside", Drawn)
        row.count = beside.count = 0
        assert "right" in lines(app)[0]
        assert (row.count, beside.count) == (0, 1), "a row is covered by what is in it"
        screen._compositor._dirty_regions = {Region(0, 1, 9, 2)}
        assert screen._compositor.render_partial_update() is not None
        assert (row.count, beside.count) == (0, 1), "what changed is beside it"
        screen.query_one("#left").styles.height = 2
        await pilot.pause()
        assert row.count, "two of its lines are seen"


async def test_repaints_of_parts_leave_the_screen_as_it_is(app_of_panes) -> None:
    """What was painted in parts is what was painted as a whole, to the column, also where wide characters are cut."""
    chance = random.Random(15)
    app, _ = app_of_panes
    compositor, console = app.screen._compositor, app.console
    engine = new_engine(30, 6)

    def write(update: CompositorUpdate) -> None:
        engine.feed(update.render_segments(console).replace("\n", "\r\n").encode())

    def rows() -> object:
        return engine.take_update(full=True).rows

    write(compositor.render_full_update())
    whole = rows()
    for _ in range(300):
        x, y = chance.randrange(29), chance.randrange(4)
        compositor._dirty_regions = {Region(x, y, chance.randrange(1, 30 - x + 1), chance.randrange(1, 3))}
        write(compositor.render_partial_update())
        assert rows() == whole
    engine.close()
