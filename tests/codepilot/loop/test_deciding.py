"""What is known of a call that had begun when its program ended."""

import pytest

from codepilot.journal.unfinished import OpenCall
from codepilot.loop.deciding import decide
from codepilot.workspace.filetext import digest


@pytest.mark.parametrize(
    ("text", "says", "figure", "state"),
    [
        (b"new", "written. The file is as you wanted it.", "written", "ok"),
        (b"old", "not written. The file is as it was before.", "not written", "aborted"),
        (b"of the person", "has been changed since. Read it", "the file has changed since", "aborted"),
        (None, "has been changed since. Read it", "the file has changed since", "aborted"),
    ],
)
def test_the_disk_decides_about_a_write(tmp_path, text, says, figure, state):
    path = tmp_path / "a.txt"
    if text is not None:
        path.write_bytes(text)
    told = decide(
        OpenCall(
            "c1",
            "write_file",
            label="a.txt",
            effect="write",
            path=str(path),
            before=digest(b"old"),
            after=digest(b"new"),
        )
    )
    assert says in told.result and told.result.startswith("[write_file] a.txt: ")
    assert (told.figure, told.state) == (figure, state)


def test_a_new_file_that_is_not_there_was_not_written(tmp_path):
    path = str(tmp_path / "a.txt")
    told = decide(OpenCall("c1", "write_file", effect="write", path=path, before=None, after=digest(b"new")))
    assert told.figure == "not written"
