"""The terminal pane joined to a real host."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.app import App
from textual.binding import Binding
from textual.containers import Horizontal

from codepilot.terminal.client import HostOptions, TerminalClient
from codepilot.terminal.protocol import TerminalEvent
from codepilot_tui.docks.clipboard import ClipboardDock
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.dock_host import DockHost, Elsewhere, Panes
from codepilot_tui.docks.words import WordsBody
from codepilot_tui.held_keys import HeldKeys, Typed
from codepilot_tui.terminals import TerminalDriver
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.terminal import TerminalPane
from codepilot_tui.widgets.terminal import messages as said
from codepilot_tui.widgets.terminal.tabs import TerminalTabs

pytestmark = pytest.mark.slow


class Bench(App[None]):
    CSS = "#body { layers: panes dock; }"
    BINDINGS = [Binding("f6", "take_over", priority=True)]

    def __init__(self, socket: Path) -> None:
        super().__init__()
        install_themes(self, "dusk")
        self.socket = socket
        self.told: list[str] = []
        self.copied: list[str] = []
        self.held_keys = HeldKeys(super().on_event, self.call_later)

    def compose(self):
        with Horizontal(id="body"):
            yield TerminalPane(fetch=self.history, reserved=frozenset({"f6"}))
            yield DockHost(Panes("TerminalPane", (), lambda: self.pane), Elsewhere(self.told.append))

    async def on_mount(self) -> None:
        self.pane = self.query_one(TerminalPane)
        self.driver = TerminalDriver(self.pane, self)
        await self.driver.connect(self.socket, ((1, 1, 1), (2, 2, 2)))

    async def history(self, name: str, start: int, count: int):
        return await self.driver.history(name, start, count)

    def tell(self, text: str) -> None:
        self.told.append(text)

    def changed(self) -> None:
        pass

    def open_dock(self, dock, done) -> None:
        self.query_one(DockHost).open(dock, done)

    def recall(self, dock) -> None:
        self.query_one(DockHost).recall(dock)

    def wish(self, title, make, done) -> None:
        self.open_dock(make(), done)

    def asks(self, kind: type) -> bool:
        """A dock of this kind is open, and its keys answer."""
        dock = self.query_one(DockHost).dock
        return isinstance(dock, kind) and dock.ready

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)

    def on_terminal_view_key_typed(self, message: said.KeyTyped) -> None:
        self.driver.input.typed(message)

    def hold_keys(self, most):
        return self.held_keys.hold(most)

    async def on_event(self, event: events.Event) -> None:
        typed = isinstance(event, Typed) and not event.is_forwarded
        if not (typed and self.held_keys.takes(event)):
            await super().on_event(event)

    def on_terminal_view_pasted(self, message: said.Pasted) -> None:
        self.driver.input.pasted(message)

    def action_take_over(self) -> None:
        self.driver.holding.take_over(self.pane.active)

    def on_terminal_view_taken_by_typing(self, message: said.TakenByTyping) -> None:
        self.driver.input.taken_by_typing(message)

    def on_terminal_view_sight_changed(self, message: said.SightChanged) -> None:
        self.driver.watching.seen(message)

    def on_terminal_view_resized(self, message: said.Resized) -> None:
        self.driver.watching.resized(message)

    def text(self, name: str = "main") -> str:
        view = self.pane.view(name)
        rows = (view.buffer.row(view.buffer.history + line) for line in range(view.buffer.lines))
        return "\n".join(row.text if row is not None else "" for row in rows)


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def bench(tmp_path: Path):
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    (home / ".bashrc").write_text("PS1='$ '\n")
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    try:
        await client.open("main")
        app = Bench(client.socket_path)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(lambda: "$" in app.text())
            app.pane.view("main").focus()
            await pilot.pause()
            yield app, pilot, client
            await app.driver.close()
    finally:
        await client.close()


async def test_a_host_that_is_left_while_it_is_joined_is_left_without_a_word(tmp_path: Path) -> None:
    """Who quits right after the start must not see a stack of calls."""
    async with bench(tmp_path) as (app, _, client):
        await app.driver.close()
        app.told.clear()
        joining = asyncio.ensure_future(app.driver.connect(client.socket_path, ((1, 1, 1), (2, 2, 2))))
        async with asyncio.timeout(60):
            while not app.driver.connected:
                await asyncio.sleep(0)
        await app.driver.close()
        await joining
        assert app.told == []


async def test_typing_takes_a_free_terminal_and_gives_it_the_size_of_the_view(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        await pilot.resize_terminal(60, 24)
        assert app.driver.states.owner("main") == "free"
        view = app.pane.view("main")
        await until(lambda: view.buffer.columns == 80)  # at rest, as near the view's as may be
        await until(lambda: "59 of 80 columns" in line_of_tabs(app))
        await pilot.press(*"tput cols", "enter")
        await until(lambda: app.driver.states.owner("main") == "person")
        await until(lambda: "\n59" in app.text() or "\n80" in app.text())
        await until(lambda: view.buffer.columns == 59)
        await pilot.press("f6")
        await until(lambda: app.driver.states.owner("main") == "free")
        await until(lambda: view.buffer.columns == 80)


@pytest.mark.parametrize("running", [False, True])
async def test_a_terminal_that_is_taken_out_of_sight_gets_the_size_of_its_pane_in_sight(
    tmp_path: Path, running: bool
) -> None:
    """As where the chat has the room, and taking brings the pane to sight."""
    async with bench(tmp_path) as (app, pilot, client):
        await pilot.resize_terminal(60, 20)
        view = app.pane.view("main")
        await until(lambda: (view.buffer.columns, view.viewport.width) == (80, 59))
        await until(lambda: view._resize_timer is None)  # its window keeps this size, which is told once
        if running:
            await client.write("main", b"cat\r")
            await until(lambda: app.pane.state("main") != "idle")
        app.pane.display = False
        await until(lambda: not app.driver.watching.watched)
        app.driver.holding.take_over("main")
        async with asyncio.timeout(60):
            while (await client.list())[0].owner != "person":
                await asyncio.sleep(0.01)
        await until(lambda: not app.driver._connection._tasks)
        app.pane.display = True
        await until(lambda: (view.buffer.columns, view.buffer.lines) == (59, 19))


async def test_a_window_of_80_columns_shows_all_of_a_terminal(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        view = app.pane.view("main")
        await until(lambda: view.buffer.columns == view.viewport.width == 80)
        assert "columns" not in line_of_tabs(app)


def line_of_tabs(app: Bench) -> str:
    return app.pane.query_one(TerminalTabs).render_line(0).text


async def test_a_terminal_at_rest_takes_the_width_of_its_pane(tmp_path: Path) -> None:
    """So that what the agent runs next is written for it, and nothing is cut."""
    async with bench(tmp_path) as (app, pilot, client):
        await pilot.resize_terminal(101, 30)
        await until(lambda: app.pane.view("main").buffer.columns == 100)
        ran = await client.execute("main", "tput cols; sleep 0.2; tput cols", timeout=20)
        assert ran.output.split() == ["100", "100"]
        held = asyncio.create_task(client.execute("main", "sleep 2; tput cols", timeout=20))
        await until(lambda: app.pane.state("main") == "busy")
        await pilot.resize_terminal(121, 30)
        assert (await held).output == "100", "nothing changes under a command that runs"
        await until(lambda: app.pane.view("main").buffer.columns == 120)


async def test_nothing_is_sent_for_a_terminal_that_is_not_seen(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        app.pane.display = False
        await until(lambda: not app.driver.watching.watched)
        version = app.pane.view("main").updates.count
        await client.execute("main", "seq 2000; echo unseen", timeout=20)
        await client.text("main")
        assert app.pane.view("main").updates.count == version
        app.pane.display = True
        await until(lambda: "unseen" in app.text())


async def test_what_is_typed_while_a_terminal_opens_is_meant_for_that_one(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        app.driver.open_terminal()
        app.post_message(events.Key("e", "e"))
        app.post_message(events.Paste("cho in the ne"))
        app.post_message(events.Key("w", "w"))
        await until(lambda: app.pane.active == "shell-1")
        assert app.focused is app.pane.view("shell-1")
        await until(lambda: "echo in the new" in app.text("shell-1"))
        assert "echo" not in app.text("main") and app.driver.states.owner("main") == "free"


async def test_what_is_typed_for_a_terminal_that_cannot_be_opened_goes_nowhere(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        work, away = tmp_path / "work", tmp_path / "away"
        work.rename(away)
        app.driver.open_terminal()
        app.post_message(events.Key("x", "x"))
        await until(lambda: app.told)
        assert "work is not a folder" in app.told[0]
        assert app.pane.names == ("main",)
        away.rename(work)
        app.driver.open_terminal()
        app.post_message(events.Key("z", "z"))
        await until(lambda: "shell-1" in app.pane.names and "$ z" in app.text("shell-1"))
        assert "x" not in app.text() + app.text("shell-1"), "nor to the next one"


async def test_several_that_are_opened_at_once_get_names_of_their_own(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        for _ in range(3):
            app.driver.open_terminal()
        await until(lambda: app.pane.names == ("main", "shell-1", "shell-2", "shell-3"))
        assert app.told == []


async def test_a_terminal_that_is_closed_twice_at_once_is_closed_once_and_without_a_word(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        for _ in range(3):
            app.driver.close_terminal("main")
        await until(lambda: app.pane.names == () and not app.driver._closing._ending)
        assert app.told == []
        await client.open("main")
        await until(lambda: app.pane.names == ("main",) and app.pane.state("main") == "idle")
        app.driver.close_terminal("main")
        await until(lambda: app.pane.names == ())


async def test_the_person_opens_and_closes_terminals(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        app.driver.open_terminal()
        await until(lambda: app.pane.active == "shell-1" and app.driver.states.owner("shell-1") == "person")
        assert app.pane.view("shell-1").owner == "person"
        await until(lambda: "$" in app.text("shell-1") and app.pane.state("shell-1") == "idle")
        app.driver.close_terminal("shell-1")
        await until(lambda: app.pane.names == ("main",))
        assert [info.name for info in await client.list()] == ["main"]
        running = asyncio.create_task(client.execute("main", "sleep 100", timeout=30))
        await until(lambda: app.pane.state("main") == "busy")
        app.driver.close_terminal("main")
        await until(lambda: app.asks(ConfirmDock))
        await pilot.press("n")
        await until(lambda: not app.query_one(DockHost).dock)
        assert app.pane.names == ("main",)
        app.driver.close_terminal("main")
        await until(lambda: app.asks(ConfirmDock))
        await pilot.press("y")
        await until(lambda: app.pane.names == ())
        assert "The person closed this terminal" in (await running).note


async def test_a_terminal_that_is_opened_while_one_of_its_name_ends_stays(tmp_path: Path) -> None:
    """Seen: it vanished with the earlier one, and what was typed on took the agent's terminal."""
    async with bench(tmp_path) as (app, pilot, client):
        app.driver.open_terminal()
        await until(lambda: app.pane.active == "shell-1" and "$" in app.text("shell-1"))
        earlier = (await client.list())[-1].identity
        await client.write("shell-1", b"trap '' HUP TERM; echo deaf; sleep 100\r")
        await until(lambda: "\ndeaf" in app.text("shell-1") and app.pane.state("shell-1") == "busy")
        app.driver.close_terminal("shell-1")
        await until(lambda: app.asks(ConfirmDock))
        await pilot.press("y")
        async with asyncio.timeout(60):
            while earlier in [each.identity for each in await client.list()]:
                await asyncio.sleep(0.01)
        ending = set(app.driver._connection._tasks)
        app.driver.open_terminal()
        async with asyncio.timeout(60):
            while len(open_now := await client.list()) == 1:
                await asyncio.sleep(0.01)
        later = open_now[-1]
        assert later.name == "shell-1"
        async with asyncio.timeout(60):
            await asyncio.gather(*ending)
            while await client.closed_by("shell-1", earlier) != "person":
                await asyncio.sleep(0.01)
        await until(
            lambda: app.pane.view("shell-1").has_focus and app.driver.states.owner("shell-1") == "person"
        )
        await pilot.press(*"echo n''ew", "enter")
        await until(lambda: "\nnew" in app.text("shell-1"))
        assert app.pane.active == "shell-1"


