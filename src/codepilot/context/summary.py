"""The words of a summary: what was said and done comes from the messages by code, the model's own words come last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from codepilot.context.extract import Facts, Known
from codepilot.context.view import task_in
from codepilot.text import head_and_tail
from codepilot.values import dataclass

QUESTION = (
    "[CONTEXT] The conversation is about to be cut here to save room. What the person said, the files, the "
    "commands and how they ended are kept without you. Write in at most {words} words what a colleague would need "
    "beside that to go on: what you found out, what you decided and why, what is left to do. Plain "
    "text, no code block; call nothing."
)
"""Put to the model before a cut."""


_FILES = "Files, the one used last at the end (hashes: b2sum -l 128, of what you saw last):"
_HASH = 12
"""Characters of a hash."""
_TOGETHER, _LEAST, _TEXTS = 57, 8, 25
"""Percent of the room: all messages after a cut, the summary at least, the texts of files at most."""
_PARTS = 9 + 3 * 4 + 3
"""Percent of the room that a summary without texts of files may have."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How long each part of a summary may be, in characters."""

    words: int
    lists: int
    prose: int
    texts: int
    together: int = 1_000_000
    """All parts; the texts of files get what the others leave."""


@dataclass(frozen=True, slots=True)
class FileText:
    """A file as it is now."""

    path: str
    text: str


def shares(room: int, kept: int) -> Shares:
    """The parts of a summary.

    Args:
        room: characters that all messages may have.
        kept: of those that stay word for word. The more of them, the less the summary may have.
    """
    most = max(room * _TOGETHER // 100 - kept, room * _LEAST // 100)
    words, lists, prose = (min(room * each // 100, most * each // _PARTS) for each in (9, 4, 3))
    return Shares(
        words=words,
        lists=lists,
        prose=prose,
        texts=room * _TEXTS // 100,
        together=most,
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
    said = room.words // 2 if facts.before else room.words
    before = head_and_tail(facts.before, room.words - said, note="[…]")
    parts = [
        _part("Of the session that this one continues:", [before] if before else []),
        _part("What the person said, word for word:", _words(facts.words, said)),
        _part(_FILES, _newest(_files(facts), room.lists)),
        _part(
            "Commands and how they ended last, the newest at the end:", _newest(_commands(facts), room.lists)
        ),
        _part(
            "Terminals and their folders:",
            _newest([f"- {name}: {at}" for name, at in facts.folders.items()], room.lists),
        ),
        _part("Answers and denials:", _newest(facts.answers, room.lists)),
        _part("In your own words:", [prose.strip()[: room.prose]] if prose.strip() else []),
    ]
    told = [part for part in parts if part]
    left = room.together - sum(len(part) + 2 for part in told)
    return "\n\n".join([*told, *texts_now(texts, min(room.texts, left))])


def _part(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *lines]) if lines else ""


def _words(words: Sequence[str], room: int) -> list[str]:
    """All of them while there is room; then of the long ones the beginning, and of the oldest only their number.

    The task that is being worked on stays whole, unless it alone is too long.
    """
    task = next((i for i in reversed(range(len(words))) if task_in(words[i]) is not None), len(words))
    rest = max(0, room - sum(len(text) + 1 for text in words[task : task + 1]))
    each = max(200, rest // max(1, len(words)))
    whole = [text if i == task or len(text) <= each else f"{text[:each]} […]" for i, text in enumerate(words)]
    if sum(map(len, words)) <= room:
        whole = list(words)
    if task < len(words) and len(whole[task]) > 2 * room:
        whole[task] = f"{whole[task][: 2 * room]} […]"
    before, after = whole[:task], whole[task + 1 :]
    newer = _newest(after, rest)
    older = _newest(before, rest - sum(len(text) + 1 for text in newer))
    gone = len(before) - len(older)
    lost = len(after) - len(newer)
    return [
        *([f"({gone} older ones are left out here.)"] if gone else []),
        *older,
        *whole[task : task + 1],
        *([f"({lost} that followed are left out here.)"] if lost else []),
        *newer,
    ]


def _newest(lines: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.insert(0, line)
    return kept


def _files(facts: Facts) -> list[str]:
    changed: dict[str, list[str]] = {
        path: [] for path, known in facts.known.items() if known.added or known.removed
    }
    return [_file(facts, path, what) for path, what in {**changed, **facts.files}.items()]


def _file(facts: Facts, path: str, what: Sequence[str]) -> str:
    known = facts.known.get(path, Known())
    parts = [
        _counted(what) or "changed by commands",
        f"+{known.added} −{known.removed} lines by you" if known.added or known.removed else "",
        f"last shown: {facts.shown[path]}" if path in facts.shown else "",
        f"hash {known.seen[:_HASH]}" if known.seen else "",
    ]
    return f"- {path}: {'; '.join(part for part in parts if part)}"


def _commands(facts: Facts) -> list[str]:
    return [
        f"- {command[:300]}: {ends[-1]}" + (f" ({len(ends)} times)" if len(ends) > 1 else "")
        for command, ends in facts.commands.items()
    ]


def _counted(what: Sequence[str]) -> str:
    return ", ".join(f"{each} {what.count(each)}×" for each in dict.fromkeys(what))


def texts_now(texts: Iterable[FileText], room: int) -> list[str]:
    """Files as they are now, with numbered lines; of one that is too long, that it is.

    Args:
        texts: the one that was used last first.
        room: characters that all may have.
    """
    parts = []
    for file in texts:
        lines = file.text.splitlines()
        if len(file.text) + 8 * len(lines) > room:  # with the numbers before them
            parts.append(f"{file.path} is too long to stand here; read it again when you need it.")
            continue
        numbered = "".join(f"{n:5} | {line}\n" for n, line in enumerate(lines, 1))
        room -= len(numbered)
        parts.append(f"{file.path} as it is now:\n{numbered}".rstrip())
    return parts


Look = Callable[[str], str | None]
"""Gives the text of a file of the work folder as it is now; None: there is none that can be read."""
