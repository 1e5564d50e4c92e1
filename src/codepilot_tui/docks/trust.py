"""Whether the files of a folder may configure the agent: asked once at the first start there."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot.text import clean_line
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.paint import Choice
from codepilot_tui.docks.words import Said, WordsDock


class TrustDock(WordsDock[bool]):
    """Do you trust this folder? True, False, or None: not now, which counts as no until asked again.

    Args:
        folder: the real path.
        found: files in it that would take effect, to be named.
        deaf: for how many quiet seconds the answer keys are deaf.
    """

    kind = "trust"

    def __init__(self, folder: str, *, found: Sequence[str] = (), deaf: float = DEAF_SECONDS) -> None:
        names = ", ".join(clean_line(name) for name in found)
        lines: list[list[Said]] = [[(clean_line(folder), "code")]]
        if names:
            lines.append([("It has its own settings: ", "ink"), (names, "code"), (".", "ink")])
        lines.append([(
            "If you trust it, its agent file may choose where your prompts are sent and which tools ask first. "
            "Say yes only if you know who wrote it.", "ink",
        )])  # fmt: skip
        lines.append([(
            "If not, you can still work here: the folder's agent.yaml is ignored and your own configuration "
            "is used. Commands and edits ask you either way.", "ink",
        )])  # fmt: skip
        super().__init__(
            "Do you trust the files in this folder?",
            lines,
            (Choice("y", "yes, trust it", "ok"), Choice("n", "no, work without them", "bad")),
            deaf=deaf,
        )

    def tail(self) -> Sequence[tuple[str, str]]:
        """Esc decides nothing."""
        return (("Esc", "not now (counts as no)"),)

    def choose(self, key: str) -> None:
        """Answer."""
        self.finish(key == "y")
