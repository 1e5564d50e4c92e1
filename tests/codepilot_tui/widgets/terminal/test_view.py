"""The terminal widget, fed by a real engine."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from rich.color import Color
from textual import events
from textual.app import App
from textual.message import Message
from textual.strip import Strip

from codepilot.terminal.engines import new_engine
from codepilot_tui.widgets.terminal import TerminalView

TOKENS = {
    "ground": "#11151a",
    "panel-plane": "#151a21",
    "raised": "#1c232c",
    "selection": "#24507f",
    "line": "#2a333e",
    "ink": "#d5dbe3",
    "muted": "#8794a3",
    "faint": "#55616f",
    "you": "#6cb6ff",
    "agent": "#b8a3f5",
    "ok": "#7fce8f",
    "warn": "#e8bd5c",
    "bad": "#f28b82",
    "code": "#78d0d0",
    "terminal-ground": "#0c0f13",
    "ansi-black": "#000001",
    "ansi-red": "#aa0001",
    "ansi-green": "#00aa01",
    "ansi-yellow": "#aaaa01",
    "ansi-blue": "#0000aa",
    "ansi-magenta": "#aa00aa",
    "ansi-cyan": "#00aaaa",
    "ansi-white": "#aaaaaa",
    "ansi-bright-black": "#555555",
    "ansi-bright-red": "#ff5555",
    "ansi-bright-green": "#55ff55",
    "ansi-bright-yellow": "#ffff55",
    "ansi-bright-blue": "#5555ff",
    "ansi-bright-magenta": "#ff55ff",
    "ansi-bright-cyan": "#55ffff",
    "ansi-bright-white": "#ffffff",
}


class Watched(TerminalView):
    """Counts what is drawn."""

    DEFAULT_CSS = ""
    CLICK_PATIENCE = 60.0

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.drawn: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        return super().render_line(y)


class Bench(App[None]):
    def __init__(self, columns: int = 40, lines: int = 10) -> None:
        super().__init__()
        self.engine = new_engine(columns, lines)
        self.said: list[Message] = []
        self.sizes: list[tuple[int, int]] = []
        self.asked: list[tuple[int, int]] = []
        self.view = Watched(fetch=self.history, reserved=frozenset({"f6", "ctrl+x"}))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return TOKENS

    def compose(self):
        yield self.view

    async def history(self, start: int, count: int):
        self.asked.append((start, count))
        return self.engine.history(start, count)

    def feed(self, data: bytes | str) -> None:
        self.engine.feed(data.encode() if isinstance(data, str) else data)
        update = self.engine.take_update()
        if update is not None:
            self.view.apply(update)

    def on_terminal_view_key_typed(self, message: TerminalView.KeyTyped) -> None:
        self.said.append(message)

    on_terminal_view_pasted = on_terminal_view_key_typed
    on_terminal_view_mouse_used = on_terminal_view_key_typed
    on_terminal_view_taken_by_typing = on_terminal_view_key_typed
    on_terminal_view_focus_told = on_terminal_view_key_typed
    on_terminal_view_link_chosen = on_terminal_view_key_typed
    on_terminal_view_copied = on_terminal_view_key_typed
    on_terminal_view_key_refused = on_terminal_view_key_typed
    on_terminal_view_sight_changed = on_terminal_view_key_typed

    def on_terminal_view_resized(self, message: TerminalView.Resized) -> None:
        self.sizes.append((message.columns, message.lines))

    def heard(self, kind: type[Message]) -> list:
        return [message for message in self.said if isinstance(message, kind)]

    def typed(self) -> list[tuple[str, str | None]]:
        return [(m.key, m.character) for m in self.said if isinstance(m, TerminalView.KeyTyped)]

    def text(self, y: int) -> str:
        return self.view.render_line(y).text.rstrip()

    def shown(self) -> list[str]:
        return [self.text(y) for y in range(self.view.size.height)]


@asynccontextmanager
async def bench(columns: int = 40, lines: int = 10, size: tuple[int, int] = (40, 10)):
    app = Bench(columns, lines)
    async with app.run_test(size=size) as pilot:
        app.view.focus()
        await pilot.pause()
        app.said.clear()
        yield app, pilot
    app.engine.close()


async def selected_text(view: TerminalView) -> str:
    selection = view.marks.dragging.selection
    return await view.history.text(selection) if selection is not None else ""


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def styled(app: Bench, y: int) -> list[tuple[str, str, str]]:
    return [
        (s.text, s.style.color.get_truecolor().hex, s.style.bgcolor.get_truecolor().hex)
        for s in app.view.render_line(y)
        if s.text.strip()
    ]


async def test_text_and_colours() -> None:
    async with bench() as (app, _):
        app.feed(
            b"plain \x1b[31mred\x1b[0m \x1b[38;5;208mpal\x1b[0m \x1b[38;2;1;2;3;44mrgb\x1b[0m \x1b[7minv\x1b[0m"
        )
        assert app.text(0) == "plain red pal rgb inv"
        assert styled(app, 0) == [
            ("plain ", "#d5dbe3", "#0c0f13"),
            ("red", "#aa0001", "#0c0f13"),
            ("pal", "#ff8700", "#0c0f13"),
            ("rgb", "#010203", "#0000aa"),
            ("inv", "#0c0f13", "#d5dbe3"),
        ]


async def test_attributes() -> None:
    async with bench() as (app, _):
        app.feed(b"\x1b[1;3;4mX\x1b[0m\x1b[2;9mY\x1b[0m\x1b[8mZ\x1b[0m")
        x, y, z = [segment.style for segment in app.view.render_line(0) if segment.text.strip()]
        assert x.bold and x.italic and x.underline
        assert y.dim and y.strike
        assert z.color == z.bgcolor


async def test_wide_characters_keep_their_cells() -> None:
    async with bench() as (app, _):
        app.feed("a日本b e\u0301 👩\u200d👩\u200d👧 🇨🇿|")
        strip = app.view.render_line(0)
        assert strip.cell_length == 40
        assert strip.text.rstrip() == "a日本b e\u0301 👩\u200d👩\u200d👧 🇨🇿|"
        assert sum(segment.cell_length for segment in strip) == 40


async def test_the_cursor_follows_focus_and_owner() -> None:
    async with bench() as (app, pilot):
        app.feed(b"ab\x1b[1;2H")
        await pilot.pause()

        def cursor() -> tuple[str, str]:
            ((text, _, plane),) = [part for part in styled(app, 0) if part[2] != "#0c0f13"]
            return text, plane

        assert cursor() == ("b", TOKENS["ink"])
        app.view.owner = "agent"
        assert cursor() == ("b", TOKENS["faint"])
        app.view.owner = "person"
        app.view.blur()
        await pilot.pause()
        assert cursor() == ("b", TOKENS["faint"])
        app.feed(b"\x1b[?25l")
        assert styled(app, 0) == [("ab", TOKENS["ink"], TOKENS["terminal-ground"])]


async def test_the_cursor_covers_a_wide_character() -> None:
    async with bench() as (app, _):
        app.feed("日本\x1b[1;4H")
        strip = app.view.render_line(0)
        assert strip.text.rstrip() == "日本"
        assert [s.text for s in strip if s.style.bgcolor == Color.parse(TOKENS["ink"])] == ["本"]


async def test_cursor_shapes() -> None:
    async with bench() as (app, _):
        app.feed(b"ab\x1b[4 q\x1b[1;1H")
        assert next(iter(app.view.render_line(0))).style.underline
        app.feed(b"\x1b[6 q\x1b[1;5H")
        assert app.view.render_line(0).text[4] == "▏"


async def test_only_changed_lines_are_drawn() -> None:
    async with bench() as (app, pilot):
        app.feed(b"".join(b"line %d\r\n" % n for n in range(8)))
        await until(lambda: app.view.frames.settled)
        await pilot.pause()
        app.view.drawn.clear()
        app.feed(b"\x1b7\x1b[4;1Hchanged\x1b8")
        await until(lambda: app.view.drawn)
        await pilot.pause()
        assert set(app.view.drawn) == {3}
        app.view.drawn.clear()
        app.feed(b"\x1b[6;1H")
        await until(lambda: app.view.drawn)
        await pilot.pause()
        assert set(app.view.drawn) == {5, 8}, "where the cursor was and is"


async def test_many_updates_are_one_frame_and_none_while_hidden() -> None:
    async with bench() as (app, pilot):
        await until(lambda: app.view.frames.settled)
        await pilot.pause()
        app.view.drawn.clear()
        for n in range(500):
            app.feed(b"\x1b[1;1H%d" % n)
        assert app.view.drawn == []
        await until(lambda: app.view.drawn)
        await pilot.pause()
        assert len(app.view.drawn) < 20
        assert app.text(0) == "499"
        app.view.display = False
        await pilot.pause()
        app.view.drawn.clear()
        app.feed(b"\x1b[1;1Hunseen")
        await pilot.pause()
        assert app.view.drawn == [] and not app.view.frames.waits
        app.view.display = True
        await until(lambda: app.view.drawn)
        assert app.text(0) == "unseen"


async def test_scrollback_by_wheel_and_keys() -> None:
    async with bench() as (app, pilot):
        app.feed(b"".join(b"line %d\r\n" % n for n in range(100)) + b"$ ")
        await pilot.pause()
        assert app.shown()[-2:] == ["line 99", "$"]
        await pilot._post_mouse_events([events.MouseScrollUp], offset=(5, 5))
        await pilot.pause()
        assert app.text(0) == "line 88" and app.text(9).startswith("line 97")
        await pilot.press("shift+pageup")
        assert app.text(0) == "line 79"
        await until(lambda: app.view.frames.settled)
        assert "12 below" in "".join(segment.text for segment in app.screen._compositor.render_strips()[9])
        app.feed(b"more\r\n")
        assert app.text(0) == "line 79", "looking back holds still while output goes on"
        await pilot.press(*["shift+pageup"] * 10)
        assert app.text(0) == "line 0"
        await pilot.press(*["shift+pagedown"] * 11)
        assert app.view.viewport.following
        assert app.asked and app.typed() == []
        await pilot.press("shift+pageup")
        await pilot.press("x")
        assert app.view.viewport.following, "typing shows where it goes"


async def test_a_wide_grid_is_panned_with_the_cursor() -> None:
    async with bench(120, 40, (30, 10)) as (app, pilot):
        app.view.owner = "agent"
        app.feed(b"\x1b[40;1H" + b"0123456789" * 8)
        assert app.view.viewport.left > 50 and app.text(9).endswith("789")
        assert app.text(9).startswith("‹"), "the row goes on to the left"
        app.feed(b"\r")
        assert app.view.viewport.left == 0 and app.text(9).startswith("0123") and app.text(9).endswith("›")
        await pilot.press("right")
        assert app.view.viewport.left == 8 and app.text(9) == "‹9" + "0123456789" * 2 + "0123456›"
        app.feed(b"\x1b[1;1Htop")
        assert app.shown()[0] == "‹", "panned by hand it stays sideways"
        await pilot.press("end")
        assert app.shown()[0] == "top"
        await pilot.press("down")
        assert app.shown()[0] == ""
        assert app.typed() == []


async def test_keys_go_out_but_for_the_reserved_ones() -> None:
    async with bench() as (app, pilot):
        app.view.owner = "person"
        await pilot.press(
            "l", "S", "ctrl+c", "escape", "tab", "shift+tab", "up", "enter", "f5", "alt+x", "exclamation_mark"
        )
        sent = [app.engine.encode_key(key, text=character or "") for key, character in app.typed()]
        assert sent == [
            b"l",
            b"S",
            b"\x03",
            b"\x1b",
            b"\t",
            b"\x1b[Z",
            b"\x1b[A",
            b"\r",
            b"\x1b[15~",
            b"\x1bx",
            b"!",
        ]
        app.said.clear()
        await pilot.press("ctrl+x", "f6")
        assert app.said == []
        await pilot.press("ctrl+right_square_bracket", "alt+full_stop", "alt+backspace")
        sent = [app.engine.encode_key(key, text=character or "") for key, character in app.typed()]
        assert sent == [b"\x1d", b"\x1b.", b"\x1b\x7f"]


async def test_typing_into_a_free_terminal_takes_it() -> None:
    async with bench() as (app, pilot):
        await pilot.press("x")
        take, key = app.said
        assert isinstance(take, TerminalView.TakenByTyping)
        assert isinstance(key, TerminalView.KeyTyped) and key.terminal == "main"


async def test_the_agents_terminal_takes_no_keys() -> None:
    async with bench() as (app, pilot):
        app.view.owner = "agent"
        app.feed(b"x\r\n" * 50)
        await pilot.press("x", "enter", "pageup")
        assert [type(message) for message in app.said] == [TerminalView.KeyRefused] * 2, "and says so"
        assert not app.view.viewport.following
        app.said.clear()
        app.view.post_message(events.Paste("words"))
        await pilot.press("f6")
        assert [type(message) for message in app.said] == [TerminalView.KeyRefused]


async def test_paste() -> None:
    async with bench() as (app, pilot):
        app.view.owner = "person"
        app.view.post_message(events.Paste("two\nlines"))
        await until(lambda: app.said)
        assert [m.text for m in app.said] == ["two\nlines"]


async def test_mouse_goes_to_a_program_that_asked_for_it() -> None:
    async with bench(120, 40, (30, 10)) as (app, pilot):
        app.view.owner = "person"
        app.feed(b"\x1b[?1000h\x1b[?1006h\x1b[40;1H")
        await pilot.pause()
        await pilot.mouse_down(offset=(3, 9))
        await pilot.mouse_up(offset=(4, 9))
        await pilot._post_mouse_events([events.MouseScrollDown], offset=(2, 8), control=True)
        await pilot.pause()
        used = [(m.action, m.button, m.x, m.y, m.modifiers) for m in app.said]
        assert used == [
            ("press", 1, 3, 39, ()),
            ("release", 1, 4, 39, ()),
            ("press", 5, 2, 38, ("ctrl",)),
        ]
        app.said.clear()
        app.view.owner = "agent"
        await pilot.mouse_down(offset=(3, 9))
        await pilot.mouse_up(offset=(3, 9))
        assert app.said == []


async def test_the_wheel_turns_pages_of_a_full_screen_program() -> None:
    async with bench() as (app, pilot):
        app.view.owner = "person"
        app.feed(b"\x1b[?1049h")
        await pilot._post_mouse_events([events.MouseScrollDown], offset=(2, 2))
        await until(lambda: len(app.typed()) == 3)
        assert app.typed() == [("down", None)] * 3


async def test_a_lasting_size_is_told_once() -> None:
    async with bench() as (app, pilot):
        await until(lambda: app.sizes)
        await pilot.resize_terminal(50, 12)
        await pilot.resize_terminal(60, 14)
        await until(lambda: len(app.sizes) == 2)
        assert app.sizes == [(40, 10), (60, 14)]


async def test_selection_gives_logical_lines() -> None:
    async with bench() as (app, pilot):
        app.feed(b"0123456789" * 5 + b" end  \r\nnext line")
        await pilot.pause()
        await pilot.mouse_down(offset=(2, 0))
        await pilot.hover(offset=(4, 2))
        await pilot.mouse_up(offset=(4, 2))
        await pilot.pause()
        selected = await selected_text(app.view)
        assert selected.split("\n") == ["23456789" + "0123456789" * 4 + " end", "next"]


async def test_a_link_shows_its_target() -> None:
    async with bench() as (app, pilot):
        app.feed(b"\x1b]8;;https://example.org/a\x07here\x1b]8;;\x07 there")
        await pilot.hover(offset=(2, 0))
        assert str(app.view.tooltip).splitlines() == ["https://example.org/a", "Ctrl+click opens it"]
        await pilot.hover(offset=(8, 0))
        assert app.view.tooltip is None


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (200, 60)])
async def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    async with bench(40, 10, size) as (app, pilot):
        app.feed("日本語 text \x1b[41m\x1b[K\r\n".encode() * 30)
        app.view.scroll_lines(-5)
        await pilot.pause()
        for y in range(app.view.size.height):
            assert app.view.render_line(y).cell_length == app.view.size.width
            assert app.screen._compositor.render_strips()


async def test_a_scroll_paints_only_the_new_line() -> None:
    async with bench() as (app, pilot):
        app.feed(b"".join(b"line %d\r\n" % n for n in range(30)))
        await until(lambda: app.view.frames.settled)
        await pilot.pause()
        painted: list[str] = []
        paint = app.view.drawing.painter.strip
        app.view.drawing.painter.strip = lambda row: painted.append(row.text) or paint(row)
        app.feed(b"the new one\r\n")
        await until(lambda: painted and app.view.frames.settled)
        await pilot.pause()
        assert painted == ["the new one"]


async def test_lines_that_look_the_same_are_not_drawn_again() -> None:
    async with bench() as (app, pilot):
        app.feed(b"y\r\n" * 30)
        await until(lambda: app.view.frames.settled)
        await pilot.pause()
        app.view.drawn.clear()
        app.feed(b"y\r\n" * 500 + b"z")
        await until(lambda: app.view.drawn)
        await pilot.pause()
        assert set(app.view.drawn) == {9}, "a flood of one word changes nothing but the line of the cursor"


async def drag(pilot, *places: tuple[int, int]) -> None:
    await pilot.mouse_down(offset=places[0])
    for place in places[1:]:
        await pilot.hover(offset=place)
    await pilot.mouse_up(offset=places[-1])
    await pilot.pause()


async def test_double_click_takes_the_word_and_triple_click_the_line() -> None:
    async with bench() as (app, pilot):
        app.feed(b"0123456789" * 4 + b" see src/app.py:12, please\r\nnext")
        await pilot.pause()
        for expected in (None, "src/app.py:12", "0123456789" * 4 + " see src/app.py:12, please"):
            await drag(pilot, (8, 1))
            assert (app.view.marks.dragging.selection and await selected_text(app.view)) == expected
        await drag(pilot, (8, 1))
        assert app.view.marks.dragging.selection is None, "the fourth click begins anew"
        await drag(pilot, (30, 4))
        await drag(pilot, (8, 1))
        await drag(pilot, (8, 1), (20, 1))
        assert await selected_text(app.view) == "src/app.py:12, please", "it grows by words"


async def test_a_drag_beyond_the_window_scrolls_and_selects_the_unseen() -> None:
    async with bench() as (app, pilot):
        app.feed(b"".join(b"line %d\r\n" % n for n in range(3000)) + b"$ ")
        await pilot.pause()
        await pilot.mouse_down(offset=(3, 9))
        view = app.view
        above = events.MouseMove(view, 2, -300, 0, -300, 1, False, False, False, 2, -300)
        view.on_mouse_move(above)
        await until(lambda: view.viewport.top == 0)
        view.on_mouse_up(events.MouseUp(view, 2, -300, 0, 0, 1, False, False, False, 2, -300))
        assert view.marks.dragging._pulling is None
        text = await selected_text(view)
        assert text.split("\n") == ["ne 0", *(f"line {n}" for n in range(1, 3000)), "$"]
        assert view.copy_selection()
        await until(lambda: app.heard(TerminalView.Copied))
        assert app.heard(TerminalView.Copied)[0].text == text and view.marks.dragging.selection is None


async def test_shift_selects_where_the_program_has_the_mouse() -> None:
    async with bench() as (app, pilot):
        app.view.owner = "person"
        app.feed(b"some words\x1b[?1000h\x1b[?1006h")
        await pilot.pause()
        await pilot.mouse_down(offset=(5, 0), shift=True)
        await pilot.hover(offset=(9, 0))
        await pilot.mouse_up(offset=(9, 0), shift=True)
        assert await selected_text(app.view) == "words" and app.heard(TerminalView.MouseUsed) == []


async def test_typing_ends_a_selection() -> None:
    async with bench() as (app, pilot):
        app.feed(b"some words")
        await drag(pilot, (0, 0), (3, 0))
        assert app.view.marks.dragging.selection is not None
        await pilot.press("x")
        assert app.view.marks.dragging.selection is None


async def test_a_selection_does_not_survive_other_line_numbers() -> None:
    async with bench() as (app, pilot):
        app.feed(b"some words")
        await drag(pilot, (0, 0), (3, 0))
        app.engine.resize(20, 10)
        app.feed(b"")
        assert app.view.marks.dragging.selection is None


async def test_walking_and_marking_with_the_keys() -> None:
    async with bench() as (app, pilot):
        app.view.owner = "person"
        app.feed(b"".join(b"line %d\r\n" % n for n in range(50)) + b"$ ")
        await pilot.pause()
        app.view.keys.browse()
        await pilot.press("k", "up", "0", "space", "g")
        assert app.view.viewport.top == 0
        await pilot.press("G", "k", "$")
        app.feed(b"meanwhile\r\n")
        assert app.view.marks.browser.point == (49, 6), "the walk stands still while the program goes on"
        await pilot.press("y")
        await until(lambda: app.heard(TerminalView.Copied))
        assert app.heard(TerminalView.Copied)[0].text == "line 48\nline 49"
        assert app.view.marks.browser is None and app.view.viewport.following and app.typed() == []
        app.view.keys.browse()
        await pilot.press("x", "V", "escape")
        assert app.view.marks.browser is None and app.typed() == [], (
            "unknown keys do not reach the program either"
        )


async def test_a_program_is_told_of_the_focus_if_it_asked() -> None:
    async with bench() as (app, pilot):
        app.view.owner = "person"
        app.view.blur()
        await pilot.pause()
        assert app.heard(TerminalView.FocusTold) == []
        app.feed(b"\x1b[?1004h")
        app.view.focus()
        await pilot.pause()
        app.view.owner = "agent"
        await pilot.pause()
        assert [m.focused for m in app.heard(TerminalView.FocusTold)] == [True, False]


async def test_only_web_pages_are_opened() -> None:
    async with bench() as (app, pilot):
        app.feed(
            b"\x1b]8;;https://example.org/a\x07here\x1b]8;;\x07 \x1b]8;;file:///etc/passwd\x07file\x1b]8;;\x07"
        )
        app.feed(b" https://plain.example/x.")
        await pilot.click(offset=(2, 0), control=True)
        await pilot.click(offset=(6, 0), control=True)
        await pilot.click(offset=(20, 0), control=True)
        await pilot.click(offset=(2, 0))
        assert [m.target for m in app.heard(TerminalView.LinkChosen)] == [
            "https://example.org/a",
            "https://plain.example/x",
        ]
        await pilot.hover(offset=(6, 0))
        assert str(app.view.tooltip).splitlines() == ["file:///etc/passwd", "only http and https are opened"]


async def test_a_link_cannot_write_markup_into_its_tooltip() -> None:
    async with bench() as (app, pilot):
        app.feed(b"\x1b]8;;https://h/[@click=app.quit]x[/]\x07here\x1b]8;;\x07")
        await pilot.hover(offset=(2, 0))
        assert str(app.view.tooltip).startswith("https://h/[@click=app.quit]x[/]")


async def test_whether_it_is_seen_is_told() -> None:
    async with bench() as (app, pilot):
        app.view.display = False
        await until(lambda: app.heard(TerminalView.SightChanged))
        app.view.display = True
        await until(lambda: len(app.heard(TerminalView.SightChanged)) == 2)
        assert [m.seen for m in app.heard(TerminalView.SightChanged)] == [False, True]


async def test_a_window_that_gets_as_wide_as_its_rows_cuts_none_of_them():
    """Seen at 80 columns: the border goes, and the sign for a cut row stayed where nothing is cut."""
    app = Bench(40)
    async with app.run_test(size=(39, 10)) as pilot:
        app.feed("x" * 40 + "\r\n")
        await pilot.pause()
        assert app.view.render_line(0).text == "x" * 38 + "›"
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert app.view.render_line(0).text == "x" * 40
