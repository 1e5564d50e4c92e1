"""The model's window, as the person sees it and makes room in it. Owns the targets `window.…`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.worker import Worker

from codepilot import events as ev
from codepilot.errors import CodepilotError
from codepilot_tui.pages.context import ContextPage, Wishes
from codepilot_tui.pages.file import FilePage
from codepilot_tui.widgets.top_bar import short_count

if TYPE_CHECKING:
    from codepilot_tui.screens.agent_control import AgentControl
    from codepilot_tui.screens.program import OpenSession
    from codepilot_tui.window import ModelWindow

_STARTING = "Starting. Try again when the agent is ready."


class WindowControl:
    """`/context` and `/compact`.

    Args:
        screen: the session screen.
    """

    def __init__(self, screen: OpenSession) -> None:
        self._screen = screen
        self._wishes = Wishes(self._show_text, self._leave_out, self.compact, lambda: not self._working)

    @property
    def _agent(self) -> AgentControl | None:
        return self._screen.agent

    @property
    def _working(self) -> bool:
        return self._agent is not None and self._agent.working

    @property
    def _window(self) -> ModelWindow | None:
        agent = self._agent
        return agent.bridge.window if agent is not None and agent.bridge is not None and agent.ready else None

    def compact(self) -> None:
        """Make the conversation shorter for the model: now, or before the next step of a task."""
        if self._window is None:
            self._screen.tell(_STARTING, about="starting")
            return
        _: Worker[None] = self._screen.run_worker(partial(self._compact, self._window), group="compact")

    async def _compact(self, window: ModelWindow) -> None:
        if not self._working:
            self._screen.tell("Compacting the conversation…")
        try:
            saved = await window.compact()
        except CodepilotError as error:
            self._screen.tell(error.message, "warn")
            return
        if saved is None:
            self._screen.tell("The conversation will be compacted before the agent's next step.")
        elif saved.freed:
            self._screen.tell(f"Freed {short_count(saved.freed)} of {short_count(saved.before)} tokens.")
        else:
            self._screen.tell("Nothing to compact: the conversation is still short.")

    async def show(self) -> None:
        """What fills it."""
        pages, window = self._screen.pages, self._window
        if window is None or pages is None:
            self._screen.tell(_STARTING, about="starting")
        elif not isinstance(pages.page, ContextPage):
            if self._agent is not None and self.take not in self._agent.listeners:
                self._agent.listeners.append(self.take)
            self._screen.open_page(ContextPage(await window.report(), self._wishes))

    def take(self, event: ev.Event) -> None:
        """The window holds something else now."""
        page = self._page
        if page is None:
            return
        if isinstance(event, ev.TaskStarted | ev.TaskFinished):
            page.keys_changed()
        if isinstance(event, ev.MessageStored | ev.ContextPruned | ev.ReplyFinished | ev.SessionCleared):
            _: Worker[None] = self._screen.run_worker(self._refresh, group="context", exclusive=True)

    @property
    def _page(self) -> ContextPage | None:
        pages = self._screen.pages
        return next(iter(pages.query(ContextPage)), None) if pages is not None else None

    async def _refresh(self) -> None:
        if (window := self._window) is not None:
            report = await window.report()
            if (page := self._page) is not None:
                page.show(report)

    def _show_text(self, message: int, title: str) -> None:
        async def show(window: ModelWindow) -> None:
            self._screen.open_page(FilePage(title, await window.text_of(message)))

        if (window := self._window) is not None:
            _: Worker[None] = self._screen.run_worker(
                partial(show, window), group="context text", exclusive=True
            )

    def _leave_out(self, message: int) -> None:
        async def leave_out(window: ModelWindow) -> None:
            try:
                done = await window.leave_out(message)
            except CodepilotError as error:
                self._screen.tell(error.message, "warn")
                return
            self._screen.tell(
                f"Left out. The model can still look it up as m{message}."
                if done
                else "The last result stays: the model has not answered it yet."
            )

        if (window := self._window) is not None:
            _: Worker[None] = self._screen.run_worker(partial(leave_out, window), group="leave out")
