"""The application: its screen, theme and keys, and the way out. What it begins with is decided in `opening`."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import constants, events, work
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.message import Message

from codepilot.errors import CodepilotError
from codepilot_tui.actions import ACTIONS, PRESS
from codepilot_tui.attention import Attention
from codepilot_tui.dispatch import Dispatch
from codepilot_tui.early import ahead_of
from codepilot_tui.garbage import Garbage
from codepilot_tui.held_keys import HeldKeys, Typed
from codepilot_tui.key_order import after_key, behind_click
from codepilot_tui.keyboard import KeyboardDriver, can_be_pressed
from codepilot_tui.keyfile import keys_in_force
from codepilot_tui.pace import PacedApp
from codepilot_tui.parting import said_at_last
from codepilot_tui.screens.session import SessionScreen
from codepilot_tui.tabs import Tab, Tabs
from codepilot_tui.theme import DEFAULT_THEME, install_themes, register_themes, theme_names, tokens_for
from codepilot_tui.way_out import LastResort, is_dropped, terminal_is_there

if TYPE_CHECKING:
    from codepilot.terminal.protocol import OnLeave
    from codepilot_tui.colours_256 import In256Colours

FIRST_FRAME = 0.03
"""Seconds that the first frame has for itself."""
LAST = ("back", "interrupt")  # their keys belong first to what has the keyboard


def bindings() -> list[BindingType]:
    """The keys of the table; `App.set_keymap` lays the person's over them by their ids."""
    made: list[BindingType] = []
    for action in ACTIONS:
        if action.target == PRESS or not action.key:
            continue
        if action.name in LAST:
            made.append(Binding(action.key, f"app.do_last({action.name!r})", show=False))
        target = f"app.do({action.name!r})"
        made.append(Binding(action.key, target, show=False, priority=True, id=action.name))
    return made


