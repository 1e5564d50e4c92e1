"""Notices take the shape of calls."""

from codepilot_tui.transcript import Notice
from codepilot_tui.widgets.chat.items import foldable


def notice(**more):
    given = {"kind": "error", "what": "The key was refused (401).", "next": "/model chooses another."} | more
    return Notice(id=1, at=0, **given)


def test_one_row_where_it_fits(drawn):
    (row,) = drawn(notice(), width=70)
    assert row.startswith("   ✗ The key was refused (401).   ") and row.endswith(" /model chooses another.")
    assert drawn(notice(kind="warn", where="the terminals"), width=80)[0].startswith(
        "   ! The key was refused (401).  the terminals"
    )


def test_a_few_rows_where_it_does_not(drawn):
    assert drawn(notice(where="the service"), width=34) == [
        "   ✗ The key was refused (401).",
        "     the service",
        "     /model chooses another.",
    ]


def test_details_unfold(drawn):
    item = notice(detail="one\ntwo", next="")
    assert foldable(item) and not foldable(notice())
    assert drawn(item)[1:] == ["     … 2 more lines  Enter all"]
    assert drawn(item, fold="open")[1:] == ["     one", "     two"]
    assert len(drawn(item, fold="folded")) == 1
