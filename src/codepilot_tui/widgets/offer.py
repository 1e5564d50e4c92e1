"""One line above the composer: what the person ran in the terminals, and the key that puts it into the message."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widgets import Static

from codepilot.text import clean_line
from codepilot_tui.widgets.clicked import LEFT, ActionClicked


class OfferBar(Static):
    """Hidden while there is nothing to offer.

    Args:
        key: the keys of the action, as a person reads them.
    """

    DEFAULT_CSS = """
    OfferBar { height: 1; padding: 0 2; background: $raised; color: $muted; display: none;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    OfferBar.-shown { display: block; }
    OfferBar:hover { text-style: underline; }
    """

    def __init__(self, key: str, *, id: str | None = None) -> None:
        super().__init__("", markup=False, id=id)
        self._key = key
        self.counts: dict[str, int] = {}
        """Terminal → so many commands are offered."""

    def offer(self, terminal: str, count: int) -> None:
        """So many commands of that terminal are offered now; 0: none."""
        self.counts.pop(terminal, None)
        if count:
            self.counts[terminal] = count
        self._show()

    def name_key(self, key: str) -> None:
        """The action has this key where the keyboard is now."""
        if key != self._key:
            self._key = key
            self._show()

    def _show(self) -> None:
        said = ", ".join(
            f"{clean_line(name)}: {many} command{'s' if many != 1 else ''}"
            for name, many in self.counts.items()
        )
        self.update(Content.assemble((self._key, "$ink bold"), " add what you ran · ", said))
        self.set_class(bool(self.counts), "-shown")

    def on_click(self, event: events.Click) -> None:
        """As the key."""
        if event.button != LEFT:
            return
        event.stop()
        self.post_message(ActionClicked("add_runs"))
