"""A field at the foot of a page, for a name or a path: opened by a key of the page, closed by Enter or Esc."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.containers import Horizontal
from textual.widget import Widget

from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.field import Field
from codepilot_tui.widgets.painted import Painted, Picture, row_of


class _Label(Painted):
    """What is asked for."""

    DEFAULT_CSS = "_Label { width: 14; height: 1; }"
    text = ""

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The word."""
        return Picture(
            (
                row_of(
                    [(f"  {self.text}", tokens.style("muted", "panel-plane"))],
                    width,
                    tokens.style("", "panel-plane"),
                ),
            )
        )


class EntryLine(Horizontal):
    """Hidden while nothing is asked for."""

    DEFAULT_CSS = """
    EntryLine { height: 1; width: 1fr; display: none; margin-top: 1; }
    EntryLine > Field { width: 1fr; margin-right: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.field = Field()
        self._label = _Label()
        self._done: Callable[[str | None], None] | None = None

    def compose(self) -> Iterable[Widget]:
        """Label and field."""
        yield self._label
        yield self.field

    @property
    def asks(self) -> bool:
        """Whether it is open."""
        return self._done is not None

    def ask(self, label: str, value: str, done: Callable[[str | None], None]) -> None:
        """Open it, and give it the keyboard.

        Args:
            label: what is asked for.
            value: what stands in it at first.
            done: told what was written, or None: nothing is to be done.
        """
        self._label.text = label
        self._label.repaint()
        self.field.value = value
        self.field.cursor_position = len(value)
        self._done = done
        self.display = True
        self.screen.set_focus(self.field, scroll_visible=False)

    def close(self, *, keep: bool) -> None:
        """Close it.

        Args:
            keep: with what is written; else nothing is to be done.
        """
        done, self._done = self._done, None
        self.display = False
        if done is not None:
            done(self.field.words if keep else None)
