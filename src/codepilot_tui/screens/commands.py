"""What is done from the screen as a whole: finding a command, choosing, looking. Owns the targets `commands.…`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events

from codepilot_tui.actions import PRESS, Action
from codepilot_tui.key_names import key_text
from codepilot_tui.pages.find import FindPage
from codepilot_tui.pages.keys import KeysPage
from codepilot_tui.popups.leader import LeaderPopup
from codepilot_tui.popups.menu import MenuPopup
from codepilot_tui.popups.pick import PickPopup
from codepilot_tui.screens.leaving import Leaving
from codepilot_tui.theme import theme_names
from codepilot_tui.transcript.finding import Hit, find
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.options import Option

if TYPE_CHECKING:
    from codepilot_tui.screens.program import Program
    from codepilot_tui.screens.session import SessionScreen


class Commands:
    """Palette, menu, leader, help, themes, models, quitting.

    Args:
        screen: the session screen.
        app: the application.
    """

    def __init__(self, screen: SessionScreen, app: Program) -> None:
        self._screen = screen
        self._app = app
        self.leaving = Leaving(screen, app)

    def answer(self) -> None:
        """Give the keyboard to the question that is open, whoever asks, or open the one that waits; a page gives way.

        The agent's comes before quitting: its `y` must not be the one that ends everything.
        """
        screen = self._screen
        screen.leave_pages()
        if screen.parts is not None:
            if self.leaving.dock is not None and screen.parts.questions.waiting:
                self.leaving.dock.finish(None)
            screen.parts.questions.recall()
        elif (dock := screen.open_question()) is not None:
            screen.recall(dock)

    # -- finding a command -----------------------------------------------------------------------------------------

    def palette(self) -> None:
        """All commands, found by typing."""
        keymap, facts = self._screen.keymap, self._screen.facts()

        def key(action: Action) -> str:
            return keymap.sent_key(action, self._app.can_send)

        options = [
            Option(action.name, action.label, " · ".join(filter(None, (key(action), action.slash))))
            for action in keymap.commands
            if action.name != "palette" and action.available(facts) and self._app.can_run(action.name)
        ]
        PickPopup("Commands", options).open(self._screen, self._chosen)

    def menu(self) -> None:
        """What can be done here."""
        keymap, facts = self._screen.keymap, self._screen.here()
        options = [
            Option(
                action.name,
                action.label_in_menu(facts),
                ""
                if (key := keymap.key_here(action, facts, self._app.can_send)) == action.menu_letter
                else key,
                action.menu_letter,
            )
            for action in keymap.menu(facts)
            if self._app.can_run(action.name)
        ]
        if options:
            MenuPopup(options).open(self._screen, self._chooser())
        else:
            palette = keymap.key_here(keymap["palette"], facts, self._app.can_send)
            self._screen.tell(f"Nothing to choose here. {palette} has all commands.")

    def leader(self) -> None:
        """Wait for one letter."""
        keymap, facts = self._screen.keymap, self._screen.facts()
        commands = [
            action for action in keymap.commands if action.available(facts) and self._app.can_run(action.name)
        ]

        others = [action for action in keymap.commands if action not in commands]
        LeaderPopup(commands, keymap.leader, others).open(self._screen, self._chosen)

    async def take_letter(self, event: events.Key) -> bool:
        """Do what a letter after the leader means; the leader again goes to the program in the terminal.

        It is done before the next key is sent anywhere: that one may be for what the letter opens.

        Returns:
            Whether it was one, if only one that means nothing.
        """
        popup = self._screen.focused
        if not isinstance(popup, LeaderPopup):
            return False
        name = popup.choice(event)
        if name is None and not event.is_printable:
            return False
        popup.finish(None)
        keymap = self._screen.keymap
        if name is None:
            typed = f"{key_text(keymap.leader)} {event.character}"
            self._screen.tell(
                f"{typed} is not a command. {keymap.leader_key(keymap['help'])} lists all keys."
            )
            return True
        if name != keymap.leader:
            await self._screen.run(name)
        elif self._screen.facts().place == "terminal-held" and self._screen.parts is not None:
            self._screen.parts.terminals.send_key(name)
        return True

    def _chosen(self, name: str | None) -> None:
        if name is not None:
            self._soon(name)

    def _soon(self, name: str) -> None:
        """Run an action once what is being closed is closed."""
        self._screen.call_later(self._screen.run, name)

    def _chooser(self) -> Callable[[str | None], None]:
        """Runs what is chosen from the keys of here; not if they were those of a question that is gone by then."""
        asked = self._screen.open_question()

        def chosen(name: str | None) -> None:
            target = self._screen.keymap[name].target if name is not None else ""
            if target.startswith(("panes.", "terminals.")):
                self._screen.leave_pages()  # which would hide what it does
            if target != PRESS or self._screen.open_question() is asked:
                self._chosen(name)

        return chosen

    def keys(self) -> None:
        """The keys of the place that has the keyboard, and all others."""
        if self._screen.pages is None or isinstance(self._screen.pages.page, KeysPage):
            return
        page = KeysPage(self._screen.keymap, self._screen.here(), self._app.can_send)
        self._screen.open_page(page, self._chooser())

    def find_chat(self, words: str = "") -> None:
        """Find words in the conversation, and go to what is chosen."""
        agent = self._screen.agent
        if agent is None or self._screen.pages is None or isinstance(self._screen.pages.page, FindPage):
            return
        page = FindPage(lambda wanted: find(agent.transcript.items, wanted))

        def found(hit: Hit | None) -> None:
            if hit is not None:
                self._soon("focus_chat")
                # Once the chat has its rows again: the page hid it.
                self._screen.call_after_refresh(self._screen.query_one(ChatView).go_to, hit, page.list.wanted)

        self._screen.open_page(page, found)
        page.field.value = words

    # -- choosing --------------------------------------------------------------------------------------------------

    async def choose_model(self, choice: str = "") -> None:
        """Go on with another model: the one named, or one of a list."""
        agent = self._screen.agent
        if agent is None or agent.bridge is None:
            self._screen.tell("Starting. Choose the model when the agent is ready.", about="starting")
            return
        if choice:
            agent.use_model(choice)
            return
        current = agent.bridge.model.choice
        options = [Option(current, current, "in use")]
        for offer in await agent.bridge.models():
            if offer.choice != current:
                options.append(Option(offer.choice, offer.choice, offer.why))

        def chosen(value: str | None) -> None:
            if value is not None and value != current:
                agent.use_model(value)

        PickPopup("Model", options, current=current).open(self._screen, chosen)

    def choose_theme(self, name: str = "") -> None:
        """Another theme: the one named, or one of a list."""
        names = theme_names()
        if name:
            if name in names:
                self._app.theme = name
            else:
                self._screen.tell(f"No theme {name}. There are {', '.join(names)}.", "warn")
            return

        def chosen(value: str | None) -> None:
            if value is not None:
                self._app.theme = value

        options = [Option(each, each) for each in names]
        PickPopup("Theme", options, current=self._app.theme).open(self._screen, chosen)

    def toggle_mouse(self) -> None:
        """Let the person's own terminal select text, or take the mouse back."""
        on = self._app.toggle_mouse()
        key = key_text(self._screen.keymap["toggle_mouse"].key)
        off = f"Mouse off: your terminal selects text now. {key} turns it on."
        self._screen.tell("Mouse on." if on else off)

    # -- leaving ---------------------------------------------------------------------------------------------------

    async def quit(self) -> None:
        """Quit; ask first while an agent works, or what becomes of what runs in the terminals."""
        await self.leaving.quit()

    def follow(self) -> None:
        """The agent or a terminal does something else: what is said of them stays true."""
        self.leaving.follow()
