"""A tool call: one row with columns, and what unfolds below it."""

import pytest

from codepilot_tui.transcript import Change
from codepilot_tui.widgets.chat.items import foldable

OUTPUT = "..F..\nFAILED tests/test_stock.py::test_remove_too_many - AssertionError: OutOfStock not raised"
RESULT = (
    f"[terminal:main:cmd1] $ pytest -q\n{OUTPUT}\n[status: completed | return_code: 1 | pid: 7 | cwd: /work]"
)


def columns(left, right, width=59):
    """A row with its figures at the right edge; one column before it stays free."""
    return left + right.rjust(width - len(left))


def test_a_call_is_one_row_with_columns(drawn, call):
    (row,) = drawn(call(figure="exit 0", seconds=1.25, result="24 passed"))
    assert row == columns("   ✓ execute     main › pytest -q", "exit 0   1.2 s")
    (read,) = drawn(call(tool="read_file", label="src/app.py", figure="1–40 of 96"))
    (other,) = drawn(call(tool="run_command", label="make"))
    assert read.index("src/app.py") == row.index("main ›") == other.index("make")
    assert len(read) == len(row) == 59


@pytest.mark.parametrize("tool", ["read_file", "write_file", "edit_file"])
def test_the_name_of_a_file_far_down_stays(drawn, call, tool):
    path = "a/very/deep/path/that/goes/on/and/on/a_module.py"
    (row,) = drawn(call(tool=tool, label=path, state="asks"))
    assert "…" in row and "/a_module.py  asks" in row and len(row) == 59
    changes = [Change(path=path, before="a\n", after="b\n", added=1, removed=1, coarse=False)]
    row = drawn(call(tool=tool, label=path, changes=changes))[0]
    assert "…" in row and "_module.py  +1 −1" in row and len(row) == 59
    assert path in drawn(call(tool=tool, label=path, state="asks"), 120)[0]


@pytest.mark.parametrize(
    ("state", "figure", "sign", "right"),
    [
        ("running", "", "●", ""),
        ("asks", "", "?", "asks"),
        ("ok", "exit 0", "✓", "exit 0   1.0 s"),
        ("failed", "exit 1", "✗", "exit 1   1.0 s"),
        ("error", "timed out", "✗", "timed out   1.0 s"),
        ("denied", "denied", "✗", "denied"),
        ("aborted", "", "○", "stopped   1.0 s"),
        ("cut off", "", "◐", "cut off"),
        ("cut off", "unknown how it ended", "◐", "unknown how it ended"),
        ("goes on", "still running", "◐", "still running   1.0 s"),
        ("went on", "ended later", "○", "ended later   1.0 s"),
    ],
)
def test_states(drawn, call, state, figure, sign, right):
    row = drawn(call(state=state, figure=figure, seconds=1))[0]
    assert row == columns(f"   {sign} execute     main › pytest -q", right).rstrip()


def test_what_went_wrong_is_red_and_what_asks_is_yellow(drawn, call):
    colours = {
        state: drawn.ink(call(state=state), sign)[0]
        for state, sign in (("ok", "✓"), ("failed", "✗"), ("asks", "?"))
    }
    tokens = drawn.tokens
    assert colours == {"ok": tokens["ok"], "failed": tokens["bad"], "asks": tokens["warn"]}


def test_a_question_that_nobody_answered_names_nobody(call, drawn):
    item = call(state="denied", reason="The task was stopped.")
    assert drawn(item)[1] == "     The task was stopped."


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (
            "[write_file] ERROR: 'a.py' changed since you last saw it, so nothing was written. The difference:\n"
            '--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\nRead it again with read_file("a.py").',
            "a.py was deleted on disk since the agent read it. Nothing was written.",
        ),
        (
            "[terminal:main:cmd1] $ echo hey\n[status: busy | busy with: the person | pid: 7 | cwd: /work]\n"
            "[The person holds this terminal; nothing was typed into it.]",
            "You held main. Nothing was typed into it.",
        ),
    ],
)
def test_a_call_that_went_wrong_says_to_the_person_why_and_to_the_model_only_unfolded(
    drawn, call, result, reason
):
    """Found by use: an empty row, or a raw diff and what the model is to do."""
    item = call(state="error", note="approved", reason=reason, result=result)
    _, *below = drawn(item, width=90)
    assert below == [f"     {reason}"]


