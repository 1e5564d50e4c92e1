"""One of several things, found by typing a part of its name: models, themes, sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from codepilot.text import clean_line
from codepilot_tui.modals.panel import PanelModal, keys_line, line_input
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.painted import spread
from codepilot_tui.widgets.rows import Rows


@dataclass(frozen=True, slots=True)
class Option:
    """Something to pick."""

    value: str
    """What is given back."""
    label: str
    note: str = ""
    """Muted, at the right edge."""


def matching(options: Sequence[Option], wanted: str) -> list[Option]:
    """The options that hold all words of `wanted`, in the same order; those whose label begins with it first."""
    words = wanted.lower().split()
    found = [
        option for option in options if all(word in f"{option.label} {option.note}".lower() for word in words)
    ]
    if words:
        found.sort(key=lambda option: not option.label.lower().startswith(words[0]))
    return found


class PickerModal(PanelModal[str | None]):
    """A list that typing narrows. The result is the value of the chosen option, or None.

    Args:
        heading: what is chosen.
        options: in the order to show.
        current: the value in force; it is marked and chosen first.
    """

    DEFAULT_CSS = """
    PickerModal > #panel { max-width: 72; }
    PickerModal #heading { margin-bottom: 0; }
    PickerModal #filter { margin: 1 0; }
    PickerModal OptionRows { height: 12; }
    PickerModal.-short OptionRows { height: 10; }
    """

    def __init__(self, heading: str, options: Sequence[Option], *, current: str = "") -> None:
        super().__init__()
        self.heading = heading
        self._options = tuple(options)
        self._current = current

    def compose_body(self) -> Iterable[Widget]:
        """The filter and the list."""
        yield line_input("Type to filter", "filter")
        yield OptionRows(self._options, self._current)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#filter", Input).focus()

    def foot(self) -> Content:
        """What the keys do."""
        return keys_line([("↑ ↓", "move"), ("Enter", "choose"), ("Esc", "close")])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self.query_one(OptionRows).show(matching(self._options, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what is marked."""
        event.stop()
        chosen = self.query_one(OptionRows).chosen
        if chosen is not None:
            self.dismiss(chosen.value)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click takes it."""
        event.stop()
        self.dismiss(self.query_one(OptionRows).options[event.index].value)

    def on_key(self, event: events.Key) -> None:
        """Move while the filter keeps the keyboard."""
        rows = self.query_one(OptionRows)
        page = max(1, rows.size.height - 1)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page}
        if event.key == "escape":
            self.dismiss(None)
        elif event.key in steps:
            rows.action_move(steps[event.key])
        else:
            return
        event.stop()
        event.prevent_default()


class OptionRows(Rows, can_focus=False):
    """The options that are left, one of them marked."""

    DEFAULT_CSS = """
    OptionRows { background: $raised; scrollbar-background: $raised; }
    """

    def __init__(self, options: Sequence[Option], current: str) -> None:
        super().__init__()
        self.options = list(options)
        self._value = current
        self._cursor = next((index for index, option in enumerate(options) if option.value == current), 0)

    @property
    def count(self) -> int:
        """Options that are left."""
        return len(self.options)

    @property
    def chosen(self) -> Option | None:
        """The marked one."""
        return self.options[self.cursor] if self.options else None

    def show(self, options: Sequence[Option]) -> None:
        """Show these, the marked one still marked if it is among them."""
        chosen = self.chosen
        self.options = list(options)
        self.move_to(self.options.index(chosen) if chosen in self.options else 0)

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """A dot for the one in force, the label, the note at the right edge."""
        style = tokens_for(self.app).style
        option = self.options[index]
        plane = "line" if at_cursor else "raised"
        left = [
            (" ● " if option.value == self._value else "   ", style("you", plane)),
            (clean_line(option.label), style("ink", plane, bold=at_cursor)),
        ]
        note = f"  {clean_line(option.note)} " if option.note else ""
        return spread(left, [(note, style("muted", plane))], width, style("", plane))

    def paint_empty(self, line: int, width: int) -> Strip:
        """Nothing fits the filter."""
        style = tokens_for(self.app).style
        text = "   nothing of that name" if not self.count and line == 0 else ""
        return spread([(text, style("muted", "raised"))], [], width, style("", "raised"))
