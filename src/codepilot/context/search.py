"""What `reveal_context` shows: a task, one message, or where words stand in the whole conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from codepilot.context.view import Messages, View, text_of

PAGE = 8_000
"""Characters of an answer."""
_AROUND = 300
"""Characters shown on each side of words that were found."""
NAME = "[reveal_context]"


def reveal(messages: Messages, view: View, what: str | int, page: int = 1) -> str:
    """Look something up.

    Args:
        messages: the whole conversation; the last reply, which asks, is not looked at.
        view: of them.
        what: the number of a task, `m` and the number of a message, or words.
        page: of a long answer, from 1.
    """
    view.follow(messages)
    wanted = str(what).strip()
    if wanted.isdecimal():
        return _task(messages, view, int(wanted), page)
    if found := re.fullmatch(r"[Mm](\d+)", wanted):
        number = int(found[1])
        if not 1 <= number <= len(messages):
            return f"{NAME} There is no message {number}; there are {len(messages)}."
        return _page(f"message {number}", text_of(messages[number - 1]), page)
    return _words(messages, wanted, page)


def _task(messages: Messages, view: View, number: int, page: int) -> str:
    if number not in view.tasks:
        known = ", ".join(map(str, view.tasks)) or "none"
        return f"{NAME} There is no task {number}. Tasks: {known}."
    begin, end = view.tasks[number]
    return whole_task(number, messages[begin:end], page)


def whole_task(number: int, messages: Messages, page: int = 1) -> str:
    """What was said in a task.

    Args:
        number: of the task.
        messages: its own.
        page: of a long answer, from 1.
    """
    said = [f"({each.get('role')}) {text_of(each)}" for each in messages]
    return _page(f"task {number}", "\n\n".join(said), page)


def _words(messages: Messages, wanted: str, page: int) -> str:
    words = [word.casefold() for word in re.findall(r"\w+", wanted)]
    if not words:
        return f"{NAME} Say what to look for: words, the number of a task, or m and the number of a message."
    last = max(
        (i for i, each in enumerate(messages) if each.get("role") == "assistant"), default=len(messages)
    )
    ranked: list[tuple[bool, int, int]] = []
    for index, message in enumerate(messages[:last]):
        text = text_of(message).casefold()
        if NAME in text:
            continue  # what was shown before is somewhere else, too
        count = sum(word in text for word in words)
        if count:
            ranked.append((wanted.casefold() in text, count, index))
    if not ranked:
        return f"{NAME} Nothing of the conversation holds {wanted!r}."
    best = max(count for _, count, _ in ranked)
    chosen = sorted((each for each in ranked if each[0] or each[1] == best), reverse=True)
    pieces = [_piece(index, text_of(messages[index]), wanted, words) for _, _, index in chosen]
    return _page(repr(wanted), "\n\n".join(pieces), page)


def _piece(index: int, text: str, wanted: str, words: Sequence[str]) -> str:
    low = text.casefold()
    at = low.find(wanted.casefold())
    if at < 0:
        at = min(place for place in map(low.find, words) if place >= 0)
    at = _place(text, at) if len(low) != len(text) else at
    begin, end = max(0, at - _AROUND), at + len(wanted) + _AROUND
    before, after = "… " if begin else "", " …" if end < len(text) else ""
    return f"m{index + 1}: {before}{text[begin:end].strip()}{after}"


def _place(text: str, at: int) -> int:
    """Where a place of the text without case is in the text itself: `ß` is two letters there."""
    folded = accumulate(len(letter.casefold()) for letter in text)
    return next(index for index, length in enumerate(folded) if length > at)


def _page(title: str, text: str, page: int) -> str:
    pages = max(1, -(-len(text) // PAGE))
    if not 1 <= page <= pages:
        return f"{NAME} {title} has {pages} pages."
    more = f" (page {page} of {pages})" if pages > 1 else ""
    return f"{NAME} {title}{more}:\n{text[(page - 1) * PAGE : page * PAGE]}"
