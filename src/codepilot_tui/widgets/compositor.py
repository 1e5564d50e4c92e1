"""The compositor of the session screen: what is wholly covered cuts nothing in what lies over it.

Textual divides each line of the screen at every edge of every widget, also at those beneath a dock. A wide character
that stands on such a column is replaced by two blanks, so that a change would be approved that was not shown as it is.
"""

from __future__ import annotations

from textual._compositor import Compositor
from textual.geometry import Region


class WholeCells(Compositor):
    """Divides lines at the edges that can be seen."""

    @property
    def cuts(self) -> list[list[int]]:
        """The columns at which each line is divided.

        A widget that is covered by a single other one in all its columns of a line has no part in that line.
        """
        if self._cuts is None:
            width, height = self.size
            cuts = [{0, width} for _ in range(height)]
            before: list[Region] = []  # the widgets come from the front to the back
            for region, clip in self.visible_widgets.values():
                seen = region.intersection(clip)
                if not seen:
                    continue
                over = [each for each in before if each.x <= seen.x and seen.right <= each.right]
                for y in seen.line_range:
                    if 0 <= y < height and not any(each.y <= y < each.bottom for each in over):
                        cuts[y].update((seen.x, seen.right))
                before.append(seen)
            self._cuts = [sorted(line) for line in cuts]
        return self._cuts
