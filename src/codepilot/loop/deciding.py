"""What is known of a call that had begun when its program ended."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from codepilot.journal.redaction import noted
from codepilot.journal.unfinished import OpenCall
from codepilot.values import dataclass
from codepilot.workspace.filetext import digest

_MOST = 64 * 1024 * 1024
"""Bytes of a file that is read to see whether it was written."""
UNANSWERED = "(The program ended before the person answered. Ask again if you still need to know.)"
LATER = "(The program ended before the person answered. The question was asked again; the answer follows.)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a call that had begun when the program ended."""

    result: str
    """For the model."""
    figure: str
    state: Literal["ok", "error", "aborted", "running", "waiting"] = "aborted"

    @property
    def known(self) -> bool:
        """It is known how it ended, or that it goes on."""
        return self.state != "aborted"


async def known_of_none(call: OpenCall, ask: bool) -> Verdict | None:
    """Where nobody can be asked what became of a call."""


def said_by_person(call: OpenCall, answer: str | None) -> Verdict | None:
    """What the person knows of a call; None: nothing.

    Args:
        call: that was open.
        answer: ``"ran"``, ``"not run"``, or anything else.
    """
    name = call.name
    match answer:
        case "ran":
            text = f"{name}: the person says that it ran. What it returned is not known."
            return Verdict(text, "ran, you said", "ok")
        case "not run":
            return Verdict(f"{name}: the person says that it did not run.", "did not run, you said")
        case _:
            return None


def decide(call: OpenCall) -> Verdict:
    """What is known of a call that did not finish."""
    name = call.name
    if call.question:
        said = f"[ask_user] Q: {call.question}\n[ask_user] A: "
        return (
            Verdict(said + noted(call.answer), "answered", "ok")
            if call.answer is not None
            else Verdict(said + UNANSWERED, "no answer")
        )
    match call.effect:
        case "none" | "read":
            why = " while the person was being asked" if call.asking else " before it began"
            return Verdict(f"{name}: not done. The program ended{why}.", "not done")
        case "write":
            return _written(name, call)
        case "command":
            text = f"{name}: the program ended while it ran. Whether it finished is not known."
            return Verdict(f"{text} Check before you run it again.", "unknown how it ended")
        case _:
            text = f"{name}: the program ended during this call. Whether it took effect is not known."
            return Verdict(f"{text} Check before you do it again.", "unknown whether it ran")


def _written(name: str, call: OpenCall) -> Verdict:
    now = _digest_of(Path(call.path))
    if now == call.after:
        return Verdict(f"{name}: written. The file is as you wanted it.", "written", "ok")
    if now == call.before:
        return Verdict(f"{name}: not written. The file is as it was before.", "not written")
    text = f"{name}: the program ended while writing it, and the file has been changed since."
    return Verdict(f"{text} Read it before you go on.", "the file has changed since")


def _digest_of(path: Path) -> str | None:
    """Of a file's bytes; None where there is no file, or none that can be read."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST:
            return None
        return digest(path.read_bytes())
    except OSError:
        return None
