"""How a turn of a script is told to whoever asked: in one piece or streamed, on either wire, up to its fault."""

from __future__ import annotations

import asyncio
from typing import Any

from codepilot.script import Fault, Turn
from codepilot.testing import wires
from codepilot.testing.http import StreamBody, send_json

_IDLE_PACE = 0.01
"""Seconds between two events that say nothing."""


async def tell(wire: wires.Wire, turn: Turn, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Send a turn, to its end or to where its fault happens.

    Args:
        wire: how it is written.
        turn: what is said.
        asked: the body of the request.
        writer: who asked.
    """
    fault = turn.fault
    if fault is not None and fault.hang_headers:
        await asyncio.Event().wait()
    if not asked.get("stream"):
        if turn.delay:
            await asyncio.sleep(turn.delay)
        await send_json(writer, 200, wires.answer(wire, turn, asked))
        return
    body = StreamBody(writer, turn.split)
    body.begin()
    events = wires.stream(wire, turn, asked)
    first, last = len(events.head), len(events.head) + len(events.pieces)
    whole = [*events.head, *events.pieces, *events.tail]
    at = fault.at if fault is not None else None
    if at is not None:
        at = min(first + at, last) if at >= 0 else max(len(whole) + at, 0)
    for number, event in enumerate(whole):
        if fault is not None and number == at and await _fail(fault, wire, body):
            return
        if turn.delay and first < number < last:
            await asyncio.sleep(turn.delay)
        await body.send(event)
    await body.end()


async def _fail(fault: Fault, wire: wires.Wire, body: StreamBody) -> bool:
    """Let the fault happen; True if the reply ends by it."""
    if fault.kind == "bad_at":
        await body.send(wires.bad_event(wire))
        return False
    if fault.kind == "stall_at":
        await asyncio.Event().wait()
    while fault.kind == "idle_at":
        await body.send(wires.idle_event(wire, fault.body))
        await asyncio.sleep(_IDLE_PACE)
    if fault.kind == "err_at":
        await body.send(wires.error_event(wire, fault.body))
    if fault.kind in ("err_at", "end_clean_at"):
        await body.end()
    elif fault.kind == "cut_at":
        body.reset()
    return True
