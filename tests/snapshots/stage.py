"""What the pictures show: the real screens on a stage without an agent, fed with fixed events."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot.checkpoints.plan import RestorePlan, RestoreRow
from codepilot.checkpoints.replacing import State
from codepilot.context.report import ContextEntry, ContextReport
from codepilot.decision import PermissionRequest, PlannedEdit
from codepilot.demo import create_project
from codepilot.journal.branches import Prompt, PromptTree
from codepilot.journal.library import find_session
from codepilot.journal.overview import overview_of
from codepilot.messages import Usage
from codepilot.sessions.journal import JournalSession
from codepilot.terminal.engines import new_engine
from codepilot.testing import Turn
from codepilot_tui.__main__ import parser
from codepilot_tui.app import WorkbenchApp
from codepilot_tui.bench import first_times
from codepilot_tui.bench.playing import Playing
from codepilot_tui.bridge import Pending
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.clipboard import ClipboardDock
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.quit import QuitDock
from codepilot_tui.docks.trust import TrustDock
from codepilot_tui.facts import Kind, Place
from codepilot_tui.pages.change import ChangePage, StreamPage
from codepilot_tui.pages.context import ContextPage, Wishes
from codepilot_tui.pages.file import FilePage
from codepilot_tui.pages.keys import KeysPage
from codepilot_tui.pages.reading import ReadingPage
from codepilot_tui.pages.replay import ReplayPage
from codepilot_tui.pages.rewind import RewindPage
from codepilot_tui.pages.welcome import Offer, WelcomePage
from codepilot_tui.plan import AgentPlan
from codepilot_tui.popups.leader import LeaderPopup
from codepilot_tui.screens.parts import Parts
from codepilot_tui.screens.session import SessionScreen
from codepilot_tui.tabs import Tab
from codepilot_tui.theme import register_themes
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.edit_list import file_edits
from codepilot_tui.widgets.files import Change, FilesPane
from codepilot_tui.widgets.stream_rows import FileDiff
from codepilot_tui.widgets.terminal import TerminalPane, TerminalView

START = 1_790_000_000.0
BEFORE = '''\
"""Items by their code."""


class Stock:
    def remove(self, code, quantity):
        """Take pieces from the shelf and return how many are left."""
        self.items[code] -= quantity
        return self.items[code]
'''
AFTER = BEFORE.replace(
    "        self.items[code] -= quantity\n",
    "        have = self.items.get(code, 0)\n"
    "        if quantity > have:\n"
    "            raise OutOfStock(code)\n"
    "        self.items[code] = have - quantity\n",
)
TESTS = (
    b"\x1b[1m\x1b[32mdev\x1b[0m:\x1b[34m~/inventory\x1b[0m$ python -m unittest\r\n"
    b".....\x1b[31mF\x1b[0m..\r\n"
    b"\x1b[31m======================= FAILURES =======================\x1b[0m\r\n"
    b"    def test_remove_too_many():\r\n"
    b"\x1b[1m>       with self.assertRaises(OutOfStock):\x1b[0m\r\n"
    b"\x1b[31mE       AssertionError: OutOfStock not raised\x1b[0m\r\n\r\n"
    b"\x1b[31m\x1b[1m1 failed\x1b[0m, \x1b[32m7 passed\x1b[0m in 0.31s \xe2\x80\x94 \xe4\xbd\xa0\xe5\xa5\xbd\r\n"
    b"\x1b[1m\x1b[32mdev\x1b[0m:\x1b[34m~/inventory\x1b[0m$ "
)


class Stage(WorkbenchApp):
    """The workbench without an agent: its clock stands still, its project is the demo's."""

    left: list[str] | None = None
    """How often the person quit, if that is to be noted instead of done."""

    def begin_tab(self, tab: Tab) -> None:
        """A session that is opened beside this one has no agent either, and is closed again at once."""
        self.run_worker(self.tabs._drop(tab))

    def leave(self, terminals: str = "") -> None:
        if self.left is None:
            super().leave(terminals)
        else:
            self.left.append(terminals)

    def __init__(self, folder: Path, theme: str = "dusk") -> None:
        super().__init__(parser().parse_args(["--demo", "--theme", theme]))
        self.project = create_project(folder)
        # Only the tests of the keys that are said once want them said.
        first_times.keep([each.name for each in first_times.FIRST_TIMES])
        self._sequence = 0
        # What stands for some seconds stands for ever: no test has to look in time.
        self.tabs.shown.session = SessionScreen(self.keymap_table, clock=lambda: START + 7.2, now=lambda: 0.0)

    async def show_session(self) -> None:
        await self.tabs.show_first()
        register_themes(self)
        await self.session.furnish()
        plan = AgentPlan(
            name="BackendEngineer",
            model="scripted demo",
            mode="ask",
            work_dir=self.project,
            make=lambda: None,
            live=False,
        )
        await self.session.build(plan)

    def hint(self, name: str) -> int | None:
        """The column of an action's hint in the status line; None: it is not there."""
        line = self.session.query_one("#status")
        line.render_line(0)
        return next((1 + begin for begin, _, action in line._places if action == name), None)

    def stop_asking(self) -> None:
        """Take back the question that a staging put."""
        asked, self.asked = self.asked, None
        if asked is not None:
            asked.future.cancel()
            self.parts.questions.withdraw(asked)

    asked: Pending | None = None

    def put_on_disk(self, request: PermissionRequest) -> None:
        """The files as they are before the changes that a question is about."""
        for edit in request.step or (request,):
            file = self.project / edit.path
            if edit.before is None:
                file.unlink(missing_ok=True)
            else:
                file.write_text(edit.before)

    def place(self) -> Place:
        """Where the keyboard is."""
        return self.session.facts().place

    def notice(self) -> str:
        """What the status line says in place of the hints."""
        return self.session.query_one("#status").notice

    def looks_at(self) -> str:
        """The path of the file or change that is open; empty: none is."""
        page = self.session.pages.page
        return page.title if page is not None else ""

    @property
    def parts(self) -> Parts:
        assert self.session.parts is not None
        return self.session.parts

    def play(self, *events: e.Event) -> None:
        """Show these events, a tenth of a second apart."""
        batch = []
        for event in events:
            self._sequence += 1
            batch.append(e.Stamped(self._sequence, START + self._sequence / 10, event))
        self.parts.agent.take_events(batch)

    def terminal(
        self,
        name: str = "main",
        data: bytes = TESTS,
        state: str = "idle",
        owner: str = "free",
        lines: int = 40,
    ) -> None:
        """Show a terminal of so many lines with this output."""
        pane = self.session.query_one(TerminalPane)
        engine = new_engine(120, lines)
        engine.feed(data)
        pane.add_terminal(name).apply(engine.take_update(full=True))
        engine.close()
        states = self.parts.terminals._driver.states
        states.set_owner(name, owner)
        states.set_state(name, state, None)

    def changed(self) -> None:
        """Show the agent's changes in the files pane."""
        shown = (
            Change("inventory/stock.py", 4, 1),
            Change("inventory/report.py", 12, 0, created=True),
        )
        pane = self.session.query_one(FilesPane)
        # Behind what the column shows of the events in a moment.
        self.parts.files.call_next(pane.set_changes, shown)


