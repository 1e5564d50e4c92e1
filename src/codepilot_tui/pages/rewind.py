"""Going back: the tree of what was said, and what would change in conversation and files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from textual import events, work
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from codepilot.checkpoints.plan import RestorePlan, RestoreRow
from codepilot.errors import CodepilotError
from codepilot.journal.branches import Prompt, PromptTree
from codepilot_tui.bench.prompt_rows import WHATS, What, count_words, losses, prompt_rows
from codepilot_tui.pages.base import Page
from codepilot_tui.pages.change import StreamPage
from codepilot_tui.pages.prompt_rows import PREVIEW_FROM, PlanView, PromptRows
from codepilot_tui.widgets.row_list import Rows
from codepilot_tui.widgets.stream_rows import FileDiff

_PLANNED_AFTER = 0.1
"""Seconds after the cursor came to a prompt, until its plan is made."""


class Past(Protocol):
    """What was said and done, as the runtime tells it."""

    async def tree(self) -> PromptTree:
        """All prompts."""

    async def plan(self, record: int, overwrite: Collection[str] = ()) -> RestorePlan:
        """How the files would come back to what they were at a record; `overwrite`: whatever others did to these."""

    async def texts(self, row: RestoreRow) -> tuple[str | None, str | None]:
        """The texts of a file, now and then."""


@dataclass(frozen=True, slots=True)
class Rewind:
    """What the person wants."""

    does: Literal["rewind", "edit", "redo", "fork"]
    prompt: Prompt | None = None
    plan: RestorePlan | None = None
    """To be carried out; None: the files stay."""
    conversation: bool = True
    """The conversation goes back."""
    undo: int = 0
    """For `redo`: the record at which the conversation goes on; and the restore that is undone."""
    undo_restore: int = 0


class RewindPage(Page[Rewind]):
    """The page.

    Args:
        past: gives the tree and the plans.
        open_page: opens another page over this one.
    """

    title = "Rewind"
    kind = "rewind"
    DEFAULT_CSS = """
    RewindPage > Container.page-body { height: 1fr; layout: horizontal; }
    RewindPage > Container.-below { layout: vertical; }
    RewindPage > Container.-below PromptRows { width: 1fr; height: 1fr; }
    RewindPage > Container.-below PlanView { width: 1fr; height: 1fr; margin-top: 1; }
    """

    def __init__(self, past: Past, open_page: Callable[[StreamPage], None]) -> None:
        self._past = past
        self._open_page = open_page
        self._tree = PromptTree((), ())
        self._what: What = "both"
        self._plans: dict[int, RestorePlan] = {}
        self._why: dict[int, str] = {}
        self._kept: dict[int, RestorePlan] = {}
        """The plans that keep what the person changed, of prompts for which that is to go."""
        self._sure: Literal["", "rewind", "edit"] = ""
        """What was asked for once; what goes is said, and Enter does it."""
        self._wait: Timer | None = None
        self.list = PromptRows()
        self.view = PlanView()
        self._body = Container(self.list, self.view, classes="page-body")
        super().__init__()

    # -- what stands there -----------------------------------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """Tree and preview."""
        yield self._body

    def on_mount(self) -> None:
        """Read the tree."""
        self._load()

    def on_resize(self) -> None:
        """The preview stands beside the tree, or below it."""
        self._body.set_class(self.size.width < PREVIEW_FROM, "-below")

    def keys(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        redo = [("Ctrl+Z", "redo")] if self._tree.undo else []
        if self.list.chosen is None:
            return (*redo, ("Esc", "back"))
        if self._sure:
            then = ", and edit the prompt" if self._sure == "edit" else ""
            return (("Enter", f"yes, rewind {_named(self._what)}{then}"), ("Esc", "back"))
        diff = [("→", "diff")] if self._planned is not None and self._planned.changes else []
        return (
            ("Enter", "rewind"),
            ("Tab", f"what: {self._what}"),
            *diff,
            *self._kept_key,
            ("Ctrl+E", "edit"),
            ("Ctrl+F", "fork"),
            *redo,
            ("Esc", "back"),
        )

    @property
    def _kept_key(self) -> Sequence[tuple[str, str]]:
        """The key for files that stay because the person changed them, where there are such."""
        plan, row = self._planned, self.list.chosen
        if plan is None or row is None:
            return ()
        if row.prompt.record in self._kept:
            return (("Ctrl+K", "keep yours"),)
        return (("Ctrl+K", "yours too"),) if plan.kept else ()

    def offered(self) -> frozenset[str]:
        """Those of the foot, and the arrows."""
        return super().offered() | ({"down"} if self.list.count > 1 else frozenset())

    @work(group="tree", exclusive=True)
    async def _load(self) -> None:
        try:
            self._tree = await self._past.tree()
        except CodepilotError as error:
            self.say(error.message)
            return
        rows = prompt_rows(self._tree)
        self.list.show(rows)
        branches, count = self._tree.branches, count_words(len(rows), "prompt")
        self.say(
            f"{count_words(branches, 'branch').replace('branchs', 'branches')} · {count}"
            if branches > 1
            else count
        )
        self._moved()

    @property
    def _planned(self) -> RestorePlan | None:
        """The plan for the prompt under the cursor, if the files go back and it is made."""
        row = self.list.chosen
        return None if row is None or self._what == "conversation" else self._plans.get(row.prompt.record)

    def _moved(self) -> None:
        """Another prompt is under the cursor, or something else goes back."""
        self._sure = ""
        self._show()
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(_PLANNED_AFTER, self._plan)

    def _show(self) -> None:
        row = self.list.chosen
        if row is not None:
            record = row.prompt.record
            gone = losses(row, self._tree, self._plans.get(record), self._what)
            self.view.show(row, self._plans.get(record), self._what, gone, self._why.get(record, ""))
        self.keys_changed()

    @work(group="plan", exclusive=True)
    async def _plan(self) -> None:
        row = self.list.chosen
        if row is None or self._what == "conversation" or row.prompt.record in self._plans:
            return
        record = row.prompt.record
        try:
            self._plans[record] = await self._past.plan(record)
        except CodepilotError as error:
            self._why[record] = error.message
        self._show()

    @work(group="overwrite", exclusive=True)
    async def _overwrite(self) -> None:
        """Files that the person changed come back as well, or stay again; which cannot, its row says."""
        row, plan = self.list.chosen, self._planned
        if row is None or plan is None:
            return
        self._sure, record = "", row.prompt.record
        if record in self._kept:
            self._plans[record] = self._kept.pop(record)
        elif plan.kept:
            try:
                self._plans[record] = await self._past.plan(record, [each.path for each in plan.kept])
                self._kept[record] = plan
            except CodepilotError as error:
                self.say(error.message)
        self._show()

    # -- keys ------------------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """Move, choose what goes back, do it."""
        if key == "enter":
            self._enter()
        elif key == "tab":
            self._what = WHATS[(WHATS.index(self._what) + 1) % len(WHATS)]
            self._moved()
        elif key == "right":
            self._diff()
        elif key == "ctrl+e":
            self._edit()
        elif key == "ctrl+f":
            self._choose("fork")
        elif key == "ctrl+z":
            if self._tree.undo:
                tree = self._tree
                self.finish(Rewind("redo", undo=tree.undo, undo_restore=tree.undo_restore))
        elif key == "ctrl+k":
            self._overwrite()
        elif self.list.press(key):
            self._moved()
        else:
            return False
        return True

    def on_key(self, event: events.Key) -> None:
        """Esc takes a first Enter back; the other keys are for the handler of all pages, which comes next."""
        if event.key == "escape" and self._sure:
            self._sure = ""
            self.keys_changed()
            event.stop()
            event.prevent_default()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click marks a prompt; what it would change is to be seen first."""
        event.stop()
        self._moved()

    def _enter(self) -> None:
        row = self.list.chosen
        if row is None or (self._what != "conversation" and not self._is_known(row.prompt)):
            return
        if not self._sure:
            self._sure = "rewind"
            self.keys_changed()
        else:
            self._choose(self._sure)

    def _edit(self) -> None:
        """At once where only the conversation goes back, which the draft says; files are asked about first."""
        if self._what == "both" and self._planned is not None and self._planned.changes:
            self._sure = "edit"
            self.keys_changed()
        else:
            self._choose("edit")

    def _is_known(self, prompt: Prompt) -> bool:
        """Whether it is known what becomes of the files."""
        return prompt.record in self._plans or prompt.record in self._why

    def _choose(self, does: Literal["rewind", "edit", "fork"]) -> None:
        row = self.list.chosen
        if row is None:
            return
        if does == "fork":
            self.finish(Rewind("fork", row.prompt, conversation=False))
        elif does == "edit" and self._what == "files":
            self.say("To edit a prompt, rewind the conversation too: Tab chooses what to rewind.")
        elif does == "edit" and self._what == "both" and not self._is_known(row.prompt):
            return
        else:
            self.finish(Rewind(does, row.prompt, self._planned, conversation=self._what != "files"))

    @work(group="diff", exclusive=True)
    async def _diff(self) -> None:
        plan = self._planned
        if plan is None or not plan.changes:
            return
        files = []
        for row in plan.changes:
            now, then = await self._past.texts(row)
            binary = (row.now is not None and now is None) or (row.then is not None and then is None)
            note = "not text" if binary else ""
            files.append(FileDiff(row.path, now, then, row.added, row.removed, note))
        self._open_page(StreamPage(files, sides="now → after the rewind"))


def _named(what: What) -> str:
    return "conversation and files" if what == "both" else what
