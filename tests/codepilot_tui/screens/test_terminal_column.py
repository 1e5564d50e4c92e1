"""The terminals' column joins a host once, however often it hears of it."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.app import App
from textual.color import Color

from codepilot import events as ev
from codepilot.terminal.client import HostOptions, TerminalClient
from codepilot.testing import Turn
from codepilot_tui.facts import Facts
from codepilot_tui.keymap import Keymap
from codepilot_tui.popups.menu import MenuPopup
from codepilot_tui.screens.agent_control import AgentControl
from codepilot_tui.screens.host_screen import NO_HOST
from codepilot_tui.screens.session import SessionScreen
from codepilot_tui.screens.terminal_column import TerminalColumn
from codepilot_tui.terminals import open_close
from codepilot_tui.theme import install_themes, register_themes, tokens_for
from codepilot_tui.widgets.offer import OfferBar
from codepilot_tui.widgets.status import StatusLine
from codepilot_tui.widgets.terminal import TerminalPane
from codepilot_tui.widgets.terminal.tabs import TerminalTabs

SOON = "as soon as the terminals have started. Esc gives up."

pytestmark = pytest.mark.slow


class Bench(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        install_themes(self)
        self.keymap = Keymap()
        self.told: list[str] = []
        self.looked_again = 0
        self.looked_for: list[str] = []
        self.awaited: list[tuple[str, Callable[[], None]]] = []
        self.given_up: list[str] = []
        self.column = TerminalColumn(self, OfferBar("Alt+R"), lambda: self.looked_for.append("host"))

    def compose(self):
        yield self.column

    def tell(self, text: str, *_: object, **__: object) -> None:
        self.told.append(text)

    def changed(self) -> None:
        self.looked_again += 1

    def facts(self) -> Facts:
        return Facts(connected=self.column.connected)

    def reveal(self, pane: str) -> None:
        pass

    def untrue(self, about: str) -> None:
        pass

    def once_joined(self, name: str, run: Callable[[], None]) -> None:
        self.awaited.append((name, run))

    def give_up(self, why: str, kind: str) -> None:
        self.given_up.append(f"{kind}: {why}")


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def said_in(view) -> str:
    """All rows of a terminal."""
    rows = (view.buffer.row(line) for line in range(view.buffer.height))
    return "\n".join("" if row is None else row.text for row in rows)


def told_by_each(app: Bench, said: str) -> None:
    """Each action that needs a terminal says this."""
    column = app.column
    for action in (
        column.take_over,
        column.close,
        column.next,
        column.previous,
        column.find,
        column.browse,
    ):
        app.told.clear()
        action()
        assert app.told == [said]
    app.told.clear()


async def test_a_host_that_is_named_twice_is_joined_once(tmp_path: Path) -> None:
    """At the start both the agent and its first terminal say where the host is. Seen: F6 pressed meanwhile was lost."""
    (tmp_path / "home").mkdir()
    environment = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    client = await TerminalClient.launch(HostOptions(work_dir=tmp_path, environment=environment))
    try:
        await client.open("main")
        app = Bench()
        async with app.run_test(size=(100, 30)) as pilot:
            column = app.column
            column.join(client.socket_path)
            begun = list(app.workers)
            column.join(client.socket_path)
            assert list(app.workers) == begun, "the second word of it begins nothing anew"
            await until(lambda: column.pane.active == "main")
            view = column.pane.active_view
            await pilot.pause()
            column.take_over()
            await until(lambda: column.holder == "person")
            column.join(client.socket_path)
            await pilot.pause()
            await until(lambda: column.connected)
            assert column.pane.active_view is view and view.has_focus and column.holder == "person"
            assert not app.told
            await column.leave()
    finally:
        await client.close()


async def test_a_host_that_was_left_is_joined_again_under_the_same_socket(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    environment = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    client = await TerminalClient.launch(HostOptions(work_dir=tmp_path, environment=environment))
    try:
        app = Bench()
        async with app.run_test(size=(100, 30)):
            column = app.column
            column.join(client.socket_path)
            await until(lambda: column.connected)
            await until(lambda: not app.workers)
            told_by_each(app, "No terminal yet. Ctrl+X o opens one.")
            await column.leave()
            assert not column.connected
            column.join(client.socket_path)
            await until(lambda: column.connected)
            await column.leave()
    finally:
        await client.close()


async def has_terminal(app) -> None:
    await app.is_up()
    await app.until(lambda: app.parts.terminals.pane.active == "main")
    await app.until(lambda: app.parts.terminals.pane.state("main") == "idle")


async def kill_host(app) -> None:
    """Kill the terminal host of an agent that is up: while it starts, it would start another one by itself."""
    await app.until(lambda: app.parts.agent.ready)
    os.kill(app.parts.terminals._driver._connection._client.host_pid, signal.SIGKILL)
    await app.until(lambda: not app.parts.terminals.connected)


async def press(app, pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def choose(app, pilot, name: str) -> None:
    """A row of the menu of where the keyboard is."""
    held = app.session.facts().place == "terminal-held"
    await press(app, pilot, *(("ctrl+x", "space") if held else ("f10",)))
    await app.until(lambda: app.session.facts().place == "popup")
    menu = app.session.query_one(MenuPopup)
    await press(app, pilot, *["down"] * [row.value for row in menu.rows.options].index(name), "enter")
    await app.until(lambda: not app.session.query(MenuPopup))


async def test_the_menu_of_a_terminal_takes_opens_shows_and_closes(live) -> None:
    """Each row that needs a host of terminals, in one go; the others are chosen in `test_menu.py`."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        column = app.parts.terminals
        pane = column.pane
        for opened in ("", "browse_terminal", "find_terminal"):
            await press(app, pilot, "f4")
            if opened:
                await choose(app, pilot, opened)
                await app.until(lambda: column.finding)
            await choose(app, pilot, "take_over")
            await app.until(lambda: column.holder == "person" and app.place() == "terminal-held")
            await app.session.run("focus_terminal")
            await choose(app, pilot, "take_over")
            await app.until(lambda: column.holder == "free" and app.place() == "composer")
            await press(app, pilot, "f4", "escape")
            await app.until(lambda: not column.finding)
            assert column.holder == "free", "Esc closed the find bar; it is not typed into the shell"
        await press(app, pilot, "f4")
        await choose(app, pilot, "new_terminal")
        await app.until(lambda: len(pane.names) == 2 and pane.active != "main")
        second = pane.active
        await app.until(lambda: column.holder == "person" and app.place() == "terminal-held")
        await app.until(lambda: pane.state(second) == "idle")
        await choose(app, pilot, "next_terminal")
        await app.until(lambda: pane.active == "main")
        await choose(app, pilot, "previous_terminal")
        await app.until(lambda: pane.active == second)
        await choose(app, pilot, "close_terminal")
        await app.until(lambda: pane.names == ("main",))


