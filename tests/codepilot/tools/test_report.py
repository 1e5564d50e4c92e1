"""What the model reads of a change."""

from codepilot.errors import WorkspaceError
from codepilot.tools.changes import FileChanges
from codepilot.tools.modes import WriteModes
from codepilot.tools.report import failed, report
from codepilot.workspace import FileMemory, Workspace


def test_a_change_is_told_with_broken_syntax(tmp_path):
    workspace, memory = Workspace(tmp_path), FileMemory()
    modes = WriteModes(FileChanges(workspace, memory, None), memory)
    change, tell = modes.plan("w", None, None, None, None)("a.py", ["def f(:\n"])
    text = report("write_file", change, workspace.write_text("a.py", change.after), tell)
    first, second = text.split("\n", 1)
    assert first.startswith("[write_file] 'a.py' written")
    assert second.startswith("[syntax] ")


def test_a_failure_says_that_nothing_was_changed_where_something_could_have_been():
    error = WorkspaceError("the disk is full", hint="Make room.")
    assert failed("write_file", error).text.endswith("No file was changed.")
    assert "No file was changed" not in failed("read_file", error).text
