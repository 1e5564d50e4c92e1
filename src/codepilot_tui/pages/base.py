"""What all pages share: a title with a search field that takes the letters, a body, a row of keys; Esc goes back.

`PageHost` is their place in the session screen. While a page is open the bench below it is not displayed, so that it
draws nothing; its widgets keep their state, and the keyboard goes back to where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual import events
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from codepilot.text import clean_line
from codepilot_tui.facts import Kind
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.field import Field
from codepilot_tui.widgets.foot import Foot, key_of
from codepilot_tui.widgets.painted import Cell, Painted, Picture, row_of, spread
from codepilot_tui.widgets.popup import Cover, CoverChanged
from codepilot_tui.widgets.sizes import tell_sizes

Result = TypeVar("Result")
COVERED = "-under-page"


class PageTitle(Painted):
    """What the page is."""

    DEFAULT_CSS = "PageTitle { width: auto; height: 1; }"

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title

    def get_content_width(self, container: object, viewport: object) -> int:
        """As wide as the words."""
        return cell_len(self.title) + 4

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The words."""
        cells: list[Cell] = [(f"  {self.title}", tokens.style("ink", "panel-plane", bold=True))]
        return Picture((row_of(cells, width, tokens.style("", "panel-plane")),))


class PageNote(Painted):
    """What there is, at the right edge of the title: `40 of 1,204`."""

    DEFAULT_CSS = "PageNote { height: 1; }"
    note = ""

    def get_content_width(self, container: object, viewport: object) -> int:
        """As wide as the words."""
        return cell_len(self.note) + 2

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The words."""
        style = tokens.style
        note: list[Cell] = [(f"{self.note}  ", style("muted", "panel-plane"))]
        return Picture((spread([], note, width, style("", "panel-plane")),))


class Page(Cover, Vertical, Generic[Result], can_focus=True):
    """One page. Subclasses give `title`, `body`, `keys` and what a key does; `finish` closes it.

    The search field has the keyboard all the time: letters go into it, and every other key is offered to the page
    first. A page without a `placeholder` has no field; it has the keyboard itself.
    """

    DEFAULT_CSS = """
    Page { height: 1fr; width: 1fr; background: $panel-plane; color: $ink; }
    Page > .page-head { height: 1; width: 1fr; margin-bottom: 1; }
    Page > .-searched > PageTitle { max-width: 50%; }
    Page > .-searched > Field { width: 1fr; min-width: 8; max-width: 30; }
    Page > .-searched > PageNote { dock: right; width: auto; max-width: 50%; }
    Page > .page-body { height: 1fr; }
    Page > Foot { margin-top: 1; }
    """

    title: str = ""
    kind: ClassVar[Kind] = ""
    """Which rows of the table hold its keys."""
    placeholder: ClassVar[str] = ""
    """What the empty search field says; empty: the page has none."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.field = Field(self.placeholder)
        self.host: PageHost | None = None
        """There while it is open."""
        self.done: Callable[[Result | None], None] = lambda result: None
        self._over = False
        self._note = PageNote()
        self._foot = Foot(self.keys, "panel-plane")

    # -- what subclasses say --

    def body(self) -> Iterable[Widget]:
        """What stands between title and keys."""
        return ()

    def keys(self) -> Sequence[tuple[str, str]]:
        """The keys with their words; the last one stays on the narrowest screen."""
        return (("Esc", "back"),)

    def press(self, key: str) -> bool:
        """A key that is not text; True if the page took it. A click on a key of the foot comes here too."""
        del key
        return False

    def offered(self) -> frozenset[str]:
        """The keys that mean something now, for the lists of keys."""
        return frozenset(key_of(label) for label, _ in self.keys())

    def searched(self, words: str) -> None:
        """The words in the search field are others."""

    # -- its life --

    def compose(self) -> Iterable[Widget]:
        """Title, body, keys."""
        with Horizontal(classes=f"page-head{' -searched' if self.placeholder else ''}"):
            yield PageTitle(clean_line(self.title))
            if self.placeholder:
                yield self.field
            yield self._note
        yield from self.body()
        yield self._foot

    def on_mount(self) -> None:
        """Tab stays inside; the field takes the keyboard behind the keys that came meanwhile."""
        self.trap_focus()
        self.call_after_refresh(tell_sizes, self)
        self.call_later(self._to_field)

    def _to_field(self) -> None:
        if self.screen.focused is self and self.placeholder:
            self.screen.set_focus(self.field, scroll_visible=False)

    def take_keyboard(self) -> None:
        """The search field has it, or the page itself."""
        shown = self.placeholder and self.field.is_attached
        self.screen.set_focus(self.field if shown else self, scroll_visible=False)

    def on_focus(self) -> None:
        """A click into the page leaves the keyboard with the field."""
        if self.is_mounted:
            self.call_later(self._to_field)

    def finish(self, result: Result | None = None) -> None:
        """Close it with a result; None: nothing was chosen. Only the first end counts."""
        if self._over:
            return
        self._over = True
        if self.host is not None:
            self.host.close(self)
        self.done(result)

    def say(self, note: str) -> None:
        """Write something at the right edge of the title."""
        if note != self._note.note:
            self._note.note = note
            self._note.repaint()
            self._note.refresh(layout=True)

    def keys_changed(self) -> None:
        """Paint the keys again."""
        self._foot.repaint()

    # -- keys --

    def on_key(self, event: events.Key) -> None:
        """The page's keys before those of the field; Esc empties the field, and then goes back."""
        if event.key == "escape":
            if self.placeholder and self.field.value:
                self.field.value = ""
            else:
                self.finish(None)
        elif not self.press(event.key) and not self._typed(event):
            return
        event.stop()
        event.prevent_default()

    def _typed(self, event: events.Key) -> bool:
        """A letter that came before the field had the keyboard."""
        if not self.placeholder or self.field.has_focus or not event.is_printable or not event.character:
            return False
        self.field.insert_text_at_cursor(event.character)
        return True

    def on_input_changed(self, event: Field.Changed) -> None:
        """Search."""
        event.stop()
        self.searched(event.value.strip())

    def on_input_submitted(self, event: Field.Submitted) -> None:
        """Enter is a key of the page."""
        event.stop()
        self.press("enter")

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a key is the key."""
        event.stop()
        if event.name == "Esc":
            self.finish(None)
        else:
            self.press_shown(event.name)

    def press_shown(self, label: str) -> None:
        """A key of the foot was clicked, given as it is written there."""
        self.press(key_of(label))


class PageHost(Vertical):
    """The place of pages in the session screen, hidden while none is open.

    Args:
        covers: selectors of what a page hides.
        home: gives the widget that has the keyboard when nothing else is known.
    """

    DEFAULT_CSS = f"""
    PageHost {{ height: 1fr; width: 1fr; display: none; }}
    .{COVERED} {{ display: none; }}
    """

    SCOPED_CSS = False
    """The class hides widgets that are no children of the host."""

    def __init__(self, covers: Sequence[str], *, home: Callable[[], Widget], id: str | None = None) -> None:
        super().__init__(id=id)
        self._covers = tuple(covers)
        self._home = home
        self._pages: list[Page[Any]] = []
        self._back: Widget | None = None

    @property
    def page(self) -> Page[Any] | None:
        """The one that is open."""
        return self._pages[-1] if self._pages else None

    def open(self, page: Page[Result], done: Callable[[Result | None], None] | None = None) -> None:
        """Open a page over the bench, or over another page, which comes back when this one is closed.

        Args:
            page: a new one.
            done: told its result, or None: nothing was chosen.
        """
        before = self.page
        if before is None:
            self._back = self.screen.focused
            self._hide(True)
            self.display = True
        else:
            before.display = False
        page.host = self
        if done is not None:
            page.done = done
        self._pages.append(page)
        self.mount(page)
        self.screen.set_focus(page, scroll_visible=False)
        self.post_message(CoverChanged())

    def close(self, page: Page[Any]) -> None:
        """A page ended: what was below it comes back."""
        was_open = page is self.page
        self._pages.remove(page)
        following = self.page
        if following is not None and was_open:
            following.display = True
            following.take_keyboard()
        elif following is None:
            self.display = False
            self._hide(False)
            back = self._back
            self.screen.set_focus(back if back is not None and back.is_attached else self._home())
            self._back = None
            self.post_message(CoverChanged())
        page.remove()

    def _hide(self, on: bool) -> None:
        for selector in self._covers:
            for widget in self.screen.query(selector):
                widget.set_class(on, COVERED)