async def test_the_menu_of_a_terminal_copies_and_adds_what_was_run(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        column = app.parts.terminals
        client = column._driver._connection._client
        await client.write("main", b"echo $((6*7))\r")  # as from another window: nobody holds it
        await app.until(lambda: app.session.facts().runs == 1)
        await press(app, pilot, "f4")
        await choose(app, pilot, "browse_terminal")
        await app.until(lambda: app.session.facts().kind == "walk")
        await press(app, pilot, "V")
        await app.until(lambda: app.session.facts().selection)
        await choose(app, pilot, "copy_terminal")
        await app.until(lambda: app.clipboard)
        assert app.notice() == "Copied (through your terminal)."
        await press(app, pilot, "escape")
        await choose(app, pilot, "add_runs")
        await app.until(lambda: "42" in app.session.composer.text)
        assert app.session.facts().runs == 0


async def test_always_chosen_in_the_menu_lets_a_terminal_write_to_the_clipboard(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        await press(app, pilot, "f6")
        await app.until(lambda: app.place() == "terminal-held")
        app.post_message(events.Paste(r"printf '\033]52;c;%s\007' $(printf one | base64)"))
        await press(app, pilot, "enter")
        await app.until(lambda: app.parts.questions.waiting == 1)
        await press(app, pilot, "ctrl+x", "a")
        await app.until(lambda: app.session.facts().kind == "clipboard")
        await choose(app, pilot, "clipboard_always")
        await app.until(lambda: app.clipboard == "one")
        await app.session.run("focus_terminal")
        app.post_message(events.Paste(r"printf '\033]52;c;%s\007' $(printf two | base64)"))
        await press(app, pilot, "enter")
        await app.until(lambda: app.clipboard == "two")
        assert app.parts.questions.waiting == 0


async def test_a_row_of_the_menu_that_is_open_already_is_not_offered_and_its_key_says_so(live) -> None:
    """Found by choosing each row: "Find" in the find bar and "Select" while selecting did nothing, without a word."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        for name, kind, said in (
            ("find_terminal", "find", "The find bar is open already."),
            ("browse_terminal", "walk", "You are selecting with keys already. Esc leaves."),
        ):
            await press(app, pilot, "f4")
            await choose(app, pilot, name)
            await app.until(lambda kind=kind: app.session.facts().kind == kind)
            keymap = app.keymap_table
            assert name not in [row.name for row in keymap.menu(app.session.here())]
            await press(app, pilot, "ctrl+x", keymap[name].leader)
            await app.until(lambda said=said: app.notice() == said)
            assert app.session.facts().kind == kind
            await press(app, pilot, "escape")
            await app.until(lambda: not app.parts.terminals.finding)


async def test_selecting_with_keys_beside_an_open_find_bar_has_its_own_keys(live) -> None:
    """The lists of keys named those of the find bar, which the keyboard had left."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        await press(app, pilot, "f4")
        await choose(app, pilot, "find_terminal")
        await app.until(lambda: app.session.facts().kind == "find")
        await choose(app, pilot, "browse_terminal")
        await app.until(lambda: app.session.facts().kind == "walk")


async def test_f6_takes_the_terminal_types_into_it_and_hands_it_back(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        column = app.parts.terminals
        assert column.holder == "free" and app.session.facts().place == "composer"
        await press(app, pilot, "f6")
        await app.until(lambda: app.session.facts().place == "terminal-held")
        assert column.holder == "person" and column.pulse == "held"
        await pilot.press(*"echo $((6*7))", "enter")
        await app.until(lambda: "\n42" in app.seen() or "42\n" in app.seen() or "42 " in app.seen())
        await press(app, pilot, "f6")
        await app.until(lambda: app.session.facts().place == "composer")
        await app.until(lambda: column.holder == "free")
        assert app.session.composer.text == ""


async def test_the_leader_twice_types_the_leader_into_the_program(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        await press(app, pilot, "f6")
        await app.until(lambda: app.parts.terminals.holder == "person")
        await pilot.press(*"cat -v", "enter")
        await app.until(lambda: app.parts.terminals.pane.state("main") != "idle")
        await pilot.press("ctrl+x")
        await app.until(lambda: app.session.facts().place == "popup")
        await pilot.press("ctrl+x", "enter")
        await app.until(lambda: "^X" in app.seen())


@pytest.mark.parametrize("first", ["message", "held", "none"])
async def test_what_is_typed_right_after_opening_a_terminal_is_meant_for_it(live, first) -> None:
    """Also what had been read, and stood in the queues of whatever had the keyboard."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        if first == "held":
            await press(app, pilot, "f6")
            await app.until(lambda: app.session.facts().place == "terminal-held")
        elif first == "none":
            await app.session.run("close_terminal")
            await app.until(lambda: not app.parts.terminals.pane.names)
        app.post_message(events.Key("ctrl+x", None))
        for character in "oech_ty":
            app.post_message(events.Key(character, character))
        app.post_message(events.Paste("ped"))
        app.post_message(events.Key("_", "_"))
        await app.until(lambda: app.parts.terminals.pane.active == "shell-1")
        app.post_message(events.Key("!", "!"))
        await app.until(lambda: "ech_typed_!" in app.seen())
        assert app.session.composer.editor.text == ""
        if first != "none":
            await app.session.run("next_terminal")
            await app.until(lambda: "ech_" not in app.seen())


async def test_all_that_is_typed_behind_opening_a_terminal_keeps_its_order(live) -> None:
    """Letters and commands: each command is about the terminal that is there by then."""
    app = live([])
    async with app.run_test(size=(160, 48)):
        await has_terminal(app)
        pane = app.parts.terminals.pane
        for key in (
            "ctrl+x",
            "o",
            *"one",
            "ctrl+x",
            "o",
            *"two",
            "ctrl+x",
            "k",
            *"more",
            "ctrl+x",
            "o",
            "ctrl+x",
            "w",
        ):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await app.until(lambda: "shell-3" in pane.names)
        await app.until(lambda: pane.names == ("main", "shell-1", "shell-2"))
        pane.activate("shell-1")
        await app.until(lambda: "onemore" in app.seen())
        pane.activate("shell-2")
        await app.until(lambda: "two" in app.seen())
        assert app.session.composer.editor.text == ""
        for key in ("ctrl+x", "o", "f6", *"words"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await app.until(lambda: app.session.composer.editor.text == "words")
        await app.until(lambda: app.parts.terminals.holder == "free")
        assert pane.active == "shell-3"


def post_click(app, x: int, y: int) -> None:
    """A click as the terminal reports it, read together with what is typed behind it."""
    for kind in (events.MouseDown, events.MouseUp):
        app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))


def post_line(app, line: str) -> None:
    for character in line:
        app.post_message(events.Key(character, character))
    app.post_message(events.Key("enter", "\r"))


async def test_what_is_typed_behind_a_click_is_meant_for_what_the_click_opens(live) -> None:
    """Seen: a click on the plus and a command, read together, ran the command in the terminal that was shown before."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        pane = app.parts.terminals.pane
        tabs = app.session.query_one(TerminalTabs)
        await press(app, pilot, "f4")
        await app.until(lambda: app.session.facts().place == "terminal" and tabs._plus[1])
        post_click(app, tabs.region.x + tabs._plus[0], tabs.region.y)
        post_line(app, "echo fi''rst")
        await app.until(lambda: pane.active == "shell-1")
        await app.until(lambda: "first" in text_of(pane, "shell-1"))
        tabs.render_line(0)
        at = next(start for start, _, name in tabs._places if name == "main")
        post_click(app, tabs.region.x + at + 1, tabs.region.y)
        post_line(app, "echo sec''ond")
        await app.until(lambda: "second" in text_of(pane, "main"))
        assert "fi" not in text_of(pane, "main") and "ond" not in text_of(pane, "shell-1")
        # By the host that died since, too.
        await kill_host(app)
        await app.until(lambda: {pane.state(name) for name in pane.names} == {"exited"})
        tabs.render_line(0)  # its tabs are wider now
        post_click(app, tabs.region.x + tabs._plus[0], tabs.region.y)
        post_line(app, "echo th''ird")
        await app.until(lambda: "third" in text_of(pane, "shell-1"))
        assert app.session.composer.editor.text == ""


def text_of(pane: TerminalPane, name: str) -> str:
    """What stands on the screen of a terminal, seen or not."""
    view = pane.view(name)
    if view is None:
        return ""
    rows = (view.buffer.row(view.buffer.history + line) for line in range(view.buffer.lines))
    return "\n".join(row.text if row is not None else "" for row in rows)


@pytest.mark.parametrize("held", [True, False])
async def test_words_to_be_found_in_a_terminal_are_never_typed_into_its_shell(live, held) -> None:
    """Seen: `Ctrl+X /`, `pwd`, Enter in one piece ran pwd."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        await press(app, pilot, "f6" if held else "f4")
        await app.until(lambda: app.session.facts().place == ("terminal-held" if held else "terminal"))
        for key in ("ctrl+x", "/", *"pwx", "backspace", "d", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        find = app.parts.terminals.pane._find
        await app.until(lambda: find.display and find.query_one("Input").value == "pwd")
        await pilot.pause()
        assert "pw" not in app.parts.terminals.pane.active_view.buffer.row(0).text
        assert app.parts.terminals.holder == ("person" if held else "free")


@pytest.mark.parametrize("way", ["keys", "click", "command"])
async def test_a_terminal_can_be_opened_after_the_host_died(live, way) -> None:
    """It said "still starting" until the agent ran a command, and what was typed for it was sent as a message."""
    app = live([])
    async with app.run_test(size=(160, 48)):
        await has_terminal(app)
        column = app.parts.terminals
        await kill_host(app)
        assert app.keymap_table["new_terminal"].available(app.session.facts()), "menus and lists have it"
        if way == "click":
            column.pane.post_message(TerminalPane.NewWanted())
            await app.until(lambda: app.notice() == f"Open a new terminal: {SOON}")
        elif way == "command":
            await app.session.run("new_terminal")
        else:
            for key in ("ctrl+x", "o"):
                app.post_message(events.Key(key, key if len(key) == 1 else None))
        for character in "again":
            app.post_message(events.Key(character, character))
        await app.until(lambda: column.pane.active == "shell-1")
        await app.until(lambda: "again" in app.seen())
        assert column.holder == "person" and "main" in column.pane.names
        assert app.session.composer.editor.text == "" and not app.parts.agent.working


async def test_a_terminal_that_is_asked_for_before_the_agent_is_up_is_opened_then(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)):
        await app.until(lambda: app.session.parts is not None)
        for key in ("ctrl+x", "o", *"soon"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await app.until(lambda: app.parts.terminals.pane.active == "shell-1")
        await app.until(lambda: "soon" in app.seen())
        assert app.session.composer.editor.text == ""


async def test_without_a_host_that_starts_the_chat_says_why_and_nothing_is_typed_elsewhere(
    live, monkeypatch
) -> None:
    app = live([])
    # Short: with a long name the sockets would go elsewhere.
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        async with app.run_test(size=(160, 48)):
            await has_terminal(app)
            await app.until(lambda: app.parts.agent.ready)
            Path(home, "run").write_text("no folder for sockets")
            # Before the host dies: where the agent tells late that `main` was opened, another one is sought at once.
            monkeypatch.setenv("CODEPILOT_HOME", home)
            await kill_host(app)
            for key in ("ctrl+x", "o", *"lost", "enter"):
                app.post_message(events.Key(key, key if len(key) == 1 else None))
            await app.until(lambda: app.notice() == NO_HOST)
            await app.until(lambda: "The terminals could not be started" in app.seen())
            for character in "kept":
                app.post_message(events.Key(character, character))
            await app.until(lambda: app.session.composer.editor.text == "kept")


def hold_back(app, monkeypatch, owner: type, name: str) -> asyncio.Event:
    """The start goes on from here when this is set."""
    go, start, show = asyncio.Event(), getattr(owner, name), app.show_session

    async def later(*args: object) -> None:
        await go.wait()
        await start(*args)

    async def shown() -> None:
        app.run_worker(show())

    monkeypatch.setattr(owner, name, later)
    monkeypatch.setattr(app, "show_session", shown)
    return go


async def test_esc_gives_up_a_terminal_that_is_still_awaited(live, monkeypatch) -> None:
    app = live([])
    go = hold_back(app, monkeypatch, AgentControl, "start")
    async with app.run_test(size=(160, 48)) as pilot:
        await app.until(lambda: app.session.parts is not None)
        await press(app, pilot, "ctrl+x", "o")
        assert app.notice() == f"Open a new terminal: {SOON}"
        await pilot.press(*"lost", "escape")
        assert app.notice() == "Open a new terminal: given up. What you typed for it is dropped."
        await pilot.press(*"kept")
        assert app.session.composer.editor.text == "kept"
        go.set()
        await has_terminal(app)
        assert app.parts.terminals.pane.names == ("main",)
        assert app.session.facts().place == "composer" and app.session.composer.editor.text == "kept"


async def test_esc_gives_up_a_command_whose_letter_is_still_awaited(live, monkeypatch) -> None:
    """It was called by the leader's label, "Then a letter: any command"."""
    app = live([])
    go = hold_back(app, monkeypatch, SessionScreen, "furnish")
    async with app.run_test(size=(160, 48)) as pilot:
        await press(app, pilot, "ctrl+x", "o", "escape")
        assert app.notice() == "The command after Ctrl+X: given up. What you typed for it is dropped."
        go.set()
        await has_terminal(app)
        assert app.parts.terminals.pane.names == ("main",)


@pytest.mark.parametrize(("owner", "name"), [(SessionScreen, "build"), (AgentControl, "start")])
async def test_who_goes_to_the_terminal_before_there_is_one_types_into_it_once_there_is(
    live, monkeypatch, owner, name
) -> None:
    """Seen: it said "Starting", and what was typed behind it went to the composer."""
    app = live([])
    go = hold_back(app, monkeypatch, owner, name)
    async with app.run_test(size=(160, 48)) as pilot:
        await app.until(lambda: app.session.pages is not None)
        await app.until(lambda: (app.session.parts is not None) == (owner is AgentControl))
        await pilot.press("f4", *"ty")
        go.set()
        await app.until(lambda: app.session.facts().place == "terminal-held")
        await pilot.press(*"ped")
        await app.until(lambda: "typed" in app.seen())
        assert app.session.composer.editor.text == "" and app.parts.terminals.pane.active == "main"


async def test_a_terminal_that_comes_too_late_leaves_the_keyboard_where_it_is(live, monkeypatch) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        monkeypatch.setattr(open_close, "_MOST", 0.0)
        await pilot.press("ctrl+x", "o", *"here")
        await app.until(lambda: app.parts.terminals.pane.active == "shell-1")
        await app.until(lambda: app.parts.terminals.holder == "person")
        await pilot.pause()
        assert app.session.facts().place == "composer" and app.session.composer.editor.text == "here"


async def test_terminals_are_opened_walked_and_closed(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)):
        await has_terminal(app)
        pane = app.parts.terminals.pane
        assert app.session.facts().terminals == 1
        await app.session.run("new_terminal")
        await app.until(lambda: len(pane.names) == 2 and pane.active != "main")
        second = pane.active
        await app.until(lambda: app.parts.terminals.holder == "person")
        await app.session.run("take_over")
        await app.until(lambda: app.parts.terminals.holder == "free")
        await app.session.run("next_terminal")
        assert pane.active == "main"
        await app.session.run("next_terminal")
        assert pane.active == second
        await app.session.run("previous_terminal")
        assert pane.active == "main"
        await app.session.run("previous_terminal")
        await app.until(lambda: pane.state(second) == "idle")
        await app.session.run("close_terminal")
        await app.until(lambda: pane.names == ("main",))
        assert app.session.facts().terminals == 1


async def test_what_the_person_ran_is_offered(tmp_path) -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)):
        column = app.column
        assert column.runs == 0
        column.add_runs()
        assert [told.startswith("Nothing to add") for told in app.told] == [True]
        column.take(ev.PersonCommandsOffered(terminal="main", count=2))
        column.take(ev.PersonCommandsOffered(terminal="server", count=1))
        assert column.runs == 3


async def test_a_terminal_of_a_host_that_is_not_joined_makes_the_host_be_looked_for(tmp_path) -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)):
        app.column.take(ev.TerminalOpened(name="main"))
        assert len(app.looked_for) == 1


