"""Which arguments belong to which mode of `write_file`; what the modes do is tested with the tool."""

import pytest

from codepilot.tools.arguments import Refused
from codepilot.tools.changes import FileChanges
from codepilot.tools.modes import MODES, WriteModes
from codepilot.workspace import FileMemory, Workspace


@pytest.fixture
def modes(tmp_path):
    workspace, memory = Workspace(tmp_path), FileMemory()
    return WriteModes(FileChanges(workspace, memory, None), memory)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("x", None, None, None, None), "does not exist"),
        (("w", 1, None, None, None), "start_line belongs to mode='edit'"),
        (("edit", 1, 2, 3, None), "after_line belongs to mode='insert'"),
        (("edit", 3, 2, None, None), "end_line 2 is before start_line 3"),
        (("multi_edit", None, None, None, []), "needs edits"),
        (("multi_edit", None, None, None, [(1, 2), (2, 3)]), "overlap"),
        (("multi_edit", None, None, None, [1]), "not a pair"),
    ],
)
def test_what_does_not_belong_together_is_refused(modes, given, problem):
    with pytest.raises(Refused, match=problem):
        modes.plan(*given)


def test_a_plan_changes_nothing(modes, tmp_path):
    change, tell = modes.plan("w", None, None, None, None)("a.txt", ["one\n"])
    assert (change.after, change.operation) == ("one\n", "full file")
    assert tell == "'a.txt' written (4 bytes, 1 line)."
    assert list(tmp_path.iterdir()) == []
    assert MODES[0] == "w"
