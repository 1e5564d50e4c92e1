import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from codepilot_tui.theme import install_themes, load_theme, register_themes
from codepilot_tui.widgets.diff import DiffView, diff_strips
from codepilot_tui.widgets.diff_cells import wrapped
from codepilot_tui.widgets.diff_rows import MAX_ROWS, DiffDocument, hunk_starts, layout
from codepilot_tui.widgets.diff_text import MAX_LINE

TOKENS = load_theme("dusk")
FILLER, ADDED, REMOVED = "raised", "added", "removed"


def numbered(count: int) -> str:
    return "".join(f"line {number}\n" for number in range(count))


BEFORE = numbered(30)
AFTER = BEFORE.replace("line 5\n", "line five\nline and a half\n").replace("line 25\n", "")


def texts(before, after, width=120, **options) -> list[str]:
    return [strip.text for strip in diff_strips(before, after, "x.txt", width, TOKENS, **options)]


def planes(strip) -> list[tuple[str, str]]:
    """Text with the token of its background."""
    names = {
        TOKENS[name]: name
        for name in ("ground", "raised", "added", "added-word", "removed", "removed-word", "line")
    }
    return [(s.text, names[s.style.bgcolor.get_truecolor().hex]) for s in strip if s.text and s.style.bgcolor]


def on(strip, plane: str) -> str:
    return "".join(text for text, name in planes(strip) if name == plane)


def test_two_halves_from_a_hundred_columns_on():
    assert any("│" in line for line in texts(BEFORE, AFTER, 100))
    assert not any("│" in line for line in texts(BEFORE, AFTER, 99))
    assert any("│" in line for line in texts(BEFORE, AFTER, 60, mode="split"))
    assert not any("│" in line for line in texts(BEFORE, AFTER, 200, mode="unified"))


@pytest.mark.parametrize("width", [12, 40, 99, 100, 101, 240])
@pytest.mark.parametrize("mode", ["auto", "split", "unified"])
def test_every_row_has_exactly_the_width(width, mode):
    before, after = BEFORE + "日本語\t" * 30 + "\n", AFTER + "日本語\t" * 31 + "\n"
    for strip in diff_strips(before, after, "x.py", width, TOKENS, mode=mode):
        assert strip.cell_length == width


def test_side_by_side_numbers_signs_and_filler():
    rows = texts(BEFORE, AFTER, 100)
    halves = [row.split(" │ ") for row in rows if "│" in row]
    changed = [(left.rstrip(), right.rstrip()) for left, right in halves if "−" in left or "+" in right]
    assert changed == [
        ("  6 − line 5", "  6 + line five"),
        ("", "  7 + line and a half"),
        (" 26 − line 25", ""),
    ]


def test_unified_puts_the_old_above_the_new():
    rows = [row.rstrip() for row in texts(BEFORE, AFTER, 80)]
    assert [row for row in rows if "−" in row or "+" in row] == [
        "  6 − line 5", "  6 + line five", "  7 + line and a half", " 26 − line 25",
    ]  # fmt: skip


def test_far_lines_are_folded_and_counted():
    folds = [row.strip() for row in texts(BEFORE, AFTER) if "⋯" in row]
    # The two lines above the first hunk and the one below the last are not worth a fold.
    assert folds == ["⋯ 13 unchanged lines"]
    assert not any("⋯" in row for row in texts(BEFORE, AFTER, folded=False))


def test_whole_line_tint_and_a_stronger_one_for_changed_words():
    strips = diff_strips("a = old(1)\n", "a = new(1)\n", "x.py", 100, TOKENS)
    (row,) = strips
    assert on(row, "removed-word") == "old"
    assert on(row, "added-word") == "new"
    assert "a = " in on(row, "removed")
    assert "a = " in on(row, "added")


def test_lines_with_nothing_in_common_have_no_marked_words():
    strips = diff_strips("alpha beta\n", "12 + 34 * 56\n", "x.py", 100, TOKENS)
    assert not any(on(strip, "removed-word") or on(strip, "added-word") for strip in strips)


def test_source_is_coloured():
    strips = diff_strips("x = 1\n", "def f(): pass\n", "x.py", 100, TOKENS)
    inks = {s.text: s.style.color.get_truecolor().hex for s in strips[-1] if s.style.color}
    assert inks["def"] == TOKENS["syntax-keyword"]


