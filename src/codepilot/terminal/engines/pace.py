"""Output given to an emulator piece by piece, so that no flood or costly sequence stalls the host."""

from __future__ import annotations

import time
from collections.abc import Callable


def feed_pieces(
    data: bytes,
    parse: Callable[[bytes], None],
    end_of_piece: Callable[[bytes, int], int],
    seconds: float | None,
) -> bytes:
    """Parse `data` until it or the time is used up; gives what is left. At least one piece is parsed.

    Args:
        data: the output.
        parse: takes a piece.
        end_of_piece: where the piece that begins at an index of `data` ends.
        seconds: the time; None for all that it takes.
    """
    end = None if seconds is None else time.perf_counter() + seconds
    start = 0
    while start < len(data):
        stop = end_of_piece(data, start)
        parse(data if start == 0 and stop == len(data) else data[start:stop])
        start = stop
        if end is not None and time.perf_counter() >= end:
            break
    return data[start:]
