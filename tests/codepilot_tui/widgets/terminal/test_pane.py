"""The pane: tabs, who types, and the find bar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from textual.app import App

from codepilot.terminal.engines import new_engine
from codepilot_tui.theme import install_themes, tokens_for
from codepilot_tui.widgets.terminal import FindInput, TerminalPane


class Timers:
    """Timers that end when the test says so."""

    def __init__(self) -> None:
        self.running: list[HandTimer] = []

    def __call__(self, delay: float, callback: Callable[[], None]) -> HandTimer:
        timer = HandTimer(self, delay, callback)
        self.running.append(timer)
        return timer

    def end(self) -> None:
        """The one that is due first ends."""
        timer = min(self.running, key=lambda timer: timer.delay)
        timer.stop()
        timer.callback()


@dataclass(eq=False)
class HandTimer:
    owner: Timers
    delay: float
    callback: Callable[[], None]

    def stop(self) -> None:
        if self in self.owner.running:
            self.owner.running.remove(self)


class PaneBench(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.timers = Timers()
        install_themes(self, "dusk")
        self.engines: dict = {}
        self.wanted: list[str] = []

    def compose(self):
        yield TerminalPane(fetch=self.history, timer=self.timers)

    async def history(self, name: str, start: int, count: int):
        return self.engines[name].history(start, count)

    def feed(self, name: str, data: str) -> None:
        view = self.query_one(TerminalPane).add_terminal(name)
        engine = self.engines.setdefault(name, new_engine(40, 10))
        engine.feed(data.encode())
        update = engine.take_update()
        if update is not None:
            view.apply(update)

    def on_terminal_tabs_new_wanted(self) -> None:
        self.wanted.append("new")

    def on_terminal_tabs_key_wanted(self) -> None:
        self.wanted.append("key")

    def on_terminal_tabs_close_wanted(self, event: TerminalPane.CloseWanted) -> None:
        self.wanted.append(f"close {event.name}")

    def line(self, y: int = 0) -> str:
        return "".join(segment.text for segment in self.screen._compositor.render_strips()[y])


async def test_pane() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        assert "Terminals" in app.line(1) and "live here" in app.line(3)
        main = pane.add_terminal("main")
        pane.add_terminal("server")
        assert pane.add_terminal("main") is main
        pane.set_state("main", "busy")
        pane.set_state("server", "exited", "1")
        pane.set_owner("main", "agent")
        await pilot.pause()
        assert app.line().rstrip() == "▌ main ●   server ✗ 1            agent types · F6 take over"
        assert pane.active == "main" and main.owner == "agent"
        pane.set_owner("main", "person")
        await pilot.pause()
        assert app.line().rstrip().endswith("you type · F6 hand back")
        await pilot.click(offset=(13, 0))
        await pilot.pause()
        assert pane.active == "server" and pane.view("server").has_focus
        assert not main.is_on_screen
        pane.remove_terminal("server")
        await pilot.pause()
        assert pane.names == ("main",) and pane.active == "main" and main.has_focus
        pane.remove_terminal("main")
        await pilot.pause()
        assert pane.active == "" and "Terminals" in app.line(1)


async def test_names_cannot_act() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        pane.add_terminal("[red]x[/]\x1b[31m")
        pane.set_state("[red]x[/]\x1b[31m", "waiting", "\u202eevil")
        await pilot.pause()
        assert "[red]x[/]" in app.line() and "\x1b" not in app.line() and "\u202e" not in app.line()


async def test_the_active_tab_stays_in_a_narrow_line() -> None:
    app = PaneBench()
    async with app.run_test(size=(24, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        for number in range(8):
            pane.add_terminal(f"terminal-{number}")
        pane.activate("terminal-7")
        await pilot.pause()
        assert "terminal-7" in app.line()


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def test_tabs_can_be_clicked() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        pane.add_terminal("main")
        pane.add_terminal("server")
        await pilot.pause()
        assert "+" not in app.line(), "it is not offered before it can be done"
        pane.allow_opening()
        await pilot.pause()
        await pilot.click(offset=(app.line().index("+"), 0))
        await pilot.click(offset=(app.line().index("server"), 0), button=2)
        await pilot.click(offset=(app.line().index("F6"), 0))
        assert app.wanted == ["new", "close server", "key"] and pane.active == "main"


async def test_how_a_terminal_ended() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        pane.add_terminal("run-1")
        pane.set_state("run-1", "exited", "0")
        await pilot.pause()
        assert "run-1 ✓ 0" in app.line()


async def test_the_line_says_what_the_program_waits_for_or_calls_itself() -> None:
    app = PaneBench()
    async with app.run_test(size=(70, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        app.feed("main", "\x1b]2;vim \u202eapp.py\x07")
        pane.set_owner("main", "agent")
        await pilot.pause()
        assert "vim" not in app.line(), "an idle shell calls itself something too, which nobody needs"
        pane.set_state("main", "busy")
        await pilot.pause()
        assert "vim" in app.line() and "\u202e" not in app.line()
        pane.allow_opening()
        pane.set_state("main", "waiting", note="waits for a password")
        await pilot.pause()
        assert "+  waits for a password" in app.line(), "the plus is no part of the words"


async def test_who_types_is_seen_at_any_width() -> None:
    for width, words in ((60, "you type · F6 hand back"), (30, "F6 hand back"), (24, "F6 back"), (17, "you")):
        app = PaneBench()
        async with app.run_test(size=(width, 12)) as pilot:
            pane = app.query_one(TerminalPane)
            pane.add_terminal("main")
            pane.set_owner("main", "person")
            await pilot.pause()
            assert app.line().rstrip().endswith(words), width
            assert pane.has_class("-person") and app.line(5).startswith("▌")
            pane.set_owner("main", "free")
            await pilot.pause()
            assert app.line(5).startswith(" ")


async def test_a_refused_key_names_the_one_that_helps() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        view = pane.add_terminal("main")
        view.focus()
        await until(lambda: view.has_focus)
        pane.set_owner("main", "agent")
        await pilot.press("x")
        await until(lambda: "the agent types · F6 take over" in app.line() and pane.has_class("-refused"))
        assert pane.styles.border_left[1].hex.lower() == tokens_for(app)["warn"]
        app.timers.end()  # it blinks once
        await until(lambda: not pane.has_class("-refused"))
        assert pane.styles.border_left[1].hex.lower() == tokens_for(app)["agent"]
        assert "the agent types" in app.line(), "the words stay longer than the blink"
        app.timers.end()
        await until(lambda: "the agent types" not in app.line())
        assert not app.timers.running


async def test_every_refused_key_blinks_and_is_spoken_of_anew() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        view = pane.add_terminal("main")
        view.focus()
        await until(lambda: view.has_focus)
        pane.set_owner("main", "agent")
        for key in ("x", "enter", "backspace"):
            await pilot.press(key)
            await until(lambda: pane.has_class("-refused"))
            assert len(app.timers.running) == 2, "those of the key before are stopped"
            app.timers.end()
            await until(lambda: not pane.has_class("-refused"))


async def test_a_refusal_is_spoken_of_whatever_else_changes() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        view = pane.add_terminal("main")
        view.focus()
        await until(lambda: view.has_focus)
        pane.set_owner("main", "agent")
        await pilot.press("x")
        app.feed("main", "\x1b]2;vim\x07")
        await pilot.pause()
        assert "the agent types" in app.line()
        pane.set_owner("main", "person")
        await until(lambda: "you type" in app.line())
        assert "the agent types" not in app.line(), "it is true no longer"


async def test_a_waiting_program_is_a_yellow_question_mark() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        pane.add_terminal("main")
        pane.set_state("main", "waiting")
        await pilot.pause()
        (sign,) = [s for s in app.screen._compositor.render_strips()[0] if s.text == "?"]
        assert sign.style.color.get_truecolor().hex == tokens_for(app)["warn"]


async def test_a_grid_that_is_wider_than_the_window_says_so() -> None:
    app = PaneBench()
    async with app.run_test(size=(61, 12)) as pilot:
        app.engines["main"] = new_engine(80, 10)
        app.feed("main", "x")
        await until(lambda: "60 of 80 columns" in app.line())
        await pilot.resize_terminal(81, 12)
        await until(lambda: "columns" not in app.line())


async def test_a_bell_marks_a_tab_that_is_not_seen() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        pane.add_terminal("main")
        pane.add_terminal("server")
        await pilot.pause()
        pane.ring("main")
        pane.ring("server")
        await pilot.pause()
        assert "server ○ ♪" in app.line() and "main ○ ♪" not in app.line()
        pane.activate("server")
        await pilot.pause()
        assert "♪" not in app.line()


async def test_finding() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        app.feed("main", "".join(f"line {n}\r\n" for n in range(1000)) + "$ ")
        view = pane.view("main")
        view.focus()
        pane.open_find()
        await pilot.press(*"ine 7")
        await until(lambda: "1 of" in app.line(11) or "of 111" in app.line(11))
        await until(lambda: "111 of 111" in app.line(11))
        assert isinstance(app.focused, FindInput)
        await until(lambda: any("line 799" in app.line(y) for y in range(1, 11)))  # the newest one
        await pilot.press("up", "up")
        await until(lambda: "109 of 111" in app.line(11))
        await pilot.press("down", "down", "down")
        await until(lambda: "1 of 111" in app.line(11))
        await until(
            lambda: any(app.line(y)[1:].startswith("line 7 ") for y in range(1, 11))
        )  # round to the oldest
        app.feed("main", "line 7 once more\r\n")
        await until(lambda: "of 112" in app.line(11))
        await pilot.press("alt+r", *"[ x]o")
        await until(lambda: "1 of 1 " in app.line(11))
        await pilot.press("(")
        await until(lambda: "invalid pattern" in app.line(11))
        await pilot.press("escape")
        await pilot.pause()
        assert view.has_focus and view.marks.search is None and "Find" not in app.line(11)


@pytest.mark.parametrize("way", ["key", "click"])
async def test_the_switch_of_patterns_is_lit_while_a_pattern_is_looked_for(way) -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        app.feed("main", "one.\r\n")
        pane.open_find()
        await pilot.press(".")
        switch = app.query_one("#find-regex")
        for lit, found in ((True, "of 4"), (False, "1 of 1")):
            await (pilot.press("alt+r") if way == "key" else pilot.click("#find-regex"))
            await until(lambda found=found: found in app.line(11))
            assert switch.has_class("-on") is lit


async def test_finding_goes_with_the_terminal() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        app.feed("main", "words\r\n")
        app.feed("server", "words\r\n")
        pane.open_find()
        await pilot.press(*"words")
        await until(lambda: "1 of 1" in app.line(11))
        pane.activate("server")
        await pilot.pause()
        assert pane.view("main").marks.search is None and "Find" not in app.line(11)
        pane.open_find()
        pane.remove_terminal("server")
        await pilot.pause()
        assert "Find" not in app.line(11)


async def test_what_comes_for_a_removed_terminal_is_not_drawn() -> None:
    app = PaneBench()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.query_one(TerminalPane)
        app.feed("main", "words\r\n")
        view = pane.view("main")
        await until(lambda: view.frames.seen)
        pane.remove_terminal("main")
        await until(lambda: not view.is_attached)
        await pilot.pause()
        engine = app.engines["main"]
        engine.feed(b"more\r\n")
        view.drawing.forget()
        view.apply(engine.take_update())
        assert not view.frames.waits
