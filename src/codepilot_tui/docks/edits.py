"""May these files be changed? All edits of a step in one dock: the files left, the whole difference of one right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from textual.widget import Widget

from codepilot.decision import Decision, PermissionRequest
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.paint import Choice, Head, path_rows
from codepilot_tui.docks.permission import NO, WORDS, YES, PermissionDock
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.edit_list import FileEdit, file_edits
from codepilot_tui.widgets.edits import LIST_FROM, EditBrowser

Look = Callable[[str, str | None, str | None], None]


def writes_of(request: PermissionRequest) -> list[tuple[str, str | None, str | None]]:
    """Path, text before and text after of each change of the step."""
    return [(each.path, each.before, each.after) for each in request.step or (request,)]


def title_of(writes: Sequence[tuple[str, str | None, str | None]]) -> str:
    """What is asked of them, in a few words: each file counts once."""
    first, *others = dict.fromkeys(path for path, *_ in writes)
    if others:
        return f"Change {len(others) + 1} files?"
    verb = "Create" if writes[0][1] is None else "Delete" if writes[-1][2] is None else "Change"
    return f"{verb} {first}?"


class EditsDock(PermissionDock):
    """The changes of a step, shown before anything is written.

    The answer holds for all of them: what the agent then writes is not asked about again if it is exactly this.

    Args:
        request: the first change, with the others of its step.
        edits: the same, compared already; None: they are compared now.
        look: shows a path with its text then and now, where a file changed on the disk meanwhile.
        draft: a reason that was begun before.
        deaf: for how many quiet seconds the answers are deaf.
    """

    subject = "edits"
    share = 0.7
    wide = True

    def __init__(
        self,
        request: PermissionRequest,
        edits: Sequence[FileEdit] | None = None,
        *,
        look: Look | None = None,
        draft: str = "",
        deaf: float = DEAF_SECONDS,
    ) -> None:
        self._step = bool(request.step)
        self._look = look
        self._now: dict[str, str | None] = {}
        """Paths that changed on the disk, with their text; None: the file is gone."""
        edits = edits or file_edits(writes_of(request))
        self.browser = EditBrowser(edits, why=request.why, classes="dock-body")
        first, count = edits[0], len(edits)
        self.title = title_of([(each.path, each.before, each.after) for each in edits])
        self.path = first.path if count == 1 else ""
        if count > 1:
            self.choices = (
                Choice("y", f"allow all {count}", "ok"),
                Choice("n", "none", "bad"),
                Choice("d", "none, because…"),
            )
        else:
            self.choices = (YES, NO, WORDS)
        super().__init__(draft=draft, deaf=deaf)

    def decision(self, allow: bool, reason: str = "") -> Decision:
        """The answer for all that is shown. What changed on the disk cannot be written: the agent is told to look."""
        if not allow and not reason and self._now:
            names = ", ".join(self._now)
            reason = f"{names} changed on disk. Read it again before changing it."
            return Decision(allow=False, reason=reason, by="rule", whole_step=self._step)
        return Decision(allow=allow, reason=reason, whole_step=self._step)

    def answers(self) -> Sequence[Choice]:
        """No yes where every file changed on the disk; else one for those that did not."""
        choices = super().answers()
        if not self._now or not choices:
            return choices
        left = len(self.browser.edits) - len(self._now)
        no = tuple(choice for choice in choices if choice.key != "y")
        return (
            (Choice("y", f"allow the other {left}" if left > 1 else "allow the other", "ok"), *no)
            if left
            else no
        )

    def on_disk(self, texts: Mapping[str, str | None]) -> None:
        """What stands on the disk now, of some of the files; None: there is no such file."""
        for edit in self.browser.edits:
            if edit.path in texts and texts[edit.path] != edit.before:
                self._now[edit.path] = texts[edit.path]
            elif edit.path in texts:
                self._now.pop(edit.path, None)
        self.browser.set_stale(
            index for index, edit in enumerate(self.browser.edits) if edit.path in self._now
        )
        self.repaint()
        self.resized()

    # -- its rows --

    def body(self) -> Iterable[Widget]:
        """The reason, the list, the difference."""
        yield self.browser

    def body_rows(self, width: int) -> int:
        """All of it."""
        return self.browser.rows_wanted(width)

    def head(self) -> Head:
        """The figures of all files stand beside the title."""
        return replace(super().head(), figures=self.browser.figures)

    def notes(self) -> tuple[str, ...]:
        """Which change it is, over all files."""
        number, total = self.browser.number
        return (f"change {number} of {total}",) if total > 1 else ()

    def tail(self) -> Sequence[tuple[str, str]]:
        """How to move about, where it can be moved."""
        if self.writing:
            return super().tail()
        moves = self.browser.keys(looks=self.size.width >= LIST_FROM)
        return (*moves, *self.full_key(), *super().tail())

    @property
    def full_changes(self) -> bool:
        """Also where a path was cut: all of it is shown then."""
        head = replace(self.head(), whole=True)
        return self.grows or bool(path_rows(head, self.size.width, tokens_for(self.app)))

    def on_resize(self) -> None:
        """Fewer rows, fewer words."""
        self.browser.squeeze(self.size.height, self.rows_wanted(self.size.width) - 1)

    def on_edit_browser_moved(self, event: EditBrowser.Moved) -> None:
        """The head says where one is."""
        event.stop()
        self.repaint()

    def scrolls(self) -> frozenset[str]:
        """Long changes, and keys for which there is no room in the row of the answers."""
        if self.writing:
            return frozenset()
        edit = self.browser.edits[self.browser.file]
        looks = ("o",) if self._look is not None and edit.path in self._now else ()
        return self.browser.offered() | frozenset(looks)

    def other_key(self, key: str) -> bool:
        """Move about in the changes; F5 gives them the whole body."""
        edit = self.browser.edits[self.browser.file]
        if key == "o" and self._look is not None and edit.path in self._now:
            self._look(edit.path, edit.before, self._now[edit.path])
            return True
        return self.press_full() if key == "f5" else self.browser.press(key)