async def test_find_and_the_walk_with_the_keys_are_open_until_esc(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        column = app.parts.terminals
        assert not column.finding
        await app.session.run("find_terminal")
        await app.until(lambda: column.finding)
        await app.until(lambda: app.session.facts().kind == "find")
        assert app.session.facts().popup
        await press(app, pilot, "f5")
        assert column.finding and not app.session.facts().popup, "Esc means the place of the keyboard"
        await app.session.run("find_terminal")
        await app.until(lambda: app.session.facts().popup)
        await press(app, pilot, "escape")
        await app.until(lambda: not column.finding)
        assert app.session.facts().kind == ""
        await app.session.run("browse_terminal")
        await app.until(lambda: column.finding)
        await app.until(lambda: app.session.facts().kind == "walk")
        assert app.session.facts().place == "terminal"
        await press(app, pilot, "escape")
        await app.until(lambda: not column.finding)


async def test_copying_without_a_selection_says_so(live) -> None:
    """Not either where something is selected elsewhere: it is about the terminal."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        await press(app, pilot, *"word", "shift+home")
        assert app.session.facts().selection
        await press(app, pilot, "ctrl+x", "y")
        await app.until(lambda: app.notice() == "Nothing is selected in the terminal.")


async def test_the_row_at_the_foot_says_what_the_terminal_does(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        assert app.session.parts is None or app.parts.terminals.summary == ("", "", False)
        await has_terminal(app)
        column = app.parts.terminals
        await app.until(lambda: column.summary == ("main", "○ free", False))
        await press(app, pilot, "f6")
        await app.until(lambda: column.summary == ("main", "○ yours", False))
        await pilot.press(*"sleep 300", "enter")
        await app.until(lambda: column.summary[1] == "● busy")
        await press(app, pilot, "f6")
        assert column.summary[0] == "main"


async def test_before_there_is_a_terminal_each_of_its_actions_says_that_it_starts(tmp_path) -> None:
    """Found by use: it was told how to open one, where the first comes by itself."""
    app = Bench()
    async with app.run_test(size=(100, 30)):
        column = app.column
        assert column.summary == ("", "", False) and column.holder == "free"
        told_by_each(app, "The terminals are still starting.")
        assert column.focus_shown() is False


async def test_a_host_that_cannot_be_joined_is_told_and_nothing_waits_for_it(tmp_path) -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)):
        app.column.open()
        assert app.awaited == [("new_terminal", app.column.open)] and not app.told
        app.column.join(tmp_path / "nothing")
        await until(lambda: app.given_up)
        said = "The terminal host does not answer. The log has the details."
        assert app.told == [said] and app.given_up == [f"error: {said}"], "no path, which helps nobody"


async def test_an_idle_and_a_waiting_terminal_are_told_apart(tmp_path) -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)):
        column = app.column
        column.pane.add_terminal("main")
        for state, owner, word, wants in (
            ("idle", "free", "○ free", False),
            ("idle", "agent", "○ idle", False),
            ("idle", "person", "○ yours", False),
            ("busy", "agent", "● busy", False),
            ("waiting", "agent", "? waits for input", True),
            ("waiting", "person", "● busy", False),
            ("exited", "free", "✗ ended", False),
        ):
            column._driver.states.set_owner("main", owner)
            column._driver.states.set_state("main", state, None)
            assert column.summary == ("main", word, wants)


async def test_the_row_at_the_foot_names_another_terminal_that_was_left_taken(tmp_path) -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)):
        column = app.column
        for name in ("main", "shell-1"):
            column.pane.add_terminal(name)
            column._driver.states.set_owner(name, "person" if name == "main" else "free")
            column._driver.states.set_state(name, "idle", None)
        column.pane.activate("shell-1")
        assert column.summary == ("shell-1", "○ free · main yours", False)


async def test_a_link_of_a_program_is_opened_and_named(tmp_path, monkeypatch) -> None:
    from codepilot_tui.widgets.terminal import messages

    app = Bench()
    async with app.run_test(size=(100, 30)) as pilot:
        opened = []
        app.open_url = opened.append
        view = app.column.pane.add_terminal("main")
        view.post_message(messages.LinkChosen(view, "https://example.org/"))
        await until(lambda: opened)
        await pilot.pause()
        assert opened == ["https://example.org/"] and app.told == ["Opened https://example.org/"]


async def test_closing_the_only_terminal_gives_the_composer_the_keyboard_and_the_chat_its_room(live) -> None:
    app = live([])
    async with app.run_test(size=(120, 40)) as pilot:
        await has_terminal(app)
        await press(app, pilot, "f4")
        assert app.session.facts().place == "terminal" and app.session.panes.shown.terminal
        await press(app, pilot, "ctrl+x", "w")
        await app.until(lambda: not app.parts.terminals.pane.names)
        await app.until(lambda: app.session.focused is app.session.composer.editor)
        assert not app.session.panes.shown.terminal
        await press(app, pilot, "ctrl+x", "o")
        await app.until(lambda: app.session.facts().place == "terminal-held")
        assert app.parts.terminals.pane.active == "shell-1"


async def test_next_goes_right_and_previous_left_and_both_go_round() -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)):
        column = app.column
        for name in ("a", "b", "c"):
            column.pane.add_terminal(name)
        column.pane.activate("a")
        seen = []
        for step in (column.next, column.next, column.next, column.previous, column.previous):
            step()
            seen.append(column.pane.active)
        assert seen == ["b", "c", "a", "c", "b"]


async def test_who_types_into_a_free_terminal_holds_it(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        await press(app, pilot, "f4")
        assert app.parts.terminals.holder == "free"
        await pilot.press("e")
        await app.until(lambda: app.parts.terminals.holder == "person")


async def test_a_click_on_the_hint_beside_the_tabs_takes_the_terminal_and_gives_it_back(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        column = app.parts.terminals
        tabs = column.query_one(TerminalTabs)
        await press(app, pilot, "f4")
        for holder in ("person", "free"):
            await pilot.click(offset=(tabs.region.right - 4, tabs.region.y))
            await app.until(lambda holder=holder: column.holder == holder)
            await pilot.pause()


async def test_another_terminal_in_sight_makes_the_screen_look_who_holds_it() -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)) as pilot:
        for name in ("a", "b"):
            app.column.pane.add_terminal(name)
        await pilot.pause()
        before = app.looked_again
        app.column.next()
        await pilot.pause()
        assert app.looked_again > before


async def test_what_is_dragged_over_in_a_terminal_is_selected_and_copied(live) -> None:
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        column = app.parts.terminals
        await press(app, pilot, "f4")
        assert not app.session.facts().selection
        x, y = column.pane.active_view.content_region.offset
        await pilot.mouse_down(offset=(x, y))
        await pilot.hover(offset=(x + 4, y))
        await pilot.mouse_up(offset=(x + 4, y))
        await app.until(lambda: column.selected)
        assert app.session.facts().selection


@pytest.mark.parametrize("held", [False, True])
async def test_ctrl_c_over_a_selection_copies_in_a_free_terminal_and_is_the_programs_in_a_held_one(
    live, held
) -> None:
    """Found by use: the status line said "Ctrl+C copy", and the key took the terminal and typed ^C."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        column = app.parts.terminals
        await press(app, pilot, "f6" if held else "f4")
        await app.until(lambda: column.holder == ("person" if held else "free"))
        view = column.pane.active_view
        await app.until(lambda: said_in(view).strip())
        x, y = view.content_region.offset
        await pilot.mouse_down(offset=(x, y))
        await pilot.hover(offset=(x + 4, y))
        await pilot.mouse_up(offset=(x + 4, y))
        await app.until(lambda: app.session.facts().selection)
        marked = said_in(view)[:5].rstrip()
        hints = [(hint.key, hint.word) for hint in app.session.query_one(StatusLine).hints]
        assert (("Ctrl+C", "copy") in hints) is not held
        await pilot.press("ctrl+c")
        await app.until(lambda: not app.session.facts().selection and (held or app.clipboard))
        assert app.clipboard == ("" if held else marked)
        assert column.holder == ("person" if held else "free")
        if held:
            await app.until(lambda: "^C" in said_in(view))


async def test_ctrl_c_in_a_free_terminal_copies_what_is_selected_in_the_chat(live, drag) -> None:
    app = live([Turn(text="```completion\nAll is well.\n```")], task="Look.")
    async with app.run_test(size=(160, 48)) as pilot:
        await has_terminal(app)
        await app.until(lambda: "All is well" in app.seen())
        await app.is_idle()
        await drag(pilot, app.parts.chat, (1, 1), (20, 4))
        await app.until(lambda: app.session.facts().selection)
        wanted = app.session.get_selected_text()
        await press(app, pilot, "f4")
        assert app.session.facts().selection
        await pilot.press("ctrl+c")
        await app.until(lambda: not app.session.facts().selection)
        assert wanted and app.clipboard == wanted
        assert app.parts.terminals.holder == "free"


async def test_programs_are_told_the_colours_of_the_theme_that_is_shown() -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)):
        register_themes(app)
        told = []
        for theme in ("dusk", "paper"):
            app.theme = theme
            tokens = tokens_for(app)
            wanted = tuple(Color.parse(tokens[name]).rgb for name in ("ink", "terminal-ground"))
            assert app.column._colours() == wanted
            told.append(wanted)
        assert told[0] != told[1]


