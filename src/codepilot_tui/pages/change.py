"""Looking at what became of the files: the same picture as the question about edits. Nothing is asked or changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Protocol

from textual import events, work
from textual.message import Message
from textual.widget import Widget

from codepilot.checkpoints.plan import RestorePlan
from codepilot.errors import CodepilotError
from codepilot_tui.facts import Kind
from codepilot_tui.figures import change_text
from codepilot_tui.pages.base import Page
from codepilot_tui.widgets.edit_list import FileEdit
from codepilot_tui.widgets.edits import EditBrowser
from codepilot_tui.widgets.foot import key_of
from codepilot_tui.widgets.stream_browser import StreamBrowser
from codepilot_tui.widgets.stream_rows import FileDiff


class Reverts(Protocol):
    """Undoes changes of the agent, one file or one hunk at a time."""

    @property
    def possible(self) -> bool:
        """Whether it can be done now: the agent is idle, and the session is kept."""

    @property
    def undoable(self) -> bool:
        """Whether there is one that can be undone."""

    async def plan(self, path: str, hunk: int | None) -> RestorePlan:
        """How a file would come back to what it was; one hunk, or (None) all of it."""

    async def apply(self, plan: RestorePlan) -> None:
        """Carry a plan out."""

    async def undo(self) -> str:
        """Undo the last one; returns the path of its file."""


class LookPage(Page[str]):
    """Changes of files, to be looked at and undone. Its result: the path of what was reverted.

    It has no search field: like the question and the review it takes `, .` and `< >` as keys.

    Args:
        browser: the changes.
        title: what they are.
        reverts: undoes changes; None: they are only to be looked at.
    """

    kind: ClassVar[Kind] = "change"

    def __init__(
        self, browser: EditBrowser | StreamBrowser, title: str, reverts: Reverts | None = None
    ) -> None:
        self._browser = browser
        self._reverts = reverts
        self._plan: RestorePlan | None = None
        """What Enter carries out; None: nothing was asked for."""
        self.title = title
        super().__init__()

    def body(self) -> Iterable[Widget]:
        """The changes."""
        yield self._browser

    def keys(self) -> Sequence[tuple[str, str]]:
        """How to move about, and what to undo."""
        if self._plan is not None:
            return (("Enter", f"yes, revert {_figures(self._plan)}"), ("Esc", "keep it"))
        offered = self._browser.offered()
        scroll = [("↑ ↓", "scroll")] if "down" in offered else []
        aside = [("← →", "long lines")] if "right" in offered else []
        return (*self._browser.keys(), *self._revert_keys(), *scroll, *aside, ("Esc", "back"))

    def _revert_keys(self) -> list[tuple[str, str]]:
        reverts = self._reverts
        if reverts is None or not reverts.possible:
            return []
        several = self._browser.change[1] > 1
        keys = (
            [("r", "revert this change"), ("R", "revert the file")] if several else [("r", "revert the file")]
        )
        return [*keys, *([("u", "undo the last revert")] if reverts.undoable else [])]

    def offered(self) -> frozenset[str]:
        """Those of the changes, and of undoing them, and Esc."""
        if self._plan is not None:
            return frozenset(("enter", "escape"))
        return self._browser.offered() | {key for key, _ in self._revert_keys()} | {"escape"}

    def on_resize(self) -> None:
        """Other lines are too long now."""
        self.keys_changed()

    def press(self, key: str) -> bool:
        """Move about in the changes, or undo them."""
        if key == "enter" and self._plan is not None:
            self._carry_out(self._plan)
        elif key in ("r", "R", "u") and key in self.offered():
            self._undo() if key == "u" else self._ask(key)
        elif self._browser.press(key):
            self._keep()
        else:
            return False
        return True

    def press_shown(self, label: str) -> None:
        """`R` is another key than `r`."""
        self.press(label if label == "R" else key_of(label))

    def on_key(self, event: events.Key) -> None:
        """Esc keeps what was to be reverted; the other keys are for the handler of all pages, which comes next."""
        if event.key == "escape" and self._plan is not None:
            self._keep()
            event.stop()
            event.prevent_default()

    def _keep(self) -> None:
        if self._plan is not None:
            self._plan = None
            self._say_where()

    @work(group="revert", exclusive=True)
    async def _ask(self, key: str) -> None:
        """Make the plan, and say what Enter would do."""
        assert self._reverts is not None
        change, of = self._browser.change
        hunk = change if key == "r" and of > 1 else None
        try:
            plan = await self._reverts.plan(self._browser.path, hunk)
        except CodepilotError as error:
            self.say(error.message)
            return
        if plan.changes:
            self._plan = plan
            self.say(f"reverts {_figures(plan)}" + (" · keeps your lines" if plan.changes[0].merged else ""))
        else:
            self.say(f"kept: {plan.kept[0].kept}" if plan.kept else "Nothing to revert.")
        self.keys_changed()

    @work(group="revert", exclusive=True)
    async def _carry_out(self, plan: RestorePlan) -> None:
        assert self._reverts is not None
        try:
            await self._reverts.apply(plan)
        except CodepilotError as error:
            self.say(error.message)
            return
        self.finish(plan.changes[0].path)

    @work(group="revert", exclusive=True)
    async def _undo(self) -> None:
        assert self._reverts is not None
        try:
            path = await self._reverts.undo()
        except CodepilotError as error:
            self.say(f"{error.message} {error.hint}".strip())
            return
        self.finish(path)

    def on_edit_browser_moved(self, event: EditBrowser.Moved) -> None:
        """The title says where one is."""
        self._moved(event)

    def on_stream_browser_moved(self, event: StreamBrowser.Moved) -> None:
        """The title says where one is."""
        self._moved(event)

    def _moved(self, event: Message) -> None:
        event.stop()
        if self._plan is None:
            self._say_where()

    def _say_where(self) -> None:
        added, removed = self._browser.figures
        where = self._browser.where
        self.say(f"{change_text(added, removed)}{' · ' if where else ''}{where}")
        self.keys_changed()


class ChangePage(LookPage):
    """What the agent made of the files since the conversation began, file by file.

    Args:
        edits: the changed files.
        at: which of them to show first.
        sides: what the texts before and after are, where they are not those before and after the agent's changes.
        reverts: undoes changes; None: they are only to be looked at.
    """

    def __init__(
        self, edits: Sequence[FileEdit], at: int = 0, *, sides: str = "", reverts: Reverts | None = None
    ) -> None:
        self.browser = EditBrowser(edits, at=at, classes="page-body")
        title = edits[0].path if len(edits) == 1 else f"Changes · {len(edits)} files"
        super().__init__(self.browser, f"{title} · {sides}" if sides else title, reverts)


class StreamPage(LookPage):
    """The same changes, all files below each other in one stream.

    Args:
        files: the changed files.
        at: which of them to show first.
        sides: as in `ChangePage`.
        reverts: as in `ChangePage`.
    """

    kind = "stream"

    def __init__(
        self, files: Sequence[FileDiff], at: int = 0, *, sides: str = "", reverts: Reverts | None = None
    ) -> None:
        self.browser = StreamBrowser(files, at=at, classes="page-body")
        title = files[0].path if len(files) == 1 else f"All changes · {len(files)} files"
        super().__init__(self.browser, f"{title} · {sides}" if sides else title, reverts)


def _figures(plan: RestorePlan) -> str:
    """What a plan for one file does, in words."""
    row = plan.changes[0]
    if row.action in ("create", "delete"):
        return f"{row.path}, which is {'restored' if row.action == 'create' else 'deleted'}"
    return f"{row.path} {change_text(row.added, row.removed)}"
