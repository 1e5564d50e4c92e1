"""Lines of styled text: wrapping by cells, prefixes, left and right halves. What the chat is drawn with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot_tui.glyphs import UNICODE

Span = tuple[str, Style]

_WORD = re.compile(r"\S+\s*|\s+")


class Line:
    """One row, ready to be drawn.

    `indent` characters at its left and `pad` at its right are decoration, left out when text is copied. `joint` is
    what stood between the row above and this one where a line was wrapped: blanks, or nothing inside a word; None: a
    new line begins. A `label` row is not part of the text. `opens`: a click on it shows what was left out.

    It keeps bare segments: a `Strip` has a dozen caches, and one per row of a long message would give the garbage
    collector more objects to scan than the rest of the program together.
    """

    __slots__ = ("_painted", "indent", "joint", "label", "opens", "pad", "segments")

    def __init__(self, segments: Sequence[Segment], indent: int = 0, joint: str | None = None) -> None:
        self.segments = segments
        self.indent = indent
        self.joint = joint
        self.pad = 0
        self.label = False
        self.opens = False
        self._painted: tuple[int, int, Style, Strip] | None = None

    def painted(self, row: int, width: int, base: Style) -> Strip:
        """The strip for the screen; cached, because most rows do not change from frame to frame."""
        kept = self._painted
        if kept is None or kept[0] != row or kept[1] != width or kept[2] is not base:
            strip = self.strip.crop_extend(0, width, None).apply_style(base).apply_offsets(0, row)
            kept = self._painted = (row, width, base, strip)
        return kept[3]

    def forget(self) -> None:
        """Drop the cached strip once the row has left the screen."""
        self._painted = None

    @property
    def strip(self) -> Strip:
        """The row as a strip, built on each access."""
        return Strip(self.segments)

    @property
    def width(self) -> int:
        """How many columns it takes."""
        return sum(cells(segment.text) for segment in self.segments)

    @property
    def text(self) -> str:
        """The text of the row without its decoration."""
        return self.strip.text[self.indent :].rstrip()


def line(spans: Iterable[Span], indent: int = 0, joint: str | None = None) -> Line:
    """A row of these spans; adjacent spans in one style are merged."""
    segments: list[Segment] = []
    held, look = "", None
    for text, style in spans:
        if style is look:
            held += text
            continue
        if held:
            segments.append(Segment(held, look))
        held, look = text, style
    if held:
        segments.append(Segment(held, look))
    return Line(segments, indent, joint)


def label(spans: Iterable[Span]) -> Line:
    """A row that is not part of the text: the name of a language, a count of omitted lines."""
    made = line(spans)
    made.indent, made.label = sum(len(segment.text) for segment in made.segments), True
    return made


def prefixed(lines: Iterable[Line], first: Sequence[Span], rest: Sequence[Span] | None = None) -> list[Line]:
    """The rows with decoration put before them; `rest` is for all but the first."""
    ahead = [Segment(text, style) for text, style in first]
    later = ahead if rest is None else [Segment(text, style) for text, style in rest]
    width = sum(len(text) for text, _ in first)
    made = []
    for each in lines:
        one = Line([*ahead, *each.segments], each.indent + width, each.joint)
        one.pad, one.label, one.opens = each.pad, each.label, each.opens
        made.append(one)
        ahead = later
    return made


def put_before(lines: Iterable[Line], first: Sequence[Span], rest: Sequence[Span] | None = None) -> None:
    """Like `prefixed`, but in place: only for rows that are not shared."""
    ahead = [Segment(text, style) for text, style in first]
    later = ahead if rest is None else [Segment(text, style) for text, style in rest]
    width = sum(len(text) for text, _ in first)
    for each in lines:
        each.segments = [*ahead, *each.segments]
        each.indent += width
        ahead = later


def cells(text: str) -> int:
    """How many columns a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """The text, shortened to `width` columns with a sign that something is missing."""
    if cells(text) <= width:
        return text
    if width <= 1:
        return UNICODE.more if width == 1 else ""
    head = _fit(text, width - 1)[0]
    return (head if cells(head) < width else "") + UNICODE.more