def execute(terminal: str, command: str, timeout: float = 30, *, new: bool = False) -> Turn:
    call = f"execute({terminal!r}, {command!r}, timeout={timeout}, new_terminal={new})"
    return Turn(text=f"```codepilot\n{call}\n```\n")


DONE = Turn(text="```completion\nDone.\n```\n")


async def ask_for_what_is_held(app, pilot) -> None:
    """The person holds main and has gone back to the composer; the agent wants to run something there, and may."""
    await has_terminal(app)
    await press(app, pilot, "f6")
    await app.until(lambda: app.session.facts().place == "terminal-held")
    await press(app, pilot, "ctrl+x", "i")
    await pilot.press(*"go", "enter")
    await app.asks()
    await pilot.press("y")


def row_of(app, words: str) -> int:
    lines = app.seen().split("\n")
    return next((at for at, line in enumerate(lines) if words in line), -1)


async def test_an_agent_that_waits_for_a_terminal_of_the_person_says_so_until_it_is_handed_back(live) -> None:
    """Found by use: `running echo hey 5 s`, a notice for 4 s, then an empty row."""
    app = live([execute("main", "echo hey"), DONE])
    async with app.run_test(size=(160, 48)) as pilot:
        await ask_for_what_is_held(app, pilot)
        column, line = app.parts.terminals, app.session.query_one("#status", StatusLine)
        await app.until(lambda: "waits: you hold main" in app.seen())
        last = app.seen().split("\n")[-1]
        assert last.strip().startswith("? waits for main · yours   F6 hand back   Esc stop"), last
        assert column.pane.query_one(TerminalTabs).tabs["main"].wanted
        assert column.summary == ("main", "? the agent waits · yours", True)
        await app.session.run("new_terminal")
        await app.until(lambda: app.session.facts().place == "terminal-held" and column.pane.active != "main")
        assert not app.session.facts().wanted, "there the key is about the terminal that is shown"
        await press(app, pilot, "ctrl+x", "i")
        await app.until(lambda: ("F6", "hand back") in [(hint.key, hint.word) for hint in line.hints])
        await pilot.press("f6")
        await app.until(lambda: "waits: you hold" not in app.seen())
        assert column.pane.active == "main"
        await app.until(lambda: "exit 0" in app.seen())
        await app.is_idle()
        assert not column.wanted and not column.pane.query_one(TerminalTabs).tabs["main"].wanted


