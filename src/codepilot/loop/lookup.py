"""What the model itself may archive of a conversation, and look up in it."""

from __future__ import annotations

from collections.abc import Mapping

from codepilot.context.search import reveal, whole_task
from codepilot.context.view import Messages, text_of
from codepilot.loop.conversation import Conversation


class Lookup:
    """Of one conversation.

    Args:
        conversation: it stays whole, whatever is archived.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self.elsewhere: Mapping[int, Messages] = {}
        """Tasks that codepilot-ai took out of the messages when it archived them."""

    def archive(self, task: int | str, summary: str) -> str:
        """Have a summary stand for a task; returns why not, or nothing."""
        view = self._conversation.view
        view.follow(self._conversation.messages)
        given, task = task, int(task) if str(task).strip().isdecimal() else 0
        if task not in view.tasks:
            return f"there is no task {given!r}; tasks: {', '.join(map(str, view.tasks)) or 'none'}."
        if view.tasks[task][1] is None:
            return f"task {task} is the one that you are working on."
        if task in view.archived:
            return f"task {task} is archived already."
        if not str(summary).strip():
            return "the summary is empty."
        self._conversation.archive(task, str(summary).strip())
        return ""

    def reveal(self, what: str | int, page: int) -> str:
        """What stands there, or where words stand."""
        number = int(what) if str(what).strip().isdecimal() else 0
        if number in self.elsewhere:
            return whole_task(number, self.elsewhere[number], page)
        return reveal(self._conversation.messages, self._conversation.view, what, page)

    def archived(self) -> list[tuple[int, str]]:
        """The archived tasks, each with its summary."""
        messages, view = self._conversation.messages, self._conversation.view
        view.follow(messages)
        return [
            (number, text_of(messages[place]).partition("\n")[2])
            for number, place in sorted(view.archived.items())
        ]
