"""What `codepilot run` shows while it works, in the format that was asked for."""

from __future__ import annotations

from collections.abc import Callable

from codepilot import events as e
from codepilot.cli import output


class Report:
    """Shows the events in the format that was asked for, until nobody reads them any more.

    Args:
        form: text, json or jsonl.
        stop: called when stdout cannot be written any more.
    """

    def __init__(self, form: str, stop: Callable[[], None]) -> None:
        self._show: Callable[[e.Stamped], None] = lambda stamped: None
        if form == "text":
            self._show = output.TextReport().take
        elif form == "jsonl":
            self._show = output.JsonLines().take
        self._stop = stop
        self._broken: BrokenPipeError | output.OutputError | None = None

    def take(self, stamped: e.Stamped) -> None:
        """Show one event."""
        if self._broken is None:
            try:
                self._show(stamped)
            except (BrokenPipeError, output.OutputError) as error:
                self._broken = error
                self._stop()

    def check(self) -> None:
        """Raise what `take` met.

        Raises:
            BrokenPipeError: the reader is gone.
            OutputError: the disk is full, say.
        """
        if self._broken is not None:
            raise self._broken
