"""The message of all parts of the screen that stand for an action: a click on them is its key."""

from __future__ import annotations

from textual.message import Message

LEFT, MIDDLE, RIGHT = 1, 2, 3
"""Buttons of the mouse: the first chooses, the right one opens the menu of what is under it; the middle one pastes, and
closes a tab."""


class ActionClicked(Message):
    """A part was clicked that stands for an action of the table.

    Args:
        action: its name.
    """

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
