"""Where the person writes: a growing editor, commands after `/`, history, and chips for words that wait."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import TextArea

from codepilot.text import clean, clean_line
from codepilot_tui.state import Queued
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.chat.glyphs import UNICODE, Glyphs
from codepilot_tui.widgets.chat.lines import Span, cells, cut
from codepilot_tui.widgets.editing import TEXT_KEYS, pasted_text

When = Literal["now", "next_step", "after_task"]

_COMMAND = re.compile(r"/([a-z][\w-]*)(?:\s+(.*))?", re.DOTALL)
_TYPED = re.compile(r"/([\w-]*)")
_NEWLINE_KEYS = frozenset(("shift+enter", "alt+enter", "ctrl+j", "ctrl+enter"))
_ROWS = 6


class _Rows(Widget):
    """A few rows of spans, one of them chosen."""

    ALLOW_SELECT = False
    chosen: reactive[int] = reactive(0)

    def rows(self) -> list[list[Span]]:
        """What stands on each row."""
        raise NotImplementedError

    def lit(self) -> bool:
        """Whether the chosen row is shown as such."""
        return True

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are."""
        return len(self.rows())

    def render_line(self, y: int) -> Strip:
        """One row."""
        rows = self.rows()
        base = self.rich_style
        if y >= len(rows):
            return Strip.blank(self.size.width, base)
        if y == self.chosen and self.lit():
            base = base + tokens_for(self.app).style("", "raised")
        strip = Strip([Segment(text, style) for text, style in rows[y]])
        return strip.crop_extend(0, self.size.width, None).apply_style(base)


class Chips(_Rows, can_focus=True):
    """The queued messages, each with what it waits for. Up and Down choose, Enter edits, Delete drops."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", show=False),
        Binding("down,j", "choose(1)", show=False),
        Binding("enter,e", "edit", "Edit"),
        Binding("delete,backspace,x", "drop", "Drop"),
    ]
    queue: reactive[tuple[Queued, ...]] = reactive((), layout=True)

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self.glyphs = glyphs

    def lit(self) -> bool:
        """Only while it has the keyboard."""
        return self.has_focus

    def watch_queue(self, queue: tuple[Queued, ...]) -> None:
        """No chips, no room."""
        self.display = bool(queue)
        self.chosen = max(0, min(self.chosen, len(queue) - 1))
        if not queue and self.has_focus:
            self.screen.focus_next()

    def rows(self) -> list[list[Span]]:
        """One row a message."""
        style = tokens_for(self.app).style
        made: list[list[Span]] = []
        for each in self.queue[:_ROWS]:
            inside = each.state == "in context"
            what = "in context" if inside else each.when
            tail = "" if inside else f"   {self.glyphs.drop}"
            text = cut(
                clean_line(each.text), max(8, self.size.width - len(what) - len(tail) - 8), self.glyphs.more
            )
            sign = self.glyphs.ok if inside else self.glyphs.queued
            made.append(
                [
                    (f"  {sign} ", style("ok" if inside else "you")),
                    (text, style("muted" if inside else "ink")),
                    (f"  {what}", style("muted" if inside else "you")),
                    (tail, style("muted")),
                ]
            )
        if len(self.queue) > _ROWS:
            made.append([(f"    {len(self.queue) - _ROWS} more wait", style("muted"))])
        return made

    def action_choose(self, by: int) -> None:
        """Another chip."""
        self.chosen = max(0, min(self.chosen + by, len(self.queue) - 1))

    def action_edit(self) -> None:
        """Take the chosen one back into the editor."""
        self._take_back(self.chosen, edit=True)

    def action_drop(self) -> None:
        """Take the chosen one back for good."""
        self._take_back(self.chosen, edit=False)

    def _take_back(self, index: int, *, edit: bool) -> None:
        if 0 <= index < len(self.queue) and self.queue[index].state == "queued":
            chip = self.queue[index]
            self.post_message(Composer.TakeBack(chip.id, chip.text, edit))

    def on_click(self, event: events.Click) -> None:
        """The cross drops, the words are taken back to be edited."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= min(len(self.queue), _ROWS):
            return
        event.stop()
        self.chosen = offset.y
        row = self.rows()[offset.y]
        end = sum(cells(text) for text, _ in row)
        if offset.x < end:
            self._take_back(offset.y, edit=offset.x < end - 2)