def call(call_id: str, tool: str, label: str, *, figure: str = "", state: str = "ok", seconds: float = 0.0):
    """A tool call that ended."""
    return (
        e.ToolStarted(call_id=call_id, tool=tool, args={}, label=label),
        e.ToolFinished(
            call_id=call_id, tool=tool, result=f"[{tool}] …", state=state, figure=figure, seconds=seconds
        ),
    )


def step(number: int, prose: str, *more: e.Event) -> tuple[e.Event, ...]:
    """A step with its words and calls."""
    return (
        e.StepStarted(step=number, max_steps=30),
        e.TextStreamed(text=prose),
        e.ReplyFinished(
            text=prose,
            reason="stop",
            input_tokens=12_400,
            output_tokens=200,
            context_window=200_000,
            cost=0.08,
        ),
        e.ControlStarted(code="…"),
        *more,
    )


TASK = e.TaskStarted(task="Removing more than we have goes negative. Fix it and add a test.", number=1)
LOOKED = step(
    1,
    "I reproduced it: `test_remove_too_many` fails with −2. The subtraction in `Stock.remove` has **no guard**, so I"
    " add one and keep the return value.\n\n- look at the code\n- add the guard\n- run the tests\n",
    *call("c1", "read_file", "inventory/stock.py", figure="1–40 of 96"),
    *call("c2", "execute", "main › python -m unittest", figure="exit 1", state="error", seconds=1.2),
    e.ControlFinished(ok=True),
)
EDITED = step(
    2,
    "Here is the change.",
    e.ToolStarted(
        call_id="c3", tool="edit_file", args={"path": "inventory/stock.py"}, label="inventory/stock.py"
    ),
    e.FileChanged(call_id="c3", path="inventory/stock.py", before=BEFORE, after=AFTER, added=4, removed=1),
    e.ToolFinished(call_id="c3", tool="edit_file", result="[edit_file] …", figure="+4 −1", seconds=0.1),
    e.ControlFinished(ok=True),
)
DONE = (
    *step(3, "All tests pass."),
    e.ControlFinished(ok=True),
    e.BlockOpened(kind="completion"),
    e.BlockClosed(kind="completion", text="`Stock.remove` raises `OutOfStock` now; all eight tests pass."),
    e.TaskFinished(
        status="done",
        summary="`Stock.remove` raises `OutOfStock` now; all eight tests pass.",
        steps=3,
        seconds=42,
    ),
)
SOON = 0.01
OTHER = e.FileChanged(call_id="c3", path="inventory/report.py", before=None, after="x\n", added=1, removed=0)
"""A second file that changed."""


