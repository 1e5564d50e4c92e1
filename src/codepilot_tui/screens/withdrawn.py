"""What becomes of the words for a question to which nobody waits for an answer any more."""

from __future__ import annotations

from codepilot_tui.widgets.composer import Composer


def left_behind(composer: Composer, words: str, *, stopped: bool) -> str:
    """Keep words that were written for a question that is gone; returns what to say of it.

    They become the draft. One that is there already stays, and they are the newest of the history then.

    Args:
        composer: where the person writes.
        words: a half answer, or a half reason of a no; blanks alone are none.
        stopped: the task was stopped; else the worker died.
    """
    if not words.strip():
        why = "the task was stopped" if stopped else "the agent's Python was restarted"
        return f"The question is gone: {why}."
    if composer.text.strip():
        composer.history.add(words)
        return "The question is gone: Up in the composer brings your words back."
    composer.text = words
    return "The question is gone: your words are in the composer."
