"""Everything that can be done, as one table: the source of bindings, palette, leader, menu, footer, help and commands.

A row is a *command* (it has a letter after the leader, because terminals and editors take F-keys and Alt for
themselves) or a plain *key* of the place it belongs to, which that place's widget takes itself: such a row's target is
`press`, and running it presses the key. `Keymap` holds the table after the person's `keys.yaml` was laid over it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from codepilot.errors import UsageError
from codepilot_tui.facts import BENCH, READING, Facts, Place

LEADER = "ctrl+x"
"""Pressed before a letter; twice, it goes to the program in the terminal."""
PRESS = "press"
"""The target of a row whose key the widget of its place takes itself."""

EVERYWHERE: frozenset[Place] = frozenset((*BENCH, "question", "page", "popup"))
"""Every place in which keys are ours."""
OPEN: frozenset[Place] = frozenset((*BENCH, "question"))
"""The session screen, with a question or without."""

WHEN: dict[str, Callable[[Facts], bool]] = {
    "always": lambda facts: True,
    "working": lambda facts: facts.working,
    "waiting": lambda facts: facts.waiting > 0 and facts.place != "question",
    "idle": lambda facts: facts.ready and not facts.working,
    "ready": lambda facts: facts.ready,
    "held": lambda facts: facts.ready and facts.held > 0,
    "terminal": lambda facts: facts.terminals > 0,
    "several": lambda facts: facts.terminals > 1,
    "connected": lambda facts: facts.connected,
    "runs": lambda facts: facts.runs > 0,
    "draft": lambda facts: facts.draft,
    "empty": lambda facts: not facts.draft,
    "later": lambda facts: facts.draft and facts.working,
    "selection": lambda facts: facts.selection,
    "free": lambda facts: facts.holder == "free",
    "agent": lambda facts: facts.holder == "agent",
    "conversation": lambda facts: facts.conversation,
    "changes": lambda facts: facts.changes > 0,
}
"""When a row means something: named predicates over what is true now."""


WHY_NOT: dict[str, str] = {
    "working": "The agent is idle: there is nothing to stop.",
    "waiting": "No question waits.",
    "ready": "Starting. Try again when the agent is ready.",
    "held": "No message is held.",
    "terminal": "No terminal yet. {new_terminal} opens one.",
    "several": "There is no other terminal. {new_terminal} opens one.",
    "connected": "The terminals are still starting.",
    "conversation": "Nothing was said yet.",
    "runs": "Nothing to add: the agent knows all your commands.",
    "selection": "Nothing is selected.",
}
"""What is said where a command means nothing now; keys of other rows stand in braces."""


@dataclass(frozen=True, slots=True)
class Action:
    """One row."""

    name: str
    """Its identity, in the person's key file too."""
    label: str
    """What palette, menu and help call it."""
    group: str
    """The heading in the help."""
    target: str
    """`owner.method`, as `dispatch` resolves it, or `press`."""
    key: str = ""
    """As Textual names keys: `f6`, `ctrl+p`."""
    leader: str = ""
    """The letter after the leader; empty for a plain key."""
    places: frozenset[Place] = BENCH
    """Where the key means this."""
    when: str = "always"
    """The name of a predicate in `WHEN`."""
    slash: str = ""
    """The command in the composer, if there is one."""
    letter: str = ""
    """Chooses it in the menu of its place; empty: it is not there."""
    word: str = ""
    """What the footer calls it; empty: it is never there."""
    rank: int = 0
    """How much it matters in the footer."""
    held: bool = False
    """The footer names it by its letter in a terminal that the person holds, where its key is the program's."""
    remap: bool = True
    """The person's file may give it another key."""

    @property
    def is_command(self) -> bool:
        """It can be run from anywhere: by the leader, the palette, a slash."""
        return bool(self.leader)

    @property
    def menu_places(self) -> frozenset[Place]:
        """In whose menus it stands: a command of the terminal only in the terminal's, wherever its key may work."""
        if not self.letter:
            return frozenset()
        return self.places & {"terminal", "terminal-held"} if self.group == "Terminal" else self.places

    def available(self, facts: Facts) -> bool:
        """Whether it means something now."""
        return WHEN[self.when](facts)