async def test_a_terminal_that_has_the_name_of_one_that_still_ends_can_be_closed(tmp_path: Path) -> None:
    """Seen: the key did nothing, without a word, until the earlier one was gone."""
    async with bench(tmp_path) as (app, pilot, client):
        await client.write("main", b"trap '' HUP TERM; echo deaf; sleep 100\r")
        await until(lambda: "\ndeaf" in app.text() and app.pane.state("main") == "busy")
        app.driver.close_terminal("main")
        await until(lambda: app.asks(ConfirmDock))
        await pilot.press("y")
        async with asyncio.timeout(60):
            while await client.list():
                await asyncio.sleep(0.01)
        opened = await client.open("main")
        await until(lambda: app.pane.state("main") == "idle")
        app.driver.close_terminal("main")
        async with asyncio.timeout(60):
            while await client.closed_by("main", opened.identity) != "person":
                await asyncio.sleep(0.01)
        await until(lambda: app.pane.names == ())
        assert app.told == []


async def test_a_terminal_whose_shell_has_ended_is_closed(tmp_path: Path) -> None:
    """Its end was told long before: nothing but the answer says that it is closed."""
    async with bench(tmp_path) as (app, pilot, client):
        await client.write("main", b"exit\r")
        await until(lambda: app.pane.state("main") == "exited")
        app.driver.close_terminal("main")
        await until(lambda: app.pane.names == ())


