"""What Esc, Ctrl+C and a letter mean: the first rung that applies, one rung a press.

A press meant for "back" never ends an hour's work: leaving a pane does not stop, so it takes two presses from there.
A press behind a drag was meant to copy, and stops nothing. Only the press that the status line announced quits:
clearing a draft or stopping the agent announces nothing. None is announced over a popup, or while the composer holds
words.
"""

from __future__ import annotations

from codepilot_tui.bench.effects import (
    ArmQuit,
    ArmRewind,
    Clear,
    Close,
    Copy,
    Effect,
    Focus,
    NothingSelected,
    Quit,
    Restore,
    Rewind,
    Stop,
    Write,
)
from codepilot_tui.facts import READING, Facts

ARMED = 1.0
"""Seconds for which "Ctrl+C again quits" holds."""
REWIND = 1.5
"""Seconds for which "Esc again: rewind" holds."""


def escape(facts: Facts) -> Effect | None:
    """What Esc does; None: nothing, or the program in the terminal gets it."""
    if facts.popup:
        return Close("popup")
    if facts.place == "terminal-held":
        return None
    if facts.selection:
        return Close("selection")
    if facts.editor:
        return Close("editor")
    if facts.place == "question":
        return Close("question")
    if facts.place == "page":
        return Close("page")
    if facts.maximised:
        return Restore()
    if facts.place != "composer":
        return Focus()
    return Stop() if facts.working else _to_rewind(facts)


def _to_rewind(facts: Facts) -> Effect | None:
    if facts.unsent or not (facts.ready and facts.kept and facts.conversation):
        return None
    return Rewind() if facts.rewind_armed else ArmRewind()


def interrupt(facts: Facts) -> Effect | None:
    """What Ctrl+C does; None: the program in the terminal gets it."""
    if facts.selection:
        return Copy()
    if facts.place == "terminal-held" or (facts.place == "terminal" and facts.holder == "free"):
        return None  # whatever runs there is what the person means
    if facts.draft:
        return Clear()
    if facts.place == "popup":
        return Close("popup")
    if facts.working:
        return NothingSelected() if facts.dragged else Stop()
    if facts.unsent:
        return Close("page") if facts.place == "page" else Clear()
    return Quit() if facts.quit_armed else ArmQuit()


def typed(facts: Facts, character: str | None) -> Effect | None:
    """What a key that no binding took does; None: it is for the place that has the keyboard, or means nothing.

    Args:
        facts: as they are.
        character: what the key types, if it types anything.
    """
    if not character or not character.isprintable() or facts.popup:
        return None
    return Write(character) if facts.place in READING and character != " " else None


ESCAPE_WORDS = {
    Restore: "restore",
    Focus: "back",
    Stop: "stop",
    ArmRewind: "",
    Rewind: "rewind",
}
CLOSE_WORDS = {"question": "later", "editor": "back", "selection": "deselect"}
"""What the footer calls the rung that Esc would take."""


def escape_word(facts: Facts) -> str:
    """What Esc would do, in a word; empty where it would do nothing."""
    effect = escape(facts)
    if effect is None or facts.kind == "walk":  # its own row says so
        return ""
    if isinstance(effect, Close):
        return CLOSE_WORDS.get(effect.what, "close")
    return ESCAPE_WORDS[type(effect)]


def interrupt_word(facts: Facts) -> str:
    """What Ctrl+C would do at a question or with a selection, in a word; else the footer names other keys for that."""
    effect = interrupt(facts)
    if effect == Copy() and facts.kind != "walk":  # which has keys of its own for that
        return "copy"
    words = {Clear(): "clear", Stop(): "stop"}
    return words.get(effect, "") if facts.place == "question" else ""
