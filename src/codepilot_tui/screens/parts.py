"""What stands in the session screen beside its skeleton: panes, agent, questions. Made after the first frame."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.timer import Timer

from codepilot import events as ev
from codepilot import paths
from codepilot.errors import CodepilotError
from codepilot.text import clean_line
from codepilot.workspace import Workspace
from codepilot_tui.bench import memory
from codepilot_tui.bench.effects import Open
from codepilot_tui.bench.jails import IN_THE_BAR
from codepilot_tui.bench.layout import Wants
from codepilot_tui.facts import AtCursor, Facts, Place
from codepilot_tui.history import PromptHistory, history_file
from codepilot_tui.plan import AgentPlan
from codepilot_tui.screens.agent_control import AgentControl
from codepilot_tui.screens.files_column import FilesColumn
from codepilot_tui.screens.half_done import finish_restore, take_up
from codepilot_tui.screens.questions import Questions
from codepilot_tui.screens.terminal_column import TerminalColumn
from codepilot_tui.state import WAITS
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.chat.items import Empty
from codepilot_tui.widgets.offer import OfferBar
from codepilot_tui.widgets.popup import Popup
from codepilot_tui.widgets.top_bar import BarFacts

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen


_DRAFT_SECONDS = 1.0
"""After a key, until what is written is kept."""


class Parts:
    """The parts, and the wires between them.

    Args:
        screen: where they stand.
        plan: the agent.
    """

    def __init__(self, screen: SessionScreen, plan: AgentPlan) -> None:
        self.plan = plan
        self.remembered = memory.recall(plan.work_dir)
        self._screen = screen
        keymap = screen.keymap
        self.offers = OfferBar(keymap.shown_key(keymap["add_runs"], "composer"), id="offer")
        self.agent = AgentControl(
            plan,
            screen,
            shown=self._draw,
            joined=lambda socket: self.terminals.join(socket),
            log_file=paths.log_file(),
        )
        begin = {"send": "send", "commands": "commands by name", "palette": "commands", "help": "keys"}
        keys = [(keymap.shown_key(keymap[name], "composer"), word) for name, word in begin.items()]
        self.chat = ChatView(empty=Empty(keys), id="chat")
        self.terminals = TerminalColumn(screen, self.offers, self.agent.find_terminals)
        self.files = FilesColumn(screen, Workspace(plan.work_dir), self.agent)
        assert screen.docks is not None and screen.pages is not None
        self.docks, self.pages = screen.docks, screen.pages
        self.questions = Questions(
            screen, self.docks, screen.program.attention, self._covered, self.files.read
        )
        self.files.followers.append(
            lambda change: self.questions.look_at_disk(None if change.everything else change.paths)
        )
        self.agent.listeners += [self.files.take, self.terminals.take, self._tell_end, self._note_folded]
        self._folded = False
        self._draft_timer: Timer | None = None
        self._undrawn: set[int] = set()
        """Items of the chat that changed while the tab was hidden."""

    async def mount(self) -> None:
        """Put them into the skeleton, in one go."""
        screen = self._screen
        if (
            not screen.stands
        ):  # with Python 3.13 the worker that brings them was seen to outrun its cancellation
            raise asyncio.CancelledError
        with screen.app.batch_update():
            await screen.query_one("#chat-column").mount(self.chat, after="#chat-title")
            await screen.query_one("#files-column").mount(self.files)
            await screen.query_one("#terminal-column").mount(self.terminals)
            await screen.mount(self.offers, before="#composer")
        self.chat.show(self.agent.transcript)
        self.chat.rows.wants_older = self.agent.older
        history = PromptHistory(history_file(self.plan.work_dir))
        for text in screen.composer.history.texts:  # sent before the folder was known
            history.add(text)
        screen.composer.history = history

    async def start(self, early: list[str]) -> None:
        """Start the agent, and give it what was said meanwhile.

        Args:
            early: messages sent before the parts were there; emptied.
        """
        if trouble := self._screen.program.key_trouble:
            self.agent.warn([trouble])
        begun = [text for text in (self.plan.task, *early) if text]
        for text in begun:
            self.agent.say(text, "now")
        early.clear()
        if not self.plan.live:
            return
        self.files.follow()
        try:
            await self.agent.start(self.questions.ask, self.questions.withdraw)
        except CodepilotError as error:
            await self._screen.program.tabs.fail(self._screen, error)
            return
        self.files.look_at_changes()
        if (past := self.agent.past) is not None and past.draft and not self._screen.composer.text:
            self._screen.composer.text = past.draft
        await finish_restore(self._screen, self.agent)
        if begun:
            self.agent.messages.tell_held()
        else:
            await take_up(self._screen, self.agent)
            self._offer_summary()

    def draft_changed(self) -> None:
        """What is written in the composer is another: it is kept in a second."""
        if self._draft_timer is None and self.agent.past is not None:
            self._draft_timer = self._screen.set_timer(_DRAFT_SECONDS, self._keep_draft)

    async def _keep_draft(self) -> None:
        self._draft_timer = None
        if (past := self.agent.past) is not None:
            await asyncio.to_thread(past.keep_draft, self._screen.composer.text)

    async def close(self, terminals: Any = "") -> None:
        """End the agent and everything it started; a draft goes into the history, and a half answer.

        Args:
            terminals: end them, or detach and let them go on; default: as the setting has it.
        """
        composer = self._screen.composer
        composer.keep()  # at once: the end of the agent may take too long
        await self._keep_draft()
        kept = composer.text
        await self.files.leave()
        await self.terminals.leave()
        await self.agent.close(terminals)
        if composer.text != kept:  # what was written for a question that this withdrew
            composer.keep()

    def keep(self, wants: Wants) -> None:
        """Remember widths and folds of this folder."""
        self._keep(replace(self.remembered, wants=wants))

    def keep_theme(self, theme: str) -> None:
        """Remember the theme of this folder."""
        self._keep(replace(self.remembered, theme=theme))

    def _keep(self, remembered: memory.Remembered) -> None:
        if remembered != self.remembered:
            self.remembered = remembered
            memory.keep(self.plan.work_dir, remembered)

    # -- what is true ----------------------------------------------------------------------------------------------

    def facts(self, place: Place, common: dict[str, Any]) -> Facts:
        """What is true now.

        Args:
            place: where the keyboard is.
            common: what the screen itself knows.
        """
        agent, terminals, composer = self.agent, self.terminals, self._screen.composer
        if place == "terminal" and terminals.holder == "person":
            place = "terminal-held"
        if place in ("terminal", "terminal-held"):
            common["selection"] = common["selection"] or terminals.selected
            common["kind"] = terminals.kind
        return Facts(
            place=place,
            at_cursor=self._at_cursor(place),
            editor=place == "question" and (dock := self.docks.dock) is not None and dock.editing,
            ready=agent.ready or not self.plan.live,
            working=agent.working or (not self.plan.live and agent.transcript.status.working),
            conversation=bool(agent.transcript.items),
            furnished=True,
            kept=self.plan.kept,
            unsent=bool(composer.text.strip()),
            command=place == "composer" and composer.is_command,
            popup=composer.popup is not None
            if place == "composer"
            else place in ("terminal", "terminal-held") and terminals.finding,
            scrolls=self.chat.max_scroll_y > 0,
            folded=self._folded,
            waiting=self.questions.waiting,
            asked=agent.transcript.status.phase == WAITS,
            queued=agent.outbox.queued,
            held=agent.outbox.held,
            terminals=len(terminals.pane.names),
            connected=terminals.connected,
            can_start=self.plan.live,
            holder=terminals.holder,
            wanted=terminals.hands_back(place),
            runs=terminals.runs,
            changes=len(agent.changes.files),
            reverted=self.files.undoable,
            terminal_selection=terminals.selected,
            **common,
        )

    def _at_cursor(self, place: Place) -> AtCursor:
        match place:
            case "chat":
                return self.chat.rows.at_cursor
            case "files":
                return self.files.pane.file_tree.at_cursor
            case "changes":
                return self.files.pane.change_list.at_cursor
        return ""

    def bar_facts(self) -> BarFacts:
        """What the top bar says."""
        bridge, plan = self.agent.bridge, self.plan
        isolation = bridge.isolation if bridge is not None and self.agent.ready else None
        branch, dirty = self.files.branch
        return BarFacts(
            folder=plan.work_dir.name or str(plan.work_dir),
            branch=clean_line(branch),
            dirty=dirty,
            mode=(bridge.mode or "") if bridge is not None else plan.mode,
            model=bridge.model.model if bridge is not None else plan.model,
            jail=IN_THE_BAR,
            isolated=isolation.isolated if isolation is not None else True,
        )

    def _covered(self) -> bool:
        """Something is open that no question may cover, or nobody sees the tab."""
        dock = self.docks.dock
        recalled = self.questions.recalled
        other_dock = dock is not None and not self.questions.is_open and not recalled
        popup = any(not popup.over for popup in self._screen.query(Popup))
        # Who types in a terminal is in the middle of a line, and the rest of it would go elsewhere.
        types = self._screen.facts().place == "terminal-held" and not recalled
        return not self._screen.is_shown or other_dock or self.pages.page is not None or popup or types

    # -- wires -----------------------------------------------------------------------------------------------------

    def _draw(self, changed: set[int]) -> None:
        self._undrawn |= changed
        if self._screen.is_shown:
            changed, self._undrawn = self._undrawn, set()
            self.chat.apply(self.agent.transcript, changed)

    def catch_up(self) -> None:
        """The tab is shown: draw what came while it was hidden, and ask what waits."""
        self._draw(set())
        if (dock := self.docks.dock) is not None and dock.holds_focus:
            dock.arming.begin()  # what was typed when nobody saw it is no answer
        self.questions.poll()

    def _tell_end(self, event: ev.Event) -> None:
        if isinstance(event, ev.TaskFinished):
            words = {"done": "Done", "replied": "The agent replied", "aborted": "Stopped"}
            summary = f": {event.summary}" if event.summary else ""
            self._screen.program.attention.call(f"{words.get(event.status, 'The task ended')}{summary}")
            self._offer_summary()

    def _offer_summary(self) -> None:
        if self._screen.sessions is not None:
            self._screen.sessions.offer_summary()

    def _note_folded(self, event: ev.Event) -> None:
        if isinstance(event, ev.ToolFinished):
            self._folded = self._folded or bool(event.result)
        elif isinstance(event, ev.SessionCleared):
            self._folded = False

    def close_open(self, what: Open) -> None:
        """Leave what is open."""
        if what == "selection" and (view := self.terminals.pane.active_view) is not None:
            view.clear_selection()
        elif what == "popup":
            self._screen.composer.close_popup()
            self.terminals.pane.close_find()
            if (view := self.terminals.pane.active_view) is not None:
                view.keys.leave_browsing()
        elif what in ("question", "editor") and self.docks.dock is not None:
            self.docks.dock.leave()
        elif what == "page" and self.pages.page is not None:
            self.pages.page.finish(None)
