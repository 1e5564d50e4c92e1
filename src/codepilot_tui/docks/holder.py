"""What an open dock may ask of the place that it stands in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Held = TypeVar("Held", contravariant=True)


class Holder(Protocol[Held]):
    """The place of docks, as an open one sees it."""

    recall_key: str
    """The key that comes back to an open question, in words; empty: none does."""
    next_question: Callable[[], bool]
    """Shows the next waiting question instead; True if there is one."""
    stray: Callable[[str], None]
    """Takes a letter that was no answer."""
    words: Callable[[str], None]
    """Takes text that was meant for the draft."""
    tell: Callable[[str], None]
    """Says something in the status line."""

    quiet: Callable[[], float]
    """For how many seconds the left button had not gone down when it last did."""

    def close(self, dock: Held, /) -> None:
        """It ended: take it away."""

    def fit(self) -> None:
        """It wants another number of rows."""
