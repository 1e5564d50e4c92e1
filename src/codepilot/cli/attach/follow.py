"""`--raw`: what the terminal shows, and then what it writes, as lines of plain text. Nothing is typed."""

from __future__ import annotations

import asyncio

from codepilot.cli import output
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.plain import PlainText
from codepilot.terminal.protocol import TerminalEvent, TerminalInfo


async def follow(client: TerminalClient, terminal: TerminalInfo) -> int:
    """Print until the terminal or its host ends; returns the exit code.

    A line is printed when its end comes, so a progress bar is the line that it ends as. While a full-screen program has
    the terminal nothing is printed.
    """
    pieces: asyncio.Queue[tuple[bytes, int] | None] = asyncio.Queue()

    def happened(event: TerminalEvent) -> None:
        if event.kind == "lost" or (event.kind == "closed" and event.name == terminal.name):
            pieces.put_nowait(None)

    client.on_event(happened)
    before, full_screen = await client.follow(
        terminal.name, lambda data, missed: pieces.put_nowait((data, missed))
    )
    if before.strip():
        output.write(before.rstrip("\n") + "\n")
    reader = PlainText()
    reader.alternate = full_screen
    ended = terminal.state == "exited"
    while not ended and (piece := await pieces.get()) is not None:
        data, missed = piece
        if missed:
            output.write(_text(reader.finish()))
            output.write(f"[… {missed:,} bytes skipped: they came faster than they could be written …]\n")
        output.write((reader.feed(data) + reader.settle()).decode("utf-8", "replace"))
    output.write(_text(reader.finish()))
    if client.lost:
        output.narrate(f"codepilot: {client.lost}")
        return 0 if client.dismissed else 1
    return 0


def _text(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return text + "\n" if text.strip() and not text.endswith("\n") else text if text.strip() else ""