def test_a_denial_gives_its_reason_in_full(drawn, call):
    """Report, "deny with reason": it was cut to 17 letters."""
    item = call(state="denied", note="denied", reason="not while the tests are red, please run them first")
    assert drawn(item, width=46) == [
        columns("   ✗ execute     main › pytest -q", "denied", 45),
        "     You: not while the tests are red, please",
        "     run them first",
    ]
    item = call(state="denied", note="by mode", reason='Mode "plan" only reads.')
    assert drawn(item)[1] == '     by mode: Mode "plan" only reads.'


def test_an_unfolded_denial_says_who_said_no_and_not_what_the_model_was_told(drawn, call):
    """Found by use: "Permission denied for", after the person's own no, reads like an error of the disk."""
    item = call(
        tool="write_file",
        label="a.py",
        state="denied",
        note="denied",
        args={"path": "a.py", "mode": "w"},
        result="[write_file] Permission denied for 'a.py'.",
    )
    assert drawn(item, fold="open")[1:] == ["     you said no: nothing was done"]
    item.reason, item.args = "use b.py", {"path": "a.py", "mode": "a"}
    assert drawn(item, fold="open")[1:] == ["     You: use b.py", "     mode        a"]


def test_an_unfolded_command_begins_with_its_output(drawn, call):
    """Report, row 18: six fields, and the command three times, before the output at last."""
    item = call(
        state="failed",
        figure="exit 1",
        note="approved",
        result=RESULT,
        args={
            "session_id": "main",
            "command": "pytest -q",
            "timeout": "60",
            "new_terminal": "False",
            "shell": "None",
        },
    )
    assert drawn(item, fold="open") == [
        columns("   ✗ execute     main › pytest -q", "exit 1   0.0 s"),
        "     ..F..",
        "     FAILED tests/test_stock.py::test_remove_too_many -",
        "     AssertionError: OutOfStock not raised",
        "     timeout     60",
        "     permission  approved",
    ]
    assert drawn(item) == drawn(item, fold="folded") == drawn(item, fold="open")[:1]


def test_notes_stand_behind_the_output_of_an_unfolded_command(drawn, call):
    result = "[run_command] `make` finished\nSTDOUT:\none\ntwo\n[Output truncated: 4 lines]\nReturn Code: 0"
    item = call(tool="run_command", label="make", result=result)
    assert [line.strip() for line in drawn(item, fold="open")[1:]] == [
        "one",
        "two",
        "finished",
        "Output truncated: 4 lines",
    ]


def test_words_of_an_output_are_not_broken(drawn, call):
    item = call(result="one two three four five six seven eight nine ten eleven twelve thirteen " + "x" * 70)
    shown = drawn(item, width=40, fold="open")
    assert [row.strip() for row in shown[2:]] == [
        "one two three four five six seven",
        "eight nine ten eleven twelve",
        "thirteen",
        "x" * 34,
        "x" * 34,
        "xx",
    ]


def test_a_label_that_was_cut_is_said_in_full(drawn, call):
    command = "python -m pytest -q tests/test_stock.py tests/test_report.py --maxfail=1"
    item = call(label=f"main › {command}", args={"session_id": "main", "command": command}, result="done")
    shown = drawn(item, fold="open")
    assert "…" in shown[0] and " ".join(row.strip() for row in shown[1:-1]) == f"main › {command}"
    assert shown[-1] == "     done"


def test_a_command_of_many_lines_is_not_repeated(drawn, call):
    command = "for n in 1 2; do\n  echo $n\ndone"
    item = call(
        label="main › for n in 1 2; do ⏎   echo $n ⏎ done",
        args={"command": command},
        result=f"[terminal:main:cmd2] $ {command}\n1\n2\n[status: completed | return_code: 0 | pid: 7 | cwd: /w]",
    )
    shown = drawn(item, fold="open", width=90)
    assert shown[1:3] == ["     1", "     2"]
    assert shown[3:] == [
        "     command     for n in 1 2; do",
        "                   echo $n",
        "                 done",
    ]


def test_a_long_output_keeps_its_beginning_and_its_end(drawn, call):
    item = call(result="\n".join(f"row {number}" for number in range(1000)))
    shown = [row.strip() for row in drawn(item, fold="open")]
    assert shown[1:3] == ["row 0", "row 1"] and shown[-1] == "row 999"
    assert shown[81] == "… 800 more lines" and len(shown) == 202


