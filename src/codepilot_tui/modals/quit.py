"""Quitting while the agent works or something runs in a terminal: end it, leave it running, or stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from codepilot.text import clean, clean_line, shorten
from codepilot_tui.modals.panel import DEAF_SECONDS, Choice, ChoiceModal, keys_line

Quit = Literal["end", "detach"]
_SHOWN = 4
"""So many terminals are named."""


class QuitModal(ChoiceModal[Quit]):
    """What becomes of what runs. Esc stays, and gives None.

    Args:
        doing: what the agent does; empty: it is idle.
        working: the agent works.
        running: terminals in which something runs, each with its command.
        deaf: for how many quiet seconds the keys are deaf.
    """

    DEFAULT_CSS = """
    QuitModal > #panel { max-width: 72; }
    QuitModal #text { height: auto; color: $ink; }
    """

    def __init__(
        self,
        doing: str = "",
        *,
        working: bool = True,
        running: Sequence[tuple[str, str]] = (),
        deaf: float = DEAF_SECONDS,
    ) -> None:
        super().__init__(deaf=deaf)
        self.heading = "The agent is working. Quit?" if working else "Something runs in the terminals. Quit?"
        end = Choice("y", "stop it and quit" if working else "end it and quit", "bad")
        leave = (Choice("d", "leave it running"),) if running else ()
        self.choices = (end, *leave, Choice("n", "stay"))
        self._text = "\n".join(_said(doing, working, running))
        self.add_class("-asks")

    def compose_body(self) -> Iterable[Widget]:
        """What will happen."""
        yield Static(clean(self._text), id="text", markup=False)
        yield from self.compose_chips()

    def choose(self, key: str) -> None:
        """Answer."""
        answers: dict[str, Quit] = {"y": "end", "d": "detach"}
        self.dismiss(answers.get(key))

    def foot(self) -> Content:
        """The state of the keys."""
        return keys_line([("Esc", "stay")], self.state_word())


def _said(doing: str, working: bool, running: Sequence[tuple[str, str]]) -> Iterable[str]:
    if working:
        now = f"It is {doing}. " if doing else ""
        yield f"{now}The task is stopped; the session is kept and can be continued."
    if running:
        if working:
            yield ""
        for name, command in running[:_SHOWN]:
            yield f"{clean_line(name)} runs {shorten(clean_line(command), 48) or 'a background job'}"
        if len(running) > _SHOWN:
            yield f"and {len(running) - _SHOWN} more"
        yield "Left running, it goes on without a screen: codepilot attach, or the next start here, shows it again."
