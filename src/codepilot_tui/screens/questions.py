"""The agent's questions on the screen: when they may open, one after the other, and what closes them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from textual.timer import Timer

from codepilot.decision import PermissionRequest
from codepilot.text import clean_line
from codepilot_tui.attention import Attention
from codepilot_tui.bench.jails import SHELL_JAIL
from codepilot_tui.bench.question_gate import QuestionGate
from codepilot_tui.bridge import Pending
from codepilot_tui.docks.ask import AskDock
from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.command import CommandDock
from codepilot_tui.docks.dock_host import DockHost
from codepilot_tui.docks.edits import EditsDock, title_of, writes_of
from codepilot_tui.docks.outcome import OutcomeDock
from codepilot_tui.pages.change import ChangePage
from codepilot_tui.screens.contracts import Host
from codepilot_tui.screens.withdrawn import left_behind
from codepilot_tui.widgets.edit_list import FileEdit, file_edits, is_large
from codepilot_tui.widgets.editing import pasted_text

_COMPARING = "compare"
TYPING = 2.0
"""Seconds after a key in the composer in which a stray letter is taken for a part of the same word."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A question that a program began, and not the agent."""

    title: str
    """What it is about, for the strip."""
    make: Callable[[], Dock[Any]]
    done: Callable[[Any], None]


