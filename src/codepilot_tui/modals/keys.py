"""All keys on one page: those of the pane that had the focus first, then the table of actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from codepilot_tui.actions import Keymap, key_text
from codepilot_tui.keyboard import can_be_pressed
from codepilot_tui.modals.panel import PanelModal, keys_line

Section = tuple[str, Sequence[tuple[str, str]]]
"""A heading, and keys with what they do."""


class KeysModal(PanelModal[None]):
    """The help of F1.

    Args:
        keymap: the keys in force.
        here: sections of the focused pane, shown first.
    """

    DEFAULT_CSS = """
    KeysModal > #panel { max-width: 84; max-height: 96%; }
    KeysModal #keys-box { height: auto; max-height: 40; scrollbar-size-vertical: 1; scrollbar-background: $raised; }
    KeysModal #keys { width: 100%; height: auto; color: $ink; }
    """

    heading = "Keys"

    def __init__(self, keymap: Keymap, here: Sequence[Section] = ()) -> None:
        super().__init__()
        self._keymap = keymap
        self._here = tuple(here)
        self.aside = f"{key_text(keymap.leader)}, then a letter, does the same"

    def compose_body(self) -> Iterable[Widget]:
        """The table."""
        lines: list[Content] = []
        for title, keys in self._here:
            lines.extend(_section(title, [(key, "", word) for key, word in keys]))
        leader = key_text(self._keymap.leader)
        for group, actions in self._keymap.grouped():
            rows = [
                (
                    key_text(action.key) if can_be_pressed(self.app, action.key) else "",
                    f"{leader} {action.leader}",
                    " · ".join(filter(None, (action.label, action.slash))),
                )
                for action in actions
            ]
            lines.extend(_section(group, rows))
        box = VerticalScroll(Static(Content("\n").join(lines[:-1]), id="keys", markup=False), id="keys-box")
        yield box

    def on_mount(self) -> None:
        """The arrows scroll."""
        self.query_one("#keys-box").focus()

    def on_resize(self, event: events.Resize) -> None:
        """Title and foot stay in sight."""
        self.query_one("#keys-box").styles.max_height = max(3, event.size.height - 8)

    def foot(self) -> Content:
        """How to leave."""
        return keys_line([("↑ ↓", "scroll"), ("Esc", "close")])

    def on_key(self, event: events.Key) -> None:
        """Esc, F1 and q close."""
        if event.key in ("escape", "f1", "q"):
            event.stop()
            event.prevent_default()
            self.dismiss(None)


def _section(title: str, rows: Iterable[tuple[str, str, str]]) -> list[Content]:
    lines = [Content.styled(title, "$muted bold")]
    for key, leader, word in rows:
        lines.append(
            Content.assemble(
                (f"  {key:<13}", "$ink bold"), (f"{leader:<11}" if leader else "", "$muted"), (word, "$ink")
            )
        )
    return [*lines, Content("")]
