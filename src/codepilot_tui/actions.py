"""Everything the workbench can be told to do, as one table: the source of bindings, palette, leader and help.

Each action has a palette entry, a key **and** a leader twin (the leader, then a letter), because terminals and
editors take F-keys and Alt for themselves. `Keymap` holds the table after the person's own file was laid over it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from codepilot.errors import UsageError

When = Literal["always", "working", "waiting"]
"""In which state an action means something: always, while the agent works, while a question waits."""

LEADER = "ctrl+x"
HELD_BACK = (
    "palette", "quit", "take_over", "new_terminal", "close_terminal", "find_terminal", "browse_terminal",
    "copy_terminal",
)  # fmt: skip
"""Actions whose keys no program in a terminal gets; the leader is held back too."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done."""

    name: str
    """Its identity, in the person's key file too."""
    label: str
    """What the palette and the help call it."""
    key: str
    """As Textual names keys: `f6`, `ctrl+p`."""
    leader: str
    """The letter after the leader."""
    target: str
    """The Textual action to run, with its namespace."""
    group: str
    """The heading in the help."""
    when: When = "always"
    slash: str = ""
    """The command in the composer, if there is one."""


ACTIONS: tuple[Action, ...] = (
    Action("stop", "Stop the agent", "escape", "s", "app.stop", "Agent", "working"),
    Action("pending_question", "Show the waiting question", "ctrl+o", "a", "app.pending_question", "Agent", "waiting"),
    Action("model", "Choose the model", "alt+m", "m", "app.choose_model", "Agent", slash="/model"),
    Action("new_session", "Start a new session", "alt+n", "n", "app.new_session", "Agent", slash="/new"),
    Action("take_over", "Take the keyboard of the terminal, or hand it back", "f6", "t", "app.take_over", "Terminal"),
    Action("new_terminal", "Open a new terminal", "ctrl+shift+t", "o", "app.new_terminal", "Terminal"),
    Action("close_terminal", "Close the terminal", "ctrl+shift+w", "w", "app.close_terminal", "Terminal"),
    Action("next_terminal", "Go to the next terminal", "ctrl+pagedown", "j", "app.next_terminal(1)", "Terminal"),
    Action("previous_terminal", "Go to the terminal before", "ctrl+pageup", "k", "app.next_terminal(-1)", "Terminal"),
    Action("find_terminal", "Find in the terminal", "ctrl+shift+f", "/", "app.find_terminal", "Terminal"),
    Action("browse_terminal", "Walk and mark in the terminal", "ctrl+shift+e", "[", "app.browse_terminal", "Terminal"),
    Action("copy_terminal", "Copy from the terminal", "ctrl+shift+c", "y", "app.copy_terminal", "Terminal"),
    Action("add_runs", "Add what you ran to your message", "alt+r", "e", "app.add_runs", "Terminal"),
    Action("focus_composer", "Go to the composer", "f5", "i", "app.focus_composer", "Panes"),
    Action("focus_chat", "Go to the chat", "f3", "c", "app.focus_chat", "Panes"),
    Action("focus_terminal", "Go to the terminal", "f4", "r", "app.focus_terminal", "Panes"),
    Action("focus_files", "Go to the files", "f2", "f", "app.focus_files", "Panes"),
    Action("toggle_files", "Fold the files away, or unfold them", "f7", "b", "app.toggle_files", "Panes"),
    Action("toggle_terminal", "Fold the terminal away, or unfold it", "f8", "v", "app.toggle_terminal", "Panes"),
    Action("maximise", "Give the focused pane the whole screen, or back", "f9", "z", "app.maximise_pane", "Panes"),
    Action("palette", "Everything that can be done", "ctrl+p", "p", "app.command_palette", "Workbench"),
    Action("help", "Keys", "f1", "h", "app.help_keys", "Workbench", slash="/help"),
    Action("theme", "Choose the theme", "alt+t", "l", "app.choose_theme", "Workbench", slash="/theme"),
    Action("toggle_mouse", "Mouse off, so your terminal selects, or on", "f12", "u", "app.toggle_mouse", "Workbench"),
    Action("quit", "Quit", "ctrl+q", "q", "app.quit_bench", "Workbench", slash="/quit"),
)  # fmt: skip

_NAMES = {
    "escape": "Esc", "enter": "Enter", "tab": "Tab", "space": "Space", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "backspace": "Backspace",
    "delete": "Del", "left_square_bracket": "[", "right_square_bracket": "]", "question_mark": "?", "slash": "/",
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


def available(action: Action, *, working: bool, waiting: bool) -> bool:
    """Whether the action means something now."""
    return action.when == "always" or (working if action.when == "working" else waiting)


def conflicts(actions: tuple[Action, ...], leader: str = LEADER) -> list[str]:
    """What two actions claim at once, in words; empty for a sound table."""
    holders: dict[tuple[str, str], list[str]] = {("key", key_text(leader)): ["the leader"]}
    for action in actions:
        claims = {
            "name": action.name,
            "key": key_text(action.key),
            "leader": action.leader,
            "slash": action.slash,
        }
        for kind, value in claims.items():
            if value:
                holders.setdefault((kind, value), []).append(action.name)
    return [
        f"{kind} {value}: {' and '.join(names)}" for (kind, value), names in holders.items() if len(names) > 1
    ]


@dataclass(frozen=True, slots=True)
class Keymap:
    """The actions with the keys in force."""

    actions: tuple[Action, ...] = ACTIONS
    leader: str = LEADER

    def __getitem__(self, name: str) -> Action:
        for action in self.actions:
            if action.name == name:
                return action
        raise KeyError(name)

    def by_leader(self, letter: str) -> Action | None:
        """The action of the leader's letter."""
        return next((action for action in self.actions if action.leader == letter), None)

    def by_slash(self, command: str) -> Action | None:
        """The action of a command typed in the composer."""
        return next((action for action in self.actions if action.slash == command), None)

    def grouped(self) -> list[tuple[str, list[Action]]]:
        """The actions under their headings, in the order of the table."""
        groups: dict[str, list[Action]] = {}
        for action in self.actions:
            groups.setdefault(action.group, []).append(action)
        return list(groups.items())

    def remapped(self, changes: Mapping[str, str]) -> Keymap:
        """The table with the person's keys: `{"take_over": "f10", "leader.take_over": "g", "leader": "ctrl+b"}`.

        Raises:
            UsageError: an unknown action, a key that would swallow typed text, or one key for two actions.
        """
        table = {action.name: action for action in self.actions}
        leader = self.leader
        for entry, value in changes.items():
            if entry == "leader":
                leader = _checked_key(entry, value)
                continue
            is_letter = entry.startswith("leader.")
            name = entry.removeprefix("leader.")
            if name not in table:
                raise UsageError(f"keys: there is no action {name!r}", hint="known: " + ", ".join(table))
            if is_letter:
                if len(value) != 1 or not value.isprintable() or value == " ":
                    raise UsageError(f"keys: {entry}: {value!r} is not one letter")
                table[name] = replace(table[name], leader=value)
            else:
                table[name] = replace(table[name], key=_checked_key(entry, value))
        made = Keymap(tuple(table.values()), leader)
        clashes = conflicts(made.actions, made.leader)
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
    if key == "ctrl+c":
        raise UsageError(f"keys: {entry}: Ctrl+C copies, clears and stops; it cannot be given away")
    return key