def hear(app):
    """The dock that is open. Nobody is in the middle of a word or holds a key, so nothing is deaf for half a second."""
    pages = app.session.pages
    if pages is not None and isinstance(pages.page, KeysPage):
        pages.page._entered = None
    dock = app.session.docks.dock if app.session.docks is not None else None
    if dock is not None and dock.arming.state == "wait" and dock.arming.deaf == DEAF_SECONDS:
        dock.arming.deaf = SOON
        dock.arming.begin()
    return dock


async def settled(pilot) -> None:
    """Wait until nothing is left to be done: no message, no layout, no repaint, no worker, no question that is deaf."""
    app = pilot.app
    async with asyncio.timeout(60):
        while True:
            await pilot.pause()
            screen = app.screen
            dock = hear(app)
            busy = (
                (dock is not None and dock.arming.state == "wait")
                or any(not leader.has_class("-shown") for leader in screen.query(LeaderPopup))
                or screen._layout_required
                or screen._repaint_required
                or screen._dirty_widgets
                or any(
                    chat._frames.waiting for chat in screen.query(ChatView)
                )  # it draws with the next frame
                # A terminal tells its size a little later; its lines are numbered anew then.
                or any(view._resize_timer is not None for view in screen.query(TerminalView))
                # Find goes on for as long as its bar is open, and looks again when the terminal changes.
                or any(not worker.is_finished and worker.group != "find" for worker in app.workers)
                or any(
                    node._message_queue.qsize()
                    for node in screen.walk_children(with_self=True)
                    if node._message_queue
                )
            )
            if not busy:
                return


def seen(app: Stage) -> tuple[object, ...]:
    """All that a key can change, but for the status line and what was run."""
    session = app.session
    strips = session._compositor.render_strips()[:-1]
    rows = [[(part.text, str(part.style)) for part in strip] for strip in strips]
    facts = session.facts()
    return rows, facts.place, facts.kind, id(session.docks.dock), id(session.focused), len(app.left)


