"""The tool calls of one control block: each that was started is finished once, also if the block is cut off."""

from __future__ import annotations

from collections.abc import Callable

from codepilot import events as e
from codepilot.ports import EventSink
from codepilot.text import counted

_SHOWN = 8
"""Finished calls that are named to the model."""
_LATE = "It was started; it did not say in time what became of it."


class BlockCalls:
    """Reads the events of the calls as they pass.

    Args:
        emit: takes every event.
        append: takes the results for the model.
    """

    def __init__(self, emit: EventSink, append: Callable[[str], None]) -> None:
        self._emit = emit
        self._append = append
        self._open: dict[str, e.ToolStarted] = {}
        self._finished: list[str] = []
        self._cut_off: list[str] = []
        self._over = False

    def emit(self, event: e.Event) -> None:
        """Pass an event on, unless its call was finished for it."""
        match event:
            case e.ToolStarted():
                self._open[event.call_id] = event
            case e.ToolFinished():
                started = self._open.pop(event.call_id, None)
                if started is None:
                    return
                (self._cut_off if event.state == "aborted" else self._finished).append(_named(started))
        self._emit(event)

    def append(self, text: str) -> None:
        """Pass a result on, unless the model was told already what became of the block."""
        if not self._over:
            self._append(text)

    def not_started(self, name: str) -> None:
        """A call came too late to be started."""
        self.append(f"[{name}] The last call of the block was not started.")

    def close(self) -> None:
        """The block is over: what is still open is finished here."""
        for call in list(self._open.values()):
            text = f"[{call.tool}] Call {call.call_id} was cut off before it had a result. {_LATE}"
            self.append(text)
            self.emit(
                e.ToolFinished(
                    call_id=call.call_id,
                    tool=call.tool,
                    result=text,
                    state="aborted",
                    builtin=call.builtin,
                    reason=_LATE,
                )
            )
        self._over = True

    def told(self) -> str:
        """Which calls there were, for a model that sees no end of their block."""
        if not self._finished and not self._cut_off:
            return "No tool was called."
        hidden = len(self._finished) - _SHOWN
        finished = ", ".join([*([counted(hidden, "other")] if hidden > 0 else []), *self._finished[-_SHOWN:]])
        parts = [f"Finished calls: {finished}."] if finished else []
        if self._cut_off:
            parts.append(f"Started and cut off: {', '.join(self._cut_off)}; what is known of it is above.")
        return " ".join([*parts, "No other call was started."])


def _named(call: e.ToolStarted) -> str:
    # Without its label: an argument may be text from outside, and what is told here stands outside of the fence.
    return f"{call.call_id} {call.tool}"