async def test_an_agent_that_waited_in_vain_for_a_terminal_of_the_person_says_why(live) -> None:
    app = live([execute("main", "echo hey", timeout=1), DONE])
    async with app.run_test(size=(120, 40)) as pilot:
        await ask_for_what_is_held(app, pilot)
        await app.until(lambda: "You held main. Nothing was typed into it." in app.seen())
        assert row_of(app, "You held main.") == row_of(app, "main › echo hey") + 1
        await app.is_idle()
        assert not app.parts.terminals.pane.query_one(TerminalTabs).tabs["main"].wanted, "it waits no longer"


async def test_the_terminal_in_which_the_agent_works_comes_to_the_front(live) -> None:
    app = live([execute("build", "sleep 300", timeout=60, new=True)])
    async with app.run_test(size=(120, 40)) as pilot:
        await has_terminal(app)
        await pilot.press(*"go", "enter")
        await app.asks()
        await pilot.press("y")
        pane = app.parts.terminals.pane
        await app.until(lambda: pane.active == "build" and pane.state("build") == "busy")
        assert app.parts.terminals.pulse == "busy" and app.session.facts().place == "composer"
        await app.session.run("previous_terminal")
        assert pane.active == "main"
        assert app.parts.terminals.pulse == "aside", "the room for what runs is not given to what is idle"
        await pilot.press("f5", "escape")
        await app.is_idle()


