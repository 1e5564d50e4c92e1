"""What code finds in a conversation for a summary; of what was looked at once only the outcome is kept."""

from __future__ import annotations

from collections.abc import Mapping

from codepilot.context.extract import Facts, Known
from codepilot.context.summary import FileText, Look, used_last
from codepilot.loop.conversation import Conversation

_FILES = 5
"""Whose texts follow a summary."""


async def nothing_known() -> Mapping[str, Known]:
    """Where nothing but the messages tells of files."""
    return {}


class Extracted:
    """Of one conversation.

    Args:
        conversation: from its beginning.
        look: gives the files as they are now.
    """

    def __init__(self, conversation: Conversation, look: Look) -> None:
        self._conversation = conversation
        self._look = look
        self._facts, self._upto = Facts(), 0
        self._last: object = None

    def facts(self, upto: int) -> Facts:
        """What happened in the first messages."""
        messages, known = self._conversation.messages, self._upto
        if known > upto or (known and messages[known - 1] is not self._last):
            self._facts, known = Facts(), 0
        self._facts.add(messages[known:upto])
        self._upto, self._last = upto, messages[upto - 1]
        return self._facts

    def texts(self, upto: int) -> list[FileText]:
        """The files that were used last as they are now, the last one first; after `facts(upto)`."""
        since = Facts()
        since.add(self._conversation.messages[upto:])
        recent = used_last(since, _FILES)
        older = [path for path in used_last(self._facts, _FILES) if path not in recent]
        return [
            FileText(path, text)
            for path in [*recent, *older][:_FILES]
            if (text := self._look(path)) is not None
        ]
