"""The words of a summary: what was said and done comes from the messages by code, the model's own words come last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from codepilot.context.extract import Facts
from codepilot.values import dataclass

QUESTION = (
    "[CONTEXT] The conversation is about to be cut here to save room. What the person said, the files, the "
    "commands and how they ended are kept without you. Write in at most {words} words what a colleague would need "
    "beside that to go on: what you found out, what you decided and why, what is left to do. Plain "
    "text, no code block; call nothing."
)
"""Put to the model before a cut."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How long each part of a summary may be, in characters."""

    words: int
    lists: int
    prose: int
    texts: int


@dataclass(frozen=True, slots=True)
class FileText:
    """A file as it is now."""

    path: str
    text: str


def shares(characters: int) -> Shares:
    """The parts of a summary for which there is so much room."""
    return Shares(
        words=characters * 30 // 100,
        lists=characters * 15 // 100,
        prose=characters * 10 // 100,
        texts=characters * 45 // 100,
    )


def used_last(facts: Facts, most: int = 5) -> list[str]:
    """The files that were read or edited last, the last one first."""
    return list(facts.files)[: -most - 1 : -1]


def compose(facts: Facts, prose: str, texts: Iterable[FileText], room: Shares) -> str:
    """The summary.

    Args:
        facts: of all that it stands for.
        prose: the model's own words; empty: it has none.
        texts: files as they are now, the one that was used last first.
        room: for each part.
    """
    parts = [
        _part("What the person said, word for word:", _words(facts.words, room.words)),
        _part("Files, the one used last at the end:", _newest(_files(facts), room.lists)),
        _part(
            "Commands and how they ended last, the newest at the end:", _newest(_commands(facts), room.lists)
        ),
        _part("Answers and denials:", _newest(facts.answers, room.lists)),
        _part("In your own words:", [prose.strip()[: room.prose]] if prose.strip() else []),
        *_texts(texts, room.texts),
    ]
    return "\n\n".join(filter(None, parts))


def _part(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *lines]) if lines else ""


def _words(words: Sequence[str], room: int) -> list[str]:
    """All of them while there is room; then of the long ones the beginning, and of the oldest only their number."""
    each = room // max(1, len(words))
    whole = [text if len(text) <= max(each, 200) else f"{text[: max(each, 200)]} […]" for text in words]
    if sum(map(len, words)) <= room:
        whole = list(words)
    kept = _newest(whole, room)
    gone = len(whole) - len(kept)
    return ([f"({gone} older ones are left out here.)"] if gone else []) + kept


def _newest(lines: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.insert(0, line)
    return kept


def _files(facts: Facts) -> list[str]:
    return [f"- {path}: {_counted(what)}" for path, what in facts.files.items()]


def _commands(facts: Facts) -> list[str]:
    return [
        f"- {command[:300]}: {ends[-1]}" + (f" ({len(ends)} times)" if len(ends) > 1 else "")
        for command, ends in facts.commands.items()
    ]


def _counted(what: Sequence[str]) -> str:
    return ", ".join(f"{each} {what.count(each)}×" for each in dict.fromkeys(what))


def _texts(texts: Iterable[FileText], room: int) -> list[str]:
    parts = []
    for file in texts:
        if len(file.text) > room:
            parts.append(f"{file.path} is too long to stand here; read it again when you need it.")
            continue
        room -= len(file.text)
        lines = "".join(f"{n:5} | {line}\n" for n, line in enumerate(file.text.splitlines(), 1))
        parts.append(f"{file.path} as it is now:\n{lines}".rstrip())
    return parts


Look = Callable[[str], str | None]
"""Gives the text of a file of the work folder as it is now; None: there is none that can be read."""
