"""What all docks share: a question in the same screen, above the composer, that takes the keyboard without a trap.

A dock is painted rows: head, body, answers. The answers are deaf until keyboard and mouse were still for half a second,
so that what was begun elsewhere cannot answer. Nothing in it ticks: an open question writes nothing to the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from textual import events
from textual.containers import Vertical
from textual.widget import Widget

from codepilot.text import clean_line
from codepilot_tui.docks import answering
from codepilot_tui.docks.arming import DEAF_SECONDS, Arming, SincePainted
from codepilot_tui.docks.dock_rows import ChipRows, HeadRow
from codepilot_tui.docks.holder import Holder
from codepilot_tui.docks.paint import Choice, Head, chips
from codepilot_tui.facts import Kind
from codepilot_tui.widgets.clicked import LEFT
from codepilot_tui.widgets.field import Field, Lines
from codepilot_tui.widgets.foot import key_of
from codepilot_tui.widgets.painted import Painted
from codepilot_tui.widgets.popup import covers
from codepilot_tui.widgets.sizes import tell_sizes

Result = TypeVar("Result")
FRAME_ROWS = 2
"""The rule above and the head."""


class Dock(Vertical, Generic[Result], can_focus=True):
    """One question. Subclasses give `title`, `body`, `body_rows` and `choose`; `finish` ends it, once.

    Args:
        deaf: for how many quiet seconds the answers are deaf; 0: they answer at once.
    """

    DEFAULT_CSS = """
    Dock {
        height: auto; width: 1fr; background: $raised; color: $ink; border-top: hkey $warn; overflow: hidden;
    }
    Dock > .dock-body { height: 1fr; }
    Dock Field, Dock Lines { background: $line; margin: 0 1; }
    """

    title = detail = ""
    path = ""  # the part of the title that is a path
    choices: tuple[Choice, ...] = ()
    share: ClassVar[float] = 0.6  # how much of the screen's height it may take
    wide: ClassVar[bool] = False
    """It takes all columns, also where panes stand beside the chat."""
    field_only: ClassVar[bool] = False  # no letter answers: whoever comes back to it may type at once
    kind: Kind = ""  # which rows of the table hold its keys

    def __init__(self, *, deaf: float = DEAF_SECONDS) -> None:
        super().__init__()
        self.arming = Arming(partial(SincePainted, self), deaf, self._armed)
        self._count = (1, 1)
        self._over = False
        self._at_once = False  # not deaf when it gets the keyboard next: that is the person's wish
        self.full = False  # it has the whole body (F5)
        self.grows = False  # the whole body is more than it has otherwise; told by the host
        self.host: Holder[Dock[Any]] | None = None  # there while it is open
        self.done: Callable[[Result | None], None] = lambda result: None
        self._head = HeadRow(self.head())
        self._chips = ChipRows(
            lambda w, tokens: chips(self.answers(), self.tail(), w, tokens, state=self.arming.state)
        )

    # -- what subclasses say --

    def body(self) -> Iterable[Widget]:
        """What stands between head and answers; it gets the rows that are left."""
        raise NotImplementedError

    def body_rows(self, width: int) -> int:
        """How many rows the body wants in this width."""
        raise NotImplementedError

    def answers(self) -> Sequence[Choice]:
        """The answers that there are now."""
        return self.choices

    def tail(self) -> Sequence[tuple[str, str]]:
        """Keys that are no answers, with their words."""
        return (("Tab", "next"), ("Esc", "later")) if self._count[1] > 1 else (("Esc", "later"),)

    def notes(self) -> tuple[str, ...]:
        """More for the right edge of the head."""
        return ()

    def choose(self, key: str) -> None:
        """One of the answers was given, by key or by click, while the dock was ready."""
        raise NotImplementedError

    def leave(self) -> None:
        """Esc: undecided."""
        self.finish(None)

    def other_key(self, key: str) -> bool:
        """A key that is not an answer, once ready; True if it meant something."""
        del key
        return False

    @property
    def typing(self) -> bool:
        """An input of the dock has the keyboard."""
        return isinstance(self.app.focused, Field | Lines) and self.holds_focus

    @property
    def draft(self) -> str:
        """Words that were begun here: read them when the result was None, so that nothing is lost."""
        return ""

    @property
    def editing(self) -> bool:
        """Words beside the question are being written: Esc goes back to its answers."""
        return False

    @property
    def ready(self) -> bool:
        """The answer keys answer."""
        return self.arming.state == "ready"

    @property
    def answered(self) -> bool:
        """It was answered or put off: a key that is held did that alone; see `HeldKeys`."""
        return self._over

    @property
    def holds_focus(self) -> bool:
        """It or something in it has the keyboard."""
        return (focused := self.screen.focused) is not None and self in focused.ancestors_with_self

    def compose(self) -> Iterable[Widget]:
        """Head, body, answers."""
        yield self._head
        yield from self.body()
        yield self._chips

    def on_mount(self) -> None:
        """Tab stays inside; a focus that moves away or back is followed."""
        self.trap_focus()
        self.watch(self.screen, "focused", self._focus_moved, init=False)
        if self._at_once:
            self.take_keyboard()  # it may have been asked for before it was there
        self._focus_moved()
        self.call_after_refresh(tell_sizes, self)

    def field_now(self) -> Field | Lines | None:
        """The input in which words are written now; it has the keyboard in the dock's place."""
        return None

    def take_keyboard(self) -> None:
        """Give the keyboard to what answers."""
        self.screen.set_focus(self.field_now() or self)

    def finish(self, result: Result | None) -> None:
        """End it with a result; None: undecided. Only the first end counts."""
        if self._over:
            return
        self._over = True
        self.arming.stop()
        if self.host is not None:
            self.host.close(self)
        self.done(result)

    def counted(self, position: int, total: int) -> None:
        """Say which of the waiting questions it is."""
        self._count = (position, total)
        self.repaint()
        self.resized()

    def head(self) -> Head:
        """What the first row says."""
        return Head(
            title=clean_line(self.title),
            path=clean_line(self.path),
            whole=self.full,
            detail=clean_line(self.detail),
            count=self._count,
            notes=self.notes(),
            state=self.arming.state,
            recall=self.host.recall_key if self.host is not None else "",
        )

    def repaint(self) -> None:
        """Paint head and answers again."""
        self._head.head = self.head()
        self._head.repaint()
        self._chips.repaint()

    def rows_wanted(self, width: int) -> int:
        """How many rows the dock would take if it were given all it wants."""
        return FRAME_ROWS + self.body_rows(width) + len(self._chips.made(width).rows)

    @property
    def full_changes(self) -> bool:
        """F5 changes what is seen."""
        return self.grows

    def resized(self) -> None:
        """The body wants another number of rows: ask the host for them."""
        if self.host is not None:
            self.host.fit()

    # -- deaf, ready, away --

    def arm(self) -> None:
        """Begin the deaf time, from now; not where the keyboard has gone elsewhere with what was typed."""
        if self.holds_focus:
            self.arming.begin()

    def _armed(self) -> None:
        self.state_changed()
        self.repaint()

    def asked_for(self) -> None:
        """The person asked for it: the deaf time is against answering by accident what comes up by itself."""
        self._at_once = True
        if self.is_mounted:
            self.take_keyboard()
            self._focus_moved()
        elif self.is_attached:  # opened a moment ago without the keyboard; the rest follows once it stands
            self.screen.set_focus(self, scroll_visible=False)

    def state_changed(self) -> None:
        """It became deaf, ready or away."""

    def covered(self) -> None:
        """Another dock opens over it; shown again, it is deaf again."""
        self.display = self._at_once = False
        self.arming.hide()

    def _focus_moved(self) -> None:
        if self._over or not self.display or not self.is_attached:
            return
        if not self.holds_focus:
            self._at_once = self.field_only or covers(self.screen.focused)
            self.arming.leave()
            return
        if self._at_once:
            self._at_once = False
            self.arming.begin(at_once=True)
        elif self.arming.state in ("away", "none"):
            self.arm()
        if self.screen.focused is self and self.field_now() is not None:
            self.take_keyboard()

    def on_key(self, event: events.Key) -> None:
        """Keys that type or move end here: what lies below must not be hit. Chords go on to the bench."""
        if answering.taken(self, event):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste."""
        event.stop()
        event.prevent_default()
        answering.pasted(self, event.text)

    def typing_key(self, key: str) -> bool:
        """A key that the input did not take; True if it meant something here."""
        if key == "escape":
            self.leave()
        return key in ("escape", "tab", "shift+tab")

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Who clicks on what has stood there asks for it: it answers at once, and what is typed behind is for it."""
        if event.button == LEFT and self.holds_focus and self.host is not None:
            self.arming.press(self.host.quiet())

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a key is the key, and as deaf, also where the button was held until it would not be."""
        event.stop()
        if self.arming.pressed or event.name == "Esc":
            self.clicked(event.name)

    def clicked(self, name: str) -> None:
        """A place with a name was clicked."""
        answering.clicked(self, name)

    def scrolls(self) -> frozenset[str]:
        """Of ↓ and →, those that have something to bring into sight; all keys that move go with them."""
        return frozenset()

    def offered(self) -> frozenset[str]:
        """The keys that mean something now."""
        shown = (*(choice.key for choice in self.answers()), *(key_of(label) for label, _ in self.tail()))
        return frozenset(shown) | self.scrolls()

    def press_chosen(self, key: str) -> None:
        """A key that was chosen from a list of keys: whoever does that does not type without looking."""
        if not self._over:
            answering.chosen(self, key)
