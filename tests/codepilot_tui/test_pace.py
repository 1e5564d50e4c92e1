"""A window that is dragged is laid out at a pace, and ends at the last size."""

import asyncio

from textual import events
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.widgets import Static

from codepilot_tui.pace import PacedApp

GUARD = 60


class Noting(Screen):
    def __init__(self, sizes: list[tuple[int, int]]) -> None:
        super().__init__()
        self.sizes = sizes

    def on_resize(self, event: events.Resize) -> None:
        self.sizes.append((event.size.width, event.size.height))


class Dragged(PacedApp[None]):
    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[int, int]] = []
        """That the screen was laid out in."""

    def get_default_screen(self) -> Screen:
        return Noting(self.sizes)


async def until(condition) -> None:
    async with asyncio.timeout(GUARD):
        while not condition():
            await asyncio.sleep(0.01)


async def resize(app: Dragged, width: int) -> None:
    """As one event of its own: those that wait in the queue together are one for Textual."""
    app.post_message(events.Resize.from_dimensions((width, 40), None))
    await until(lambda: not app._message_queue.qsize())


async def test_few_sizes_are_followed_and_always_the_last() -> None:
    app = Dragged()
    async with app.run_test(size=(80, 24)):
        for width in range(100, 140):
            await resize(app, width)
        await until(lambda: app.sizes[-1:] == [(139, 40)])
        assert app.screen.size == app.size == (139, 40)
        assert len(app.sizes) < 40
        await until(lambda: app._resize_pause is None)
        await resize(app, 90)
        await until(lambda: app.screen.size == (90, 40))


async def test_a_size_that_was_held_back_never_takes_the_place_of_a_newer_one() -> None:
    app = Dragged()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app._resize_pause is None)
        await resize(app, 100)
        await resize(app, 20)
        assert app._latest is not None or app.size.width == 20, "on a slow machine it was not too soon"
        app.post_message(events.Resize.from_dimensions((120, 40), None))
        await app._resize_again()
        await until(lambda: app._resize_pause is None and not app._message_queue.qsize())
        await until(lambda: app._resize_timer is None)
        await pilot.pause()
        assert app.size == app.screen.size == (120, 40)


class Clocked(Dragged):
    """Its time is the test's."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.due: list[float] = []

    def set_timer(self, delay, callback=None, **more):
        if callback == self._resize_again:
            self.due.append(self.now + delay)
            delay = 3600.0
        return super().set_timer(delay, callback, **more)


async def test_a_window_that_is_dragged_is_followed_sixteen_times_a_second() -> None:
    app = Clocked()
    async with app.run_test(size=(80, 24)):
        while app._resize_pause is not None:  # the sizes it begins with are followed too
            await app._resize_again()
        app.due.clear()
        for hundredth in range(100):
            app.now = hundredth / 100
            if app.due and app.due[-1] <= app.now:
                await app._resize_again()
            await resize(app, 80 + hundredth)
        assert len(app.due) in (15, 16)


class Counting(Stylesheet):
    """Notes how often all of it was parsed anew."""

    reparsed = 0

    def reparse(self) -> None:
        self.reparsed += 1
        super().reparse()


class Themed(PacedApp[None]):
    CSS = "Static { color: $primary; }"

    def __init__(self, theme: str) -> None:
        super().__init__()
        self.stylesheet = self.counting = Counting(variables=self.get_css_variables())
        self.theme = theme

    def compose(self):
        yield Static("words")


async def test_a_theme_that_is_chosen_before_the_first_screen_costs_no_parse_of_its_own() -> None:
    app = Themed("gruvbox")
    async with app.run_test():
        assert not app.counting.reparsed
        gruvbox = app.query_one(Static).styles.color
        assert gruvbox.hex == app.get_theme("gruvbox").primary
        app.theme = "nord"
        await until(lambda: app.query_one(Static).styles.color.hex == app.get_theme("nord").primary)
        assert app.counting.reparsed


class InMode(Screen):
    def compose(self):
        yield Static("words")


class InModes(Themed):
    """Shows a mode as soon as it runs, as the workbench does with its tabs."""

    MODES = {"first": InMode, "second": InMode}  # noqa: RUF012 - as Textual has it

    def compose(self):
        return ()

    async def on_mount(self) -> None:
        await self.switch_mode("first")


async def test_a_mode_that_is_shown_first_costs_no_parse_of_its_own() -> None:
    app = InModes("gruvbox")
    async with app.run_test():
        assert not app.counting.reparsed
        assert app.screen.query_one(Static).styles.color.hex == app.get_theme("gruvbox").primary
        app.theme = "nord"
        nord = app.get_theme("nord").primary
        await until(lambda: app.screen.query_one(Static).styles.color.hex == nord)
        await app.switch_mode("second")
        assert app.screen.query_one(Static).styles.color.hex == nord
        await app.switch_mode("first")
        assert app.screen.query_one(Static).styles.color.hex == nord
