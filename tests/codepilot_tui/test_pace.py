"""A window that is dragged is laid out at a pace, and ends at the last size."""

import asyncio

from textual import events
from textual.screen import Screen

from codepilot_tui.pace import PacedApp

GUARD = 30


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


async def test_few_sizes_are_followed_and_always_the_last() -> None:
    app = Dragged()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app._resize_pause is None)
        for width in range(100, 200):
            app.post_message(events.Resize.from_dimensions((width, 40), None))
        await until(lambda: app.screen.size == (199, 40))
        await pilot.pause()
        followed = app.sizes
        assert followed[-1] == (199, 40)
        assert len(followed) < 50
        await until(lambda: app._resize_pause is None)
        app.post_message(events.Resize.from_dimensions((90, 30), None))
        await until(lambda: app.screen.size == (90, 30))
