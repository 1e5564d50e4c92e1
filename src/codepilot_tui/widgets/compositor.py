"""The compositor of the session screen: an edge that is covered cuts nothing in what lies over it, and whatever comes
to sight is told its size.

Textual divides each line of the screen at every edge of every widget, also at those beneath a dock or a popup. A wide
character that stands on such a column is replaced by two blanks, so that a change would be approved that was not shown
as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import cast

from textual._compositor import ChopsUpdate, Compositor, CompositorMap, ReflowResult
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class WholeCells(Compositor):
    """Divides lines at the edges that can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self._laid_out: CompositorMap = {}
        """Where each widget was by the last layout."""

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay out; Textual sends a `Resize` to what is shown or resized by it.

        Whoever asks for a `size` may have Textual look up where everything is before that: it then takes what was
        about to be shown for shown already, and never tells it. A terminal was blank by that after F6.
        """
        self._full_map = self._laid_out
        result = super().reflow(parent, size)
        self._laid_out = self._full_map
        return result

    @property
    def cuts(self) -> list[list[int]]:
        """The columns at which each line is divided.

        An edge with a single other widget over both its sides has no part in that line. So each piece of a line
        belongs to one widget: one that ended within the piece would have that edge covered by another one before it.
        """
        if self._cuts is None:
            width, height = self.size
            cuts = [{0, width} for _ in range(height)]
            before: list[Region] = []  # the widgets come from the front to the back
            for region, clip in self.visible_widgets.values():
                seen = region.intersection(clip)
                if not seen:
                    continue
                for edge in (seen.x, seen.right):
                    over = [each for each in before if each.x < edge < each.right]
                    for y in seen.line_range:
                        if 0 <= y < height and not any(each.y <= y < each.bottom for each in over):
                            cuts[y].add(edge)
                before.append(seen)
            self._cuts = [sorted(line) for line in cuts]
        return self._cuts

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed. Where that ends within a wide character of what lies over it, Textual writes a blank."""
        update = super().render_partial_update()
        if update is not None:
            update.spans = [(y, begin, _whole(update.chops[y], end)) for y, begin, end in update.spans]
        return update

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        """The pieces of each line by the column at which they begin; Textual's own takes every edge for a cut.

        It has each widget draw itself, too, of which nothing may be seen: containers beneath what they contain, and
        what stands beside the part that changed.
        """
        lines: list[dict[int, Strip | None]] = [dict.fromkeys(line[:-1]) for line in self.cuts]
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            if not seen.overlaps(crop):
                continue
            open_lines = self._open_lines(lines, seen, crop, is_rendered_line)
            if open_lines:
                drawn = widget.render_lines(seen.translate(-region.offset))
                strips = dict(zip(seen.line_range, drawn, strict=False))
                for y, cuts in open_lines:
                    if y in strips:
                        _fill(lines[y], cuts, strips[y], seen.x)
        return cast("Sequence[Mapping[int, Strip]]", lines)

    def _open_lines(
        self,
        lines: Sequence[Mapping[int, Strip | None]],
        seen: Region,
        crop: Region,
        is_rendered_line: Callable[[int], bool],
    ) -> list[tuple[int, list[int]]]:
        """The lines of a region in which a piece that is asked for has nothing yet, each with the cuts within it."""
        found = []
        all_cuts = self.cuts
        for y in seen.line_range:
            if is_rendered_line(y):
                cuts = [cut for cut in all_cuts[y] if seen.x <= cut <= seen.right]
                asked = (cut for cut, end in pairwise(cuts) if cut < crop.right and end > crop.x)
                if any(lines[y][cut] is None for cut in asked):
                    found.append((y, cuts))
        return found


def _whole(pieces: Mapping[int, Strip | None], end: int) -> int:
    """The column at which a span of a line ends if it is to cut no wide character."""
    for x, piece in pieces.items():
        if piece is not None and x < end < x + piece.cell_length:
            text = piece.text
            if not text.isascii() and piece.crop(0, end - x).text + piece.crop(end - x).text != text:
                return end + 1
    return end


def _fill(pieces: dict[int, Strip | None], cuts: list[int], strip: Strip, x: int) -> None:
    """Put a widget's line where no widget before it has anything.

    Args:
        pieces: of the line of the screen.
        cuts: those within the widget, two at least; its own edges may be missing.
        strip: the widget's line.
        x: the column at which it begins.
    """
    if cuts[0] > x:
        strip = strip.crop(cuts[0] - x)
    for cut, piece in zip(cuts, strip.divide([cut - cuts[0] for cut in cuts[1:]]), strict=False):
        if pieces[cut] is None:
            pieces[cut] = piece