class Completions(_Rows):
    """The commands that begin as what was typed."""

    found: reactive[tuple[tuple[str, str], ...]] = reactive((), layout=True)

    def watch_found(self, found: tuple[tuple[str, str], ...]) -> None:
        """Open while something fits."""
        self.display = bool(found)
        self.chosen = 0

    def rows(self) -> list[list[Span]]:
        """One row a command; the window follows the chosen one."""
        style = tokens_for(self.app).style
        name_width = max((len(name) for name, _ in self.found), default=0) + 3
        return [
            [(f"  /{name}".ljust(name_width + 2), style("ink", bold=True)), (text, style("muted"))]
            for name, text in self.found[:_ROWS]
        ]

    def on_click(self, event: events.Click) -> None:
        """Take the command that was clicked."""
        offset = event.get_content_offset(self)
        composer = self.parent
        if offset is not None and offset.y < len(self.found) and isinstance(composer, Composer):
            event.stop()
            self.chosen = offset.y
            composer.complete()


class Editor(TextArea):
    """The text area, with the keys of a composer."""

    BINDINGS: ClassVar[list[BindingType]] = TEXT_KEYS

    def __init__(self, placeholder: str) -> None:
        super().__init__(
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder=placeholder,
            theme="css",
        )
        self.cursor_blink = False  # a blinking cursor would write to the terminal for as long as nobody types

    async def _on_key(self, event: events.Key) -> None:
        composer = self.parent
        if isinstance(composer, Composer) and composer.press(event.key):
            event.stop()
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if result := self._replace_via_keyboard(pasted_text(event.text), *self.selection):
            self.move_cursor(result.end_location)

    @property
    def on_first_row(self) -> bool:
        """The cursor is on the topmost row, as wrapped."""
        return self.wrapped_document.location_to_offset(self.cursor_location).y == 0

    @property
    def on_last_row(self) -> bool:
        """The cursor is on the lowest row, as wrapped."""
        row = self.wrapped_document.location_to_offset(self.cursor_location).y
        return row >= self.wrapped_document.height - 1