def test_a_new_file_is_one_column_of_added_lines():
    rows = texts(None, "a\nb\n", 140)
    assert [row.rstrip() for row in rows] == [" new file", "  1 + a", "  2 + b"]


def test_a_deleted_file_is_one_column_of_removed_lines():
    rows = texts("a\nb\n", None, 140)
    assert [row.rstrip() for row in rows] == [" the file is deleted", "  1 − a", "  2 − b"]


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        (None, "", "new file, empty"),
        ("a\n", "a\n", "no difference"),
        (None, None, "no file"),
        ("a\n", "", "becomes empty"),
    ],
)
def test_odd_cases_are_said_in_words(before, after, note):
    assert note in texts(before, after)[0]


def test_a_missing_newline_at_the_end_is_said():
    rows = texts("a\nb", "a\nb\n", 100)
    assert any("no newline at the end" in row.split("│")[0] for row in rows if "│" in row)
    assert not any("no newline at the end" in row.split("│")[1] for row in rows if "│" in row)


def test_changed_line_ends_are_shown():
    rows = texts("a\nb\n", "a\r\nb\r\n", 80)
    assert sum("␍" in row for row in rows) == 2
    assert not any("␍" in row for row in texts("a\r\nb\r\n", "a\r\nc\r\n", 80))


def test_control_characters_and_markup_have_no_power():
    rows = texts("a\n", "\x1b[2J[red]b\u202e[/red]\n", 80)
    assert any("␛[2J[red]b<U+202E>[/red]" in row for row in rows)


def test_long_lines_end_in_an_ellipsis():
    rows = texts("x\n", "y" * 300 + "\n", 80)
    assert rows[-1].endswith("…")


def test_a_limit_says_what_was_left_out():
    rows = texts(None, numbered(50), 80, limit=10)
    assert len(rows) == 11
    assert rows[-1].strip() == "⋯ 41 more rows"


def test_a_large_file_costs_only_its_rows():
    before = numbered(20_000)
    document = DiffDocument(before, before.replace("line 10000\n", "line x\n"))
    rows = layout(document, split=True)
    assert len(rows) < 20
    assert hunk_starts(rows) == [next(i for i, row in enumerate(rows) if row.kind == "change")]


def test_a_wholly_new_large_file():
    assert len(layout(DiffDocument(None, numbered(20_000)), split=False)) == 20_001


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d e", "\t", "x\r"]), max_size=25)


@given(LINES, LINES, st.booleans(), st.booleans(), st.booleans())
def test_unfolded_rows_hold_every_line_once(old, new, split, end_old, end_new):
    before = "\n".join(old) + ("\n" if end_old and old else "")
    after = "\n".join(new) + ("\n" if end_new and new else "")
    document = DiffDocument(before, after)
    rows = layout(document, split=split, folded=False)
    old_count = len(document.old_lines) - (1 if before.endswith("\n") or not before else 0)
    new_count = len(document.new_lines) - (1 if after.endswith("\n") or not after else 0)
    assert [row.old for row in rows if row.old is not None] == list(range(old_count))
    assert [row.new for row in rows if row.new is not None] == list(range(new_count))
    folded = layout(document, split=split)
    hidden = sum(row.count for row in folded if row.kind == "fold")
    assert hidden + sum(row.kind == "equal" for row in folded) == sum(row.kind == "equal" for row in rows)
    for strip in diff_strips(before, after, "x.py", 60, TOKENS, mode="split" if split else "unified"):
        assert strip.cell_length == 60


class Bench(App[None]):
    def __init__(self, view: DiffView) -> None:
        super().__init__()
        install_themes(self)
        self.view = view
        self.moved: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.focus()

    def on_diff_view_moved(self, event: DiffView.Moved) -> None:
        self.moved.append(event.control.current_hunk)

    def lines(self) -> list[str]:
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]


async def test_hunks_are_left_out_and_taken_again():
    app = Bench(DiffView(BEFORE, AFTER, "x.txt", reviewing=True))
    async with app.run_test(size=(120, 14)) as pilot:
        await pilot.pause()
        view = app.view
        assert view.accepted_text() == AFTER
        view.toggle_hunk()
        assert view.accepted_text() == BEFORE.replace("line 25\n", "")
        assert any("✗" in line for line in app.lines())
        view.go(1)
        view.toggle_hunk()
        assert view.accepted == frozenset()
        assert view.accepted_text() == BEFORE
        view.go(0)
        view.toggle_hunk()
        assert view.accepted_text() == AFTER.replace("line 24\n", "line 24\nline 25\n")
        view.show(BEFORE, AFTER, "y.txt")
        assert view.accepted_text() == AFTER, "another difference is taken whole"


