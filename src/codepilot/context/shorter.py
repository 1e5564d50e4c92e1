"""The shorter texts that stand for old results: by their form alone, so that a later program makes the same ones."""

from __future__ import annotations

from typing import Final, Literal, get_args

from codepilot.protocol import RESULT_TAG

Form = Literal["overtaken", "ends", "old"]
"""How a result stands: a later step shows the same files; both ends of a long output; it is old, so one line."""
FORMS: Final[tuple[Form, ...]] = get_args(Form)
KEY: Final = "pruned"
"""Of a message, beside its text: the form in which the model sees it. Every store keeps it with the message."""
_SIDE = 10
"""Lines of a long output that stay on each side."""


def shorter(index: int, text: str, form: Form) -> str:
    """What stands for a result.

    Args:
        index: the place of its message.
        text: of it.
        form: as it was chosen.
    """
    name = f'reveal_context("m{index + 1}")'
    if form != "ends":
        why = "a later step shows these files as they are now" if form == "overtaken" else "it is old"
        return f"{RESULT_TAG}\n[This result is left out, since {why}. {name} shows it.]"
    lines = text.splitlines()
    if len(lines) <= 3 * _SIDE:
        return text
    note = f"[… {len(lines) - 2 * _SIDE} lines are left out. {name} shows all …]"
    return "\n".join([*lines[:_SIDE], note, *lines[-_SIDE:]])
