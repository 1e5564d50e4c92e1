"""What can be asked of a terminal host about the screens of its terminals."""

from __future__ import annotations

from codepilot.terminal.client.link import HostLink, OutputCallback, ScreenCallback
from codepilot.terminal.messages import unpack_row
from codepilot.terminal.screen import Row


class ScreenLink(HostLink):
    """The part of a `TerminalClient` that looks."""

    async def resize(self, name: str, columns: int, lines: int) -> None:
        """Change the window."""
        await self._ask("resize", name=name, columns=columns, lines=lines)

    async def watch(self, name: str, callback: ScreenCallback) -> None:
        """Have the screen told: all of it first, then the rows that changed, at most 60 times a second."""
        self._screens.setdefault(name, []).append(callback)
        try:
            await self._ask("watch", name=name)
        except BaseException:
            self._drop_callback(name, callback)
            raise

    async def unwatch(self, name: str, callback: ScreenCallback | None = None) -> None:
        """End that, for one callback or for all."""
        if callback is None:
            self._screens.pop(name, None)
        else:
            self._drop_callback(name, callback)
        if name not in self._screens and self.alive:
            await self._ask("unwatch", name=name)

    async def follow(self, name: str, callback: OutputCallback) -> tuple[str, bool]:
        """Have what the terminal writes told as it comes. It is not for a screen of ours: see `watch`.

        Returns:
            History and screen before that as text, and whether a full-screen program has the screen.
        """
        self._outputs[name] = callback
        answer = await self._ask("follow", name=name)
        return answer["text"], answer["full_screen"]

    async def history(self, name: str, start: int, count: int) -> list[Row]:
        """Rows above the screen; 0 is the oldest."""
        return [unpack_row(row) for row in await self._ask("history", name=name, start=start, count=count)]

    async def text(self, name: str, *, history: bool = False) -> str:
        """The screen as plain text."""
        return str(await self._ask("text", name=name, history=history))

    async def set_default_colours(
        self, foreground: tuple[int, int, int], background: tuple[int, int, int]
    ) -> None:
        """What programs are told when they ask for the terminal's colours."""
        await self._ask("colours", foreground=foreground, background=background)

    def _drop_callback(self, name: str, callback: ScreenCallback) -> None:
        callbacks = self._screens.get(name, [])
        if callback in callbacks:
            callbacks.remove(callback)
        if not callbacks:
            self._screens.pop(name, None)