class Questions:
    """Puts pending questions through the gate and into the dock.

    Args:
        host: the session screen.
        docks: where they open.
        attention: calls a person who looks elsewhere.
        busy: whether something else is open that no question may cover.
        read: the text of a file as it is on the disk; None: there is no such file. Called on a thread.
    """

    def __init__(
        self,
        host: Host,
        docks: DockHost,
        attention: Attention,
        busy: Callable[[], bool],
        read: Callable[[str], str | None],
    ) -> None:
        self._read = read
        self._host = host
        self._docks = docks
        self._attention = attention
        self._busy = busy
        self._gate: QuestionGate[Pending | Wish] = QuestionGate(time.monotonic)
        self._keys: dict[int, str] = {}
        self._numbers = itertools.count(1)
        self._timer: Timer | None = None
        self._dock: Dock[Any] | None = None
        self._drafts: dict[str, str] = {}
        self._compared: dict[int, tuple[FileEdit, ...]] = {}
        """The changes of large files that are asked about, by the `id` of their question."""
        self._composer_typed = float("-inf")
        self.recalled = False
        """The person asked for what waits; until none waits, or it is put off."""
        self._asked_for = False
        """The next one that opens does so because the person asked."""

    @property
    def waiting(self) -> int:
        """How many questions have no answer yet."""
        return self._gate.count

    @property
    def is_open(self) -> bool:
        """Whether one of them is on the screen."""
        return self._dock is not None

    @property
    def first(self) -> str:
        """The oldest waiting question in a few words."""
        item = self._gate.first
        return "" if item is None else clean_line(_words(item))

    @property
    def first_is_the_agents(self) -> bool:
        """The oldest waiting question is the agent's, and not the wish of a program."""
        return isinstance(self._gate.first, Pending)

    def ask(self, pending: Pending) -> None:
        """A question arrived. Of large files it waits until they are compared, which holds up nothing else."""
        request = pending.request
        if request is None or request.kind != "edit" or not is_large(writes_of(request)):
            self._ask(pending)
            return
        paths = ", ".join(dict.fromkeys(path for path, *_ in writes_of(request)))
        self._host.tell(f"Comparing {clean_line(paths)}, which is large.", about=_COMPARING)
        self._docks.run_worker(self._ask_compared(pending, request), group="compare")

    async def _ask_compared(self, pending: Pending, request: PermissionRequest) -> None:
        edits = await asyncio.to_thread(file_edits, writes_of(request))
        self._host.untrue(_COMPARING)
        if pending.open:  # else it was withdrawn meanwhile
            self._compared[id(pending)] = edits
            self._ask(pending)

    def _ask(self, pending: Pending) -> None:
        key = self._keys[id(pending)] = f"q{next(self._numbers)}"
        self._gate.ask(key, pending)
        self._attention.call(f"The agent asks: {_words(pending)}")
        self._count()
        self._host.changed()
        self.poll()

    def wish(self, title: str, make: Callable[[], Dock[Any]], done: Callable[[Any], None]) -> None:
        """Ask something that a program began, when it does not disturb.

        Args:
            title: what it is about, for the strip.
            make: makes the dock, each time that it is shown.
            done: told the result.
        """
        self._gate.ask(f"w{next(self._numbers)}", Wish(title, make, done))
        self._attention.call(title)
        self._count()
        self._host.changed()
        self.poll()

    def withdraw(self, pending: Pending) -> None:
        """Nobody waits for its answer any more. Words that were begun for it go to the composer."""
        key = self._keys.pop(id(pending), "")
        self._compared.pop(id(pending), None)
        was_open = self._gate.withdraw(key) and self._dock is not None
        if self._dock is not None and was_open:
            self._dock.finish(None)
        words = self._drafts.pop(key, "")  # not before: the dock leaves its words as it closes
        if was_open or words.strip():
            self._host.tell(left_behind(self._host.composer, words, gone=pending.gone))
        self._host.changed()
        self.poll()  # the next one, where this was left a moment before it was withdrawn

    def typed(self, *, composer: bool = False) -> None:
        """A key was pressed in the bench, or (`composer`) the draft became another one."""
        self._gate.typed()
        if composer:
            self._composer_typed = time.monotonic()

    def composer_left(self) -> None:
        """The composer lost the focus."""
        self._gate.composer_left()
        self.poll()

    def recall(self) -> None:
        """Give the keyboard to the open question, or open the one that waits, above any other dock."""
        if (self._dock is not None or not self.waiting) and self._docks.recall():
            return
        self._gate.recall()
        self.recalled = self._asked_for = self.waiting > 0
        self.poll()

    def stray(self, character: str) -> None:
        """A character that was typed while the answers were deaf: to the draft, if it was being written."""
        if time.monotonic() - self._composer_typed < TYPING:
            self._host.composer.insert(character)
            self._composer_typed = time.monotonic()

    def words(self, text: str) -> None:
        """What was typed or pasted over a question and can be no answer: to the draft, and all that follows.

        The keyboard goes with it, so that no letter of a word answers, however slowly it is typed.
        """
        self._host.composer.insert(pasted_text(text))
        self._composer_typed = time.monotonic()
        self._host.to_composer()

    def next(self) -> bool:
        """Tab: the next waiting question in place of this one; False if there is no other."""
        dock = self._dock
        if dock is None or not self._gate.next():
            return False
        dock.finish(None)
        return True

    def poll(self) -> None:
        """Open what may be opened now, or come back when it may."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not self._docks.is_attached:
            return
        self._gate.hold(self._busy())
        pending = self._gate.poll()
        if pending is not None:
            self._open(pending)
            return
        if (wait := self._gate.wake_in()) is not None:
            self._timer = self._docks.set_timer(max(0.02, wait), self.poll)

    def _open(self, item: Pending | Wish) -> None:
        key = self._gate.open_key or ""
        dock = self._dock = item.make() if isinstance(item, Wish) else self._made(item, key)
        dock.counted(*self._gate.position)

        def closed(answer: Any) -> None:
            self._dock = None
            self._drafts[key] = dock.draft
            if isinstance(item, Pending) and not item.open:
                pass  # it was withdrawn
            elif answer is not None:
                self._answered(key, item, answer)
            elif self._gate.open_key == key:  # else Tab went on to another one
                self._gate.later()
                self.recalled = False
            self.recalled = self.recalled and self.waiting > 0
            self._host.changed()
            self.poll()

        # A message that is being written goes on, however long the person thinks about its next word.
        writes = not self._asked_for and self._host.composer.is_written
        if self._asked_for:
            dock.asked_for()
        self._asked_for = False
        self._docks.open(dock, closed, focus=not writes)
        self.look_at_disk()
        self._host.follow()  # the call that is asked about stands directly above
        self._host.changed()

    def _answered(self, key: str, item: Pending | Wish, answer: Any) -> None:
        self._drafts.pop(key, None)
        self._gate.answered(key)
        if isinstance(item, Pending):
            self._keys.pop(id(item), None)
            self._compared.pop(id(item), None)
            item.resolve(answer)
        else:
            item.done(answer)

    def _made(self, pending: Pending, key: str) -> Dock[Any]:
        request, draft = pending.request, self._drafts.get(key, "")
        if request is None:
            return OutcomeDock(pending.outcome) if pending.outcome else AskDock(pending.question, draft=draft)
        if request.kind == "edit":
            compared = self._compared.get(id(pending))
            return EditsDock(request, compared, look=self._show_difference, draft=draft)
        return CommandDock(request, jail=SHELL_JAIL, draft=draft)

    def _show_difference(self, path: str, before: str | None, now: str | None) -> None:
        self._docks.run_worker(self._compare_and_show(path, before, now), group="compare")

    async def _compare_and_show(self, path: str, before: str | None, now: str | None) -> None:
        edits = await asyncio.to_thread(file_edits, [(path, before, now)])
        self._host.open_page(ChangePage(edits, sides="− read by the agent, + now on disk"))

    def look_at_disk(self, paths: Collection[str] | None = None) -> None:
        """Files changed on the disk: a question that is about to change them says so.

        Args:
            paths: those that changed; None: any may have.
        """
        dock = self._dock
        if isinstance(dock, EditsDock):
            wanted = [edit.path for edit in dock.browser.edits if paths is None or edit.path in paths]
            if wanted:
                dock.run_worker(self._compare(dock, wanted), group="disk", exclusive=True)

    async def _compare(self, dock: EditsDock, paths: Collection[str]) -> None:
        # It is work of the dock's, which ends with it.
        texts = {path: await asyncio.to_thread(self._read, path) for path in paths}
        dock.on_disk(texts)

    def _count(self) -> None:
        if self._dock is not None:
            self._dock.counted(*self._gate.position)


def _words(pending: Pending | Wish) -> str:
    if isinstance(pending, Wish):
        return pending.title
    request = pending.request
    if request is None:
        return pending.question
    if request.kind == "edit":
        return title_of(writes_of(request))
    return f"Run {request.command}" if request.kind == "command" else request.description
