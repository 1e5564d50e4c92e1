"""Looking at a file, or at what became of it: nothing is asked and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import TextArea

from codepilot.text import clean
from codepilot_tui.modals.panel import PanelModal, keys_line
from codepilot_tui.widgets.diff import DiffView

_CSS = """
    {name} > #panel { width: 96%; max-width: 180; height: 92%; padding: 0 2; }
    {name} #heading { margin: 1 0; }
    {name}.-short > #panel { width: 100%; height: 100%; padding: 0 1; }
    {name}.-short #heading { margin: 0; }
    {name}.-short #foot { margin-top: 0; }
"""


class ChangeModal(PanelModal[None]):
    """What the agent made of a file, from the task's start until now.

    Args:
        path: as it is shown.
        before: None if it did not exist.
        after: the text now.
    """

    DEFAULT_CSS = _CSS.replace("{name}", "ChangeModal") + "    ChangeModal DiffView { height: 1fr; }\n"

    def __init__(self, path: str, before: str | None, after: str) -> None:
        super().__init__()
        self.heading = path
        self._diff = DiffView(before, after, path)
        self.aside = f"+{self._diff.document.added} −{self._diff.document.removed}"

    def compose_body(self) -> Iterable[Widget]:
        """The diff."""
        yield self._diff

    def on_mount(self) -> None:
        """The diff has the keyboard."""
        self._diff.focus()

    def foot(self) -> Content:
        """Its keys."""
        return keys_line(
            [(", .", "change"), ("f", "fold"), ("w", "wrap"), ("← →", "long lines"), ("Esc", "close")]
        )


class FileModal(PanelModal[None]):
    """A file's text, to read and to copy from.

    Args:
        path: as it is shown.
        text: what is in it.
    """

    DEFAULT_CSS = (
        _CSS.replace("{name}", "FileModal")
        + "    FileModal TextArea, FileModal TextArea:focus { height: 1fr; border: none; background: $ground; }\n"
    )

    def __init__(self, path: str, text: str) -> None:
        super().__init__()
        self.heading = path
        lines = text.count("\n") + (not text.endswith("\n") and bool(text))
        self.aside = f"{lines} line{'' if lines == 1 else 's'}"
        self._text = text

    def compose_body(self) -> Iterable[Widget]:
        """The text, numbered."""
        area = TextArea(
            clean(self._text), read_only=True, show_line_numbers=True, soft_wrap=False, theme="css"
        )
        area.cursor_blink = False
        yield area

    def on_mount(self) -> None:
        """The text has the keyboard."""
        self.query_one(TextArea).focus()

    def foot(self) -> Content:
        """Its keys."""
        return keys_line([("↑ ↓", "move"), ("Shift+↑ ↓", "select"), ("Ctrl+C", "copy"), ("Esc", "close")])
