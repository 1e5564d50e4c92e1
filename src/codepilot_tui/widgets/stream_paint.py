"""Draws the rows of a stream of differences: the heads of the files and their lines, as strips. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual.cache import LRUCache
from textual.strip import Strip

from codepilot.text import clean_line
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.diff_paint import DiffPainter, Look
from codepilot_tui.widgets.edit_list import figures
from codepilot_tui.widgets.painted import Cell, middle, spread
from codepilot_tui.widgets.stream_rows import FileDiff, StreamRows

PLANE = "ground"
HEAD = "raised"
MOST = 256
"""Files whose colours are kept; more of them do not fit into what is coloured before it is seen."""


@dataclass(frozen=True, slots=True)
class StreamLook:
    """What the picture of a row depends on beside the row."""

    tokens: Tokens
    current: tuple[int, int] = (0, -1)
    """The file and the change that the keys mean; -1: none of its changes."""
    offset: int = 0
    """How far the source is scrolled to the left."""


class StreamPainter:
    """Draws rows, and keeps what was drawn last.

    Args:
        rows: what is drawn.
    """

    def __init__(self, rows: StreamRows) -> None:
        self._rows = rows
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(1024)
        self._painters: LRUCache[int, DiffPainter] = LRUCache(MOST)

    def painter(self, file: int, tokens: Tokens) -> DiffPainter | None:
        """What draws the lines of a file; None: it is not compared yet."""
        document = self._rows.document(file)
        if document is None:
            return None
        painter = self._painters.get(file)
        if painter is None:
            painter = DiffPainter(document, self._rows.files[file].path, tokens, at_once=0)
            self._painters[file] = painter
        painter.tokens = tokens
        return painter

    def plain(self, files: Iterable[int], tokens: Tokens) -> DiffPainter | None:
        """What draws the first of these files that has no colours yet."""
        for count, file in enumerate(files):
            painter = self.painter(file, tokens)
            if count < MOST and painter is not None and painter.late:
                return painter
        return None

    def row(self, row: int, look: StreamLook, *, top: bool = False) -> Strip:
        """One row.

        Args:
            row: which one.
            look: how it looks.
            top: it is the first in sight: the head of the file that is read.
        """
        width = self._rows.form.width
        blank = look.tokens.style("", PLANE)
        if row >= len(self._rows):
            return Strip([Segment(" " * width, blank)], width)
        file, index = self._rows.at(row)
        if top or index == -1:
            return self._head(file, look)
        made, painter = self._rows.built(file), self.painter(file, look.tokens)
        if index < 0 or made is None or painter is None:
            return Strip([Segment(" " * width, blank)], width)
        line, part = made.rows[index]
        current = line.hunk if look.current == (file, line.hunk) else -1
        key = (made, index, look.offset, current, bool(painter.late), look.tokens.name)
        strip = self._strips.get(key)
        if strip is None:
            wrapped = self._rows.form.wrapped
            how = Look(width, made.split, PLANE, look.offset, current=current, part=part, wrapped=wrapped)
            strip = self._strips[key] = painter.paint(line, how)
        return strip

    def _head(self, file: int, look: StreamLook) -> Strip:
        changes, at = self._rows.changes_of(file), look.current[1] if file == look.current[0] else -1
        reading = self._rows.document(file) is None
        said = f"change {at + 1} of {changes}" if at >= 0 and changes > 1 else f"{changes} changes"
        note = "reading…" if reading else said if changes > 1 else ""
        return head_row(self._rows.files[file], note, self._rows.form.width, look.tokens)


def head_row(diff: FileDiff, note: str, width: int, tokens: Tokens) -> Strip:
    """Folder, name and figures of a file, and a note at the right edge."""
    style = tokens.style
    right: list[Cell] = [(f"{note} ", style("muted", HEAD))]
    counts = figures(diff, HEAD, tokens)
    room = width - 3 - sum(cell_len(text) for text, _ in (*counts, *right))
    folder, slash, name = clean_line(diff.path).rpartition("/")
    shown = middle(name, max(1, room))
    folder_room = room - cell_len(shown) - len(slash)
    left: list[Cell] = [(" ", style("", HEAD))]
    if slash and folder_room > 1:
        left.append((f"{middle(folder, folder_room)}/", style("muted", HEAD)))
    left.append((f"{shown} ", style("ink", HEAD, bold=True)))
    return spread([*left, *counts, (" ", style("", HEAD))], right, width, style("", HEAD))
