"""Carries out what the ladders of `bench.ladder` decide, on the session screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.widgets import Input

from codepilot_tui.bench import effects, ladder
from codepilot_tui.bench.effects import Effect
from codepilot_tui.screens.place import selects
from codepilot_tui.widgets.editing import LinesInput
from codepilot_tui.widgets.popup import Popup

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen


class Ladder:
    """Esc and Ctrl+C; owns the targets `ladder.…`.

    Args:
        screen: what the effects are carried out on.
        now: seconds on a clock that only goes on.
    """

    def __init__(self, screen: SessionScreen, now: Callable[[], float]) -> None:
        self._screen = screen
        self._now = now
        self._armed_at = self._rewind_at = float("-inf")
        self._disarm: Timer | None = None

    @property
    def armed(self) -> bool:
        """The status line says that another Ctrl+C quits."""
        return self._now() - self._armed_at < ladder.ARMED

    @property
    def rewind_armed(self) -> bool:
        """The status line says that another Esc leads to the rewind page."""
        return self._now() - self._rewind_at < ladder.REWIND

    async def escape(self) -> None:
        """One rung of Esc."""
        await self._perform(ladder.escape(self._screen.facts()))

    async def interrupt(self) -> None:
        """One rung of Ctrl+C."""
        effect = ladder.interrupt(self._screen.facts())
        self._screen.end_drag()
        await self._perform(effect)

    async def _perform(self, effect: Effect | None) -> None:
        screen = self._screen
        match effect:
            case effects.Close(what=what):
                self._close(what)
            case effects.Restore():
                screen.panes.restore()
            case effects.Focus():
                screen.to_composer()
            case effects.Stop():
                await screen.run("stop")
            case effects.Copy() | effects.NothingSelected():
                self._copy()
            case effects.Clear():
                self._clear()
            case effects.ArmQuit():
                self._arm()
            case effects.ArmRewind():
                self._arm_rewind()
            case effects.Quit() | effects.Rewind():
                self._armed_at = self._rewind_at = float("-inf")
                await screen.run("quit" if effect == effects.Quit() else "rewind")
            case _:
                pass

    def deselects(self) -> bool:
        """Esc at a question or on a page, which else take it for themselves: whether it was for what is selected."""
        facts = self._screen.facts()
        selected = facts.place in ("question", "page") and ladder.escape(facts) == effects.Close("selection")
        if selected:
            self._close("selection")
        return selected

    def _close(self, what: effects.Open) -> None:
        """Leave what is open."""
        if what == "popup":
            for popup in self._screen.query(Popup):
                popup.finish(None)
        elif what == "selection":
            self._screen.clear_selection()
            if selects(focused := self._screen.focused):
                focused.deselect()
        if self._screen.parts is not None:
            self._screen.parts.close_open(what)

    def _copy(self) -> None:
        """Copy what is selected, in the terminal or elsewhere."""
        screen = self._screen
        if selects(focused := screen.focused):  # the hint was clicked: it takes the key by itself
            focused.action_copy()
            return
        if screen.parts is not None and screen.parts.terminals.pane.copy_selection():
            return
        if text := screen.get_selected_text():
            screen.app.copy_to_clipboard(text)
            screen.clear_selection()
            screen.tell("Copied (through your terminal).")
        else:
            screen.tell("Nothing is selected. Ctrl+C again stops the task.")

    def _clear(self) -> None:
        """Empty the place that is written in; Up brings the composer's words back."""
        focused, composer = self._screen.focused, self._screen.composer
        if isinstance(focused, Input):
            focused.value = ""
        elif isinstance(focused, LinesInput) and focused is not composer.editor:
            focused.put_all("")
        else:
            composer.clear()

    def _arm(self) -> None:
        self._armed_at = self._now()
        self._screen.tell("Ctrl+C again quits", about="quit")
        if self._disarm is not None:
            self._disarm.stop()
        self._disarm = self._screen.set_timer(ladder.ARMED + 0.01, self._over)

    def _arm_rewind(self) -> None:
        self._rewind_at = self._now()
        self._screen.tell("Esc again: rewind", about="rewind")
        self._screen.set_timer(ladder.REWIND + 0.01, self._rewind_over)

    def _rewind_over(self) -> None:
        if not self.rewind_armed:
            self._screen.untrue("rewind")

    def key_comes(self, key: str) -> None:
        """Any other key takes back that the next Ctrl+C quits, or that the next Esc leads to the rewind page.

        That one would mean what stands there by then.
        """
        if key != "ctrl+c":
            self._screen.end_drag()
        if key != "escape" and self.rewind_armed:
            self._rewind_at = float("-inf")
            self._screen.untrue("rewind")
        if key != "ctrl+c" and self.armed:
            self._armed_at = float("-inf")
            self._forget()

    def _over(self) -> None:
        if not self.armed:
            self._forget()

    def _forget(self) -> None:
        self._screen.untrue("quit")