def _in(*places: Place) -> frozenset[Place]:
    return frozenset(places)


_A = Action
ACTIONS: tuple[Action, ...] = (
    _A("stop", "Stop the agent", "Agent", "agent.stop", "", "s", when="working", slash="/stop", word="stop", rank=70, held=True),
    _A("answer", "Answer the waiting question", "Agent", "questions.recall", "ctrl+o", "a", when="waiting", word="answer", rank=99, held=True),
    _A("model", "Choose the model", "Agent", "app.choose_model", "alt+m", "m", OPEN, "ready", "/model"),
    _A("new_session", "Start a new conversation", "Agent", "app.new_session", "alt+n", "n", when="idle", slash="/new"),
    _A("send_held", "Send the held messages", "Agent", "agent.send_held", "alt+g", "g", when="held", slash="/send", word="send held", rank=68),
    _A("find_chat", "Find in the conversation", "Agent", "app.find_chat", "alt+slash", "F", when="conversation", slash="/find", letter="/"),
    _A("take_over", "Take over the terminal, or hand it back", "Terminal", "terminals.take_over", "f6", "t",
       frozenset((*BENCH, "terminal-held")), "terminal", letter="t", word="@holder", rank=66, held=True),
    _A("new_terminal", "Open a new terminal", "Terminal", "terminals.open", "ctrl+shift+t", "o", when="connected", letter="o"),
    _A("close_terminal", "Close the terminal", "Terminal", "terminals.close", "ctrl+shift+w", "w", when="terminal", letter="w"),
    _A("next_terminal", "Next terminal", "Terminal", "terminals.next", "ctrl+pagedown", "j", when="several", letter="j"),
    _A("previous_terminal", "Previous terminal", "Terminal", "terminals.previous", "ctrl+pageup", "k", when="several", letter="k"),
    _A("find_terminal", "Find in the terminal", "Terminal", "terminals.find", "ctrl+shift+f", "/", when="terminal", letter="f", word="@find", rank=50, held=True),
    _A("browse_terminal", "Select with the keyboard in the terminal", "Terminal", "terminals.browse", "ctrl+shift+e", "[", when="terminal", letter="e"),
    _A("copy_terminal", "Copy from the terminal", "Terminal", "terminals.copy", "ctrl+shift+c", "y", when="selection", letter="c"),
    _A("add_runs", "Add the commands you ran to your message", "Terminal", "terminals.add_runs", "alt+r", "e", when="runs", letter="r", word="add what you ran", rank=60),
    _A("focus_composer", "Go to the composer", "Panes", "panes.composer", "f5", "i"),
    _A("focus_chat", "Go to the chat", "Panes", "panes.chat", "f3", "c", OPEN),
    _A("focus_terminal", "Go to the terminal", "Panes", "panes.terminal", "f4", "r", OPEN),
    _A("focus_files", "Go to the files", "Panes", "panes.files", "f2", "f", OPEN),
    _A("toggle_files", "Fold or unfold the files", "Panes", "panes.toggle_files", "f7", "b"),
    _A("toggle_terminal", "Fold or unfold the terminal", "Panes", "panes.toggle_terminal", "f8", "v"),
    _A("maximise", "Maximise this pane, or restore it", "Panes", "panes.maximise", "f9", "z", letter="z", word="@maximise", rank=40, held=True),
    _A("widen", "Make this pane wider", "Panes", "panes.widen", "alt+shift+right", ">", letter="+"),
    _A("narrow", "Make this pane narrower", "Panes", "panes.narrow", "alt+shift+left", "<", letter="-"),
    _A("reset_widths", "Reset the widths of the panes", "Panes", "panes.reset", "alt+shift+up", "=", letter="="),
    _A("menu", "What can be done here", "Workbench", "app.menu", "f10", "space"),
    _A("palette", "Commands", "Workbench", "app.palette", "ctrl+p", "p", OPEN, word="@palette", rank=8),
    _A("help", "Keys", "Workbench", "app.keys", "f1", "h", frozenset((*OPEN, "page")), slash="/help", word="keys", rank=1, held=True),
    _A("theme", "Choose the theme", "Workbench", "app.choose_theme", "alt+t", "l", slash="/theme"),
    _A("toggle_mouse", "Turn the mouse off, so that your terminal selects text, or on", "Workbench", "app.toggle_mouse", "f12", "u", EVERYWHERE),
    _A("quit", "Quit", "Workbench", "app.quit", "ctrl+q", "q", EVERYWHERE, slash="/quit"),

    _A("back", "Close, restore, or go back to the composer; there, stop the agent", "Everywhere", "ladder.escape", "escape", word="@escape", rank=90, remap=False),
    _A("interrupt", "Copy the selection, else clear what is written here, else stop; twice when idle, quit", "Everywhere", "ladder.interrupt", "ctrl+c", places=EVERYWHERE, word="@interrupt", rank=65, remap=False),
    _A("leader", "Then a letter: any command", "Everywhere", "app.leader", LEADER, places=frozenset((*OPEN, "terminal-held"))),

    _A("send", "Send; while the agent works, queue for the next step", "Composer", PRESS, "enter", "", _in("composer"), "draft", word="@send", rank=85, remap=False),
    _A("after_task", "Queue for after this task", "Composer", PRESS, "tab", "", _in("composer"), "later", word="after this task", rank=84, remap=False),
    _A("newline", "New line (also Ctrl+J, \\ Enter, and Shift+Enter where the terminal sends it)", "Composer", PRESS, "alt+enter", "", _in("composer"), "draft", remap=False),
    _A("history", "Edit the queued message, or recall an earlier one", "Composer", PRESS, "up", "", _in("composer"), remap=False),
    _A("commands", "Commands by name", "Composer", PRESS, "slash", "", _in("composer"), "empty", word="commands", rank=30, remap=False),

    _A("move", "Move over the rows", "Chat, files, changes", PRESS, "down", "", READING, remap=False),
    _A("page", "Scroll by a page (also PgUp, Home, End)", "Chat, files, changes", PRESS, "pagedown", "", READING, remap=False),
    _A("next_pane", "Go to the next pane", "Chat, files, changes", "panes.next", "tab", "x", READING, remap=False),
    _A("copy_item", "Copy this item", "Chat", "chat.action_copy_item", "", "", _in("chat"), "conversation", letter="c", remap=False),
    _A("previous_prompt", "Go to the prompt before (Ctrl+↓ to the next)", "Chat", PRESS, "ctrl+up", "", _in("chat"), "conversation", word="prompts", rank=45, remap=False),
    _A("unfold", "Unfold or fold (also → ←)", "Chat", PRESS, "enter", "", _in("chat"), "conversation", word="unfold", rank=60, remap=False),
    _A("open_file", "Open the file or folder", "Files", PRESS, "enter", "", _in("files"), word="open", rank=60, remap=False),
    _A("fold_file", "Unfold a folder (← folds it)", "Files", PRESS, "right", "", _in("files"), word="unfold", rank=55, remap=False),
    _A("open_change", "Look at the change", "Changes", PRESS, "enter", "", _in("changes"), "changes", word="look at", rank=60, remap=False),
    _A("look_round", "Look round in the agent's terminal (also arrows, Home, End)", "Terminal", PRESS, "pageup", "", _in("terminal"), "agent", word="look back", rank=45, remap=False),
    _A("look_back", "Look back in any terminal (Shift+PgDn forward)", "Terminal", PRESS, "shift+pageup", "", frozenset(("terminal", "terminal-held")), "terminal", remap=False),

    _A("allow", "Allow once, or all changes of the step", "Question", PRESS, "y", "", _in("question"), remap=False),
    _A("refuse", "No", "Question", PRESS, "n", "", _in("question"), remap=False),
    _A("refuse_why", "No, because…: tell the agent what to do instead", "Question", PRESS, "d", "", _in("question"), remap=False),
    _A("next_question", "Next question, if several wait", "Question", PRESS, "tab", "", _in("question"), remap=False),
    _A("full_question", "Give the question all rows, or only what it needs", "Question", PRESS, "f5", "", _in("question"), remap=False),
    _A("scroll", "Scroll what is long (also PgUp, PgDn, Home, End, ← →)", "Question, changes", PRESS, "down", "", _in("question", "page"), remap=False),
    _A("next_change", "Next change (, for the one before)", "Question, changes", PRESS, "full_stop", "", _in("question", "page"), remap=False),
    _A("next_file", "Next file (< for the one before)", "Question, changes", PRESS, "greater_than_sign", "", _in("question", "page"), remap=False),
    _A("show_conflict", "Show how a file changed on disk since the agent read it", "Question", PRESS, "o", "", _in("question"), remap=False),
    _A("fold_lines", "Fold the unchanged lines, or unfold", "Question, changes", PRESS, "f", "", _in("question", "page"), remap=False),
    _A("wrap_lines", "Wrap long lines, or cut them", "Question, changes", PRESS, "w", "", _in("question", "page"), remap=False),
)  # fmt: skip