async def begin(app: Stage, pilot: Any, *, terminal: bool = True) -> None:
    """A task that is done, a free terminal; quitting is only noted."""
    await settled(pilot)
    app.left = []
    app.play(TASK, *LOOKED, *EDITED, *DONE)
    if terminal:
        app.terminal()
    await settled(pilot)


ASKS = Turn(text="```codepilot\nanswer = ask_user('Which one?')\n```\n")
"""A model's reply that puts a question."""


def done(text: str) -> Turn:
    """A model's reply that ends the task."""
    return Turn(text=f"```completion\n{text}\n```")


async def send(pilot: Any, text: str, key: str = "enter") -> None:
    """Send a message from the composer."""
    pilot.app.session.composer.text = text
    pilot.app.session.to_composer()
    await pilot.pause()
    await pilot.press(key)


# -- stagings: each brings a place about -----------------------------------------------------------------------------


TALL: Any = {"data": TESTS * 9, "lines": 80}
"""A terminal with more lines than any screen here has rows, so that it can be scrolled without a host."""


async def _composer(app, pilot):
    app.session.to_composer()


async def _chat(app, pilot):
    await app.run_named("focus_chat")


async def _files(app, pilot):
    await app.run_named("focus_files")


async def _changes(app, pilot):
    await app.run_named("focus_files")
    app.session.set_focus(app.session.query_one("#change-list"))


async def _agents_terminal(app, pilot):
    app.terminal(owner="agent", state="busy", **TALL)
    await app.run_named("focus_terminal")


async def _free_terminal(app, pilot):
    app.terminal(owner="free", **TALL)
    await app.run_named("focus_terminal")


async def _held_terminal(app, pilot):
    app.terminal(owner="person", **TALL)
    await app.run_named("focus_terminal")


async def _question(app, pilot):
    questions = app.parts.questions
    if not questions.waiting:
        app.asked = Pending(COMMAND, "")
        questions.ask(app.asked)
    questions.recall()
    async with asyncio.timeout(60):
        while (dock := hear(app)) is None or not dock.ready:
            await pilot.pause(0.02)


async def _edit_question(app, pilot):
    questions = app.parts.questions
    if not questions.waiting:
        app.put_on_disk(EDITS)
        app.asked = Pending(EDITS, "")
        questions.ask(app.asked)
    questions.recall()
    async with asyncio.timeout(60):
        while (dock := hear(app)) is None or not dock.ready:
            await pilot.pause(0.02)


async def _file_page(app, pilot):
    await _page(app, pilot, FilePage("inventory/stock.py", AFTER))


async def _change_page(app, pilot):
    await _page(app, pilot, ChangePage(file_edits([("inventory/stock.py", BEFORE, AFTER)])))


async def _keys_page(app, pilot):
    await app.run_named("help")
    async with asyncio.timeout(60):
        while app.session.facts().place != "page":
            await pilot.pause(0.02)


async def _page(app, pilot, page):
    if app.session.pages.page is None:
        app.session.open_page(page)
    async with asyncio.timeout(60):
        while app.session.facts().place != "page":
            await pilot.pause(0.02)


async def _popup(app, pilot):
    await app.run_named("palette")
    async with asyncio.timeout(60):
        while app.session.facts().place != "popup":
            await pilot.pause(0.02)


STAGINGS: dict[str, tuple[Place, Callable[[Stage, Any], Awaitable[None]]]] = {
    "composer": ("composer", _composer),
    "chat": ("chat", _chat),
    "files": ("files", _files),
    "changes": ("changes", _changes),
    "agent's terminal": ("terminal", _agents_terminal),
    "free terminal": ("terminal", _free_terminal),
    "held terminal": ("terminal-held", _held_terminal),
    "question": ("question", _question),
    "question about edits": ("question", _edit_question),
    "file page": ("page", _file_page),
    "change page": ("page", _change_page),
    "keys page": ("page", _keys_page),
    "palette": ("popup", _popup),
}
"""Name → the place it is, and what brings it about."""

