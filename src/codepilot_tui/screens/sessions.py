"""Sessions, as the session screen opens them: a new one, or one of the list. Owns the targets `sessions.…`."""

from __future__ import annotations

import argparse
import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.errors import CodepilotError
from codepilot.journal.library import find_session
from codepilot.journal.overview import Overview, overview_of
from codepilot_tui.bench.prompt_rows import count_words
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.go_on import new_dock, summary_dock
from codepilot_tui.pages.replay import ReplayPage
from codepilot_tui.pages.rewind import Rewind, RewindPage
from codepilot_tui.pages.session_actions import Choice
from codepilot_tui.pages.sessions import SessionsPage
from codepilot_tui.session_store import SessionStore
from codepilot_tui.timeline import Timeline

if TYPE_CHECKING:
    from codepilot.checkpoints.plan import Restored, RestorePlan
    from codepilot_tui.screens.program import OpenSession, Program


class Sessions:
    """What is done with sessions as a whole.

    Args:
        screen: the session screen.
        app: the application.
    """

    def __init__(self, screen: OpenSession, app: Program) -> None:
        self._screen = screen
        self._app = app
        self._dock: ConfirmDock | None = None
        """Asks whether a conversation that is not kept may go, while that has no answer."""
        self._offered = False
        """The person was asked whether a session that has become large goes on in a new one."""
        self._went_back: tuple[object, ...] | None = None
        self._restored = 0
        """The restore of files that went back without the conversation; 0: both did, or neither."""
        """How it stood when the conversation had gone back: nothing was written or sent since while it stands so."""

    async def new(self) -> None:
        """Begin a new session in a tab of its own; one that is not kept begins anew, if the person agrees."""
        agent = self._screen.agent
        if self._dock is not None:
            self._screen.recall(self._dock)
        elif agent is None or not agent.ready:
            self._screen.tell("Starting. The conversation is new.", about="starting")
        elif not agent.transcript.items:
            self._screen.follow()
        elif agent.plan.kept:
            await self._app.tabs.open(self.options(new=True))
        else:
            self._dock = new_dock()
            self._screen.open_dock(self._dock, self._answered)

    def _answered(self, sure: bool | None) -> None:
        self._dock, agent = None, self._screen.agent
        if sure and agent is not None:
            agent.reset()
            self._screen.follow()

    def offer_summary(self) -> None:
        """Ask once whether a session that has become large goes on in a new one, with a summary of it."""
        agent = self._screen.agent
        if not self._offered and agent is not None and agent.past is not None and agent.past.large:
            self._offered = True
            self._screen.wish("this session has become large", summary_dock, self._continue)

    def _continue(self, sure: bool | None) -> None:
        if sure:
            self._screen.run_worker(self._with_summary(), group="summary")

    async def _with_summary(self) -> None:
        agent = self._screen.agent
        if agent is None or agent.past is None:
            return
        try:
            made = await SessionStore(agent.plan.work_dir).fork_with_summary(agent.past.kept_as)
        except CodepilotError as error:
            self._screen.tell(f"{error.message} {error.hint}".strip(), "error")
            return
        await self.open(made)

    def browse(self) -> None:
        """Show all sessions, to open one or to do something else with it."""
        screen = self._screen
        if screen.parts is None or screen.pages is None or isinstance(screen.pages.page, SessionsPage):
            return
        store = SessionStore(screen.parts.plan.work_dir)
        tabs = self._app.tabs
        page = SessionsPage(
            store, tabs.of, open_page=screen.open_page, renamed=tabs.renamed, clock=screen.clock
        )
        screen.open_page(page, self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice == "new":
            self._screen.call_later(self._screen.run, "new_session")
        elif choice is not None:
            self._screen.call_later(self.open, choice)

    async def open(self, session: Overview) -> None:
        """Open a session in a tab: the one that has it, or a new one in that session's folder."""
        tabs = self._app.tabs
        if number := tabs.of(session.id):
            await tabs.go_to(number)
            return
        changes: dict[str, object] = {"session": session.id}
        if self._screen.parts is None or not _same(session.info.folder, self._screen.parts.plan.work_dir):
            # The agent file of the command line was meant for this folder; that one may have its own.
            changes |= {"directory": Path(session.info.folder), "agent": None, "demo": False}
        await tabs.open(self.options(**changes))

    async def replay(self, session_id: str = "") -> None:
        """Play a session again: the one of this tab, or another one.

        Args:
            session_id: of the other one, or its beginning.
        """
        screen, agent = self._screen, self._screen.agent
        if agent is None or agent.past is None or screen.pages is None:
            return
        wanted, work_dir = session_id.strip() or agent.past.kept_as, agent.plan.work_dir
        if not wanted:
            screen.tell("Nothing was said in this session yet. /sessions has the others.")
            return
        try:
            found = await asyncio.to_thread(lambda: overview_of(find_session(wanted, work_dir)))
        except CodepilotError as error:
            screen.tell(f"{error.message} /sessions has them all.", "warn")
            return
        if not isinstance(screen.pages.page, ReplayPage):
            screen.open_page(ReplayPage(found))

    def rewind(self) -> None:
        """Show the tree of prompts, to go back to one of them."""
        screen, agent = self._screen, self._screen.agent
        if agent is None or agent.bridge is None or screen.pages is None:
            return
        if isinstance(screen.pages.page, RewindPage):
            return
        page = RewindPage(Timeline(agent.bridge), screen.open_page)
        screen.open_page(page, lambda wanted: self._go_back(wanted) if wanted is not None else None)

    def _go_back(self, wanted: Rewind) -> None:
        agent = self._screen.agent
        if agent is not None and agent.bridge is not None:
            self._screen.run_worker(self._carry_out(wanted, Timeline(agent.bridge)), group="rewind")

    async def _carry_out(self, wanted: Rewind, timeline: Timeline) -> None:
        try:
            if wanted.does == "fork" and wanted.prompt is not None:
                await self._fork(wanted.prompt.before)
            else:
                done, record = await carry_out(wanted, timeline)
                back = wanted.does == "rewind" and (wanted.conversation or record > 0)
                self._restored = 0 if wanted.conversation else record
                self._screen.tell(f"{done} Ctrl+Z undoes this." if back else done, about="rewound")
        except CodepilotError as error:
            self._screen.tell(f"{error.message} {error.hint}".strip(), "error")
            return
        if wanted.does == "edit" and wanted.prompt is not None:
            self._screen.composer.text = wanted.prompt.text
            self._screen.to_composer()
        went = wanted.does in ("rewind", "edit") and (wanted.conversation or self._restored > 0)
        self._went_back = self._stand if went else None
        self._screen.changed()

    @property
    def _stand(self) -> tuple[object, ...]:
        """Another value once something is written or sent."""
        editor, agent = self._screen.composer.editor, self._screen.agent
        begun = agent.transcript.status.started if agent is not None else 0.0
        return editor.text, len(editor.history.undo_stack), begun

    @property
    def just_rewound(self) -> bool:
        """Conversation or files went back, and nothing was written or sent since: Ctrl+Z in the composer undoes it."""
        agent = self._screen.agent
        idle = agent is not None and not agent.working
        return idle and self._went_back is not None and self._went_back == self._stand

    async def redo(self) -> None:
        """Take the last rewind back."""
        agent = self._screen.agent
        if agent is None or agent.bridge is None:
            return
        self._went_back = None
        if self._restored:
            self._go_back(Rewind("redo", undo_restore=self._restored, conversation=False))
            return
        try:
            tree = await Timeline(agent.bridge).tree()
        except CodepilotError as error:
            self._screen.tell(f"{error.message} {error.hint}".strip(), "error")
            return
        if tree.undo:
            self._go_back(Rewind("redo", undo=tree.undo, undo_restore=tree.undo_restore))

    async def _fork(self, upto: int) -> None:
        agent = self._screen.agent
        if agent is not None and agent.past is not None:
            store = SessionStore(agent.plan.work_dir)
            await self.open(await store.fork_before(agent.past.kept_as, upto))

    def options(self, **changes: object) -> argparse.Namespace:
        """The options of this tab, for another session of its folder.

        Args:
            changes: the ones that are others.
        """
        tabs, agent = self._app.tabs, self._screen.agent
        tab = next(each for each in tabs.all if each.session is self._screen)
        given = vars(tab.options) | {"session": None, "go_on": False, "task": None, "new": False}
        if agent is not None:
            given["directory"] = agent.plan.work_dir
        return argparse.Namespace(**(given | changes))


async def carry_out(wanted: Rewind, timeline: Timeline) -> tuple[str, int]:
    """Go back as the person wants, files first; returns what was done, in words, and the record of the files' restore.

    Raises:
        CodepilotError: something of it could not be done.
    """
    plan, restored = wanted.plan, None
    if wanted.does == "redo" and wanted.undo_restore:
        plan = await timeline.plan(wanted.undo_restore)
    if plan is not None and plan.changes:
        # Noted with the restore: what is cut in between is finished as a whole by the next program.
        to = wanted.undo if wanted.does == "redo" else 0
        if wanted.conversation and wanted.prompt is not None:
            to = wanted.prompt.before
        restored = await timeline.apply(replace(plan, rewinds=to))
    record = restored.record if restored is not None else 0
    if wanted.does == "redo" and wanted.conversation:
        await timeline.rewind(wanted.undo, record)
    elif wanted.conversation and wanted.prompt is not None:
        await timeline.rewind(wanted.prompt.before, record)
    return _told(wanted, plan, restored), record


def _told(wanted: Rewind, plan: RestorePlan | None, restored: Restored | None) -> str:
    """What was done, in words."""
    done = []
    if wanted.does == "redo":
        done.append("Rewind undone.")
    elif wanted.conversation:
        done.append("Conversation rewound.")
    if restored is not None:
        done.append(f"{count_words(len(restored.done), 'file')} restored.")
    if kept := len(restored.kept) if restored is not None else 0:
        done.append(f"{count_words(kept, 'file')} stayed as {'it is' if kept == 1 else 'they are'}.")
    if plan is not None and plan.head:
        done.append(f"Git's HEAD stays; {plan.head} brings it back.")
    return " ".join(done) or "Nothing to change."


def _same(folder: str, work_dir: Path) -> bool:
    return os.path.realpath(folder) == os.path.realpath(work_dir)