_NAMES = {
    "escape": "Esc", "enter": "Enter", "tab": "Tab", "space": "Space", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "backspace": "Backspace",
    "delete": "Del", "left_square_bracket": "[", "right_square_bracket": "]", "question_mark": "?", "slash": "/",
    "full_stop": ".", "comma": ",", "greater_than_sign": ">", "less_than_sign": "<",
    "ctrl": "Ctrl", "alt": "Alt", "shift": "Shift", "super": "Super", "meta": "Meta",
}  # fmt: skip
_KEY = re.compile(r"((ctrl|alt|shift|super|meta)\+)*(f\d{1,2}|[a-z][a-z_]+|.)")


def key_text(key: str) -> str:
    """A key as a person reads it: `ctrl+p` is `Ctrl+P`."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    shown = [_NAMES.get(part, part) for part in modifiers]
    name = _NAMES.get(last) or (
        last.upper() if len(last) == 1 or re.fullmatch(r"f\d+", last) else last.title()
    )
    if len(last) == 1 and not modifiers:
        name = last
    return "+".join([*shown, name])


def conflicts(actions: Iterable[Action]) -> list[str]:
    """What two rows claim at once, in words; empty for a sound table. A key may mean two things in two places."""
    holders: dict[tuple[str, str, str], list[str]] = {}

    def claim(kind: str, value: str, where: str, name: str) -> None:
        names = holders.setdefault((kind, value, where), [])
        if value and (not names or names[-1] != name or kind == "name"):
            names.append(name)

    for action in actions:
        claim("name", action.name, "", action.name)
        claim("letter", action.leader, "", action.name)
        claim("command", action.slash, "", action.name)
        for place in sorted(action.places):
            claim("key", key_text(action.key) if action.key else "", place, action.name)
        for place in sorted(action.menu_places):
            claim("menu letter", action.letter, place, action.name)
    found: dict[str, None] = {}
    for (kind, value, _), names in holders.items():
        if len(names) > 1:
            found[f"{kind} {value}: {' and '.join(names)}"] = None
    return list(found)


@dataclass(frozen=True, slots=True)
class Keymap:
    """The actions with the keys in force."""

    actions: tuple[Action, ...] = ACTIONS

    def __getitem__(self, name: str) -> Action:
        for action in self.actions:
            if action.name == name:
                return action
        raise KeyError(name)

    @property
    def leader(self) -> str:
        """The key before a letter."""
        return self["leader"].key

    @property
    def commands(self) -> tuple[Action, ...]:
        """The rows of leader and palette."""
        return tuple(action for action in self.actions if action.is_command)

    def by_leader(self, letter: str) -> Action | None:
        """The action of the leader's letter."""
        return next((action for action in self.commands if action.leader == letter), None)

    def by_slash(self, command: str) -> Action | None:
        """The action of a command typed in the composer."""
        return next((action for action in self.actions if action.slash and action.slash == command), None)

    def grouped(self) -> list[tuple[str, list[Action]]]:
        """The actions under their headings, in the order of the table."""
        groups: dict[str, list[Action]] = {}
        for action in self.actions:
            groups.setdefault(action.group, []).append(action)
        return list(groups.items())

    def here(self, place: Place) -> tuple[Action, ...]:
        """The rows that are about a place: its keys first, then the commands of its menu."""
        own = [row for row in self.actions if not row.is_command and place in row.places]
        menu = [row for row in self.actions if row.is_command and place in row.menu_places]
        return tuple(own + menu)

    def menu(self, place: Place, facts: Facts) -> tuple[Action, ...]:
        """What can be done here now, for the menu."""
        about = [row for row in self.actions if place in row.menu_places]
        plain = [row for row in self.actions if row.target == PRESS and row.word and place in row.places]
        return tuple(row for row in (*plain, *about) if row.available(facts))

    def shown_key(self, action: Action, place: Place) -> str:
        """The key of an action as it is pressed in a place; by the leader where its key is not ours."""
        if action.key and place in action.places:
            return key_text(action.key)
        return self.leader_key(action)

    def sent_key(self, action: Action, sends: Callable[[str], bool]) -> str:
        """The key of an action, or its way by the leader where the terminal cannot send that key.

        Args:
            action: the row.
            sends: whether the terminal can send a key.
        """
        return key_text(action.key) if action.key and sends(action.key) else self.leader_key(action)

    def leader_key(self, action: Action) -> str:
        """Leader and letter of an action as they are pressed."""
        return f"{key_text(self.leader)} {key_text(action.leader)}" if action.leader else ""

    def why_not(self, action: Action, facts: Facts) -> str:
        """Why a command means nothing now, in words."""
        if action.when == "idle":
            return "The agent is working. Esc stops it." if facts.working else WHY_NOT["ready"]
        said = WHY_NOT.get(action.when, "")
        return said.format(new_terminal=self.leader_key(self["new_terminal"])) if said else ""

    def remapped(self, changes: Mapping[str, str]) -> Keymap:
        """The table with the person's keys: `{"take_over": "f10", "leader.take_over": "g", "leader": "ctrl+b"}`.

        Raises:
            UsageError: an unknown action, a key that would swallow typed text, or one key for two actions.
        """
        table = {action.name: action for action in self.actions}
        for entry, value in changes.items():
            is_letter = entry.startswith("leader.")
            name = entry.removeprefix("leader.")
            action = table.get(name)
            if action is None or not action.remap or (is_letter and not action.leader):
                known = ", ".join(each.name for each in self.actions if each.remap)
                raise UsageError(f"keys: there is no action {name!r}", hint=f"known: {known}")
            if is_letter:
                if len(value) != 1 or not value.isprintable() or value == " ":
                    raise UsageError(f"keys: {entry}: {value!r} is not one letter")
                table[name] = replace(action, leader=value)
            else:
                table[name] = replace(action, key=_checked_key(entry, value))
        made = Keymap(tuple(table.values()))
        clashes = conflicts(made.actions)
        if clashes:
            raise UsageError("keys: one key for two actions: " + "; ".join(clashes))
        return made


def _checked_key(entry: str, value: str) -> str:
    key = value.strip().lower()
    if not _KEY.fullmatch(key):
        raise UsageError(f"keys: {entry}: {value!r} is no key", hint="write it like ctrl+p, alt+m or f6")
    *modifiers, last = key.split("+")
    types_text = len(last) == 1 or last in ("space", "enter", "tab", "backspace")
    if types_text and not {"ctrl", "alt", "super", "meta"} & set(modifiers):
        raise UsageError(
            f"keys: {entry}: {value!r} is needed for typing", hint="add ctrl or alt, or take an F-key"
        )
    if key in ("ctrl+c", "escape"):
        raise UsageError(f"keys: {entry}: {key_text(key)} cannot be given away")
    return key
