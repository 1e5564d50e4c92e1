"""Whether the files of a folder may configure the agent: asked once at the first start there."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from codepilot.text import clean_line
from codepilot_tui.modals.panel import DEAF_SECONDS, Choice, ChoiceModal, keys_line


class TrustModal(ChoiceModal[bool | None]):
    """Do you trust this folder? True, False, or None: not now, which counts as no until asked again.

    Args:
        folder: the real path.
        found: files in it that would take effect (an agent file, rules), to be named.
        deaf: for how many quiet seconds the answer keys are deaf.
    """

    DEFAULT_CSS = """
    TrustModal #folder { height: auto; color: $code; margin-bottom: 1; }
    TrustModal .para { height: auto; color: $ink; margin-bottom: 1; }
    TrustModal #chips { margin-top: 0; }
    """

    heading = "Do you trust the files in this folder?"
    choices = (Choice("y", "yes, trust it", "ok"), Choice("n", "no, work without them", "bad"))

    def __init__(self, folder: str, *, found: Iterable[str] = (), deaf: float = DEAF_SECONDS) -> None:
        super().__init__(deaf=deaf)
        self._folder = folder
        self._found = tuple(found)
        self.add_class("-asks")

    def compose_body(self) -> Iterable[Widget]:
        """What it means."""
        yield Static(clean_line(self._folder), id="folder", markup=False)
        if self._found:
            names = Content(", ").join(Content.styled(clean_line(name), "$code") for name in self._found)
            yield Static(
                Content.assemble("It brings settings of its own: ", names, "."), classes="para", markup=False
            )
        yield Static(
            "Trusted, its agent file may choose the service that your prompts go to and which tools ask first. "
            "Say yes only if you know who wrote it.",
            classes="para",
            markup=False,
        )
        yield Static(
            "Not trusted, you can still work here: the folder's agent.yaml is ignored and your own configuration is "
            "used. Commands and edits ask you either way.",
            classes="para",
            markup=False,
        )
        yield from self.compose_chips()

    def choose(self, key: str) -> None:
        """Answer."""
        self.dismiss(key == "y")

    def foot(self) -> Content:
        """The state of the keys."""
        return keys_line([("Esc", "not now, which means no")], self.state_word())