class WorkbenchApp(PacedApp[int], inherit_bindings=False):
    """`codepilot-tui`.

    Args:
        options: the command line.
    """

    CSS_PATH = [str(path) for path in sorted((Path(__file__).parent / "styles").glob("*.tcss"))]
    BINDINGS: ClassVar[list[BindingType]] = bindings()
    TITLE = "codepilot"
    ENABLE_COMMAND_PALETTE = False
    """Ours has the same look as every other list here."""
    ESCAPE_TO_MINIMIZE = False
    """Esc belongs to the ladder."""

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__()
        self.options = options
        self.keymap_table, self.key_trouble = keys_in_force()
        # Only what is another: a key that is named here is taken from every other binding.
        self.set_keymap(self.keymap_table.changed)
        self.tabs = Tabs(self, SessionScreen(self.keymap_table), options)
        self.attention = Attention(self.write_control, lambda: self.app_focus)
        self.dispatch = Dispatch(self.keymap_table, self._owners, self._press)
        self.garbage = Garbage()
        self.last_resort = LastResort()
        ahead = ahead_of(self.keymap_table)
        self.held_keys = HeldKeys(self._typed, self.call_later, ahead, lambda: self.session.tell_dropped())
        self._mouse_on = True
        self._in_256: In256Colours | None = None
        install_themes(self, options.theme or DEFAULT_THEME)

    def get_driver_class(self) -> type[Driver]:
        """Ours, which reads the keys; `TEXTUAL_DRIVER` may name another."""
        return super().get_driver_class() if constants.DRIVER else KeyboardDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and where the terminal has 256 colours the one that picks them."""
        usual = super().get_line_filters()
        if self.console.color_system != "256":
            return usual
        if self._in_256 is None or self._in_256.theme != tokens_for(self).name:
            from codepilot_tui.colours_256 import In256Colours  # most terminals have more

            self._in_256 = In256Colours(tokens_for(self))
        return [*usual, self._in_256]

    @property
    def session(self) -> SessionScreen:
        """The screen of the session that is shown."""
        return self.tabs.shown.session

    # -- the first screen ------------------------------------------------------------------------------------------

    async def on_mount(self) -> None:
        """Show the skeleton at once; signals end the program in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._signalled, number)
        await self.show_session()

    async def on_unmount(self) -> None:
        """The program that goes on after the screen has Python's collector as it was."""
        self.garbage.stop()

    async def show_session(self) -> None:
        """The skeleton, and what follows it."""
        await self.tabs.show_first()
        # Not at once: the frame has to reach the terminal before imports take the interpreter's time.
        self.call_after_refresh(self.set_timer, FIRST_FRAME, self._open)

    @work(group="opening")
    async def _open(self) -> None:
        """All that was not needed for the first frame."""
        # On a thread, so that one can type meanwhile.
        await asyncio.to_thread(importlib.import_module, "codepilot_tui.opening")
        await asyncio.to_thread(importlib.import_module, "codepilot_tui.screens.parts")
        register_themes(self)
        self.garbage.start()
        await self.tabs.begin(self.tabs.shown)
        parts = self.session.parts
        if parts is not None:
            kept = parts.remembered.theme
            if kept in theme_names() and not self.options.theme:
                self.theme = kept
            self.theme_changed_signal.subscribe(self, lambda theme: self._keep_theme(theme.name))

    def _keep_theme(self, name: str) -> None:
        if self.session.parts is not None:
            self.session.parts.keep_theme(name)

    @work(group="opening")
    async def begin_tab(self, tab: Tab) -> None:
        """Bring the panes of a tab that was opened."""
        await self.tabs.begin(tab)

    def fail(self, error: CodepilotError) -> None:
        """End with what went wrong."""
        message = f"codepilot-tui: {error.message}\n{error.hint}".rstrip()
        self.exit(error.exit_code, return_code=error.exit_code, message=message)

    # -- actions ---------------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """The session screen sees each key before it is sent to what has the keyboard."""
        if not isinstance(event, Typed) or event.is_forwarded:
            with behind_click(self.held_keys, event, self):
                await super().on_event(event)
        elif not (self.session.early.takes(event) or self.held_keys.takes(event)):
            await self._typed(event)

    async def _typed(self, event: Typed) -> None:
        self.garbage.touched()
        before = self.focused
        if self.screen_stack[-1:] != [self.session] or not await self.session.takes(event):
            await super().on_event(event)
        after_key(self.held_keys, event, before, lambda: self.focused)

    def _owners(self) -> Mapping[str, object]:
        session, parts = self.session, self.session.parts
        owners: dict[str, object] = {
            "ladder": session.ladder,
            "panes": session.panes,
            "tabs": self.tabs,
        }
        if session.commands is not None:
            owners["commands"] = session.commands
        if session.sessions is not None:
            owners["sessions"] = session.sessions
        if session.window is not None:
            owners["window"] = session.window
        if parts is not None:
            owners |= {"agent": parts.agent, "terminals": parts.terminals, "chat": parts.chat}
        return owners

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key means its action only in the places that the table says; elsewhere it is for what has the keyboard."""
        if action not in ("do", "do_last"):
            return super().check_action(action, parameters)
        row = self.keymap_table[str(parameters[0])]
        if self.screen is not self.session:
            return action == "do" and row.name in ("quit", "toggle_mouse")
        facts = self.session.facts()
        if row.name in LAST and action == "do":
            # A free terminal would take Esc for typing, and the key that goes back would take the keyboard; so would
            # Ctrl+C that is to copy. In a terminal that the person holds both are the program's.
            ours = row.name == "back" or facts.selection
            return ours and facts.place == "terminal" and not facts.kind
        # What takes a key in this question, page or find bar goes before what the key means in all of a place.
        return facts.place in row.places and (row.name in LAST or self.keymap_table.works(row, facts))

    async def action_do(self, name: str) -> None:
        """Run an action of the table."""
        await self.run_named(name)

    async def action_do_last(self, name: str) -> None:
        """Run an action whose key nothing below took."""
        await self.run_named(name)

    async def run_named(self, name: str, argument: str = "") -> None:
        """Run an action, or say why it means nothing now."""
        action, facts = self.keymap_table[name], self.session.here()
        if not self.dispatch.can(name):
            if name == "quit":
                self.leave()
            else:
                self.session.once(name, lambda: self.can_run(name), lambda: self.run_named(name, argument))
        elif action.available(facts):
            await self.dispatch.run(name, argument)
        elif why := self.keymap_table.why_not(action, facts):
            self.session.refuse(why, action)

    def _press(self, key: str) -> None:
        """Press a key where the keyboard is; what was chosen for a question is no key that came by chance."""
        if self.session.facts().place == "question" and (dock := self.session.open_question()) is not None:
            dock.press_chosen(key)
            return
        # As from the driver. One whose sender is a widget above the one with the keyboard goes up no further than to
        # it, and never comes to the bindings.
        self.post_message(events.Key(key, "/" if key == "slash" else None).set_sender(self))

    def can_run(self, name: str) -> bool:
        """Whether what an action needs is there: before the agent's folder is known, much is not."""
        return self.dispatch.can(name)

    def can_send(self, key: str) -> bool:
        """Whether the person's terminal can send a key; many send no Ctrl+Shift+letter."""
        return can_be_pressed(self, key)

    def toggle_mouse(self) -> bool:
        """Let the person's own terminal select, or take the mouse back; returns whether it is on now."""
        self._mouse_on = not self._mouse_on
        letter = "h" if self._mouse_on else "l"
        # Where Textual has asked for pixels, cells would be taken for pixels from now on.
        pixels = (1016,) if getattr(self._driver, "_mouse_pixels", False) else ()
        self.write_control("".join(f"\x1b[?{mode}{letter}" for mode in (1000, 1003, 1015, 1006, *pixels)))
        return self._mouse_on

    def write_control(self, sequence: str) -> None:
        """Write a control sequence to the person's terminal."""
        if self._driver is not None:
            self._driver.write(sequence)
            self._driver.flush()

    def on_chat_view_copy_requested(self, event: Message) -> None:
        """Put text into the clipboard by OSC 52, and say so truthfully."""
        self.copy_to_clipboard(str(getattr(event, "text", "")))
        self.session.tell("Copied (through your terminal).")

    def on_chat_view_link_chosen(self, event: Message) -> None:
        """Open a web address of the chat; the whole of it stood on the screen."""
        target = str(getattr(event, "target", ""))
        self.open_url(target)
        self.session.tell(f"Opened {target}")

    # -- the way out -----------------------------------------------------------------------------------------------

    def _signalled(self, number: int) -> None:
        if self.last_resort.begin(128 + number):
            self._quit(128 + number, "detach" if is_dropped(number) else "")

    def leave(self, terminals: OnLeave = "") -> None:
        """Quit without a question."""
        self._quit(0, terminals)

    @work(exclusive=True, group="quit")
    async def _quit(self, code: int, terminals: OnLeave = "") -> None:
        if self.tabs.shown.worker is None:
            self.workers.cancel_group(self, "opening")  # it would bring panes into a screen that goes
        await self.tabs.end_all(terminals)
        if not terminal_is_there():
            # Textual would wait for a writer that died with the terminal.
            logging.shutdown()
            os._exit(code)
        self.attention.close()
        self.exit(code, return_code=code, message=said_at_last(self.tabs, terminals) or None)

    def forget_demo(self) -> None:
        """Delete the projects of demos."""
        self.tabs.forget_demos()