def _fit(text: str, width: int) -> tuple[str, str]:
    """Cut after as many whole characters as fit into `width` columns, at least one if the text is not empty."""
    if text.isascii():
        at = max(1, width)
        return text[:at], text[at:]
    used = 0
    for start, _, size in split_graphemes(text)[0]:
        if used + size > width and start:
            return text[:start], text[start:]
        used += size
    return text, ""


def wrap_ranges(text: str, width: int) -> list[tuple[int, int]]:
    """Where the rows of one paragraph begin and end; blanks at a break belong to no row."""
    if text.isascii() and len(text) <= width:
        return [(0, len(text))]
    width = max(1, width)
    rows: list[tuple[int, int]] = []
    start = used = 0
    for match in _WORD.finditer(text):
        word = match.group()
        bare = word.rstrip()
        size = cells(bare)
        if used + size <= width:
            used += size + len(word) - len(bare)
            continue
        if used:
            rows.append((start, match.start()))
        start, used = match.start(), 0
        while cells(bare) > width:  # a word longer than a row: a path, a URL, or a script without blanks
            head, bare = _fit(bare, width)
            rows.append((start, start + len(head)))
            start += len(head)
        used = cells(bare) + len(word) - len(word.rstrip())
    if start < len(text) or not rows:
        rows.append((start, len(text)))
    return [(begin, begin + len(text[begin:end].rstrip())) for begin, end in rows]


def wrap(spans: Sequence[Span], width: int) -> list[Line]:
    """The rows of a paragraph; a newline in it begins a new one."""
    text = "".join(part for part, _ in spans)
    if "\n" in text:
        lines: list[Line] = []
        for paragraph in split_lines(spans):
            lines.extend(wrap(paragraph, width))
        return lines
    rows = wrap_ranges(text, width)
    if len(rows) == 1 and rows[0] == (0, len(text)):
        return [line(spans)]
    lines = []
    before: int | None = None
    for begin, end in rows:
        lines.append(line(pick(spans, begin, end), joint=None if before is None else text[before:begin]))
        before = end
    return lines


def fold(spans: Sequence[Span], width: int) -> list[Line]:
    """The rows of a source line: broken at the edge, every blank kept."""
    text = "".join(part for part, _ in spans)
    if cells(text) <= width:
        return [line(spans)]
    rows: list[Line] = []
    begin = 0
    while text:
        head, text = _fit(text, max(1, width))
        rows.append(line(pick(spans, begin, begin + len(head)), joint="" if rows else None))
        begin += len(head)
    return rows


def pick(spans: Sequence[Span], begin: int, end: int) -> list[Span]:
    """The part of the spans between two character offsets."""
    taken: list[Span] = []
    at = 0
    for text, style in spans:
        if at >= end:
            break
        following = at + len(text)
        if following > begin:
            taken.append((text[max(0, begin - at) : end - at], style))
        at = following
    return taken


def split_lines(spans: Sequence[Span]) -> list[list[Span]]:
    """The spans of each line of a text with newlines."""
    lines: list[list[Span]] = [[]]
    for text, style in spans:
        first, *rest = text.split("\n")
        if first:
            lines[-1].append((first, style))
        for part in rest:
            lines.append([(part, style)] if part else [])
    return lines


def halves(left: Sequence[Span], right: Sequence[Span], width: int) -> list[Span]:
    """One row with text at both edges. The right half keeps its place, the left one is cut if it must be."""
    right_size = sum(cells(text) for text, _ in right)
    room = width - right_size - (2 if right_size else 0)
    narrow = room < width // 3 and room < sum(cells(text) for text, _ in left)
    if narrow:  # what happened matters more than the figures
        return halves(left, (), width) if right else list(left)
    taken: list[Span] = []
    used = 0
    for text, style in left:
        size = cells(text)
        if used + size > room:
            taken.append((cut(text, room - used), style))
            used += cells(taken[-1][0])
            break
        taken.append((text, style))
        used += size
    if right_size:
        taken.append((" " * (width - right_size - used), Style.null()))
        taken.extend(right)
    return taken