def has_the_panes_size(app) -> bool:
    """The terminal that is seen has as many columns and lines as its window."""
    view = app.parts.terminals.pane.active_view
    return view.size.area > 0 and (view.buffer.columns, view.buffer.lines) == (*view.size,)


@pytest.mark.parametrize(
    ("size", "own"),
    [((80, 24), True), ((100, 30), False), ((120, 40), False), ((120, 40), True), ((160, 48), False)],
)
async def test_a_terminal_that_is_taken_has_the_size_of_its_pane_also_after_a_message(
    live, size, own
) -> None:
    """It was out of sight since the message, and was given the size of one that no window shows."""
    app = live([Turn(text="```completion\nHello.\n```\n")])
    async with app.run_test(size=size) as pilot:
        await has_terminal(app)
        column = app.parts.terminals
        if own:
            await app.session.run("new_terminal")
            await app.until(lambda: app.place() == "terminal-held" and column.pane.active != "main")
            await app.until(lambda: column.pane.state(column.pane.active) == "idle")
        else:
            await press(app, pilot, "f6")
        await app.until(lambda: app.place() == "terminal-held" and has_the_panes_size(app))
        await press(app, pilot, "f6")
        await app.until(lambda: app.place() == "composer" and column.holder == "free")
        await pilot.press(*"go", "enter")
        await app.until(lambda: "Hello." in app.seen())
        await app.is_idle()
        await press(app, pilot, "f6")
        await app.until(lambda: app.place() == "terminal-held")
        await app.until(lambda: has_the_panes_size(app))
        await pilot.press(*"stty size", "enter")
        view = column.pane.active_view
        await app.until(lambda: f"\n{view.size.height} {view.size.width}" in said_in(view))
        await pilot.resize_terminal(size[0] - 7, size[1] - 3)
        await app.until(lambda: app.session.size == (size[0] - 7, size[1] - 3))
        await app.until(lambda: has_the_panes_size(app))
