"""The shape that all modals share: a raised panel with a round border above a dimmed workbench.

`PanelModal` has a title, a body and a foot. `ChoiceModal` adds keys that answer, shown as chips, and the rule that
makes them hard to hit by accident: they are deaf until the keyboard has been still for half a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.screen import ModalScreen, ScreenResultType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from codepilot.text import clean_line
from codepilot_tui.widgets.editing import LineInput

Tone = Literal["ok", "bad", "plain"]

DEAF_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """A key that answers, and its word."""

    key: str
    word: str
    tone: Tone = "plain"


class OnceModal(ModalScreen[ScreenResultType]):
    """A modal that closes once. Keys that were on their way when it closed would else close what lies below it."""

    _left = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close with a result, if it is on top and was not closed before."""
        if self._left or not self.is_active:
            return AwaitComplete()
        self._left = True
        return super().dismiss(result)


class PanelModal(OnceModal[ScreenResultType]):
    """A panel in the middle. Subclasses give `heading`, `compose_body` and `foot`; Esc leaves without a result."""

    DEFAULT_CSS = """
    PanelModal {
        align: center middle;
        background: $ground 60%;
        overflow: hidden;
    }
    PanelModal > #panel {
        width: 90%;
        max-width: 100;
        height: auto;
        max-height: 100%;
        padding: 1 3;
        background: $raised;
        border: round $you;
    }
    PanelModal.-asks > #panel { border: round $warn; }
    PanelModal #heading { height: 1; margin-bottom: 1; }
    PanelModal #title { width: 1fr; color: $ink; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    PanelModal.-asks #title { color: $warn; }
    PanelModal #aside { width: auto; color: $muted; }
    PanelModal #foot { height: auto; margin-top: 1; color: $muted; }
    PanelModal .muted { color: $muted; }
    PanelModal.-short > #panel { padding: 0 2; }
    PanelModal Input {
        height: 1; border: none; padding: 0 1; background: $line; color: $ink;
    }
    PanelModal Input:focus { border: none; background: $line; }
    """
    BINDINGS: ClassVar = []
    AUTO_FOCUS = ""
    # Nothing takes the keyboard by itself: an input that did would swallow the answer keys.

    heading: str = ""
    aside: str = ""

    def compose(self) -> ComposeResult:
        """Title, body, foot."""
        with Vertical(id="panel"):
            with Horizontal(id="heading"):
                yield Static(clean_line(self.heading), id="title", markup=False)
                yield Static(clean_line(self.aside), id="aside", markup=False)
            yield from self.compose_body()
            yield Static(self.foot(), id="foot", markup=False)

    def compose_body(self) -> Iterable[Widget]:
        """What stands between title and foot."""
        return ()

    def foot(self) -> Content:
        """The last line."""
        return keys_line([("Esc", "close")])

    def refresh_foot(self) -> None:
        """Write the last line anew."""
        if self.is_mounted:
            self.query_one("#foot", Static).update(self.foot())

    def on_resize(self, event: events.Resize) -> None:
        """A short screen has no rows to spare for air."""
        self.set_class(event.size.height < 28, "-short")


def keys_line(pairs: Sequence[tuple[str, str]], *lead: tuple[str, str]) -> Content:
    """`ready · Esc decide later`: leading words with their styles, then keys with their words."""
    parts: list[Content] = [Content.styled(text, style) for text, style in lead]
    parts.extend(Content.assemble((key, "$ink bold"), (" " + word, "$muted")) for key, word in pairs)
    return Content.styled(" · ", "$faint").join(parts)


def line_input(placeholder: str, id: str, value: str = "") -> LineInput:
    """A one-line input in the panel's look."""
    return LineInput(value=value, placeholder=placeholder, id=id, select_on_focus=False)


