"""The composer of the session: what becomes of what the person writes in it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from codepilot_tui.bench.notices import SENT_LATER
from codepilot_tui.widgets.composer import Composer
from codepilot_tui.widgets.composer_commands import Command

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen


class SessionComposer(Composer):
    """Messages go to the agent, or wait until there is one; commands are run.

    Args:
        session: the screen that it stands in.
    """

    def __init__(self, session: SessionScreen, *, id: str | None = None) -> None:
        super().__init__(commands=self._offered, id=id)
        self._of = session
        self.early: list[str] = []
        """Messages that were sent before there was anybody to take them."""

    def _offered(self) -> list[Command]:
        """What `/` offers now: a command that means nothing is not among it."""
        session = self._of
        keymap, facts = session.keymap, session.facts()
        return [
            Command(action.slash[1:], action.label, keymap.sent_key(action, session.program.can_send))
            for action in keymap.actions
            if action.slash and action.available(facts)
        ]

    def press(self, key: str) -> bool:
        """Ctrl+Z takes back a rewind where nothing was written since; else it is the editor's."""
        session = self._of
        if key == "ctrl+z" and session.sessions is not None and session.facts().redo:
            session.call_later(session.sessions.redo)
            return True
        return super().press(key)

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """The person sent a message: the chat is seen, and goes to its end."""
        event.stop()
        session = self._of
        session.untrue("command")
        session.follow()
        session.panes.message_sent()
        if session.agent is None:
            self.early.append(event.text)
            session.tell(SENT_LATER, about="starting")
        else:
            session.agent.say(event.text, event.when)

    def on_composer_nothing_to_queue(self) -> None:
        """Tab where it means nothing."""
        why = "write it first" if self._of.facts().working else "no task is under way, Enter sends"
        self._of.tell(f"Tab sends after the current task: {why}.")

    def on_composer_page_wanted(self, event: Composer.PageWanted) -> None:
        """Read further up while writing; the keyboard stays here."""
        event.stop()
        if self._of.parts is not None:
            self._of.parts.chat.action_page_up(event.by)

    def on_composer_take_back(self, event: Composer.TakeBack) -> None:
        """A queued message is wanted back."""
        event.stop()
        agent = self._of.agent
        text = agent.take_back(event.message_id) if agent is not None else None
        if text is not None and event.edit:
            self.restore(text)

    async def on_composer_command_entered(self, event: Composer.CommandEntered) -> None:
        """A `/` command; an unknown one stays in the composer."""
        event.stop()
        keymap = self._of.keymap
        action = keymap.by_slash(f"/{event.name}")
        if action is None:
            known = [action.slash for action in keymap.actions if action.slash]
            near = get_close_matches(f"/{event.name}", known, 1)
            hint = f"Did you mean {near[0]}?" if near else "Type / to see them all."
            self._of.tell(f"No command /{event.name}. {hint}", "warn", about="command")
            self.restore(f"/{event.name} {event.argument}".strip())
            return
        await self._of.run(action.name, event.argument)

    def on_composer_changed(self) -> None:
        """The draft is another one."""
        parts = self._of.parts
        if parts is not None:
            parts.questions.typed(composer=True)
            parts.questions.poll()
            parts.draft_changed()
        self._of.changed()
