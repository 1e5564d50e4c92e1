"""SEARCH/REPLACE blocks: reading them out of a payload, and finding the one place in a file that each one means.

    <<<<<<< SEARCH
    lines as they are now
    =======
    lines that replace them
    >>>>>>> REPLACE

The opening marker says how long the others are (7 characters, or more where the text itself holds such lines).
Only whole lines match: first exactly, then without the blanks at their ends. A place that cannot be told from another
is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from codepilot.tools.arguments import Refused
from codepilot.tools.numbered import numbered
from codepilot.values import dataclass
from codepilot.workspace import Splice, lines_of

FORM = "<<<<<<< SEARCH\n...\n=======\n...\n>>>>>>> REPLACE"

_OPEN = re.compile(r"(<{7,}) ?SEARCH[ \t\r]*")
_MAX_PLACES = 10
_MAX_LINES_COMPARED = 20_000
_AROUND = 2


@dataclass(frozen=True, slots=True)
class Block:
    """One replacement. `line` is where it starts in the payload, from 1."""

    line: int
    search: tuple[str, ...]
    replace: tuple[str, ...]


def is_search_replace(payload: str) -> bool:
    """The payload starts with the marker of a block and holds the end of one."""
    first = payload.lstrip().split("\n", 1)[0]
    return bool(_OPEN.fullmatch(first)) and bool(re.search(r"^>{7,} ?REPLACE", payload, re.MULTILINE))


def parse_blocks(payload: str) -> list[Block]:
    """The blocks of a payload.

    Raises:
        Refused: there is none, one is not closed or cannot be read in one way only, or text stands between them.
    """
    lines = lines_of(payload.replace("\r\n", "\n"))
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        opening = _OPEN.fullmatch(lines[at])
        if opening is None:
            if lines[at].strip():
                raise Refused(
                    f"line {at + 1} of the block is not part of any SEARCH/REPLACE: use this form:\n{FORM}"
                )
            at += 1
            continue
        size = len(opening.group(1))
        end = _line_of(lines, re.compile(rf">{{{size}}} ?REPLACE[ \t]*"), at + 1)
        if end is None:
            raise Refused(
                f"the SEARCH of line {at + 1} has no line '{'>' * size} REPLACE' that closes it. Use this form:\n{FORM}"
            )
        dividers = [i for i in range(at + 1, end) if lines[i].rstrip() == "=" * size]
        if not dividers:
            raise Refused(f"the SEARCH of line {at + 1} has no line '{'=' * size}' before its REPLACE.")
        if len(dividers) > 1 or any(_opens(line, size) for line in lines[at + 1 : end]):
            raise Refused(
                f"the SEARCH of line {at + 1} holds a marker line as text. Use longer markers for that block, "
                f"e.g. {'<' * (size + 1)} SEARCH, {'=' * (size + 1)} and {'>' * (size + 1)} REPLACE."
            )
        split = dividers[0]
        blocks.append(Block(at + 1, tuple(lines[at + 1 : split]), tuple(lines[split + 1 : end])))
        at = end + 1
    if not blocks:
        raise Refused(f"the block holds no SEARCH/REPLACE. Use this form:\n{FORM}")
    return blocks


def locate_all(blocks: Sequence[Block], lines: Sequence[str]) -> list[Splice]:
    """The lines that each block replaces, from the top. Every block is matched against the file as it is now.

    Raises:
        Refused: one is not found, is found more than once, changes nothing, or meets another.
    """
    found = [(locate(block, lines), block) for block in blocks]
    found.sort(key=lambda pair: pair[0].start)
    for (first, one), (second, other) in pairwise(found):
        if second.start < first.end:
            raise Refused(
                f"the SEARCH blocks of lines {one.line} and {other.line} overlap at line {second.start + 1}. "
                "Join them into one. Nothing was written."
            )
    return [splice for splice, _ in found]


def locate(block: Block, lines: Sequence[str]) -> Splice:
    """The one place of a block.

    Raises:
        Refused: there is none, or more than one.
    """
    if not block.search:
        raise Refused(
            f"the SEARCH of line {block.line} is empty. Put the lines to be replaced there, "
            "or use write_file with mode='insert'."
        )
    if block.search == block.replace:
        raise Refused(
            f"the SEARCH and the REPLACE of line {block.line} are the same: there is nothing to change."
        )
    places = _places(block.search, lines)
    if len(places) == 1:
        return Splice(places[0], places[0] + len(block.search), block.replace)
    bare = [line.rstrip() for line in block.search]
    if not places:
        places = _places(bare, [line.rstrip() for line in lines])
        if len(places) == 1:
            at = places[0]
            own = lines[at : at + len(bare)]
            return Splice(at, at + len(bare), _keeping(own, block))
    if places:
        shown = ", ".join(f"{at + 1}–{at + len(bare)}" for at in places[:_MAX_PLACES])
        more = f" and {len(places) - _MAX_PLACES} more" if len(places) > _MAX_PLACES else ""
        raise Refused(
            f"the SEARCH of line {block.line} matches {len(places)} places: lines {shown}{more}. "
            "Add lines around it until only one matches. Nothing was written."
        )
    raise Refused(
        f"the SEARCH of line {block.line} matches nothing, so nothing was written. {_nearest(bare, lines)}"
    )


def _keeping(own: Sequence[str], block: Block) -> tuple[str, ...]:
    """The replacement, where lines that stay keep the blanks that the file has at their ends."""
    from difflib import SequenceMatcher

    bare, new = [line.rstrip() for line in block.search], [line.rstrip() for line in block.replace]
    kept = list(block.replace)
    for i, j, size in SequenceMatcher(None, bare, new, autojunk=False).get_matching_blocks():
        kept[j : j + size] = own[i : i + size]
    return tuple(kept)


def _places(wanted: Sequence[str], lines: Sequence[str]) -> list[int]:
    wanted = list(wanted)
    size = len(wanted)
    first = wanted[0]
    return [
        at
        for at in range(len(lines) - size + 1)
        if lines[at] == first and list(lines[at : at + size]) == wanted
    ]


def _nearest(wanted: Sequence[str], lines: Sequence[str]) -> str:
    """The lines of the file that come nearest, numbered."""
    if not lines:
        return "The file is empty."
    stripped = [line.strip() for line in lines[:_MAX_LINES_COMPARED]]
    needle = [line.strip() for line in wanted]
    size = len(needle)
    near = set(needle) - {""}
    hits = [line in near for line in stripped]
    best = max(
        (at for at, hit in enumerate(hits) if hit),
        key=lambda at: (
            sum(x == y for x, y in zip(stripped[max(0, at) :], needle, strict=False))
            + sum(hits[at : at + size]) / (size + 1)
        ),
        default=None,
    )
    if best is not None:
        # The first line that is known need not be the first of the block.
        best = max(0, best - needle.index(stripped[best]))
        if stripped[best : best + size] == needle:
            head = f"Lines {best + 1}–{best + size} differ only in their indentation:"
            return "\n".join([head, *_window(lines, best, size)])
    else:
        best = _most_similar(max(needle, key=len), stripped)
        if best is None:
            return "No line of the file resembles it. Read the file again."
        best = max(0, best - needle.index(max(needle, key=len)))
    return "\n".join(["The nearest lines are:", *_window(lines, best, size)])


def _most_similar(line: str, lines: Sequence[str]) -> int | None:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(line[:200])
    best, at = 0.5, None
    for index, other in enumerate(lines):
        matcher.set_seq1(other[:200])
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and matcher.ratio() > best:
            best, at = matcher.ratio(), index
    return at


def _window(lines: Sequence[str], at: int, size: int) -> list[str]:
    start = max(0, at - _AROUND)
    return numbered(lines[start : at + min(size, 20) + _AROUND], start + 1)


def _opens(line: str, size: int) -> bool:
    found = _OPEN.fullmatch(line)
    return found is not None and len(found.group(1)) == size


def _line_of(lines: Sequence[str], pattern: re.Pattern[str], start: int) -> int | None:
    return next((at for at in range(start, len(lines)) if pattern.fullmatch(lines[at])), None)
