"""The chat is laid out for the width that it has now, and what is read stays where it is."""

import asyncio
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

import codepilot_tui
from codepilot import events as ev
from codepilot_tui.theme import install_themes
from codepilot_tui.transcript import Transcript
from codepilot_tui.widgets.chat import ChatView

STYLES = Path(codepilot_tui.__file__).parent / "styles"
WORDS = "the quick brown fox jumps over the lazy dog and goes on to the river where it sleeps "


class Bench(App):
    """The chat beside a pane that folds."""

    AUTO_FOCUS = ""
    CSS_PATH = [STYLES / "chat.tcss"]
    CSS = "#beside { width: 30; } #chat { width: 1fr; } .-folded { display: none; }"

    def __init__(self):
        super().__init__()
        install_themes(self)
        self.chat = ChatView(id="chat")
        self.transcript = Transcript("Builder")
        self.sequence = 0

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(id="beside")
            yield self.chat

    def feed(self, *events):
        for event in events:
            self.sequence += 1
            stamped = ev.Stamped(self.sequence, 100.0 + self.sequence, event)
            self.chat.apply(self.transcript, self.transcript.apply(stamped))

    def rows(self):
        return [self.chat.render_line(y).text.rstrip() for y in range(self.chat.size.height)]

    async def drawn(self, pilot):
        await pilot.pause()
        async with asyncio.timeout(60):
            while self.chat._waiting or self.chat._frames.waiting:
                await pilot.pause(0.01)
        await pilot.pause()


def prompt(number):
    return ev.TaskStarted(task=f"prompt{number} " + WORDS * 4, number=number)


def session(count=12):
    for number in range(count):
        yield prompt(number)
        yield ev.StepStarted(step=1, max_steps=9)
        yield ev.TextStreamed(text=f"reply{number} " + WORDS * 6)
        yield ev.ToolStarted(call_id=str(number), tool="read_file", args={}, label=f"file{number}.py")
        yield ev.ToolFinished(call_id=str(number), tool="read_file", result="x", figure="1–40 of 96")
        yield ev.TaskFinished(status="replied")


def assert_fits(app):
    """Words run to the edge of the pane that is there now, and not beyond it."""
    width = app.chat.size.width - 1  # the scroll bar
    whole = " ".join(row.strip(" ▍") for row in app.rows())
    longest = max(len(row) for row in app.rows())
    assert longest <= width
    if width < 100:
        assert longest > width - 4 - max(len(word) for word in WORDS.split()) - 8
    for word in whole.split():
        if word.isalpha() and word not in ("You", "Builder", "step", "of"):
            assert word in WORDS or word.startswith(("prompt", "reply", "read"))


async def test_a_pane_that_was_hidden_is_laid_out_for_the_width_it_gets():
    """At 80 columns the files take the chat's place: what came meanwhile was laid out for nothing."""
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.feed(prompt(1))
        await app.drawn(pilot)
        app.chat.add_class("-folded")
        await pilot.pause()
        app.feed(ev.StepStarted(step=1, max_steps=9), ev.TextStreamed(text="reply1 " + WORDS * 3))
        await app.drawn(pilot)
        app.chat.remove_class("-folded")
        await app.drawn(pilot)
        assert_fits(app)
        beside = app.query_one("#beside")
        for _ in range(3):
            for folded in (True, False):
                beside.set_class(folded, "-folded")
                app.chat.set_class(not folded, "-folded")
                await pilot.pause()
                app.chat.remove_class("-folded")
                await app.drawn(pilot)
                assert_fits(app)


async def test_scrolled_up_it_is_laid_out_anew_too():
    app = Bench()
    async with app.run_test(size=(160, 30)) as pilot:
        await pilot.pause()
        app.feed(*session())
        await app.drawn(pilot)
        for _ in range(3):
            app.chat.scroll_relative(y=-7, animate=False)
        await app.drawn(pilot)
        for width in (100, 60, 200, 90):
            await pilot.resize_terminal(width, 30)
            await app.drawn(pilot)
            assert_fits(app)


@pytest.mark.parametrize("place", [0.15, 0.5, 0.8])
async def test_what_is_read_stays_at_the_top(place):
    """The item and the line of it that stood first: not the row number, which is another place of the text."""
    app = Bench()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        app.feed(*session())
        await app.drawn(pilot)
        app.chat.scroll_to(y=round(app.chat.max_scroll_y * place), animate=False)
        await app.drawn(pilot)
        before = app.rows()
        for width in (90, 70, 150, 64, 120):
            await pilot.resize_terminal(width, 24)
            await app.drawn(pilot)
        assert app.rows() == before
        assert not app.chat.rows.following


async def test_the_first_line_is_the_same_text_at_another_width():
    app = Bench()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        numbered = " ".join(f"w{number}" for number in range(900))
        app.feed(prompt(0), ev.StepStarted(step=1, max_steps=9), ev.TextStreamed(text=numbered))
        await app.drawn(pilot)
        app.chat.scroll_to(y=20, animate=False)
        await app.drawn(pilot)
        first = app.rows()[0].split()[1]
        for width in (75, 140, 90):
            await pilot.resize_terminal(width, 24)
            await app.drawn(pilot)
            assert first in app.rows()[0].split()


async def test_no_frame_is_drawn_for_the_former_width():
    """The screen may be composed before the resize is told: the rows are right already then."""
    app = Bench()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        app.feed(*session())
        await app.drawn(pilot)
        widths = []
        render_lines = app.chat.render_lines

        def seen(crop):
            strips = render_lines(crop)
            widths.append((app.chat.rows.size[0], app.chat.container_size.width - 1))
            return strips

        app.chat.render_lines = seen
        app.query_one("#beside").add_class("-folded")
        await app.drawn(pilot)
        del app.chat.render_lines
        assert widths and all(drawn == there for drawn, there in widths)
