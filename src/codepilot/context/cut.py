"""Where a conversation is cut: what comes after stays word for word, what comes before is summarised."""

from __future__ import annotations

from collections.abc import Mapping

from codepilot.context.view import Messages, is_from_person


def border(messages: Messages, sizes: Mapping[int, int], most: int) -> int | None:
    """The first message that stays: words of the person if that is possible, else a reply, with what came of it.

    Args:
        messages: the whole conversation.
        sizes: characters of each message that the model sees, by its place.
        most: characters that may stay. The last reply stays in any case.

    Returns:
        Its place; None: nothing can be cut.
    """
    places = sorted(sizes)
    kept, person, reply, last_reply = 0, None, None, None
    for index in reversed(places[1:]):
        kept += sizes[index]
        if messages[index].get("role") == "assistant":
            last_reply = index if last_reply is None else last_reply
            if kept <= most:
                reply = index
        elif is_from_person(messages[index]) and kept <= most:
            person = index
    if person is not None:
        return person
    return reply if reply is not None else last_reply
