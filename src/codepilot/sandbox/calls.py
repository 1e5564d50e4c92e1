"""The tool calls of a block: served one at a time, bounded in number, their results put into frames."""

from __future__ import annotations

import asyncio
from typing import Final

from codepilot.frames import FrameError
from codepilot.ports import Clock
from codepilot.sandbox.block import Block
from codepilot.sandbox.codec import encode, pack
from codepilot.sandbox.process import WorkerProcess
from codepilot.sandbox.replies import Called
from codepilot.text import shorten

MAX_CALLS: Final = 10_000
"""Tool calls of one block. Later ones are refused; a block that keeps trying is killed."""
_CALLS_PAST: Final = 100
_MAX_TEXT: Final = 20_000
"""Characters of an exception's text that the block is told."""


class ToolCalls:
    """Serves them.

    Args:
        clock: for the time that a block waits, which is none of its own.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    async def ended(self) -> None:
        """Wait until none runs any more."""
        if self._running:
            await asyncio.wait(self._running)

    def answer(self, process: WorkerProcess, block: Block, called: Called) -> None:
        """Serve one call; the answer follows when the tool is done.

        Raises:
            FrameError: the block keeps calling past the bound.
        """
        block.calls.add(called.name, called.args)
        if block.calls.count > MAX_CALLS + _CALLS_PAST:
            raise FrameError(f"more than {MAX_CALLS:,} tool calls in one block")
        if block.calls.count > MAX_CALLS:
            block.calls.take_back()
            process.send(
                _refused("RuntimeError", f"one block may make {MAX_CALLS:,} tool calls; use another block")
            )
            return
        block.task = asyncio.get_running_loop().create_task(
            self._serve(process, block, called), context=block.context
        )
        self._running.add(block.task)
        block.task.add_done_callback(lambda task: self._ended(task, process, block))

    def _ended(self, task: asyncio.Task[None], process: WorkerProcess, block: Block) -> None:
        """A call is over; one that raised what no tool should is answered here, else the block would wait for ever."""
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        leaving = isinstance(error, SystemExit | KeyboardInterrupt)  # the program, and the block with it
        if error is not None and not leaving and not block.outcome.done():
            block.task = None
            block.calls.done()
            process.send(_refused(type(error).__name__, _text(error)))

    async def _serve(self, process: WorkerProcess, block: Block, called: Called) -> None:
        since = self._clock.monotonic()
        block.calls.begin()
        try:
            frame = pack({"t": "ok", "v": encode(await block.call(called.name, called.args, called.kwargs))})
        except asyncio.CancelledError:
            if block.outcome.done():
                raise
            frame = _refused("RuntimeError", f"{called.name}() was cancelled")
        except FrameError as error:
            frame = _refused(
                "ValueError", f"the result of {called.name}() cannot be handed to the block: {error}"
            )
        except Exception as error:  # noqa: BLE001 - the seam: what a tool raises is raised again inside the block
            if isinstance(
                error, TypeError | KeyError
            ):  # by the port: the arguments do not fit, or no such tool
                block.calls.take_back()
            frame = _refused(type(error).__name__, _text(error))
        block.waited += self._clock.monotonic() - since
        if not block.outcome.done():
            block.calls.done()
            block.task = None
            process.send(frame)


def _refused(kind: str, text: str) -> bytes:
    return pack({"t": "err", "type": kind, "text": text})


def _text(error: BaseException) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return shorten(text, _MAX_TEXT)