def test_an_error_shows_its_end_at_once(drawn, call):
    item = call(state="error", figure="timeout", result="\n".join(f"row {number}" for number in range(30)))
    shown = drawn(item)
    assert shown[1] == "     … 18 more lines  Enter all"
    assert shown[2] == "     row 18" and shown[-1] == "     row 29"
    assert len(drawn(item, fold="folded")) == 1
    assert "     row 0" in drawn(item, fold="open")


def test_an_error_in_one_line_has_no_label(drawn, call):
    item = call(
        tool="read_file", label="a.py", state="error", result="[read_file] ERROR: 'a.py' is not there."
    )
    assert drawn(item)[1:] == ["     'a.py' is not there."]


def test_code_that_says_more_than_the_call_is_shown_once(drawn, call):
    item = call(result="done", code="for name in names:\n    execute('main', name)\n")
    assert drawn(item, fold="open")[1:] == [
        "     done",
        "     code",
        "      for name in names:",
        "          execute('main', name)",
    ]


def test_an_edit_shows_its_diff_and_not_its_result(drawn, call):
    change = Change(path="a.py", before="x = 1\n", after="x = 2\n", added=1, removed=1, coarse=False)
    item = call(
        tool="edit_file", label="a.py", figure="+1 −1", note="approved", changes=[change],
        result="[edit_file] 'a.py': 1 part replaced.\n   1 | x = 2", args={"path": "a.py"},
    )  # fmt: skip
    shown = drawn(item, width=80)
    assert shown[0].startswith("   ✓ edit_file   a.py  +1 −1") and shown[0].endswith("approved   0.0 s")
    assert any("x = 1" in row for row in shown[1:]) and any("x = 2" in row for row in shown[1:])
    opened = drawn(item, width=80, fold="open")
    assert opened[: len(shown)] == shown and sum("x = 2" in row for row in opened) == 1
    assert len(drawn(item, fold="folded")) == 1


def test_a_change_that_broke_the_syntax_says_so(drawn, call):
    change = Change(path="a.py", before="x = 1\n", after="x = (\n", added=1, removed=1, coarse=False)
    item = call(
        tool="edit_file", label="a.py", changes=[change],
        result="[edit_file] 'a.py': 1 part replaced.\n   1 | x = (\n[syntax] line 1: '(' was never closed",
    )  # fmt: skip
    assert drawn(item, fold="open", width=80)[-1] == "     line 1: '(' was never closed"


def test_of_a_long_change_the_first_rows_are_painted(drawn, call):
    """Three thousand rows were painted to show forty."""
    before = "".join(f"line {number}\n" for number in range(3000))
    change = Change(path="a.txt", before=before, after="new\n" * 3000, added=3000, removed=3000, coarse=False)
    item = call(changes=[change])
    shown = drawn(item, width=80)
    assert len(shown) == 42 and shown[-1] == "     … 5960 more lines  Enter all"
    opened = drawn(item, width=80, fold="open")
    assert len(opened) == 2002 and opened[-1] == "     … 4000 more lines"


def test_several_changes_are_named(drawn, call):
    changes = [
        Change(path=path, before="x = 1\n", after="x = 2\n", added=1, removed=1, coarse=False)
        for path in ("a.py", "b.py")
    ]
    shown = drawn(call(changes=changes), width=80)
    assert [row.strip() for row in shown if ".py" in row] == ["a.py  +1 −1", "b.py  +1 −1"]


def test_a_large_change_says_why_it_is_not_shown(drawn, call):
    change = Change(path="a.py", before=None, after="", added=9, removed=0, coarse=True)
    assert drawn(call(changes=[change]))[1] == "     not compared: the file is over 256 KB"


def test_tabs_never_reach_the_screen(drawn, call):
    assert not any("\t" in row for row in drawn(call(result="x\ty", state="error"), fold="open"))


def test_what_can_be_unfolded(call):
    assert not foldable(call())
    assert foldable(call(result="x")) and foldable(call(args={"path": "x"}))


def test_an_address_in_an_output_is_a_link(drawn, call):
    lines = drawn.lines(call(result="listening on http://localhost:8000/"), fold="open")
    (segment,) = [each for each in lines[-1].segments if "8000" in each.text]
    assert segment.style.meta == {"href": "http://localhost:8000/"}


def test_a_call_that_waits_for_the_end_of_another_command_says_so(drawn, call):
    item = call(state="running", terminal="main")
    assert "waits" not in drawn(item)[0]
    item.behind = "sleep 500"
    assert drawn(item)[0].endswith("waits: main is busy")
