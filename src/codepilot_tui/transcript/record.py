"""What the event handlers write to: the items in order, the ids of changed ones, and the status."""

from __future__ import annotations

from typing import TypeVar

from codepilot_tui.state import Activity, Status
from codepilot_tui.transcript.items import Item, Notice, NoticeKind

AnyItem = TypeVar("AnyItem", bound=Item)


class Record:
    """The items of one session. Ids are never used twice, also after `clear`."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.status = Status()
        self.now = 0.0
        """Time of the current event, in seconds since the epoch."""
        self.changed: set[int] = set()
        """Ids of the items that it added, changed or removed."""
        self._last_id = 0
        self._first_id = 1

    @property
    def next_id(self) -> int:
        """An id for a new item."""
        self._last_id += 1
        return self._last_id

    def add(self, item: AnyItem) -> AnyItem:
        """Append an item."""
        self.items.append(item)
        self.changed.add(item.id)
        return item

    def put_before(self, older: Record) -> None:
        """Put the items of an older page above all others; they get ids that count down from 0."""
        self.changed = set()
        for item in reversed(older.items):
            self._first_id -= 1
            item.id = self._first_id
            self.changed.add(item.id)
        if not self.items:  # the newest page
            self.status.go_on_from(older.status)
        elif older.items:
            self.touch(self.items[0])  # it is the first no longer, so a blank row stands above it
        self.items[:0] = older.items

    def touch(self, item: Item) -> None:
        """The item has changed."""
        item.version += 1
        self.changed.add(item.id)

    def hide(self, item: Item) -> None:
        """Hide an item that another one replaces."""
        item.hidden = True
        self.touch(item)

    def last_shown(self) -> Item | None:
        """The last item that is not hidden."""
        return next((item for item in reversed(self.items) if not item.hidden), None)

    def notice(
        self, kind: NoticeKind, what: str, where: str = "", next_: str = "", detail: str = ""
    ) -> Notice:
        """Add a notice."""
        return self.add(
            Notice(id=self.next_id, at=self.now, kind=kind, what=what, where=where, next=next_, detail=detail)
        )

    def phase(self, activity: Activity, phase: str) -> None:
        """Set what is being done; its clock restarts if that is something new."""
        status = self.status
        status.later = None
        if (activity, phase) != (status.activity, status.phase):
            status.activity, status.phase, status.since = activity, phase, self.now

    def clear(self) -> None:
        """Take all items away."""
        self.changed = {item.id for item in self.items}
        self.items.clear()
