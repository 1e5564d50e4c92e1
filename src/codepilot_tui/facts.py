"""What is true on the screen now, as one frozen value: the rules of keys, hints and layout read nothing else."""

from __future__ import annotations

from typing import Literal

from codepilot.values import dataclass

Place = Literal[
    "composer", "chat", "files", "changes", "terminal", "terminal-held", "question", "page", "popup"
]
"""Where the keyboard is. `terminal`: one that the agent holds or nobody; `terminal-held`: one of the person."""
Kind = Literal[
    "", "walk", "find",
    "command", "edits", "reason", "ask", "trust", "quit", "clipboard", "confirm",
    "file", "found", "change", "stream", "search", "keys", "welcome", "sessions", "rewind",
    "context", "reading", "replay",
]  # fmt: skip
"""Which terminal (with a walk or the find bar), question or page it is, where its keys are not those of every one."""
MOST_TABS = 9
"""Sessions that are open at once: each has a number of one digit, and processes of its own."""
Holder = Literal["agent", "person", "free"]
AtCursor = Literal["", "open", "unfold", "fold"]
"""What Enter does in the row with the cursor; empty: nothing."""

READING: frozenset[Place] = frozenset(("chat", "files", "changes"))
"""Places in which nothing is written: letters typed there go to the composer."""
BENCH: frozenset[Place] = frozenset((*READING, "composer", "terminal"))
"""The places of the session screen, but for a terminal that the person holds: its keys are the program's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The state of one session screen."""

    place: Place = "composer"
    kind: Kind = ""
    offered: frozenset[str] = frozenset()
    """The keys that the question or page which has the keyboard takes now; looked up for lists and menus only."""
    ready: bool = True
    """The agent is up."""
    working: bool = False
    """A task is under way."""
    conversation: bool = False
    """Something was said."""
    furnished: bool = False
    """The panes are there: it is known which agent works in which folder."""
    kept: bool = False
    """The session is kept, so that another can be begun beside it."""
    tabs: int = 1
    """Open sessions."""
    tab: int = 1
    """The number of the one that is shown."""
    draft: bool = False
    """The writing place that has the keyboard holds text."""
    redo: bool = False
    """The conversation went back, and nothing was written or sent since."""
    unsent: bool = False
    """The composer holds text, wherever the keyboard is."""
    command: bool = False
    """What stands in the composer is a command: Enter runs it."""
    popup: bool = False
    """A popup of the composer's, the find bar, a row menu or the walk in a terminal is open."""
    editor: bool = False
    """An inline editor of a dock or page has the keyboard: a comment, a reason."""
    at_cursor: AtCursor = ""
    """What Enter does in the row with the cursor, where a reading pane has the keyboard."""
    scrolls: bool = False
    """The conversation is longer than what is in sight of it."""
    folded: bool = False
    """A call of the conversation has more than its row says."""
    selection: bool = False
    """Text is selected where the keyboard is, or in what one reads."""
    dragged: bool = False
    """The mouse was dragged, and no key was pressed since."""
    terminal_selection: bool = False
    """Text is selected in the terminal that is shown, wherever the keyboard is."""
    waiting: int = 0
    """Questions without an answer."""
    asked: bool = False
    """The agent waits for an answer: what waits may be a program's wish, beside which it works on."""
    question_open: bool = False
    """A question is on the screen, whether it has the keyboard or not: of the agent, or before something is done."""
    maximised: bool = False
    beside: bool = False
    """Panes stand side by side, so that there are widths to change."""
    queued: int = 0
    """Messages that wait for the next step or the end of the task."""
    held: int = 0
    """Messages that a stop gave back."""
    terminals: int = 0
    connected: bool = False
    """The terminal host is there."""
    can_start: bool = False
    """There is an agent that starts the terminal host when it is asked to."""
    holder: Holder = "free"
    """Who holds the terminal that is shown."""
    wanted: bool = False
    """The agent waits for a terminal that the person holds, and the key of `take_over` hands that one back."""
    runs: int = 0
    """Commands of the person that the agent was not told."""
    changes: int = 0
    """Files that the agent changed."""
    reverted: bool = False
    """A change of the agent was reverted, and that can be taken back now."""
    rewind_armed: bool = False
    """Esc was pressed while idle, and the status line says that another one leads to the rewind page."""
    quit_armed: bool = False
    """Ctrl+C was pressed while idle, and the status line says that another one quits."""
