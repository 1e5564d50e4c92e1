"""May this file be changed? The whole difference, and the same answers as for a command."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from codepilot.decision import PermissionRequest
from codepilot.text import clean_line
from codepilot_tui.modals.ask import AskModal
from codepilot_tui.modals.panel import DEAF_SECONDS, keys_line
from codepilot_tui.modals.permission import PermissionModal
from codepilot_tui.widgets.diff import DiffView


class EditModal(AskModal):
    """A change of a file, shown before it is written. Arguments as for `PermissionModal`, without a jail."""

    DEFAULT_CSS = """
    EditModal > #panel { width: 96%; max-width: 180; height: 92%; padding: 0 2; }
    EditModal #heading { margin-bottom: 0; margin-top: 1; }
    EditModal.-short > #panel { width: 100%; height: 100%; padding: 0 1; }
    EditModal.-short #heading { margin-top: 0; }
    EditModal #file { height: 1; }
    EditModal #path { width: auto; max-width: 70%; color: $ink; text-wrap: nowrap; text-overflow: ellipsis; }
    EditModal #figures { width: auto; margin-left: 2; }
    EditModal #why { width: 1fr; margin-left: 2; text-align: right; color: $muted; }
    EditModal #why { text-wrap: nowrap; text-overflow: ellipsis; }
    EditModal DiffView { height: 1fr; margin-top: 1; }
    EditModal.-short DiffView { margin-top: 0; }
    EditModal.-short #chips, EditModal.-short #reason { margin-top: 0; }
    EditModal.-short #foot { margin-top: 0; }
    """

    def __init__(
        self,
        request: PermissionRequest,
        *,
        position: int = 1,
        total: int = 1,
        deaf: float = DEAF_SECONDS,
        stray: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(request, position=position, total=total, deaf=deaf, stray=stray)
        verb = "create" if request.before is None else "delete" if request.after is None else "change"
        self.heading = f"The agent asks to {verb} a file"
        self._diff = DiffView(request.before, request.after, request.path)

    def compose_body(self) -> Iterable[Widget]:
        """The path with its figures, and the difference."""
        request = self.request
        document = self._diff.document
        figures = []
        if document.added:
            figures.append(Content.styled(f"+{document.added}", "$ok"))
        if document.removed:
            figures.append(Content.styled(f"−{document.removed}", "$bad"))
        yield Horizontal(
            Static(clean_line(request.path), id="path", markup=False),
            Static(Content(" ").join(figures), id="figures", markup=False),
            Static(clean_line(request.why), id="why", markup=False),
            id="file",
        )
        self._diff.can_focus = False
        yield self._diff
        yield from self.compose_chips()

    def other_key(self, key: str) -> bool:
        """Move about in the difference."""
        diff = self._diff
        page = max(1, diff.size.height - 1)
        rows = {
            "up": -1,
            "k": -1,
            "down": 1,
            "j": 1,
            "pageup": -page,
            "pagedown": page,
            "home": -(10**7),
            "end": 10**7,
        }
        columns = {"left": -8, "right": 8}
        if key in rows:
            diff.scroll_relative(y=rows[key], animate=False)
        elif key in columns:
            diff.scroll_relative(x=columns[key], animate=False)
        elif key == "right_square_bracket":
            diff.action_next_hunk()
        elif key == "left_square_bracket":
            diff.action_previous_hunk()
        elif key == "f":
            diff.action_toggle_folds()
        else:
            return False
        return True

    def foot(self) -> Content:
        """The state, and how to move."""
        if self.typing:
            return super().foot()
        moves = [("[ ]", "change"), ("f", "fold")]
        if not self.has_class("-short"):
            moves.append(("← →", "long lines"))
        kept = ("your draft is kept", "$muted")
        return keys_line([("Esc", "decide later"), *moves], self.state_word(), kept)


def modal_for(
    request: PermissionRequest,
    *,
    position: int = 1,
    total: int = 1,
    jail: str = "",
    home: str = "",
    deaf: float = DEAF_SECONDS,
    stray: Callable[[str], None] | None = None,
) -> AskModal:
    """The modal that fits a request: the difference where both texts are known, else the words."""
    if request.kind == "edit" and (request.before is not None or request.after is not None):
        return EditModal(request, position=position, total=total, deaf=deaf, stray=stray)
    return PermissionModal(
        request, position=position, total=total, jail=jail, home=home, deaf=deaf, stray=stray
    )