class Composer(Vertical):
    """Editor, completions and chips. Set `working` while the agent works, and `queue` to what waits."""

    working: reactive[bool] = reactive(False)
    queue: reactive[tuple[Queued, ...]] = reactive(())

    class Submitted(Message):
        """The person said something."""

        def __init__(self, text: str, when: When) -> None:
            self.text = text
            self.when = when
            super().__init__()

    class CommandEntered(Message):
        """A `/` command, known or not."""

        def __init__(self, name: str, argument: str) -> None:
            self.name = name
            self.argument = argument
            super().__init__()

    class TakeBack(Message):
        """A queued message is wanted back. If the model has not had it: drop it, and `restore` it if `edit`."""

        def __init__(self, message_id: str, text: str, edit: bool) -> None:
            self.message_id = message_id
            self.text = text
            self.edit = edit
            super().__init__()

    class Changed(Message):
        """The draft is another one; for keeping it over a crash."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def __init__(
        self,
        *,
        commands: Iterable[tuple[str, str]] = (),
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.commands: tuple[tuple[str, str], ...] = tuple(commands)
        """Name without the slash, and what it does."""
        self.history: list[str] = []
        """What was sent, oldest first."""
        self.chips = Chips(glyphs)
        self.completions = Completions()
        self.editor = Editor(_placeholder(False))
        self._at: int | None = None
        self._kept = ""
        self._closed_at = ""

    def compose(self) -> ComposeResult:
        """Chips above, then completions, then the editor."""
        self.chips.display = self.completions.display = False
        yield self.chips
        yield self.completions
        yield self.editor

    # -- what the app calls --

    @property
    def text(self) -> str:
        """The draft."""
        return self.editor.text

    @text.setter
    def text(self, text: str) -> None:
        self.editor.text = clean(text)
        self.editor.move_cursor(self.editor.document.end)

    def restore(self, text: str) -> None:
        """Put words back without losing the draft: they come before it."""
        draft = self.text
        self.text = f"{text}\n{draft}" if draft.strip() else text
        self.editor.focus()

    def clear(self) -> None:
        """Empty the editor; Up brings the words back."""
        if self.text.strip():
            self._remember(self.text)
        self.text = ""

    def focus(self, scroll_visible: bool = True, *, from_app_focus: bool = False) -> Composer:
        """The keyboard goes to the editor."""
        self.editor.focus(scroll_visible)
        return self

    def watch_working(self, working: bool) -> None:
        """The hint says what Enter does now."""
        self.editor.placeholder = _placeholder(working)

    def watch_queue(self, queue: Sequence[Queued]) -> None:
        """Show the chips."""
        # Chips are values of the transcript that change in place; copies make a change visible.
        self.chips.queue = tuple(Queued(each.id, each.text, each.state, each.when) for each in queue)

    # -- keys --

    def press(self, key: str) -> bool:
        """Take a key of the editor; False leaves it to the editor."""
        self._offer()  # what was typed just now is told only later
        if self.completions.found and self._press_completion(key):
            return True
        if key in _NEWLINE_KEYS:
            self.editor.insert("\n")
        elif key == "enter":
            self._enter()
        elif key == "tab" and self.working and self.text.strip():
            self._send("after_task")
        elif key == "up" and self.editor.on_first_row:
            return self._older()
        elif key == "down" and self._at is not None and self.editor.on_last_row:
            self._newer()
        else:
            return False
        return True

    def _press_completion(self, key: str) -> bool:
        found = self.completions.found
        shown = min(len(found), _ROWS)
        if key in ("up", "down"):
            self.completions.chosen = (self.completions.chosen + (1 if key == "down" else -1)) % shown
        elif key == "tab":
            self.complete()
        elif key == "escape":
            self._closed_at = self.text
            self.completions.found = ()
        elif key == "enter":
            name = found[self.completions.chosen][0]
            self._command(name, "")
        else:
            return False
        return True

    def complete(self) -> None:
        """Write the chosen command out."""
        name = self.completions.found[self.completions.chosen][0]
        self.text = f"/{name} "
        self.editor.focus()

    def _enter(self) -> None:
        row, column = self.editor.cursor_location
        if column and self.editor.document[row][column - 1] == "\\":
            self.editor.replace("\n", (row, column - 1), (row, column))
            return
        if command := _COMMAND.fullmatch(self.text.strip()):
            self._command(command[1], (command[2] or "").strip())
            return
        self._send("next_step" if self.working else "now")

    def _command(self, name: str, argument: str) -> None:
        self._remember(f"/{name} {argument}".strip())
        self.text = ""
        self.post_message(self.CommandEntered(name, argument))

    def _send(self, when: When) -> None:
        text = self.text.strip()
        if not text:
            return
        self._remember(text)
        self.text = ""
        self.post_message(self.Submitted(text, when))

    def _remember(self, text: str) -> None:
        if not self.history or self.history[-1] != text:
            self.history.append(text)
        self._at = None

    def _older(self) -> bool:
        """The queued message that came last; else the one sent before."""
        waiting = [each for each in self.queue if each.state == "queued"]
        if waiting and not self.text.strip():
            self.post_message(self.TakeBack(waiting[-1].id, waiting[-1].text, True))
            return True
        at = len(self.history) if self._at is None else self._at
        if at == 0:
            return self._at is not None
        if self._at is None:
            self._kept = self.text
        self._recall(at - 1)
        return True

    def _newer(self) -> None:
        at = (self._at or 0) + 1
        if at < len(self.history):
            self._recall(at)
        else:
            self.text = self._kept
            self._at = None

    def _recall(self, at: int) -> None:
        self.text = self.history[at]
        self._at = at
        self.editor.move_cursor((0, 0) if at == 0 else self.editor.document.end)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Offer commands, and let the draft be kept."""
        event.stop()
        self._offer()
        self.post_message(self.Changed(self.text))

    def _offer(self) -> None:
        """Offer the commands that begin as what was typed."""
        text = self.text
        typed = _TYPED.fullmatch(text)
        if typed is None or text == self._closed_at:
            self.completions.found = ()
        else:
            self._closed_at = ""
            found = _matching(self.commands, typed[1])
            if found != self.completions.found:
                self.completions.found = found


def _matching(commands: Sequence[tuple[str, str]], typed: str) -> tuple[tuple[str, str], ...]:
    begins = sorted(
        (each for each in commands if each[0].startswith(typed)), key=lambda each: each[0] != typed
    )
    holds = [each for each in commands if typed and typed in each[0] and each not in begins]
    return tuple(begins + holds)


def _placeholder(working: bool) -> str:
    if working:
        return "Say more: Enter sends it in at the next step, Tab after this task"
    return "Say what you want done"
