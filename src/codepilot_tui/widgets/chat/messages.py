"""What the chat tells the app."""

from __future__ import annotations

from textual.message import Message


class CopyRequested(Message, namespace="chat_view"):
    """The person wants this text in the clipboard; the app puts it there and says how it went."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__()


class LinkChosen(Message, namespace="chat_view"):
    """The person clicked a web address that is visible in full."""

    def __init__(self, target: str) -> None:
        self.target = target
        super().__init__()