COMMAND = PermissionRequest(
    id="r1",
    call_id="c9",
    tool="execute",
    description="Execute: git push",
    kind="command",
    command="git push origin --force-with-lease fix/stock",
    terminal="main",
    cwd="/home/dev/inventory",
    why='Mode "ask" asks before every command and edit.',
)
EDITS = PermissionRequest(
    id="r2",
    call_id="c9",
    tool="edit_file",
    description="Write 'inventory/stock.py' (search/replace)",
    kind="edit",
    path="inventory/stock.py",
    before=BEFORE,
    after=AFTER,
    why='Mode "ask" asks before every command and edit.',
    step=(
        PlannedEdit(path="inventory/stock.py", before=BEFORE, after=AFTER),
        PlannedEdit(
            path="inventory/report.py",
            before=None,
            after="def report(stock):\n    return sorted(stock.items)\n",
        ),
        PlannedEdit(
            path="CHANGELOG.md", before="# Changes\n", after="# Changes\n\n- Stock cannot go below zero.\n"
        ),
    ),
)
"""Three changes of one step."""


# -- stagings of what has keys of its own within a place --------------------------------------------------------------

LONG = "\n".join(f"line {number} {'of a long text ' * 20}" for number in range(200))


async def _reason(app, pilot):
    await _question(app, pilot)
    await pilot.press("d")
    await _until(pilot, lambda: app.session.facts().kind == "reason")
    app.session.docks.dock.reason.insert("Not now")


async def _ask(app, pilot):
    questions = app.parts.questions
    if not questions.waiting:
        app.asked = Pending(None, f"Which branch?\n{LONG}")
        questions.ask(app.asked)
    questions.recall()
    await _until(
        pilot, lambda: app.session.open_question() is not None and app.session.open_question().typing
    )
    app.session.open_question().answer.text = "main"


async def _dock(app, pilot, dock):
    app.session.open_dock(dock, lambda answer: None)
    await _until(pilot, lambda: app.session.open_question() is dock and dock.ready)


async def _trust(app, pilot):
    await _dock(
        app, pilot, TrustDock("/home/dev/inventory", found=[f"settings-{n}.yaml" for n in range(300)])
    )


async def _quit(app, pilot):
    await _dock(app, pilot, QuitDock("running", running=[("main", "make")]))


async def _clipboard(app, pilot):
    await _dock(app, pilot, ClipboardDock("main", LONG))


async def _confirm(app, pilot):
    await _dock(app, pilot, ConfirmDock("Start a new conversation?", LONG))


async def _long_file(app, pilot):
    await _page(app, pilot, FilePage("inventory/long.txt", LONG))
    await _until(pilot, lambda: app.session.pages.page.field.has_focus)


async def _found(app, pilot):
    await _long_file(app, pilot)
    app.session.pages.page.field.value = "long"
    await _until(pilot, lambda: app.session.facts().kind == "found")


async def _long_change(app, pilot):
    longer = LONG.replace("line 50 ", "line fifty ").replace("line 150 ", "line 150, ")
    edits = file_edits([("a.txt", LONG, longer), ("b.txt", LONG, longer)])
    await _page(app, pilot, ChangePage(edits))


def stream_page():
    """Three files: one changed, one new, one that is no text."""
    long = BEFORE + LONG
    longer = AFTER + LONG.replace("line 50 ", "line fifty ")
    return StreamPage(
        [
            FileDiff("inventory/stock.py", long, longer, 5, 2),
            FileDiff("inventory/report.py", None, BEFORE[:120], 6, 0),
            FileDiff("logo.png", None, None, 0, 0, "not text"),
        ]
    )


async def _stream(app, pilot):
    longer = LONG.replace("line 50 ", "line fifty ").replace("line 150 ", "line 150, ")
    await _page(app, pilot, StreamPage([FileDiff(name, LONG, longer, 2, 2) for name in ("a.txt", "b.txt")]))


