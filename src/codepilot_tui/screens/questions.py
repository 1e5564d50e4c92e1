"""The agent's questions on the screen: when they may open, one after the other, and what closes them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.timer import Timer

from codepilot.decision import Decision
from codepilot_tui.bench.gate import Gate
from codepilot_tui.bridge import Pending
from codepilot_tui.modals.edit_review import EditModal
from codepilot_tui.modals.permission import PermissionModal
from codepilot_tui.modals.question import QuestionModal


class Questions:
    """Puts pending questions through the gate and onto the screen.

    Args:
        screen: the workbench, over which modals open.
        jail: what holds a command, in words, for the permission modal.
        changed: told when the number of waiting questions changed.
        stray: takes characters that were typed while the answer keys were deaf.
    """

    def __init__(
        self,
        screen: Screen[Any],
        *,
        jail: Callable[[], str],
        changed: Callable[[], None],
        stray: Callable[[str], None],
    ) -> None:
        self._screen = screen
        self._jail = jail
        self._changed = changed
        self._stray = stray
        self._gate: Gate[Pending] = Gate(time.monotonic)
        self._keys: dict[int, str] = {}
        self._numbers = itertools.count(1)
        self._timer: Timer | None = None
        self._modal: PermissionModal | EditModal | QuestionModal | None = None
        self._drafts: dict[str, str] = {}

    @property
    def waiting(self) -> int:
        """How many questions have no answer yet."""
        return self._gate.count

    @property
    def is_open(self) -> bool:
        """Whether one of them is on the screen."""
        return self._modal is not None

    @property
    def first(self) -> str:
        """The oldest waiting question in a few words."""
        pending = self._gate.first
        if pending is None:
            return ""
        return pending.request.description if pending.request is not None else pending.question

    def ask(self, pending: Pending) -> None:
        """A question arrived."""
        key = self._keys[id(pending)] = f"q{next(self._numbers)}"
        self._gate.ask(key, pending)
        self._changed()
        self.poll()

    def withdraw(self, pending: Pending) -> None:
        """The agent was stopped: the question means nothing any more."""
        key = self._keys.pop(id(pending), "")
        if self._gate.withdraw(key) and self._modal is not None:
            self._take_away(self._modal)
        self._changed()

    def _take_away(self, modal: Screen[Any]) -> None:
        """Close a question without an answer, but not what may lie above it: closing takes the topmost."""
        if modal is not self._modal:
            return
        if modal.is_active:
            modal.dismiss(None)
        else:
            self._screen.set_timer(0.1, lambda: self._take_away(modal))

    def typed(self) -> None:
        """A key was pressed in the workbench."""
        self._gate.typed()

    def composer_left(self) -> None:
        """The composer lost the focus."""
        self._gate.composer_left()
        self.poll()

    def recall(self) -> None:
        """Show what waits."""
        self._gate.recall()
        self.poll()

    def hold(self, held: bool) -> None:
        """Another modal is open, or no more."""
        self._gate.hold(held)
        self.poll()

    def poll(self) -> None:
        """Open what may be opened now, or come back when it may."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not self._screen.is_attached:
            return
        pending = self._gate.poll()
        if pending is not None:
            self._open(pending)
            return
        wait = self._gate.wake_in()
        if wait is not None:
            self._timer = self._screen.set_timer(max(0.02, wait), self.poll)

    def _open(self, pending: Pending) -> None:
        key = self._keys.get(id(pending), "")
        position, total = self._gate.position
        request = pending.request
        if request is None:
            draft = self._drafts.pop(key, "")
            self._modal = QuestionModal(
                pending.question, draft=draft, position=position, total=total, stray=self._stray
            )
        elif request.kind == "edit":
            self._modal = EditModal(request, position=position, total=total, stray=self._stray)
        else:
            self._modal = PermissionModal(
                request, position=position, total=total, jail=self._jail(), stray=self._stray
            )
        if not self._screen.app.app_focus:
            self._screen.app.bell()

        def closed(answer: Decision | str | None) -> None:
            modal, self._modal = self._modal, None
            if not pending.open:
                pass
            elif answer is None:
                if isinstance(modal, QuestionModal):
                    self._drafts[key] = modal.draft
                self._gate.later()
            else:
                self._keys.pop(id(pending), None)
                self._gate.answered(key)
                pending.resolve(answer)
            self._changed()
            self.poll()

        self._screen.app.push_screen(self._modal, closed)
        self._changed()
