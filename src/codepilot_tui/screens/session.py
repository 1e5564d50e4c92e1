"""The session screen: composes the panes, turns messages into calls, and carries out what the models decide.

Its first frame is a skeleton with the composer, so that one can type at once; `build` brings the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from codepilot_tui.bench.effects import Write
from codepilot_tui.bench.ladder import typed
from codepilot_tui.bench.layout import Wants
from codepilot_tui.bench.notices import Notices
from codepilot_tui.facts import READING, Facts, Place
from codepilot_tui.keymap import Keymap
from codepilot_tui.screens.bars import Bars
from codepilot_tui.screens.columns import Columns
from codepilot_tui.screens.escape import Ladder
from codepilot_tui.screens.host_screen import HostScreen
from codepilot_tui.screens.panes import PaneControl
from codepilot_tui.screens.place import facts_here, facts_of
from codepilot_tui.screens.writing import SessionComposer
from codepilot_tui.widgets.banner import Banner
from codepilot_tui.widgets.clicked import RIGHT, ActionClicked
from codepilot_tui.widgets.compositor import WholeCells
from codepilot_tui.widgets.popup import close_beside
from codepilot_tui.widgets.status import StatusLine
from codepilot_tui.widgets.tab_row import TabRow
from codepilot_tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from codepilot_tui.docks.dock_host import DockHost
    from codepilot_tui.pages.base import PageHost
    from codepilot_tui.plan import AgentPlan
    from codepilot_tui.screens.agent_control import AgentControl
    from codepilot_tui.screens.commands import Commands
    from codepilot_tui.screens.parts import Parts

Answer = TypeVar("Answer")


class SessionScreen(HostScreen, inherit_bindings=False):
    """One session beside the agent. Its keys are those of the table; Textual's own would take Esc, Tab and Ctrl+C.

    Args:
        keymap: keys and commands.
        clock: seconds since the epoch, for the times that are shown.
        now: seconds on a clock that only goes on, for how long a notice, the offer to quit and a layout stand.
    """

    AUTO_FOCUS = "Composer Editor"
    DEFAULT_CSS = """
    SessionScreen { background: $ground; layers: base popup; }
    SessionScreen > #bench { height: 1fr; }
    """

    def __init__(
        self,
        keymap: Keymap,
        *,
        clock: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._compositor = WholeCells()
        self.keymap = keymap
        self.clock = clock
        self.parts: Parts | None = None
        """There soon after the first frame."""
        self.notices = Notices(now)
        self.ladder = Ladder(self, now)
        self.panes = PaneControl(self, lambda: self.facts().place, self._keep, now)
        self.bars = Bars(self)
        self._place: Place = "composer"
        self.docks: DockHost | None = None
        self.pages: PageHost | None = None
        self.commands: Commands | None = None
        """There soon after the first frame, before the parts: a question may come first."""

    def compose(self) -> ComposeResult:
        """Bar, three planes, composer, status."""
        show = self.keymap["focus_terminal"]
        yield TopBar(clock=self.clock, id="top")
        yield TabRow(id="tabs")
        with Vertical(id="bench"):
            yield Columns(self.panes, self.keymap.shown_key(show, "composer"), id="body")
            yield Banner("", id="banner", markup=False)
            yield SessionComposer(self, id="composer")
        yield StatusLine(clock=self.clock, id="status")

    def on_mount(self) -> None:
        """The first frame."""
        self.panes.arrange()
        self.bars.show()

    async def furnish(self) -> None:
        """Bring the places of docks and pages: something may have to be asked before there is an agent."""
        from codepilot_tui.screens.overlays import furnish  # after the first frame

        await furnish(self)
        self.changed()

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
        await parts.start(self.composer.early)

    @property
    def agent(self) -> AgentControl | None:
        """There soon after the first frame."""
        return self.parts.agent if self.parts is not None else None

    def _keep(self, wants: Wants) -> None:
        if self.parts is not None:
            self.parts.keep(wants)
        self.changed()

    # -- what is true ----------------------------------------------------------------------------------------------

    def facts(self) -> Facts:
        """What is true now."""
        return facts_of(self)

    def here(self) -> Facts:
        """What is true now, with the keys that the open question or page takes: for the lists of keys."""
        return facts_here(self)

    def changed(self) -> None:
        """Something that `facts` depends on is another."""
        if not self.stands or self.stays_stale():
            return
        self.look_at_refusal()
        self.bars.show()
        self.early.look(asked=bool(self.bars.before_start))
        if self.commands is not None:
            self.commands.follow()
        left, self._place = self._place, self.facts().place
        if left == "terminal-held" != self._place and self.parts is not None:
            self.parts.questions.poll()  # they wait while the person types in a terminal

    # -- messages --------------------------------------------------------------------------------------------------

    def on_input_changed(self) -> None:
        """Words in the field of a question: Ctrl+C clears them before it stops."""
        self.changed()

    def on_at_cursor_changed(self) -> None:
        """Enter does something else in the row with the cursor."""
        self.changed()

    def on_text_area_changed(self) -> None:
        """The same in a field of several lines."""
        self.changed()

    def on_field_copied(self) -> None:
        """A field put what is selected in it into the clipboard."""
        self.tell("Copied (through your terminal).")

    async def takes(self, event: events.Key | events.Paste) -> bool:
        """Where a key or a paste goes is decided now, or the next one could overtake it.

        A letter typed in a reading pane goes to the composer, which has the keyboard from then on. Returns whether it
        was done at once: a letter after the leader, Esc over a selection.
        """
        if isinstance(event, events.Key):
            self.ladder.key_comes(event.key)
            if self.notices.key_pressed():
                self.bars.show_notice()
            if self.commands is not None and await self.commands.take_letter(event):
                return True
            if event.key == "escape" and self.ladder.deselects():
                return True
        if isinstance(event, events.Key) and isinstance(typed(self.facts(), event.character), Write):
            self.to_composer()
        return False

    def key_escape(self) -> None:
        """Esc is the ladder's. Textual's own would deselect before it, and the same press would leave the pane too."""

    def on_key(self, event: events.Key) -> None:
        """A key that nothing below took: the person is at the keyboard."""
        del event
        if self.parts is not None:
            self.parts.questions.typed()

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

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click beside a popup closes it."""
        close_beside(self, event)

    async def on_click(self, event: events.Click) -> None:
        """The right button opens the menu of what was clicked, which has the keyboard since it went down."""
        if event.button == RIGHT and self.facts().place != "popup":
            await self.run("menu")

    def on_terminal_view_key_refused(self) -> None:
        """Keys for a program whose keyboard the agent has."""
        key = self.keymap.shown_key(self.keymap["take_over"], "terminal")
        self.tell(f"The agent types here. {key} takes over.")

    def on_cover_changed(self) -> None:
        """A popup or a page opened or closed: a question that waits may open now."""
        if self.parts is not None:
            self.parts.questions.poll()
        self.changed()