async def test_walking_from_change_to_change_says_where():
    before = numbered(300)
    after = before
    for number in (50, 100, 150, 151, 250):
        after = after.replace(f"line {number}\n", f"line x{number}\n")
    app = Bench(DiffView(before, after, "x.txt"))
    async with app.run_test(size=(120, 8)) as pilot:
        await pilot.pause()
        view = app.view
        await pilot.press("f")
        assert view.current_hunk == 0
        await pilot.press("full_stop")
        await pilot.pause()
        assert app.moved[-1] == view.current_hunk == 1
        assert any("line x100" in line for line in app.lines())
        await pilot.press("comma")
        await pilot.pause()
        assert view.current_hunk == 0 and any("line x50" in line for line in app.lines())
        await pilot.press("comma")
        assert view.current_hunk == 0
        view.scroll_to(y=140, animate=False)  # with the wheel
        await pilot.pause()
        assert app.moved[-1] == view.current_hunk == 2
        await pilot.press("full_stop", "full_stop", "full_stop")
        await pilot.pause()
        assert view.current_hunk == 3 and any("line x250" in line for line in app.lines())
        before = app.lines()
        await pilot.press("p", "k", "left_square_bracket", "space")
        assert app.lines() == before  # letters that mean nothing here


@pytest.mark.parametrize("size", [(120, 12), (60, 12)])
async def test_long_lines_scroll_at_once_or_wrap(size):
    before = "short\n" + "a" * 70 + "b" * 70 + "END\nlast\n"
    app = Bench(DiffView(before, before.replace("END", "FIN"), "x.txt"))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        view = app.view
        assert any("…" in line for line in app.lines()) and not any("FIN" in line for line in app.lines())
        await pilot.press("right")
        assert view.scroll_offset.x == 8  # both halves, and no animation to wait for
        await pilot.press(*["right"] * 20)
        lines = app.lines()
        assert any("FIN" in line for line in lines) and any("END" in line for line in lines)
        rows = view.row_count
        await pilot.press("w")
        await pilot.pause()
        lines = app.lines()
        assert view.wrapped and view.row_count > rows and view.scroll_offset.x == 0
        assert not any("…" in line for line in lines)
        assert any("FIN" in line for line in lines) and any("END" in line for line in lines)
        assert sum("  2 " in line for line in lines) == (
            1 if view.split else 2
        )  # the number stands once a line
        assert all(view.render_line(y).cell_length == size[0] for y in range(12))
        await pilot.press("w")
        await pilot.pause()
        assert view.row_count == rows


async def test_pages_and_ends_come_at_once():
    app = Bench(DiffView(None, numbered(100), "x.txt"))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.pause()
        for key, y in (("pagedown", 10), ("down", 11), ("end", 90), ("pageup", 80), ("up", 79), ("home", 0)):
            await pilot.press(key)
            assert app.view.scroll_offset.y == y, key


DOCSTRING = '"""Opening.\n\nwords and not code\n"""\n\nx = 1\n'


def inks(strips, word):
    found = [
        s.style.color.get_truecolor().hex
        for strip in strips
        for s in strip
        if word in s.text and s.style.color
    ]
    return [next(name for name, colour in TOKENS.items() if colour == each) for each in found]


def test_context_is_coloured_by_what_stands_above_it():
    before = DOCSTRING + "y = 1\n" * 20 + DOCSTRING.replace("Opening", "Second") + "z = 1\n"
    shown = diff_strips(before, before.replace("x = 1", "x = 2"), "x.py", 80, TOKENS)
    assert set(inks(shown, "and not")) == {"syntax-comment"}


async def test_a_large_file_is_plain_until_its_colours_are_there():
    """Coloured line by line, the middle of a docstring would be code."""
    before = "".join(f"line_{number} = {number}\n" for number in range(4000)) + DOCSTRING
    after = before.replace("x = 1", "x = 2")
    strips = diff_strips(before, after, "x.py", 80, TOKENS)
    assert "syntax-keyword" not in inks(strips, "and")
    app = Bench(DiffView(before, after, "x.py"))
    async with app.run_test(size=(80, 14)) as pilot:
        async with asyncio.timeout(60):
            while inks([app.view.render_line(y) for y in range(14)], "and not") != ["syntax-comment"]:
                await pilot.pause()