async def test_the_question_about_closing_says_when_nothing_runs_any_more(tmp_path: Path) -> None:
    """Found by use: it went on to say that a command runs, and that the agent uses the terminal."""
    async with bench(tmp_path) as (app, pilot, client):
        running = asyncio.create_task(client.execute("main", "read -r a", timeout=30))
        await until(lambda: app.pane.state("main") != "idle" and app.driver.states.owner("main") == "agent")
        app.driver.close_terminal("main")
        await until(lambda: app.asks(ConfirmDock))
        question = app.query_one(ConfirmDock)
        words = question.query_one(WordsBody)
        assert "A command is still running in it." in str(words.lines)
        assert "The agent is using this terminal." in str(words.lines)
        await client.write("main", b"a\r")
        await running
        await until(lambda: "Nothing is running in it any more." in str(words.lines))
        assert "agent" not in str(words.lines) and question.choices[0].word == "close it"
        await pilot.press("y")
        await until(lambda: app.pane.names == ())


async def test_a_terminal_of_a_name_that_was_closed_is_shown(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        closed = app.pane.view("main")
        app.driver.close_terminal("main")
        await until(lambda: app.pane.names == () and not closed.is_attached)
        await pilot.pause()
        updates = closed.updates.count
        await client.open("main")
        await client.execute("main", "echo two && echo words", timeout=20)
        await until(lambda: "two\nwords" in app.text())
        assert app.driver.connected and app.told == []
        assert closed.updates.count == updates
        app.driver.open_terminal()
        await until(lambda: app.pane.active == "shell-1" and "$" in app.text("shell-1"))


async def test_a_window_whose_terminal_was_closed_meanwhile_is_no_news(tmp_path: Path, caplog) -> None:
    caplog.set_level("INFO", "codepilot_tui.terminals")
    async with bench(tmp_path) as (app, _, client):
        connection = app.driver._connection
        connection.follow(lambda client: client.resize("closed", 80, 24))
        connection.do(lambda client: client.terminate("closed"))
        await until(lambda: app.told)
        assert app.told == ["There is no terminal 'closed'."]
        assert [
            record.getMessage() for record in caplog.records if record.name.startswith("codepilot_tui")
        ] == ["the host does not follow a window: There is no terminal 'closed'."]


async def test_a_paste_that_would_run_lines_is_asked_about(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        view = app.pane.view("main")
        view.post_message(events.Paste("echo one\necho two"))
        await until(lambda: "echo two" in app.text())  # bash takes it as pasted, so nothing has run
        assert not app.query_one(DockHost).dock
        await pilot.press("ctrl+c")
        await pilot.press(*"read -r a; read -r b; echo got $b-$a", "enter")
        await until(lambda: app.pane.state("main") == "waiting" and not view.buffer.modes.bracketed_paste)
        view.post_message(events.Paste("first\rsecond\r"))  # CR, as most terminals send the ends of lines
        await until(lambda: app.asks(ConfirmDock))
        dock = app.query_one(DockHost).dock
        said = [line[0][0] for line in dock.query_one(WordsBody).lines]
        assert dock.title.startswith("Paste 2 lines") and said[-3:-1] == ["first", "second"]
        await pilot.press("y")
        await until(lambda: "got second-first" in app.text())


OSC_52 = r"printf '\033]52;c;d29yZHM=\007'"


async def test_only_the_person_lets_a_program_write_the_clipboard(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        await client.execute("main", OSC_52, timeout=20)
        await until(lambda: app.told)
        assert "was not allowed to" in app.told[0] and not app.query_one(DockHost).dock
        await pilot.press("f6")
        await until(lambda: app.driver.states.owner("main") == "person")
        await client.write("main", OSC_52.encode() + b"\r")
        await until(lambda: app.asks(ClipboardDock))
        assert app.copied == []
        await pilot.press("a")
        await until(lambda: app.copied == ["words"])
        await client.write("main", OSC_52.encode() + b"\r")
        await until(lambda: app.copied == ["words", "words"])
        await until(
            lambda: app.pane.state("main") == "idle"
        )  # while its command still ends, closing it would ask
        app.driver.close_terminal("main")
        await until(lambda: app.pane.names == ())
        await client.open("main")
        await until(
            lambda: "$" in (app.text() if app.pane.view("main") else "") and app.pane.state("main") == "idle"
        )
        await pilot.press("f6")
        await until(lambda: app.driver.states.owner("main") == "person")
        await client.write("main", OSC_52.encode() + b"\r")
        await until(lambda: app.asks(ClipboardDock))
        assert app.copied == ["words", "words"], "another terminal of its name asks anew"


async def test_a_program_that_asks_for_the_clipboard_again_and_again_is_asked_about_once(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as (app, pilot, _):
        await pilot.press("f6")
        await until(lambda: app.driver.states.owner("main") == "person")
        wishes = []
        app.wish = lambda title, make, done: wishes.append(done)
        wish = TerminalEvent(kind="clipboard", name="main", detail="words")
        app.driver.events.on_event(wish)
        app.driver.events.on_event(wish)
        assert len(wishes) == 1
        wishes[0]("once")
        app.driver.events.on_event(wish)
        assert len(wishes) == 2 and app.copied == ["words"]


async def test_a_terminal_that_waits_for_input_is_not_closed_without_a_question(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, _):
        await pilot.press("f6")
        await until(lambda: app.driver.states.owner("main") == "person")
        await pilot.press(*"read -r -p name answer", "enter")
        await until(lambda: app.pane.state("main") == "waiting")
        app.driver.close_terminal("main")
        await until(lambda: app.asks(ConfirmDock))
        assert app.pane.names == ("main",)
        question = app.query_one(ConfirmDock)
        app.pane.view("main").focus()
        await until(lambda: app.focused is app.pane.view("main"))
        app.driver.close_terminal("main")
        await until(lambda: app.focused is not None and question in app.focused.ancestors_with_self)
        assert list(app.query(ConfirmDock)) == [question], "asked again, it is the same question"


async def test_what_is_typed_right_behind_the_key_that_takes_a_terminal_is_for_its_program(
    tmp_path: Path,
) -> None:
    """Seen: `cat` came as `at`. The view refused what came before the host's word that the person holds it."""
    async with bench(tmp_path) as (app, pilot, client):
        running = asyncio.create_task(client.execute("main", "cat", timeout=30))
        await until(lambda: app.driver.states.owner("main") == "agent" and app.pane.state("main") != "idle")
        for key in ("f6", *"hello", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(lambda: app.text().count("hello") == 2)
        for key in ("ctrl+d", "f6", "f6"):
            await pilot.press(key)
        await until(lambda: app.pane.state("main") == "idle" and app.driver.states.owner("main") == "person")
        await running


async def test_the_key_that_takes_and_hands_back_may_be_pressed_again_before_the_host_has_answered(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        for times, owner in ((1, "person"), (2, "person"), (3, "free"), (4, "free")):
            for _ in range(times):
                app.driver.holding.take_over("main")
            await until(lambda: not app.driver.holding._asked)
            (info,) = await client.list()
            assert info.owner == owner
            await until(lambda owner=owner: app.driver.states.owner("main") == owner)


async def test_the_questions_about_a_terminal_end_with_it(tmp_path: Path) -> None:
    """They act on a name, which another terminal may have by the time they are answered."""
    async with bench(tmp_path) as (app, pilot, client):
        await pilot.press("f6")
        await until(lambda: app.driver.states.owner("main") == "person")
        await pilot.press(*"read -r a", "enter")
        await until(lambda: app.pane.state("main") == "waiting")
        view = app.pane.view("main")
        await until(lambda: not view.buffer.modes.bracketed_paste)
        view.post_message(events.Paste("first\rsecond\r"))
        await until(lambda: app.driver.input.asked("main") is not None)
        app.driver.close_terminal("main")
        await until(lambda: len(app.query(ConfirmDock)) == 2)
        await client.terminate("main")
        await until(lambda: not app.query_one(DockHost).dock)
        assert app.driver.input.asked("main") is None and not app.driver._closing._asking
        await until(lambda: app.pane.names == ())
        assert app.told == []


async def test_a_screen_that_is_watched_anew_is_told_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, _, client):
        view, host = app.pane.view("main"), app.driver._connection._client
        await until(lambda: "main" in app.driver.watching.watched)
        await app.driver.watching.watch(host, "main")
        assert host._screens["main"] == [view.apply]


async def test_bells_and_notices(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        app.driver.open_terminal()
        await until(lambda: app.pane.active == "shell-1")
        await client.execute("main", r"printf '\a'", timeout=20)
        await until(lambda: app.pane._tabs.tabs["main"].bell)
        await client.execute("main", r"printf '\033]9;done [b]here\007'", timeout=20)
        await until(lambda: any("main: done [b]here" in told for told in app.told))
        app.pane.activate("main")
        assert not app.pane._tabs.tabs["main"].bell


async def test_the_history_of_a_terminal_that_is_gone(tmp_path: Path) -> None:
    async with bench(tmp_path) as (app, pilot, client):
        assert await app.driver.history("nothing", 0, 10) == ()
        assert "There is no terminal" in app.told[-1]


async def test_a_terminal_that_is_opened_again_while_the_closing_is_looked_at_stays(tmp_path: Path) -> None:
    """Both events may come in one read; the list that is asked for then was made between them."""
    async with bench(tmp_path) as (app, pilot, client):
        app.driver.events.on_event(TerminalEvent(kind="closed", name="again"))
        app.driver.events.on_event(TerminalEvent(kind="opened", name="again"))
        await until(lambda: not app.driver._connection._tasks)
        assert "again" in app.pane.names
