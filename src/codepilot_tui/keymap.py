"""The table of actions with the keys in force: what a key or a letter runs, how keys are written, which ones clash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from codepilot.errors import UsageError
from codepilot.values import dataclass
from codepilot_tui.actions import ACTIONS, OFFERED, PRESS, WHY_NOT, Action
from codepilot_tui.facts import Facts, Place
from codepilot_tui.key_names import checked_key, key_text


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
        # What has a kind goes before what is for all of a place.
        for where in sorted(f"{place} {kind}" for place in action.places for kind in action.kinds or ("*",)):
            for key in dict.fromkeys(map(key_text, action.keys)):
                claim("key", key, where, action.name)
        for place in sorted(action.menu_places):
            for kind in sorted(action.kinds or ("*",)):
                claim("menu letter", action.menu_letter, f"{place} {kind}", action.name)
    by_leader = {tuple(names) for (kind, _, _), names in holders.items() if kind == "letter"}
    found: dict[str, None] = {}
    for (kind, value, _), names in holders.items():
        # The letter of a menu is the leader's, where a row has no other: one clash, told once.
        if len(names) > 1 and not (kind == "menu letter" and tuple(names) in by_leader):
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
    def changed(self) -> dict[str, str]:
        """The keys that are not those of the table, by the names of their actions."""
        usual = {action.name: action.key for action in ACTIONS}
        return {action.name: action.key for action in self.actions if action.key != usual[action.name]}

    @property
    def commands(self) -> tuple[Action, ...]:
        """The rows of leader and palette."""
        return tuple(action for action in self.actions if action.is_command)

    def by_slash(self, command: str) -> Action | None:
        """The action of a command typed in the composer."""
        return next((action for action in self.actions if action.slash and action.slash == command), None)

    def taking(self, key: str, facts: Facts) -> Action | None:
        """The row that a key means where the keyboard is: one of this question or page before one of the place."""
        rows = [row for row in self.actions if key in row.keys and row.is_at(facts)]
        return next((row for row in rows if row.kinds), rows[0] if rows else None)

    def here(self, facts: Facts) -> tuple[Action, ...]:
        """The rows of where the keyboard is: its own keys, the commands of its menu, those of everywhere.

        Args:
            facts: with what is `offered` now.
        """
        at = [row for row in self.actions if row.is_at(facts) or facts.place in row.menu_places]
        at = [row for row in at if not row.kinds or facts.kind in row.kinds]
        rows = [
            row for row in at if not row.key or not row.is_at(facts) or self.taking(row.key, facts) is row
        ]
        own = [row for row in rows if row.target == PRESS and (row.when != OFFERED or row.available(facts))]
        menu = [row for row in rows if row.target != PRESS and facts.place in row.menu_places]
        always = [row for row in rows if row.name in ("back", "interrupt")]
        return tuple(own + menu + always)

    def menu(self, facts: Facts) -> tuple[Action, ...]:
        """What can be done here now, for the menu.

        Args:
            facts: with what is `offered` now.
        """
        return tuple(row for row in self.here(facts) if row.menu and row.available(facts))

    def works(self, action: Action, facts: Facts) -> bool:
        """Whether an action's own key means it where the keyboard is."""
        return bool(action.key) and action.is_at(facts) and self.taking(action.key, facts) is action

    def key_here(self, action: Action, facts: Facts, sends: Callable[[str], bool]) -> str:
        """The key that runs an action where the keyboard is, or its way by the leader; empty: neither means it there.

        Args:
            action: the row.
            facts: where the keyboard is.
            sends: whether the terminal can send a key.
        """
        if self.works(action, facts) and sends(action.key):
            return key_text(action.key)
        return self.leader_key(action) if self["leader"].is_at(facts) else ""

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
        if action.when == "rewind" and facts.working:
            return self._busy(facts)
        if action.when in ("idle", "new"):
            if facts.working:
                return self._busy(facts)
            return WHY_NOT["asked first" if facts.question_open else "ready"]
        when = action.when
        if when == "waiting" and facts.place == "question" and (facts.waiting or facts.question_open):
            return ""  # the keyboard is there already
        if (when == "several" or when.startswith("not ")) and not facts.terminals:
            when = "terminal"
        if when in ("terminal", "several") and not facts.connected:
            return WHY_NOT["host"]  # where the first one comes by itself
        said = WHY_NOT.get(when, "")
        if said == WHY_NOT["ready"] and facts.question_open:
            return WHY_NOT["asked first"]
        return said.format(new_terminal=self.leader_key(self["new_terminal"])) if said else ""

    def _busy(self, facts: Facts) -> str:
        """What the agent does, and the key that ends it where the keyboard is."""
        if facts.asked:
            key = "" if facts.place == "question" else self.shown_key(self["answer"], facts.place)
            return f"The agent waits for your answer.{f' {key} goes to its question.' if key else ''}"
        # Elsewhere Esc leaves the place first.
        key = "Esc" if facts.place == "composer" else self.leader_key(self["stop"])
        return f"The agent is working. {key} stops it."

    def remapped(self, changes: Mapping[str, str]) -> Keymap:
        """The table with the person's keys: `{"take_over": "f11", "leader.take_over": "0", "leader": "ctrl+b"}`.

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
                raise UsageError(f"keys: There is no action {name!r}.", hint=f"There are: {known}.")
            if is_letter:
                if len(value) != 1 or not value.isprintable() or value == " ":
                    raise UsageError(f"keys: {entry}: {value!r} is not one letter.")
                table[name] = replace(action, leader=value)
            else:
                table[name] = replace(action, key=checked_key(entry, value))
        made = Keymap(tuple(table.values()))
        clashes = conflicts(made.actions)
        if clashes:
            raise UsageError(f"keys: One key for two actions: {'; '.join(clashes)}.")
        return made