async def test_folds_open_by_key_and_by_click():
    app = Bench(DiffView(BEFORE, AFTER, "x.txt"))
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.pause()

        def folds() -> list[int]:
            return [y for y, line in enumerate(app.lines()) if "⋯" in line]

        count = len(folds())
        await pilot.press("enter")
        await pilot.pause()
        assert len(folds()) == count - 1
        await pilot.press("f")
        await pilot.pause()
        assert folds() == []
        await pilot.press("f")
        await pilot.pause()
        assert len(folds()) == count
        await pilot.click(DiffView, offset=(10, folds()[-1]))
        await pilot.pause()
        assert len(folds()) == count - 1


async def test_a_drag_that_ends_on_a_fold_opens_nothing_and_selects_nothing_that_cannot_be_copied(drag):
    app = Bench(DiffView(BEFORE, AFTER, "x.txt"))
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.pause()
        before = app.lines()
        fold = next(y for y, line in enumerate(before) if "⋯" in line)
        for start, end in (
            ((10, fold + 2), (10, fold)),
            ((10, fold), (10, fold + 2)),
            ((10, fold), (30, fold)),
        ):
            await drag(pilot, app.view, start, end)
            assert app.lines() == before and not app.screen.selections
        await pilot.double_click(DiffView, offset=(10, fold + 2))
        assert not app.screen.selections
        await pilot.click(DiffView, offset=(10, fold))
        await pilot.pause()
        assert app.lines() != before, "a click is one still"


async def test_width_decides_the_form_and_long_lines_scroll():
    app = Bench(DiffView("x\n", "start " + "y" * 200 + " end\n", "x.txt"))
    async with app.run_test(size=(120, 10)) as pilot:
        await pilot.pause()
        assert app.view.split
        await pilot.resize_terminal(80, 10)
        await pilot.pause()
        assert not app.view.split
        assert "start" in app.lines()[1]
        app.view.scroll_to(x=150, animate=False)
        await pilot.pause()
        assert app.lines()[1].endswith("end")
        assert app.lines()[1].startswith("  1 +")


async def test_another_theme_and_another_text():
    app = Bench(DiffView("x\n", "y\n", "x.txt"))
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        first = app.view.render_line(1)
        register_themes(app)
        app.theme = "paper"
        async with asyncio.timeout(60):
            while app.view.render_line(1) == first:
                await pilot.pause()
        app.view.show(None, "z\n", "z.txt")
        await pilot.pause()
        assert app.lines()[:2] == [" new file", "  1 + z"]


def test_what_is_laid_out_is_bounded_and_says_what_is_left_out():
    rows = layout(DiffDocument(None, numbered(300_000)), split=False)
    assert len(rows) == MAX_ROWS + 1
    assert (
        rows[-1].note == f"⋯ too long to show whole: {300_000 - MAX_ROWS + 1:,} more changed lines not shown"
    )
    before = numbered(60_000)
    rows = layout(DiffDocument(before, before.replace("line", "row")), split=True)
    assert len(rows) == MAX_ROWS + 1
    assert (
        rows[-1].note == f"⋯ too long to show whole: {2 * (60_000 - MAX_ROWS):,} more changed lines not shown"
    )


def test_an_endless_line_is_shown_as_far_as_anyone_reads_and_says_how_much_follows():
    document = DiffDocument("a" * 9_000_000, "a" * 8_999_999 + "b")
    assert [row.kind for row in layout(document, split=True)] == ["change"]
    assert document.new_lines[0] == "a" * MAX_LINE + f" ⋯ {9_000_000 - MAX_LINE:,} more characters"
    assert document.marks(0, 0)[1] == [(0, len(document.new_lines[0]))], (
        "all of it: the change is not in sight"
    )
    assert document.longest < 3 * MAX_LINE


def test_wrapped_lines_break_between_words_where_they_can():
    text = "the quick brown fox jumps over the lazy dog"
    parts = [text[start:end] for start, end in wrapped(text, 12)]
    assert parts == ["the quick ", "brown fox ", "jumps over ", "the lazy dog"]
    assert [text[start:end] for start, end in wrapped("x" * 30, 12)] != [] and len(wrapped("x" * 30, 12)) == 3
    assert wrapped("", 12) == ((0, 12),) and len(wrapped("漢" * 9, 12)) == 2
