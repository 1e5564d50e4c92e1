"""Looking at a file: numbers, colours, and a search that takes the letters. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from codepilot_tui.pages.base import Page
from codepilot_tui.widgets.source import SourceView


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

    def keys(self) -> Sequence[tuple[str, str]]:
        """With words in the field the arrows go from place to place."""
        if self.source.found:
            return (("Enter", "next"), ("↑ ↓", "place"), ("PgUp PgDn", "scroll"), ("Esc", "clear"))
        if self.field.words:
            return (("Esc", "clear"),)
        return (("↑ ↓", "scroll"), ("← →", "long lines"), ("Home End", "ends"), ("Esc", "back"))

    def press(self, key: str) -> bool:
        """Scroll, or go from place to place."""
        if self.source.found and key in ("enter", "down", "up"):
            self.source.step(-1 if key == "up" else 1)
            self._say()
            return True
        return self.source.press(key)

    def press_shown(self, label: str) -> None:
        """A click on a pair of keys is the one that goes on."""
        pairs = {"↑ ↓": "down", "← →": "right", "Home End": "end", "PgUp PgDn": "pagedown", "Enter": "enter"}
        self.press(pairs[label])

    def searched(self, words: str) -> None:
        """Mark the words."""
        self.source.find(words)
        self._say()
        self.keys_changed()

    def _say(self) -> None:
        found, count = self.source.found, len(self.source.lines)
        if self.field.words:
            self.say(f"{self.source.current + 1} of {len(found):,}" if found else "not in this file")
        else:
            self.say(f"{count:,} line{'' if count == 1 else 's'}")
