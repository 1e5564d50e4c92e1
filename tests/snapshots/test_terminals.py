"""A picture of every state of the terminal pane."""

import asyncio
import importlib.util
from pathlib import Path

import pytest
from textual.timer import Timer

from codepilot_tui.docks.clipboard import ClipboardDock
from codepilot_tui.widgets.terminal import TerminalPane

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parent / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

pytestmark = pytest.mark.slow
SIZES = {"small": (80, 24), "wide": (120, 40)}
COLOURS = (
    b"".join(b"\x1b[38;5;%dm %3d" % (n, n) + (b"\r\n" if n % 8 == 7 else b"") for n in range(64))
    + b"\x1b[0m\x1b[1mbold\x1b[0m \x1b[2mfaint\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4munder\x1b[0m \x1b[7minverse\x1b[0m"
    + "\r\n\x1b[48;2;40;60;90mtrue colour\x1b[0m 日本語 👩‍👧 e\u0301\r\n$ ".encode()
)


def pane(app):
    return app.session.query_one(TerminalPane)


async def take(app, pilot, owner="person", **more):
    app.terminal(owner=owner, **more)
    pane(app).activate("main", focus=True)
    await stage.settled(pilot)


async def free(app, pilot):
    app.terminal("server", b"listening on port 8000\r\n")
    app.terminal("run-1", b"done\r\n")
    pane(app).set_state("run-1", "exited", "0")
    pane(app).allow_opening()
    await take(app, pilot, owner="free")


async def agent_waits(app, pilot):
    await take(app, pilot, owner="agent")
    pane(app).set_state("main", "waiting", note="waits for a password")


async def refused(app, pilot):
    await take(app, pilot, owner="agent", state="busy")
    pane(app)._hints._timer = lambda seconds, call: Timer(pane(app), seconds, pause=True)  # lit for ever
    await pilot.press("x")


async def full_screen(app, pilot):
    await take(app, pilot, data=COLOURS, state="busy")
    app.session.panes.maximise()


def _found(search):
    return search is not None and search.query.text == "inventory" and search.complete


async def found(app, pilot):
    await take(app, pilot)
    pane(app).open_find()
    await pilot.press(*"inventory")
    async with asyncio.timeout(60):
        while not _found(pane(app).active_view.marks.search):
            await pilot.pause()
    await pilot.press("up")


async def marking(app, pilot):
    await take(app, pilot)
    pane(app).active_view.keys.browse()
    await pilot.press("up", "up", "space", "up", "up", "0")


async def selected(app, pilot):
    await take(app, pilot)
    view = pane(app).active_view
    await pilot.mouse_down(view, offset=(3, 1))
    await pilot.hover(view, offset=(12, 4))
    await pilot.mouse_up(view, offset=(12, 4))


async def clipboard(app, pilot):
    await take(app, pilot)
    dock = ClipboardDock("main", "a few words\nwith \x1b[31mescapes\u202e in them")
    app.session.open_dock(dock, lambda _: None)


STATES = [free, agent_waits, refused, full_screen, found, marking, selected, clipboard]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__.replace("_", " "))
def test_terminals(snap_compare, tmp_path, state, size):
    app = stage.Stage(tmp_path, "dusk")

    async def run_before(pilot):
        await stage.settled(pilot)
        app.session.panes.toggle_files()
        await state(app, pilot)
        await stage.settled(pilot)
        for editor in app.screen.query("TextArea, Input"):
            editor.cursor_blink = False
        await stage.settled(pilot)

    assert snap_compare(app, terminal_size=SIZES[size], run_before=run_before)
