"""Everything that can be done, as one table: the source of bindings, palette, leader, menu, footer, help and commands.

A row is a *command* (it has a letter after the leader, because terminals and editors take F-keys and Alt for
themselves) or a plain *key* of the place it belongs to, which that place's widget takes itself: such a row's target is
`press`, and running it presses the key. `keymap.Keymap` is the table after the person's `keys.yaml` was laid over it.
"""

from __future__ import annotations

from collections.abc import Callable

from codepilot.values import dataclass
from codepilot_tui.conditions import OFFERED as OFFERED
from codepilot_tui.conditions import STAYS as STAYS
from codepilot_tui.conditions import WHEN as WHEN
from codepilot_tui.conditions import WHY_NOT as WHY_NOT
from codepilot_tui.facts import BENCH, MOST_TABS, READING, Facts, Kind, Place
from codepilot_tui.key_names import key_text

LEADER = "ctrl+x"
"""Pressed before a letter; twice, it goes to the program in the terminal."""
PRESS = "press"
"""The target of a row whose key the widget of its place takes itself."""
EVERYWHERE: frozenset[Place] = frozenset((*BENCH, "question", "page", "popup"))
"""Every place in which keys are ours."""
OPEN: frozenset[Place] = frozenset((*BENCH, "question"))
"""The session screen, with a question or without."""

_TERMINALS: frozenset[Place] = frozenset(("terminal", "terminal-held"))


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
    menu: bool = False
    """It stands in the menu of its place, and is chosen there by its letter: the leader's, or its own key."""
    word: str = ""
    """What the footer calls it; empty: it is never there."""
    rank: int = 0
    """How much it matters in the footer."""
    held: bool = False
    """The footer names it by its letter in a terminal that the person holds, where its key is the program's."""
    remap: bool = True
    """The person's file may give it another key."""
    kinds: frozenset[Kind] = frozenset()
    """Of which terminals, questions or pages; empty: of all."""
    short: str = ""
    """What the leader's popup calls it, where its label is too long for a column there."""
    also: tuple[str, ...] = ()
    """Keys beside the first that do the same, or its opposite."""

    @property
    def is_command(self) -> bool:
        """It can be run from anywhere: by the leader, the palette, a slash."""
        return bool(self.leader)

    @property
    def menu_places(self) -> frozenset[Place]:
        """In whose menus it stands: a command of the terminal only in the terminal's, wherever its key may work.

        A terminal that the person holds has those of any other: only the keys are its program's.
        """
        if not self.menu:
            return frozenset()
        places = self.places & _TERMINALS if self.group == "Terminal" else self.places
        return places | _TERMINALS if self.is_command and "terminal" in places else places

    def label_in_menu(self, facts: Facts) -> str:
        """What the menu of a place calls it now."""
        if self.name != "take_over":
            return self.label
        return "Hand it back" if facts.wanted or facts.holder == "person" else "Take it over"

    @property
    def menu_letter(self) -> str:
        """Chooses it in a menu; empty: only the arrows and Enter do."""
        if self.leader:
            return self.leader
        shown = key_text(self.key) if self.key else ""
        return shown if len(shown) == 1 and shown.isascii() else ""

    @property
    def keys(self) -> tuple[str, ...]:
        """All that do it."""
        return (self.key, *self.also) if self.key else self.also

    def described(self, sends: Callable[[str], bool] = lambda key: True) -> str:
        """The label, with the other keys that do it, but for those that the terminal cannot send."""
        also = [key_text(key) for key in self.also if sends(key)]
        return f"{self.label} (also {' '.join(also)})" if also else self.label

    def is_at(self, facts: Facts) -> bool:
        """Whether its key means this where the keyboard is."""
        return facts.place in self.places and (not self.kinds or facts.kind in self.kinds)

    def available(self, facts: Facts) -> bool:
        """Whether it means something now."""
        return self.key in facts.offered if self.when == OFFERED else WHEN[self.when](facts)


def _in(*places: Place) -> frozenset[Place]:
    return frozenset(places)


