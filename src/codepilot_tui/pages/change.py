"""Looking at what became of the files: the same picture as the question about edits. Nothing is asked or changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from codepilot_tui.figures import change_text
from codepilot_tui.pages.base import Page
from codepilot_tui.widgets.edit_list import FileEdit
from codepilot_tui.widgets.edits import EditBrowser


class ChangePage(Page[None]):
    """What the agent made of the files since the conversation began.

    It has no search field: like the question and the review it takes `, .` and `< >` as keys.

    Args:
        edits: the changed files.
        at: which of them to show first.
        sides: what the texts before and after are, where they are not those before and after the agent's changes.
    """

    kind = "change"

    def __init__(self, edits: Sequence[FileEdit], at: int = 0, *, sides: str = "") -> None:
        count = len(edits)
        title = edits[0].path if count == 1 else f"Changes · {count} files"
        self.title = f"{title} · {sides}" if sides else title
        self.browser = EditBrowser(edits, at=at, classes="page-body")
        super().__init__()

    def body(self) -> Iterable[Widget]:
        """The changes."""
        yield self.browser

    def keys(self) -> Sequence[tuple[str, str]]:
        """How to move about."""
        offered = self.browser.offered()
        scroll = [("↑ ↓", "scroll")] if "down" in offered else []
        aside = [("← →", "long lines")] if "right" in offered else []
        return (*self.browser.keys(), *scroll, *aside, ("Esc", "back"))

    def offered(self) -> frozenset[str]:
        """Those of the changes, and Esc."""
        return self.browser.offered() | {"escape"}

    def on_resize(self) -> None:
        """Other lines are too long now."""
        self.keys_changed()

    def press(self, key: str) -> bool:
        """Move about in the changes."""
        return self.browser.press(key)

    def on_edit_browser_moved(self, event: EditBrowser.Moved) -> None:
        """The title says where one is."""
        event.stop()
        added, removed = self.browser.figures
        number, total = self.browser.number
        where = f" · change {number} of {total}" if total > 1 else ""
        self.say(f"{change_text(added, removed)}{where}")
        self.keys_changed()