async def _search(app, pilot):
    await app.run_named("find_chat", "the")
    await _until(
        pilot, lambda: app.session.facts().place == "page" and app.session.pages.page.field.has_focus
    )


async def _welcome(app, pilot):
    await _page(app, pilot, WelcomePage([Offer("ollama:a", "a", "Ollama")], "No key was found."))
    await _until(pilot, lambda: app.session.pages.page.field.has_focus)


SESSIONS = (
    ("a1", "Removing more than we have goes negative. Fix it.", 0.2, "done", 14, 0.21),
    ("b2", "Report the shortages of each shelf", 3.4, "aborted", 31, 0.62),
    ("c3", "Move the prices to a table of their own", 26.0, "", 9, 0.18),
    ("d4", "What does the report do with *empty* shelves?", 80.0, "replied", 2, None),
    ("e5", "Count the pieces that wait for a delivery", 900.0, "failed", 5, 0.03),
)
"""Sessions on the disk: id, first words, hours ago, how the last task ended (empty: it was cut), steps, cost."""


def keep_sessions(folder: Path) -> None:
    """Put the sessions into the state folder."""
    for name, words, hours, status, steps, cost in SESSIONS:
        session = JournalSession(name, "BackendEngineer", work_dir=folder)
        log = session.log
        if log.opened:  # it is there since an earlier time
            session.close()
            continue
        log.append("task_started", {"task": words, "number": 1})
        log.append("message_stored", {"role": "user", "text": f"[TASK 1] {words}", "kind": "task"})
        for number in range(steps):
            log.append("step_started", {"step": number + 1, "max_steps": 40})
            told = {"text": f"I look at part {number + 1} of it.", "role": "assistant", "kind": "reply"}
            log.append("message_stored", told)
            log.append(
                "reply_finished", {"reason": "stop", "input_tokens": 900, "output_tokens": 9, "cost": cost}
            )
        if status:
            log.append(
                "task_finished", {"status": status, "summary": "It is as it should be.", "steps": steps}
            )
        session.close()
        os.utime(session.path, (START - hours * 3600,) * 2)


def _longest():
    """Of those sessions, the one that has something to scroll."""
    return overview_of(find_session(max(SESSIONS, key=lambda each: each[4])[0]))


async def _sessions(app, pilot):
    if app.session.pages.page is None:
        keep_sessions(app.project)
        await app.run_named("sessions")
    await _until(
        pilot, lambda: app.session.facts().kind == "sessions" and app.session.pages.page.list.count > 3
    )
    preview = app.session.pages.page.preview
    await _until(pilot, lambda: preview._said or not preview.display)


async def _reading(app, pilot):
    if app.session.pages.page is None:
        keep_sessions(app.project)
        await _page(app, pilot, ReadingPage(_longest()))
    chat = app.session.pages.page.chat
    await _until(pilot, lambda: len(chat.rows) and app.session.facts().kind == "reading")