class Chip(Static):
    """One answer: its key on a coloured ground and its word. A click is the key."""

    DEFAULT_CSS = """
    Chip { width: auto; height: 1; margin-right: 3; color: $ink; }
    Chip:hover { text-style: underline; }
    Chip.-deaf { color: $muted; }
    """

    class Pressed(Message):
        """The chip was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, choice: Choice) -> None:
        super().__init__(markup=False, id=f"chip-{choice.key}", classes="-deaf")
        self._choice = choice

    def render(self) -> Content:
        """The key and the word."""
        tone = "$line" if self._choice.tone == "plain" or self.has_class("-deaf") else f"${self._choice.tone}"
        ink = "$ink" if self._choice.tone == "plain" else "$muted" if self.has_class("-deaf") else "$ground"
        return Content.assemble((f"  {self._choice.key}  ", f"bold {ink} on {tone}"), f" {self._choice.word}")

    def on_click(self, event: events.Click) -> None:
        """Hand the key on."""
        event.stop()
        self.post_message(self.Pressed(self._choice.key))


class ChoiceModal(PanelModal[ScreenResultType]):
    """A question with single keys for answers.

    The keys are deaf while `ready` is False: from the moment the modal takes the keyboard until no key was pressed for
    `deaf` seconds. What is typed meanwhile goes to `stray`, so that a word begun in the composer goes on there.
    """

    DEFAULT_CSS = """
    ChoiceModal #chips { height: 1; margin-top: 1; }
    """

    choices: tuple[Choice, ...] = ()
    ready: reactive[bool] = reactive(False)

    def __init__(self, *, deaf: float = DEAF_SECONDS, stray: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self._deaf = deaf
        self._stray = stray
        self._arming: Timer | None = None

    def compose_chips(self) -> Iterable[Widget]:
        """The row of answers."""
        yield Horizontal(*(Chip(choice) for choice in self.choices), id="chips")

    def choose(self, key: str) -> None:
        """One of the answers was given, by key or by click, after the modal became ready."""
        raise NotImplementedError

    def leave(self) -> None:
        """Esc: close undecided."""
        self.dismiss(None)

    def other_key(self, key: str) -> bool:
        """A key that is no answer, once ready; True if it meant something."""
        return False

    @property
    def typing(self) -> bool:
        """Whether an input in the panel has the keyboard."""
        return False

    def arm(self) -> None:
        """Begin the deaf time, from now."""
        self.ready = False
        if self._arming is not None:
            self._arming.stop()
        self._arming = self.set_timer(self._deaf, self._become_ready)

    def _become_ready(self) -> None:
        self.ready = True

    def watch_ready(self) -> None:
        """Show it."""
        for chip in self.query(Chip):
            chip.set_class(not self.ready, "-deaf")
        self.refresh_foot()

    def on_screen_resume(self) -> None:
        """The modal takes the keyboard: at first, and again when something above it was closed."""
        self.arm()

    def state_word(self) -> tuple[str, str]:
        """`ready` or `wait…` with its colour."""
        return ("ready", "$ok") if self.ready else ("wait…", "$warn")

    def on_key(self, event: events.Key) -> None:
        """Answer keys, once ready; nothing else answers."""
        if self.typing:
            words = self.focused
            if isinstance(words, Input) and event.is_printable and event.character:
                # An input stops what it takes, so this key was on its way when the input got the keyboard.
                event.stop()
                event.prevent_default()
                words.insert_text_at_cursor(event.character)
            return
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.leave()
            return
        if not self.ready:
            event.stop()
            event.prevent_default()
            if event.is_printable and event.character and self._stray is not None:
                self._stray(event.character)
            self.arm()
            return
        if event.key in {choice.key for choice in self.choices}:
            event.stop()
            event.prevent_default()
            self.choose(event.key)
        elif self.other_key(event.key):
            event.stop()
            event.prevent_default()
        elif event.is_printable or event.key in ("enter", "space"):
            # A letter that is no answer: someone types and does not look. What follows must not answer either.
            event.stop()
            event.prevent_default()
            if event.character and event.is_printable and self._stray is not None:
                self._stray(event.character)
            self.arm()

    def on_chip_pressed(self, event: Chip.Pressed) -> None:
        """A click is as deaf as a key."""
        event.stop()
        if self.ready and not self.typing:
            self.choose(event.key)