def _of(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


_SCROLLED = _of(
    "command",
    "edits",
    "trust",
    "quit",
    "clipboard",
    "confirm",
    "file",
    "change",
    "stream",
    "reading",
    "replay",
)
_UP_DOWN = ("up", "pageup", "pagedown", "home", "end")

_A = Action
ACTIONS: tuple[Action, ...] = (
    _A("stop", "Stop the agent", "Agent", "agent.stop", "", "s", when="working", slash="/stop", word="stop", rank=70, held=True),
    _A("answer", "Answer the waiting question", "Agent", "commands.answer", "ctrl+o", "a", frozenset((*BENCH, "page")), when="waiting", word="answer", rank=99, held=True, short="Answer question"),
    _A("model", "Choose the model", "Agent", "commands.choose_model", "alt+m", "m", OPEN, "idle", "/model"),
    _A("new_session", "Start a new session", "Sessions", "sessions.new", "alt+n", "n", OPEN, "new", slash="/new", short="New session"),
    _A("sessions", "Earlier sessions: open, search, manage", "Sessions", "sessions.browse", "alt+s", "S", OPEN, "furnished", slash="/sessions", short="Sessions"),
    _A("rewind", "Go back to an earlier prompt", "Sessions", "sessions.rewind", "alt+z", "R", OPEN, "rewind", slash="/rewind", short="Rewind"),
    _A("replay", "Play this session again, or another one: /replay ID", "Sessions", "sessions.replay", "alt+y", "Y", OPEN, "kept", slash="/replay", short="Replay"),
    _A("close_tab", "Close this tab; its session stays", "Sessions", "tabs.close_tab", "alt+w", "X", OPEN, "tabs", short="Close this tab"),
    *(_A(f"tab_{number}", f"Go to tab {number}", "Sessions", f"tabs.go_{number}", f"alt+{number}", f"{number}", EVERYWHERE, f"tab {number}") for number in range(1, MOST_TABS + 1)),
    _A("send_held", "Send the held messages", "Agent", "agent.send_held", "alt+g", "g", when="held", slash="/send", word="send held", rank=68, short="Send held messages"),
    _A("find_chat", "Find in the conversation", "Agent", "commands.find_chat", "alt+slash", "F", when="conversation", slash="/find", menu=True, short="Find in the chat"),
    _A("compact", "Make the conversation shorter for the model", "Agent", "window.compact", "alt+c", "C", OPEN, "conversation", "/compact", short="Compact now"),
    _A("context", "Show what fills the model's window", "Agent", "window.show", "alt+k", "K", OPEN, slash="/context", short="The model's window"),
    _A("take_over", "Take over the terminal, or hand it back", "Terminal", "terminals.take_over", "f6", "t",
       frozenset((*OPEN, "terminal-held")), "terminal", menu=True, word="@holder", rank=66, held=True, short="Take or hand back"),
    _A("new_terminal", "Open a new terminal", "Terminal", "terminals.open", "ctrl+shift+t", "o", when="host", menu=True, short="New terminal"),
    _A("close_terminal", "Close the terminal", "Terminal", "terminals.close", "ctrl+shift+w", "w", when="terminal", menu=True),
    _A("next_terminal", "Next terminal", "Terminal", "terminals.next", "ctrl+pagedown", "j", when="several", menu=True),
    _A("previous_terminal", "Previous terminal", "Terminal", "terminals.previous", "ctrl+pageup", "k", when="several", menu=True),
    _A("find_terminal", "Find in the terminal", "Terminal", "terminals.find", "ctrl+shift+f", "/", when="not finding", menu=True, word="@find", rank=50, held=True, short="Find in terminal"),
    _A("browse_terminal", "Select with keys in the terminal", "Terminal", "terminals.browse", "ctrl+shift+e", "[", when="not walking", menu=True, short="Select with keys"),
    _A("copy_terminal", "Copy from the terminal", "Terminal", "terminals.copy", "ctrl+shift+c", "y", when="terminal selection", menu=True, short="Copy selected text"),
    _A("add_runs", "Add the commands you ran to your message", "Terminal", "terminals.add_runs", "alt+r", "e", when="runs", menu=True, word="add what you ran", rank=60, short="Add what you ran"),
    _A("focus_composer", "Go to the composer", "Panes", "panes.composer", "f5", "i"),
    _A("focus_chat", "Go to the chat", "Panes", "panes.chat", "f3", "c", OPEN),
    _A("focus_terminal", "Go to the terminal", "Panes", "panes.terminal", "f4", "r", OPEN),
    _A("focus_files", "Go to the files", "Panes", "panes.files", "f2", "f", OPEN),
    _A("toggle_files", "Fold or unfold the files", "Panes", "panes.toggle_files", "f7", "b", short="Fold the files"),
    _A("toggle_terminal", "Fold or unfold the terminal", "Panes", "panes.toggle_terminal", "f8", "v", short="Fold the terminal"),
    _A("maximise", "Maximise this pane, or restore it", "Panes", "panes.maximise", "f9", "z", menu=True, word="@maximise", rank=40, held=True, short="Maximise, restore"),
    _A("widen", "Make this pane wider", "Panes", "panes.widen", "alt+shift+right", ">", when="beside", menu=True, short="Widen this pane"),
    _A("narrow", "Make this pane narrower", "Panes", "panes.narrow", "alt+shift+left", "<", when="beside", menu=True, short="Narrow this pane"),
    _A("reset_widths", "Reset the widths of the panes", "Panes", "panes.reset", "alt+shift+up", "=", when="beside", menu=True, short="Reset the widths"),
    _A("menu", "Actions here", "Workbench", "commands.menu", "f10", "space", frozenset((*OPEN, "page"))),
    _A("palette", "Commands", "Workbench", "commands.palette", "ctrl+p", "p", OPEN, word="@palette", rank=8),
    _A("help", "Keys", "Workbench", "commands.keys", "f1", "h", frozenset((*OPEN, "page")), slash="/help", word="keys", rank=1, held=True),
    _A("theme", "Choose the theme", "Workbench", "commands.choose_theme", "alt+t", "l", OPEN, slash="/theme"),
    _A("toggle_mouse", "Turn the mouse on or off (off: your terminal selects text)", "Workbench", "commands.toggle_mouse", "f12", "u", EVERYWHERE, short="Mouse on or off"),
    _A("quit", "Quit", "Workbench", "commands.quit", "ctrl+q", "q", EVERYWHERE, slash="/quit"),

    _A("back", "Close or go back; in the composer, stop the agent", "Everywhere", "ladder.escape", "escape", word="@escape", rank=90, remap=False),
    _A("interrupt", "Copy the selection, clear what you type, or stop; twice: quit", "Everywhere", "ladder.interrupt", "ctrl+c", places=EVERYWHERE, word="@interrupt", rank=65, remap=False),
    _A("leader", "Then a letter: any command", "Everywhere", "commands.leader", LEADER, places=frozenset((*OPEN, "terminal-held"))),

    _A("send", "Send; while the agent works, queue for the next step", "Composer", PRESS, "enter", "", _in("composer"), when="draft", word="@send", rank=85, remap=False),
    _A("after_task", "Queue for after this task", "Composer", PRESS, "tab", "", _in("composer"), when="later", word="after task", rank=84, remap=False),
    _A("newline", "New line; \\ then Enter works too", "Composer", PRESS, "alt+enter", "", _in("composer"), also=("ctrl+j", "shift+enter"), remap=False),
    _A("redo", "Take back the rewind that was just done", "Composer", PRESS, "ctrl+z", "", _in("composer"), when="redo", word="take the rewind back", rank=83, remap=False),
    _A("history", "Edit the queued message, or recall an earlier one", "Composer", PRESS, "up", "", _in("composer"), remap=False),
    _A("scroll_chat", "Scroll the chat by a page; in a long draft, move by one", "Composer", PRESS, "pageup", "", _in("composer"), also=("pagedown",), when="scrolls", remap=False),
    _A("commands", "Commands by name", "Composer", PRESS, "slash", "", _in("composer"), when="empty", word="commands", rank=30, remap=False),

    _A("move", "Move over the rows", "Chat, files, changes", PRESS, "down", "", READING, also=("up",), remap=False),
    _A("page", "Scroll by a page", "Chat, files, changes", PRESS, "pagedown", "", READING, also=("pageup", "home", "end"), remap=False),
    _A("next_pane", "Go to the next pane", "Chat, files, changes", "panes.next", "tab", "x", READING, remap=False, short="Next pane"),
    _A("copy_item", "Copy this item", "Chat", "chat.action_copy_item", places=_in("chat"), when="conversation", menu=True, remap=False),
    _A("previous_prompt", "Go to the previous or next prompt", "Chat", PRESS, "ctrl+up", "", _in("chat"), also=("ctrl+down",), when="conversation", word="prompts", rank=45, menu=True, remap=False),
    _A("unfold", "Unfold or fold", "Chat", PRESS, "enter", "", _in("chat"), also=("right", "left"), when="row", word="@row", rank=60, menu=True, remap=False),
    _A("open_file", "Open the file, or unfold or fold the folder", "Files", PRESS, "enter", "", _in("files"), when="row", word="@row", rank=60, menu=True, remap=False),
    _A("fold_file", "Unfold or fold the folder", "Files", PRESS, "right", "", _in("files"), also=("left",), remap=False),
    _A("open_change", "Show the change", "Changes", PRESS, "enter", "", _in("changes"), when="changes", word="show", rank=60, menu=True, remap=False),
    _A("all_changes", "Show all changes below each other", "Changes", PRESS, "right", "", _in("changes"), when="changes", word="all changes", rank=58, menu=True, remap=False),
    _A("revert_file", "Revert the file; asks first", "Changes", PRESS, "delete", "", _in("changes"), when="revert", word="revert", rank=56, menu=True, remap=False),
    _A("unrevert_file", "Undo the last revert", "Changes", PRESS, "ctrl+z", "", _in("changes"), when="reverted", word="take the revert back", rank=59, menu=True, remap=False),
    _A("look_round", "Scroll while the agent types", "Terminal", PRESS, "pageup", "", _in("terminal"), kinds=_of(""), also=("pagedown", "up", "down", "left", "right", "home", "end"), when="agent", word="scroll back", rank=45, menu=True, remap=False),
    _A("look_back", "Scroll back, or forward", "Terminal", PRESS, "shift+pageup", "", frozenset(("terminal", "terminal-held")), kinds=_of(""), also=("shift+pagedown",), when="terminal", remap=False),
    _A("walk", "Move the cursor, by a row, a column or a page", "Terminal", PRESS, "up", "", _TERMINALS, kinds=_of("walk"), also=("down", "left", "right", "h", "j", "k", "l", "pageup", "pagedown"), remap=False),
    _A("walk_ends", "Go to the first or last row, or to the ends of this one", "Terminal", PRESS, "g", "", _TERMINALS, kinds=_of("walk"), also=("0", "$", "home", "end", "G"), remap=False),
    _A("walk_mark", "Begin or end a selection; V selects whole rows", "Terminal", PRESS, "space", "", _TERMINALS, kinds=_of("walk"), also=("v", "V"), word="select", rank=98, remap=False),
    _A("walk_copy", "Copy the selection and leave", "Terminal", PRESS, "y", "", _TERMINALS, kinds=_of("walk"), also=("enter",), when="terminal selection", word="copy", rank=97, remap=False),
    _A("walk_find", "Find", "Terminal", PRESS, "slash", "", _TERMINALS, kinds=_of("walk"), word="find", rank=96, remap=False),
    _A("walk_leave", "Leave", "Terminal", PRESS, "escape", "", _TERMINALS, kinds=_of("walk"), also=("q",), word="leave", rank=95, remap=False),
    _A("find_step", "Go to the previous match", "Terminal", PRESS, "enter", "", _TERMINALS, kinds=_of("find"), also=("up",), when="draft", remap=False),
    _A("find_forward", "Go to the next match", "Terminal", PRESS, "down", "", _TERMINALS, kinds=_of("find"), also=("shift+enter",), when="draft", remap=False),
    _A("find_pattern", "Read what you type as a regular expression, or as plain text", "Terminal", PRESS, "alt+r", "", _TERMINALS, kinds=_of("find"), remap=False),
    _A("find_close", "Close the find bar", "Terminal", PRESS, "escape", "", _TERMINALS, kinds=_of("find"), remap=False),

    _A("allow", "Allow once, or all changes of the step", "Question", PRESS, "y", "", _in("question"), kinds=_of("command", "edits"), when=OFFERED, menu=True, remap=False),
    _A("refuse", "No", "Question", PRESS, "n", "", _in("question"), kinds=_of("command", "edits"), when=OFFERED, menu=True, remap=False),
    _A("refuse_why", "No, because…: tell the agent what to do instead", "Question", PRESS, "d", "", _in("question"), kinds=_of("command", "edits"), when=OFFERED, menu=True, remap=False),
    _A("refuse_words", "No, with these words", "Question", PRESS, "enter", "", _in("question"), kinds=_of("reason"), when="draft", menu=True, remap=False),
    _A("answer_words", "Send the answer", "Question", PRESS, "enter", "", _in("question"), kinds=_of("ask"), when="draft", menu=True, remap=False),
    _A("answer_line", "New line", "Question", PRESS, "alt+enter", "", _in("question"), kinds=_of("ask", "reason"), also=("ctrl+j", "shift+enter"), remap=False),
    _A("scroll_ask", "Scroll the question", "Question", PRESS, "down", "", _in("question"), kinds=_of("ask"), also=("up", "pageup", "pagedown"), when=OFFERED, remap=False),
    _A("trust", "Trust this folder", "Question", PRESS, "y", "", _in("question"), kinds=_of("trust"), when=OFFERED, menu=True, remap=False),
    _A("distrust", "Do not trust it; work without its settings", "Question", PRESS, "n", "", _in("question"), kinds=_of("trust"), when=OFFERED, menu=True, remap=False),
    _A("quit_end", "Quit, and stop what runs", "Question", PRESS, "y", "", _in("question"), kinds=_of("quit"), when=OFFERED, menu=True, remap=False),
    _A("quit_keep", "Quit, and keep the terminals running", "Question", PRESS, "d", "", _in("question"), kinds=_of("quit"), when=OFFERED, menu=True, remap=False),
    _A("stay", "Do not quit", "Question", PRESS, "n", "", _in("question"), kinds=_of("quit"), when=OFFERED, menu=True, remap=False),
    _A("clipboard_once", "Let the program write to your clipboard once", "Question", PRESS, "y", "", _in("question"), kinds=_of("clipboard"), when=OFFERED, menu=True, remap=False),
    _A("clipboard_always", "Always let this terminal write to your clipboard", "Question", PRESS, "a", "", _in("question"), kinds=_of("clipboard"), when=OFFERED, menu=True, remap=False),
    _A("clipboard_no", "No", "Question", PRESS, "n", "", _in("question"), kinds=_of("clipboard"), when=OFFERED, menu=True, remap=False),
    _A("confirm", "Yes, do it", "Question", PRESS, "y", "", _in("question"), kinds=_of("confirm"), when=OFFERED, menu=True, remap=False),
    _A("confirm_no", "No, change nothing", "Question", PRESS, "n", "", _in("question"), kinds=_of("confirm"), when=OFFERED, menu=True, remap=False),
    _A("later", "Decide later", "Question", PRESS, "escape", "", _in("question"), kinds=_of("command", "edits", "ask"), when=OFFERED, menu=True, remap=False),
    _A("to_answers", "Back to the answers; your words are kept", "Question", PRESS, "escape", "", _in("question"), kinds=_of("reason"), when=OFFERED, menu=True, remap=False),
    _A("dismiss", "Close the question; it counts as no", "Question", PRESS, "escape", "", _in("question"), kinds=_of("trust", "quit", "clipboard", "confirm"), when=OFFERED, menu=True, remap=False),
    _A("next_question", "Show the next question", "Question", PRESS, "tab", "", _in("question"), when=OFFERED, menu=True, remap=False),
    _A("full_question", "Enlarge or shrink the question", "Question", PRESS, "f5", "", _in("question"), when=OFFERED, menu=True, remap=False),
    _A("show_conflict", "Show how the file has changed on disk", "Question", PRESS, "o", "", _in("question"), kinds=_of("edits"), when=OFFERED, menu=True, remap=False),

    _A("find_next", "Go to the next or previous match", "Pages", PRESS, "enter", "", _in("page"), kinds=_of("found"), also=("down", "up"), when=OFFERED, menu=True, remap=False),
    _A("open_session", "Open the session, or go to its tab", "Pages", PRESS, "enter", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("another_session", "Begin a new session", "Pages", PRESS, "ctrl+n", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("rename_session", "Rename the session", "Pages", PRESS, "f2", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("fork_session", "Fork the session: one that begins as it did", "Pages", PRESS, "ctrl+f", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("export_session", "Export the session to a file", "Pages", PRESS, "ctrl+e", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("delete_session", "Put the session into the bin", "Pages", PRESS, "delete", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("undelete_session", "Take it out of the bin again", "Pages", PRESS, "ctrl+z", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("say_there", "Say something to the agent", "Pages", PRESS, "enter", "", _in("page"), kinds=_of("reading"), when=OFFERED, menu=True, remap=False),
    _A("fork_there", "Fork the session: one that begins as it did", "Pages", PRESS, "ctrl+f", "", _in("page"), kinds=_of("reading"), when=OFFERED, menu=True, remap=False),
    _A("replay_session", "Play the session again", "Pages", PRESS, "ctrl+p", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("replay_play", "Play, or pause", "Pages", PRESS, "space", "", _in("page"), kinds=_of("replay"), when=OFFERED, menu=True, remap=False),
    _A("replay_step", "Go a step forward", "Pages", PRESS, "right", "", _in("page"), kinds=_of("replay"), when=OFFERED, menu=True, remap=False),
    _A("replay_step_back", "Go a step back", "Pages", PRESS, "left", "", _in("page"), kinds=_of("replay"), when=OFFERED, menu=True, remap=False),
    _A("replay_prompt", "Go to the next prompt", "Pages", PRESS, "ctrl+down", "", _in("page"), kinds=_of("replay"), when=OFFERED, menu=True, remap=False),
    _A("replay_former_prompt", "Go to the former prompt", "Pages", PRESS, "ctrl+up", "", _in("page"), kinds=_of("replay"), when=OFFERED, menu=True, remap=False),
    _A("replay_speed", "Play faster or slower", "Pages", PRESS, "plus", "", _in("page"), kinds=_of("replay"), also=("minus",), when=OFFERED, menu=True, remap=False),
    _A("rewind_here", "Rewind to before this prompt", "Pages", PRESS, "enter", "", _in("page"), kinds=_of("rewind"), when=OFFERED, menu=True, remap=False),
    _A("rewind_what", "Choose what goes back", "Pages", PRESS, "tab", "", _in("page"), kinds=_of("rewind"), when=OFFERED, menu=True, remap=False),
    _A("rewind_diff", "Show the difference in the files", "Pages", PRESS, "right", "", _in("page"), kinds=_of("rewind"), when=OFFERED, menu=True, remap=False),
    _A("rewind_overwrite", "Take what you changed back too, or keep it", "Pages", PRESS, "ctrl+k", "", _in("page"), kinds=_of("rewind"), when=OFFERED, menu=True, remap=False),
    _A("rewind_edit", "Rewind, and edit this prompt", "Pages", PRESS, "ctrl+e", "", _in("page"), kinds=_of("rewind"), when=OFFERED, menu=True, remap=False),
    _A("rewind_fork", "Fork the session before this prompt", "Pages", PRESS, "ctrl+f", "", _in("page"), kinds=_of("rewind"), when=OFFERED, menu=True, remap=False),
    _A("rewind_redo", "Take the last rewind back", "Pages", PRESS, "ctrl+z", "", _in("page"), kinds=_of("rewind"), when=OFFERED, menu=True, remap=False),
    _A("other_folders", "Sessions of all folders, or of this one", "Pages", PRESS, "tab", "", _in("page"), kinds=_of("sessions"), when=OFFERED, menu=True, remap=False),
    _A("scroll_found", "Scroll by a page, or to an end", "Pages", PRESS, "pagedown", "", _in("page"), kinds=_of("found"), also=("pageup", "home", "end"), when=OFFERED, remap=False),
    _A("show_entry", "Show it", "Pages", PRESS, "enter", "", _in("page"), kinds=_of("context"), when=OFFERED, menu=True, remap=False),
    _A("leave_out", "Leave the result out of the model's window", "Pages", PRESS, "delete", "", _in("page"), kinds=_of("context"), when=OFFERED, menu=True, remap=False),
    _A("compact_now", "Make the conversation shorter now", "Pages", PRESS, "ctrl+k", "", _in("page"), kinds=_of("context"), when=OFFERED, menu=True, remap=False),
    _A("choose_row", "Choose the row", "Pages", PRESS, "enter", "", _in("page"), kinds=_of("search", "keys", "welcome"), when=OFFERED, menu=True, remap=False),
    _A("scroll", "Scroll", "Question, pages", PRESS, "down", "", _in("question", "page"), kinds=_SCROLLED, also=_UP_DOWN, when=OFFERED, remap=False),
    _A("scroll_rows", "Move over the rows", "Pages", PRESS, "down", "", _in("page"), kinds=_of("search", "keys", "welcome", "sessions", "rewind", "context"), also=_UP_DOWN, when=OFFERED, remap=False),
    _A("scroll_aside", "Scroll long lines", "Question, pages", PRESS, "right", "", _in("question", "page"), kinds=_of("edits", "change", "stream", "file", "found"), also=("left",), when=OFFERED, remap=False),
    _A("unfold_keys", "Unfold or fold the group", "Pages", PRESS, "right", "", _in("page"), kinds=_of("keys"), also=("left",), when=OFFERED, remap=False),
    _A("next_change", "Go to the next or previous change", "Question, pages", PRESS, "full_stop", "", _in("question", "page"), kinds=_of("edits", "change", "stream"), also=("comma",), when=OFFERED, menu=True, remap=False),
    _A("next_file", "Go to the next or previous file", "Question, pages", PRESS, "greater_than_sign", "", _in("question", "page"), kinds=_of("edits", "change", "stream"), also=("less_than_sign",), when=OFFERED, menu=True, remap=False),
    _A("revert_change", "Revert this change, or the file", "Pages", PRESS, "r", "", _in("page"), kinds=_of("change", "stream"), also=("R",), when=OFFERED, menu=True, remap=False),
    _A("undo_revert", "Undo the last revert", "Pages", PRESS, "u", "", _in("page"), kinds=_of("change", "stream"), when=OFFERED, menu=True, remap=False),
    _A("fold_lines", "Fold or unfold the unchanged lines", "Question, pages", PRESS, "f", "", _in("question", "page"), kinds=_of("edits", "change", "stream"), when=OFFERED, menu=True, remap=False),
    _A("wrap_lines", "Wrap long lines, or cut them", "Question, pages", PRESS, "w", "", _in("question", "page"), kinds=_of("edits", "change", "stream"), when=OFFERED, menu=True, remap=False),
    _A("welcome_quit", "Clear what you typed, or quit", "Pages", PRESS, "escape", "", _in("page"), kinds=_of("welcome"), when=OFFERED, menu=True, remap=False),
    _A("close_page", "Clear what you typed, or go back", "Pages", PRESS, "escape", "", _in("page"), kinds=_of("file", "found", "change", "stream", "search", "keys", "sessions", "rewind", "context", "reading", "replay"), when=OFFERED, menu=True, remap=False),
)  # fmt: skip
