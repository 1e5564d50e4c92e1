"""What becomes of the words for a question to which nobody waits for an answer any more."""

from __future__ import annotations

from codepilot_tui.pending import Gone
from codepilot_tui.widgets.composer import Composer

_WHY: dict[Gone, str] = {
    "stopped": "The question is gone: the task was stopped.",
    "answered": "The question was answered in another program.",
    "lost": "The question is gone: the agent's Python was restarted.",
}


def left_behind(composer: Composer, words: str, *, gone: Gone) -> str:
    """Keep words that were written for a question that is gone; returns what to say of it.

    They become the draft. One that is there already stays, and they are the newest of the history then.

    Args:
        composer: where the person writes.
        words: a half answer, or a half reason of a no; blanks alone are none.
        gone: why it was withdrawn.
    """
    if not words.strip():
        return _WHY[gone]
    what = "The question was answered in another program" if gone == "answered" else "The question is gone"
    if composer.text.strip():
        composer.history.add(words)
        return f"{what}: Up in the composer brings your words back."
    composer.text = words
    return f"{what}: your words are in the composer."
