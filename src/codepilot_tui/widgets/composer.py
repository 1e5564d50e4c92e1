"""Where the person writes: a growing editor, commands after `/`, history, and chips for undelivered messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import TextArea

from codepilot.text import clean
from codepilot_tui.history import PromptHistory
from codepilot_tui.state import Queued
from codepilot_tui.widgets import composer_chips
from codepilot_tui.widgets.composer_chips import Chips
from codepilot_tui.widgets.composer_commands import Command, CommandPopup, matching
from codepilot_tui.widgets.composer_editor import Editor

When = Literal["now", "next_step", "after_task"]

PLACEHOLDER = "Ask, or / for commands"

_COMMAND = re.compile(r"/([a-z][\w-]*)(?:\s+(.*))?", re.DOTALL)


class Composer(Vertical):
    """Editor and chips, and a popup of commands. Set `working` while the agent works, and `queue` to what waits.

    Args:
        commands: gives what `/` offers now.
        history: what was sent before.
    """

    working: reactive[bool] = reactive(False)
    queue: reactive[tuple[Queued, ...]] = reactive(())

    TakeBack: TypeAlias = composer_chips.TakeBack

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

    class Changed(Message):
        """The draft is another one."""

    class PageWanted(Message):
        """A page of the conversation up (`by` -1) or down (1): the draft has no rows out of sight to go to."""

        def __init__(self, by: int) -> None:
            self.by = by
            super().__init__()

    class NothingToQueue(Message):
        """Tab means "after this task": no task is under way, or there are no words. Nothing happened."""

    def __init__(
        self,
        *,
        commands: Callable[[], Sequence[Command]] = tuple,
        history: PromptHistory | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.commands = commands
        self.history = history or PromptHistory()
        self.chips = Chips()
        self.popup: CommandPopup | None = None
        """The commands that fit, while it is open."""
        self.editor = Editor(self.press, PLACEHOLDER)
        self._recalled: tuple[str, ...] = ()
        self._at: int | None = None
        self._kept = ""
        self._closed_at = ""

    def compose(self) -> ComposeResult:
        """Chips above, then the editor."""
        yield self.chips
        yield self.editor

    # -- what the app calls --

    @property
    def text(self) -> str:
        """The draft."""
        return self.editor.text

    @text.setter
    def text(self, text: str) -> None:
        self.editor.put_all(clean(text))

    @property
    def is_command(self) -> bool:
        """Enter runs a command: one that is offered, or one that is written out."""
        return self.popup is not None or _COMMAND.fullmatch(self.text.strip()) is not None

    @property
    def is_written(self) -> bool:
        """It has the keyboard and holds a draft."""
        return self.editor.has_focus and bool(self.text.strip())

    def write(self, text: str) -> None:
        """Write at the cursor what was typed elsewhere, and take the keyboard."""
        self.editor.put(clean(text))
        self.editor.focus()

    def restore(self, text: str) -> None:
        """Put words back without losing the draft: they come before it."""
        draft = self.text
        self.text = f"{text}\n{draft}" if draft.strip() else text
        self.editor.focus()

    def insert(self, text: str) -> None:
        """Type at the cursor without taking the keyboard."""
        self.editor.insert(text)

    def clear(self) -> None:
        """Empty the editor; Up and Ctrl+Z bring the words back."""
        self.keep()
        self.text, self._at = "", None

    def keep(self) -> None:
        """Put the draft into the history, and before it one that was left; a recalled message is no draft."""
        recalled = self._at is not None and self.text == self._recalled[self._at]
        for text in ("" if self._at is None else self._kept, "" if recalled else self.text):
            if text.strip():
                self._remember(text)

    def focus(self, scroll_visible: bool = True, *, from_app_focus: bool = False) -> Composer:
        """The keyboard goes to the editor."""
        self.editor.focus(scroll_visible)
        return self

    def watch_queue(self, queue: Sequence[Queued]) -> None:
        """Show the chips."""
        # Chips are values that change in place; copies make a change visible.
        self.chips.queue = tuple(Queued(each.id, each.text, each.state, each.when) for each in queue)

    # -- keys --

    def press(self, key: str) -> bool:
        """Take a key of the editor; False leaves it to the editor."""
        self._offer()  # what was typed just now is told only later
        if self.popup is not None and self._press_popup(self.popup, key):
            return True
        if self.editor.newline(key):
            return True
        if key == "enter":
            self._enter()
        elif key == "tab":
            self._tab()
        elif key == "ctrl+c" and self._clears():
            self.clear()
        elif key == "up" and self.editor.on_first_row:
            return self._older()
        elif key == "down" and self._at is not None and self.editor.on_last_row:
            self._newer()
        elif key in ("pageup", "pagedown") and not self.editor.max_scroll_y:
            self.post_message(self.PageWanted(-1 if key == "pageup" else 1))
        else:
            return False
        return True

    def _clears(self) -> bool:
        """Ctrl+C clears. Here, in its turn: from the screen it would take along what was typed after it."""
        return bool(self.text.strip()) and not self.editor.selected_text and not self.screen.selections

    def _press_popup(self, popup: CommandPopup, key: str) -> bool:
        if key == "tab":
            self._complete(popup.chosen.name)
        elif key == "escape":
            self.close_popup()
        elif key == "enter":
            self._command(popup.chosen.name, "")
        elif key in ("up", "down", "pageup", "pagedown"):
            popup.rows.press(key)
        else:
            return False
        return True

    def _complete(self, name: str) -> None:
        """Write a command out."""
        self.text = f"/{name} "
        self.editor.focus()

    def close_popup(self) -> None:
        """Leave the text as it was typed."""
        if self.popup is not None:
            self.popup.finish(None)

    def _popup_closed(self, taken: str | None) -> None:
        self.popup = None
        if taken is None:
            self._closed_at = self.text
        else:
            self._complete(taken)

    def on_descendant_blur(self) -> None:
        """The person went elsewhere."""
        self.close_popup()

    def _enter(self) -> None:
        if command := _COMMAND.fullmatch(self.text.strip()):
            self._command(command[1], (command[2] or "").strip())
            return
        self._send("next_step" if self.working else "now")

    def _tab(self) -> None:
        if self.working and self.text.strip():
            self._send("after_task")
        else:
            self.post_message(self.NothingToQueue())

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
        self.history.add(text)
        self._at = None

    # -- history --

    def _older(self) -> bool:
        """The queued message that came last; else the one sent before."""
        waiting = [each for each in self.queue if each.state == "queued"]
        if waiting and not self.text.strip():
            self.post_message(self.TakeBack(waiting[-1].id, waiting[-1].text, True))
            return True
        if self._at is None:
            self._recalled, self._kept = self.history.texts, self.text
        at = len(self._recalled) if self._at is None else self._at
        if at == 0:
            return self._at is not None
        self._recall(at - 1)
        return True

    def _newer(self) -> None:
        at = (self._at or 0) + 1
        if at < len(self._recalled):
            self._recall(at)
        else:
            self.text = self._kept
            self._at = None

    def _recall(self, at: int) -> None:
        """Show an older message with the cursor behind it, so that typing goes on there."""
        self.text = self._recalled[at]
        self._at = at

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Offer commands, and say that the text changed."""
        event.stop()
        self._offer()
        self.post_message(self.Changed())

    def _offer(self) -> None:
        """Offer the commands that begin as what was typed, while it is being typed."""
        text = self.text
        if text != self._closed_at:
            self._closed_at = ""
        offering = text.startswith("/") and self.editor.has_focus and not self._closed_at
        found = matching(self.commands(), text) if offering else ()
        if not found:
            if self.popup is not None:
                self.popup.finish(None)
                self._closed_at = ""
        elif self.popup is None:
            self.popup = CommandPopup(found, text[1:], self.press)
            self.popup.open(self.screen, self._popup_closed)
        elif found != self.popup.rows.found:
            self.popup.show(found, text[1:])
