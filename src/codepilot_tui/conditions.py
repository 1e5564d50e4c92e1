"""When a row of the table means something, and what is said where it does not: named predicates over `Facts`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from codepilot_tui.facts import MOST_TABS, Facts

OFFERED = "offered"
"""The `when` of a row that is there while its question or page takes its key."""


def _other_tab(number: int, facts: Facts) -> bool:
    return facts.tabs >= number != facts.tab


WHEN: dict[str, Callable[[Facts], bool]] = {
    "always": lambda facts: True,
    "working": lambda facts: facts.working,
    "waiting": lambda facts: (facts.waiting > 0 or facts.question_open) and facts.place != "question",
    "idle": lambda facts: facts.ready and not facts.working,
    "held": lambda facts: facts.ready and facts.held > 0,
    "terminal": lambda facts: facts.terminals > 0,
    "several": lambda facts: facts.terminals > 1,
    "not finding": lambda facts: facts.terminals > 0 and facts.kind != "find",
    "not walking": lambda facts: facts.terminals > 0 and facts.kind != "walk",
    "host": lambda facts: facts.connected or facts.can_start,
    "runs": lambda facts: facts.runs > 0,
    "draft": lambda facts: facts.draft,
    "empty": lambda facts: not facts.draft,
    "later": lambda facts: facts.draft and facts.working and not facts.popup,
    "terminal selection": lambda facts: facts.terminal_selection,
    "agent": lambda facts: facts.holder == "agent",
    "conversation": lambda facts: facts.conversation,
    "scrolls": lambda facts: facts.scrolls,
    "row": lambda facts: facts.at_cursor != "",
    "changes": lambda facts: facts.changes > 0,
    "revert": lambda facts: facts.ready and facts.kept and facts.changes > 0 and not facts.working,
    "reverted": lambda facts: facts.reverted,
    "beside": lambda facts: facts.beside,
    "new": lambda facts: facts.ready and (facts.kept or not facts.working),
    "rewind": lambda facts: facts.ready and facts.kept and facts.conversation and not facts.working,
    "redo": lambda facts: facts.redo,
    "kept": lambda facts: facts.ready and facts.kept,
    "tabs": lambda facts: facts.tabs > 1,
    "furnished": lambda facts: facts.furnished,
    **{f"tab {number}": partial(_other_tab, number) for number in range(1, MOST_TABS + 1)},
}
"""When a row means something: named predicates over what is true now."""


WHY_NOT: dict[str, str] = {
    "working": "The agent is idle: there is nothing to stop.",
    "waiting": "There is no question to go to.",
    "ready": "Starting. Try again when the agent is ready.",
    "asked first": "Answer the question first, then try again.",
    "held": "No message is held.",
    "terminal": "No terminal yet. {new_terminal} opens one.",
    "several": "There is no other terminal. {new_terminal} opens one.",
    "not finding": "The find bar is open already.",
    "not walking": "You are selecting with keys already. Esc leaves.",
    "host": "The terminals are still starting.",
    "conversation": "Nothing has been said yet.",
    "runs": "Nothing to add: your next message tells the agent what it does not know yet.",
    "terminal selection": "Nothing is selected in the terminal.",
    "beside": "Only one pane is shown: there is no width to change.",
    "draft": "Nothing is written yet.",
    "later": "There is nothing to queue: the agent is idle, or nothing is written.",
    "empty": "A command begins in an empty composer.",
    "scrolls": "All of the conversation is in sight.",
    "row": "There is nothing to open in this row.",
    "changes": "The agent has changed no file yet.",
    "revert": "Only while the agent is idle, and only in a session that is kept.",
    "reverted": "No revert to undo.",
    "agent": "Only while the agent types in this terminal.",
    "furnished": "Starting. Try again when the agent is ready.",
    "rewind": "There is nothing to go back to.",
    "kept": "Sessions of the demo are not kept, so there is nothing to play.",
    "redo": "Nothing was rewound just now. /rewind takes an earlier one back.",
    "tabs": "This is the only open session.",
    **{f"tab {number}": f"There is no other tab {number}." for number in range(1, MOST_TABS + 1)},
}
"""What is said where a row that was chosen means nothing now; keys of other rows stand in braces."""
STAYS = frozenset(("working", "held", "runs", "terminal selection", "beside", "not finding", "not walking"))
"""The commands with such a `when` leave the keyboard where it is, so what is typed behind one is not about it."""
