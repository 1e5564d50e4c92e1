from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot.diff import counts
from codepilot_tui.widgets.stream_rows import FileDiff, Form, Position, StreamRows, build

WIDE, NARROW = Form(), Form(width=60)


def differs(path, before, after, note=""):
    added, removed = counts(before or "", after or "")
    return FileDiff(path, before, after, added, removed, note)


def numbered(count, *changed):
    """So many lines, and the same with some of them changed."""
    lines = [f"line {number} of the file, with some words behind it\n" for number in range(count)]
    return "".join(lines), "".join(
        "changed " + line if at in changed else line for at, line in enumerate(lines)
    )


@st.composite
def one_file(draw):
    size = draw(st.integers(1, 60))
    changed = draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=6))
    before, after = numbered(size, *changed)
    kind = draw(st.sampled_from(["changed", "changed", "changed", "new", "gone", "note"]))
    if kind == "note":
        return differs("a", None, None, "not text")
    return differs("a", None if kind == "new" else before, None if kind == "gone" else after)


FILES = st.lists(one_file(), min_size=1, max_size=8)
FORMS = st.sampled_from([replace(form, wrapped=wrapped, folded=folded)
                         for form in (WIDE, NARROW) for wrapped in (False, True) for folded in (False, True)])  # fmt: skip


def stands_on(rows, row):
    """What can be read there: the file, and the line with its part or the head."""
    file, index = rows.at(row)
    made = rows.built(file)
    return (file, index) if index < 0 or made is None else (file, made.rows[index])


@given(FILES, FORMS, st.data())
@settings(max_examples=60, deadline=None)
def test_corrections_move_nothing_of_what_is_read(files, form, data):
    rows = StreamRows(files, form)
    read = data.draw(st.integers(0, len(files) - 1))
    rows.build(read)
    row = rows.row_at(read, data.draw(st.integers(-1, len(rows.built(read).rows) - 1)))
    position, seen = rows.position(row), stands_on(rows, row)
    for file in data.draw(st.permutations(range(len(files)))):
        rows.take(file, build(files[file], rows.document(file), form, rows.opened(file)), form)
        row = rows.row_of(position)
        assert stands_on(rows, row) == seen and rows.position(row) == position
    assert rows.complete and not rows.missing(0, 9)
    assert len(rows) == sum(rows.lead(at) + len(rows.built(at).rows) for at in range(len(files)))


@given(FILES, FORMS, FORMS, st.data())
@settings(max_examples=60, deadline=None)
def test_another_form_keeps_the_line(files, old, new, data):
    rows = StreamRows(files, old)
    for file in range(len(files)):
        rows.build(file)
    row = data.draw(st.integers(0, len(rows) - 1))
    position = rows.position(row)
    rows.change_form(new)
    assert rows.row_of(position) in range(len(rows))
    rows.build(position.file)
    file, index = rows.at(rows.row_of(position))
    assert file == position.file
    if position.line is not None:
        line, _ = rows.built(file).rows[index]
        old_line, new_line = position.line
        if line.kind == "fold":
            first = line.new if new_line is not None else line.old
            assert first <= (old_line if new_line is None else new_line) < first + line.count
        else:
            assert line.new == new_line if new_line is not None else line.old == old_line


@given(FILES, FORMS)
@settings(max_examples=40, deadline=None)
def test_every_row_is_of_one_file_and_can_be_found_again(files, form):
    rows = StreamRows(files, form)
    for file in range(0, len(files), 2):
        rows.build(file)
    for row in range(len(rows)):
        assert rows.row_at(*rows.at(row)) == row
        assert rows.row_of(rows.position(row)) == row


def test_the_guess_is_near_what_it_becomes():
    before, after = numbered(400, *range(40, 60))
    rows = StreamRows([differs("a", before, after)], WIDE)
    guess = len(rows)
    rows.build(0)
    assert abs(len(rows) - guess) <= 4


def test_those_near_are_built_first():
    rows = StreamRows([differs(str(at), "a\n", "b\n") for at in range(10)], WIDE)
    rows.build(5)
    assert sorted(rows.missing(5, 2)) == [4, 6]


def test_rows_of_another_form_are_not_taken_but_the_compared_texts_are():
    rows = StreamRows([differs("a", *numbered(30, 4))], WIDE)
    made = build(rows.files[0], None, WIDE)
    rows.change_form(NARROW)
    rows.take(0, made, WIDE)
    assert rows.built(0) is None and rows.document(0) is made.document and rows.missing(0, 1) == [0]


def test_a_fold_that_is_opened_stays_open_until_all_are_folded_anew():
    rows = StreamRows([differs("a", *numbered(40, 20))], WIDE)
    folded = len(rows.build(0).rows)
    rows.open_fold(0, 0)
    opened = len(rows.built(0).rows)
    assert opened > folded
    rows.change_form(replace(WIDE, width=120))
    assert len(rows.build(0).rows) == opened
    rows.change_form(replace(WIDE, folded=False))
    rows.change_form(WIDE)
    assert len(rows.build(0).rows) == folded


def test_the_first_change_below_a_row():
    files = [
        differs("a", *numbered(40, 2, 30)),
        differs("b", None, None, "not text"),
        differs("c", "a\n", "b\n"),
    ]
    rows = StreamRows(files, WIDE)
    rows.build(0), rows.build(1)
    assert rows.hunk_from(0) == (0, 0)
    assert rows.hunk_from(rows.row_at(0, rows.built(0).rows.starts[1])) == (0, 1)
    assert rows.hunk_from(rows.row_at(1, 0)) is None, "it is not known yet what is in the third"
    rows.build(2)
    assert rows.hunk_from(rows.row_at(1, 0)) == (2, 0)


def test_a_place_in_a_file_that_is_guessed_stays_in_it():
    rows = StreamRows([differs("a", None, "x\n" * 50)], WIDE)
    position = rows.position(30)
    assert position == Position(0, None, 30)
    rows.build(0)
    assert rows.row_of(position) == 30
