"""Looking at a file: numbers, colours, and a search that takes the letters. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from codepilot_tui.facts import Kind
from codepilot_tui.pages.base import Page
from codepilot_tui.widgets.source import MOST_FOUND, SourceView


class FilePage(Page[None]):
    """A file's text, to read, to search and to copy from.

    Args:
        path: as it is shown.
        text: what is in it.
    """

    placeholder = "Find"

    def __init__(self, path: str, text: str) -> None:
        self.title = path
        self.source = SourceView(path, text, classes="page-body")
        super().__init__()

    def body(self) -> Iterable[Widget]:
        """The text."""
        yield self.source

    def on_mount(self) -> None:
        """Say how long it is."""
        self._say()

    def on_resize(self) -> None:
        """Other lines are too long now."""
        self.keys_changed()

    @property
    def kind(self) -> Kind:  # type: ignore[override]
        """With matches the arrows go from one to the next."""
        return "found" if self.source.found else "file"

    def offered(self) -> frozenset[str]:
        """Scrolling where there is more than can be seen, the way from match to match, Esc."""
        down = ("down", "pagedown") if self.source.max_scroll_y > 0 else ()
        right = ("right",) if self.source.max_scroll_x > 0 else ()
        return frozenset((*down, *right, *(("enter",) if self.source.found else ()), "escape"))

    def keys(self) -> Sequence[tuple[str, str]]:
        """With matches the arrows go from one to the next."""
        offered = self.offered()
        found: list[tuple[str, str]] = []
        if self.source.found:
            found += [("Enter", "next"), ("↑ ↓", "match")]
            found += [("PgUp PgDn", "scroll")] if "pagedown" in offered else []
        elif "down" in offered:
            found += [("↑ ↓", "scroll"), ("Home End", "ends")]
        if "right" in offered:
            found.append(("← →", "long lines"))
        return (*found, ("Esc", "clear" if self.field.words else "back"))

    def press(self, key: str) -> bool:
        """Scroll, or go from place to place."""
        if self.source.found and key in ("enter", "down", "up"):
            self.source.step(-1 if key == "up" else 1)
            self._say()
            return True
        return self.source.press(key)

    def searched(self, words: str) -> None:
        """Mark the words."""
        self.source.find(words)
        self._say()
        self.keys_changed()

    def _say(self) -> None:
        found, count = self.source.found, len(self.source.lines)
        if self.field.words:
            more = " or more" if len(found) == MOST_FOUND else ""
            self.say(f"{self.source.current + 1:,} of {len(found):,}{more}" if found else "not in this file")
        elif self.source.lines == ("",):
            self.say("empty")
        else:
            self.say(f"{count:,} line{'' if count == 1 else 's'}")