async def _replay(app, pilot):
    if app.session.pages.page is None:
        keep_sessions(app.project)
        await _page(app, pilot, ReplayPage(_longest()))
    page = app.session.pages.page
    await _until(pilot, lambda: app.session.facts().kind == "replay" and page.playing.events)
    if page.playing.plays:
        page.press("space")
    # Recorded as it was made, which is another time in each run.
    events = [replace(each, time=START + at) for at, each in enumerate(page.playing.events)]
    page.playing = Playing(events, "BackendEngineer")
    page._moved(page.playing.go_to(len(events) * 3 // 4))  # further than one screen
    await settled(pilot)


def context_page(idle=True, wishes=None):
    """What fills the window of a session in its middle."""
    told = (
        ("words", "Fix the failing test in inventory", 380, False),
        ("reply", "I look at the module and its test first.", 2_100, False),
        ("result", "inventory/stock.py · pytest -q", 2_040, False),
        ("reply", "The guard is missing.", 6_900, False),
        ("result", "pytest -q", 1_410, False),
        ("result", "tests/test_stock.py", 46, True),
    )
    summary = ContextEntry(message=41, kind="summary", label="Of messages 1 to 40", tokens=1_180)
    entries = [
        ContextEntry(message=42 + n, kind=kind, label=label, tokens=tokens, left_out=out)
        for n, (kind, label, tokens, out) in enumerate(told)
    ]
    report = ContextReport(
        window=200_000, room=190_000, used=14_056, system=3_100, tools=2_200, counted=True,
        entries=(summary, *entries), summarised=40, cost=0.14,
        usage=Usage(input_tokens=50_000, output_tokens=2_000, cache_read=46_000),
    )  # fmt: skip
    nothing = Wishes(lambda message, title: None, lambda message: None, lambda: None, lambda: idle)
    return ContextPage(report, wishes or nothing)


async def _context(app, pilot):
    def done(what):
        app.session.tell(what)
        app.left.append(what)  # `seen` looks at this list, and not at the status line

    wishes = Wishes(
        lambda message, title: done("Shown."), lambda message: done("Left out."),
        lambda: done("Compacted."), lambda: True,
    )  # fmt: skip
    await _page(app, pilot, context_page(wishes=wishes))
    await _until(pilot, lambda: app.session.pages.page.rows.size.height > 0)
    await pilot.press("down", "down", "down")


class Said:
    """What was said and done, without a runtime: three prompts, of which one was left."""

    tree_ = PromptTree(
        (
            Prompt(4, 3, 9, 0, "task", "Fix the failing test", START, ("stock.py",), active=True),
            Prompt(10, 9, 19, 4, "task", "use a Counter instead", START + 300, ("stock.py",), active=False),
            Prompt(21, 20, 40, 4, "task", "update the changelog", START + 600, ("a", "b"), active=True),
        ),
        (19,),
        19,
    )

    async def tree(self):
        return self.tree_

    async def plan(self, record, overwrite=()):
        now, then = State("1" * 64, 0o644), State("2" * 64, 0o644)
        rows = (
            RestoreRow(path="inventory/stock.py", now=now, then=then, added=3, removed=14),
            RestoreRow(path="report.py", now=now, then=then, added=1, overwritten="you changed it since")
            if "report.py" in overwrite
            else RestoreRow(path="report.py", now=now, then=now, kept="you changed it since"),
        )
        return RestorePlan(to=record, rows=rows, commands=("make docs",))

    async def texts(self, row):
        return AFTER, BEFORE


async def _rewind(app, pilot):
    if app.session.pages.page is None:
        app.session.open_page(RewindPage(Said(), app.session.open_page))
    page = app.session.pages.page
    await _until(pilot, lambda: app.session.facts().kind == "rewind" and page._planned is not None)


async def _walk(app, pilot):
    await app.run_named("focus_terminal")
    await app.run_named("browse_terminal")
    await pilot.press("up", "up")


async def _find_bar(app, pilot):
    await app.run_named("focus_terminal")
    await app.run_named("find_terminal")
    await _until(pilot, lambda: app.session.facts().kind == "find")
    app.session.focused.value = "e"
    view = app.parts.terminals.pane.active_view
    await _until(pilot, lambda: view.marks.search is not None and view.marks.search.query.text == "e")


async def _until(pilot, condition):
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.02)


OPENED: dict[Kind, Callable[[Stage, Any], Awaitable[None]]] = {
    "walk": _walk,
    "find": _find_bar,
    "command": _question,
    "edits": _edit_question,
    "reason": _reason,
    "ask": _ask,
    "trust": _trust,
    "quit": _quit,
    "clipboard": _clipboard,
    "confirm": _confirm,
    "file": _long_file,
    "found": _found,
    "change": _long_change,
    "stream": _stream,
    "search": _search,
    "keys": _keys_page,
    "welcome": _welcome,
    "sessions": _sessions,
    "rewind": _rewind,
    "context": _context,
    "reading": _reading,
    "replay": _replay,
}
"""What brings about a terminal, question or page that has keys of its own."""
