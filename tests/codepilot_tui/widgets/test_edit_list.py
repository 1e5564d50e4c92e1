from codepilot_tui.theme import load_theme
from codepilot_tui.widgets.edit_list import (
    About,
    Listed,
    about_picture,
    change_number,
    file_edits,
    list_picture,
)

TOKENS = load_theme("dusk")
LONG = "".join(f"line {number}\n" for number in range(60))
TWO_CHANGES = LONG.replace("line 3\n", "LINE 3\n").replace("line 50\n", "LINE 50\nand more\n")
STEP = [("src/stock.py", LONG, TWO_CHANGES), ("src/report.py", "x\n", "y\n"), ("NEWS.md", None, "new\n")]


def test_edits_of_one_file_are_one_change():
    edits = file_edits([("a", "1\n", "2\n"), ("b", None, "x\n"), ("a", "2\n", "3\n4\n")])
    assert [(each.path, each.before, each.after, each.added, each.removed) for each in edits] == [
        ("a", "1\n", "3\n4\n", 2, 1),
        ("b", None, "x\n", 1, 0),
    ]


def test_changes_are_counted_over_all_files():
    edits = file_edits(STEP)
    assert [change_number(edits, *where) for where in ((0, 0), (0, 1), (1, 0), (2, 0))] == [
        (1, 4), (2, 4), (3, 4), (4, 4),
    ]  # fmt: skip


def test_files_are_counted_where_the_count_of_changes_does_not_do_it():
    several = str(about_picture(About(file_edits(STEP), 1, ""), 60, TOKENS))
    assert several.startswith(" src/report.py  +1 −1") and several.rstrip().endswith("file 2 of 3")
    one_each = str(about_picture(About(file_edits(STEP[1:]), 0, ""), 60, TOKENS))
    assert one_each.startswith(" src/report.py  +1 −1") and "file" not in one_each


def test_the_list_says_what_was_looked_at_and_keeps_the_shown_one_in_sight():
    listed = Listed(file_edits(STEP), 1, frozenset((0, 1)))
    assert str(list_picture(listed, 24, 9, TOKENS)) == (
        "   stock.py       +3 −2\n▎  report.py      +1 −1\n ○ NEWS.md           +1"
    )
    small = list_picture(Listed(listed.edits, 2, frozenset()), 24, 2, TOKENS)
    assert "NEWS.md" in str(small) and "stock.py" not in str(small)
    assert small.at(1, 3) == "2"


def test_names_that_clash_show_their_folders_and_never_lose_their_ends():
    edits = file_edits(
        [("inventory/reports/stock.py", "1\n", "2\n"), ("inventory/archive/stock.py", None, "x\n" * 1_204)]
    )
    assert str(list_picture(Listed(edits), 26, 9, TOKENS)).split("\n") == [
        "▎○ reports/stock.py +1 −1", " ○ ar…ive/stock.py +1,204",
    ]  # fmt: skip
