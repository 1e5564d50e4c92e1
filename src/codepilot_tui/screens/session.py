"""The session screen: composes the panes, turns messages into calls, and carries out what the models decide.

Its first frame is a skeleton with the composer, so that one can type at once; `build` brings the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Input

from codepilot_tui.actions import Keymap
from codepilot_tui.bench.effects import Open, Write
from codepilot_tui.bench.ladder import typed
from codepilot_tui.bench.layout import Pane, Wants
from codepilot_tui.bench.notices import Kind, Notices
from codepilot_tui.facts import READING, Facts
from codepilot_tui.screens.bars import Bars
from codepilot_tui.screens.columns import Columns
from codepilot_tui.screens.host import Program
from codepilot_tui.screens.ladder import Ladder
from codepilot_tui.screens.panes import PaneControl
from codepilot_tui.screens.place import place_of
from codepilot_tui.widgets.banner import Banner
from codepilot_tui.widgets.clicked import ActionClicked
from codepilot_tui.widgets.composer import Composer
from codepilot_tui.widgets.composer_commands import Command
from codepilot_tui.widgets.editing import LinesInput
from codepilot_tui.widgets.popup import Popup, close_beside
from codepilot_tui.widgets.status import StatusLine, TopBar

if TYPE_CHECKING:
    from codepilot_tui.docks.base import Dock
    from codepilot_tui.docks.host import DockHost
    from codepilot_tui.pages.base import Page, PageHost
    from codepilot_tui.plan import AgentPlan
    from codepilot_tui.screens.agent import AgentControl
    from codepilot_tui.screens.parts import Parts

Answer = TypeVar("Answer")


class SessionScreen(Screen[None], inherit_bindings=False):
    """One session beside the agent. Its keys are those of the table; Textual's own would take Esc, Tab and Ctrl+C.

    Args:
        keymap: keys and commands.
        clock: seconds since the epoch, for the times that are shown.
    """

    AUTO_FOCUS = "Composer Editor"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "tab", show=False)]
    DEFAULT_CSS = """
    SessionScreen { background: $ground; layers: base popup; }
    SessionScreen > #bench { height: 1fr; }
    SessionScreen #banner { height: 1; background: $raised; color: $warn; padding: 0 2; display: none;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self, keymap: Keymap, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.keymap = keymap
        self.clock = clock
        self.parts: Parts | None = None
        """There soon after the first frame."""
        self.notices = Notices(time.monotonic)
        self.ladder = Ladder(self)
        self.panes = PaneControl(self, lambda: self.facts().place, self._keep, time.monotonic)
        self.bars = Bars(self)
        self.early: list[str] = []
        """Messages that were sent before there was anybody to take them."""
        self.docks: DockHost | None = None
        self.pages: PageHost | None = None

    def compose(self) -> ComposeResult:
        """Bar, three planes, composer, status."""
        show = self.keymap["focus_terminal"]
        yield TopBar(clock=self.clock, id="top")
        with Vertical(id="bench"):
            yield Columns(self.panes, self.keymap.shown_key(show, "composer"), id="body")
            yield Banner("", id="banner", markup=False)
            yield Composer(commands=self._commands, id="composer")
        yield StatusLine(clock=self.clock, id="status")

    def _commands(self) -> list[Command]:
        """What `/` offers now: a command that means nothing is not among it."""
        keymap, facts = self.keymap, self.facts()
        return [
            Command(action.slash[1:], action.label, keymap.sent_key(action, self.program.can_send))
            for action in keymap.actions
            if action.slash and action.available(facts)
        ]

    def on_mount(self) -> None:
        """The first frame."""
        self.panes.arrange()
        self.bars.show()

    async def furnish(self) -> None:
        """Bring the places of docks and pages: something may have to be asked before there is an agent."""
        from codepilot_tui.screens.furniture import dock_host, page_host

        self.docks, self.pages = dock_host(self), page_host(self)
        await self.query_one("#body").mount(self.docks)
        await self.mount(self.pages, after="#bench")

    async def ask(self, dock: Dock[Answer]) -> Answer | None:
        """Ask above the composer and wait for the answer; None: undecided."""
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.open_dock(dock, answered.set_result)
        return await answered

    async def look(self, page: Page[Answer]) -> Answer | None:
        """Show a page and wait for what is chosen on it; None: nothing."""
        chosen: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.open_page(page, chosen.set_result)
        return await chosen

    async def build(self, plan: AgentPlan) -> None:
        """Bring the panes, and start the agent.

        Args:
            plan: which agent, and in which folder.
        """
        from codepilot_tui.screens.parts import Parts  # a sixth of a second: after the first frame

        parts = Parts(self, plan)
        await parts.mount()
        self.parts = parts
        self.panes.focus_terminal = parts.terminals.focus_shown
        self.panes.adopt(parts.remembered.wants)
        self.changed()
        await parts.start(self.early)

    @property
    def program(self) -> Program:
        """The application."""
        return cast("Program", self.app)

    @property
    def agent(self) -> AgentControl | None:
        """There soon after the first frame."""
        return self.parts.agent if self.parts is not None else None

    @property
    def composer(self) -> Composer:
        """Where the person writes."""
        return self.query_one("#composer", Composer)

    def _keep(self, wants: Wants) -> None:
        if self.parts is not None:
            self.parts.keep(wants)
        self.changed()

    # -- what is true ----------------------------------------------------------------------------------------------

    def facts(self) -> Facts:
        """What is true now."""
        focused = self.focused
        place = place_of(focused)
        parts = self.parts
        draft = bool(str(getattr(focused, "text", "") or getattr(focused, "value", "") or "").strip())
        common: dict[str, Any] = {
            "draft": draft,
            "maximised": self.panes.wants.maximised is not None,
            "selection": bool(self.selections),
            "quit_armed": self.ladder.armed,
        }
        if parts is None:
            return Facts(place=place, ready=False, **common)
        return parts.facts(place, common)

    def changed(self) -> None:
        """Something that `facts` depends on is another."""
        if self.is_mounted:
            self.bars.show()

    # -- what the parts ask for ------------------------------------------------------------------------------------

    def tell(self, text: str, kind: Kind = "info", *, about: str = "") -> None:
        """Say something in the status line."""
        self.notices.say(text, kind, about=about)
        self.bars.show_notice()

    def untrue(self, about: str) -> None:
        """What was told about this holds no more."""
        if self.notices.untrue(about):
            self.bars.show_notice()

    def restore(self, text: str) -> None:
        """Put words back into the composer, before what is there."""
        self.composer.restore(text)

    def insert(self, text: str) -> None:
        """Type into the composer without giving it the keyboard."""
        self.composer.editor.insert(text)

    def reveal(self, pane: Pane) -> None:
        """Bring a pane to sight."""
        self.panes.reveal(pane)

    def to_composer(self) -> None:
        """Give the composer the keyboard, at once: what is typed next is meant for it."""
        self.panes.composer()
        self.set_focus(self.composer.editor)

    def follow(self) -> None:
        """Go to the end of the chat."""
        if self.parts is not None:
            self.parts.chat.follow()

    def open_dock(self, dock: Dock[Any], done: Callable[[Any], None]) -> None:
        """Ask something above the composer."""
        if self.docks is not None:
            self.docks.open(dock, done)

    def wish(self, title: str, make: Callable[[], Dock[Any]], done: Callable[[Any], None]) -> None:
        """Ask, when it does not disturb, what a program began."""
        if self.parts is not None:
            self.parts.questions.wish(title, make, done)

    def open_popup(self, popup: Popup[Answer], done: Callable[[Answer | None], None]) -> None:
        """Let the person choose something in a popup."""
        popup.open(self, done)

    def open_page(self, page: Page[Answer], done: Callable[[Answer | None], None] = lambda _: None) -> None:
        """Show something on a page; Esc comes back."""
        if self.pages is not None:
            self.pages.open(page, done)

    def close_open(self, what: Open) -> None:
        """Leave what is open."""
        if what == "selection":
            self.clear_selection()
        if self.parts is not None:
            self.parts.close_open(what)

    def copy_selection(self) -> None:
        """Copy what is selected, in the terminal or elsewhere."""
        if self.parts is not None and self.parts.terminals.pane.copy_selection():
            return
        if text := self.get_selected_text():
            self.app.copy_to_clipboard(text)
            self.clear_selection()
            self.tell("Copied (through your terminal).")

    def clear_draft(self) -> None:
        """Empty the place that is written in; Up brings the composer's words back."""
        focused = self.focused
        if isinstance(focused, Input):
            focused.value = ""
        elif isinstance(focused, LinesInput) and focused is not self.composer.editor:
            focused.put_all("")
        else:
            self.composer.clear()

    async def run(self, name: str, argument: str = "") -> None:
        """Run an action, or say why it means nothing now."""
        await self.program.run_named(name, argument)

    def run_soon(self, name: str) -> None:
        """Run an action once what is being closed is closed."""
        self.call_later(self.run, name)

    # -- messages --------------------------------------------------------------------------------------------------

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """The person sent a message: the chat goes to its end."""
        event.stop()
        self.untrue("command")
        self.follow()
        if self.agent is None:
            self.early.append(event.text)
            self.tell("Starting. Your message will be sent when the agent is ready.", about="starting")
        else:
            self.agent.say(event.text, event.when)

    def on_composer_nothing_to_queue(self) -> None:
        """Tab where it means nothing."""
        why = "write it first" if self.facts().working else "no task is under way, Enter sends"
        self.tell(f"Tab sends after the current task: {why}.")

    def on_composer_take_back(self, event: Composer.TakeBack) -> None:
        """A queued message is wanted back."""
        event.stop()
        text = self.agent.take_back(event.message_id) if self.agent is not None else None
        if text is not None and event.edit:
            self.restore(text)

    async def on_composer_command_entered(self, event: Composer.CommandEntered) -> None:
        """A `/` command; an unknown one stays in the composer."""
        event.stop()
        action = self.keymap.by_slash(f"/{event.name}")
        if action is None:
            known = " ".join(action.slash for action in self.keymap.actions if action.slash)
            self.tell(f"No command /{event.name}. There are {known}.", "warn", about="command")
            self.restore(f"/{event.name} {event.argument}".strip())
            return
        await self.run(action.name, event.argument)

    def on_composer_changed(self) -> None:
        """The draft is another one."""
        if self.parts is not None:
            self.parts.questions.typed(composer=True)
            self.parts.questions.poll()
        self.changed()

    def on_input_changed(self) -> None:
        """Words in the field of a question: Ctrl+C clears them before it stops."""
        self.changed()

    def on_text_area_changed(self) -> None:
        """The same in a field of several lines."""
        self.changed()

    def key_comes(self, event: events.Key) -> None:
        """A key is on its way. Where it goes is decided now, or the next one could overtake it.

        A letter typed in a reading pane goes to the composer, which has the keyboard from then on.
        """
        if self.notices.key_pressed():
            self.bars.show_notice()
        if isinstance(typed(self.facts(), event.character), Write):
            self.to_composer()

    def on_key(self, event: events.Key) -> None:
        """A key that nothing below took: the person is at the keyboard."""
        del event
        if self.parts is not None:
            self.parts.questions.typed()

    def action_tab(self) -> None:
        """Tab in the composer, where it means nothing now."""
        if self.facts().place == "composer":
            self.tell("Tab queues a message for after this task, while the agent works.")

    def on_paste(self, event: events.Paste) -> None:
        """As letters: a paste into a reading pane is meant for the composer."""
        if self.facts().place in READING:
            event.stop()
            self.to_composer()
            self.composer.editor.post_message(events.Paste(event.text))

    def on_descendant_focus(self) -> None:
        """Keys and room are those of the place with the keyboard."""
        self.panes.focus_moved()
        self.changed()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Leaving the composer lets a waiting question open."""
        if self.parts is not None and event.widget is self.composer.editor:
            self.parts.questions.composer_left()

    def on_resize(self) -> None:
        """Other columns, other panes."""
        self.panes.arrange()
        self.changed()

    async def on_action_clicked(self, event: ActionClicked) -> None:
        """Something was clicked that stands for an action."""
        event.stop()
        await self.run(event.action)

    def on_screen_suspend(self) -> None:
        """Something opened above."""
        self._poll()

    def on_screen_resume(self) -> None:
        """Nothing is above any more."""
        self._poll()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click beside a popup closes it."""
        close_beside(self, event)

    def on_popup_changed(self) -> None:
        """A popup opened or closed."""
        self._poll()

    def on_page_host_changed(self) -> None:
        """A page opened or closed."""
        self._poll()

    def _poll(self) -> None:
        if self.parts is not None:
            self.parts.questions.poll()
        self.changed()
