from codepilot.terminal.screen import Row, Run
from codepilot_tui.widgets.terminal.cells import cells_of, columns_of, text_between
from codepilot_tui.widgets.terminal.logical import LogicalLine, Point, Span, logical_line, url_at, word_spans
from codepilot_tui.widgets.terminal.selecting import TextSelection, select, text_of

WIDE = Row((Run("a", 1), Run("日本", 4), Run("e\u0301", 1), Run("z", 1)))


def rows(*texts: str, wrapped: int = 0) -> dict[int, Row]:
    return {
        index: Row((Run(text, len(text)),) if text else (), index < wrapped)
        for index, text in enumerate(texts)
    }


def test_cells_and_characters() -> None:
    assert [cell.column for cell in cells_of(WIDE)] == [0, 1, 3, 5, 6]
    assert text_between(WIDE, 1, 3) == "日"
    assert text_between(WIDE, 2, 4) == "日本", "half a wide character is all of it"
    assert text_between(WIDE, 5, None) == "e\u0301z"
    assert columns_of(WIDE, 1, 3) == (1, 5) and columns_of(WIDE, 3, 6) == (5, 7)
    assert columns_of(WIDE, 6, 9) == (7, 10), "in the blanks that no row stores"


def test_rows_that_were_wrapped_are_one_line() -> None:
    document = rows("first", "0123456789", "abc", "last", wrapped=0)
    document[1] = Row(document[1].runs, wrapped=True)
    line = logical_line(document.get, 2, 10)
    assert (line.first, line.last, line.text) == (1, 2, "0123456789abc")
    assert line.spans(8, 12) == (Span(1, 8, 10), Span(2, 0, 2))
    assert line.index(Point(2, 1)) == 11


def test_blanks_at_the_end_of_a_wrapped_row_come_back() -> None:
    line = LogicalLine(0, [Row((Run("two", 3),), True), Row((Run("words", 5),))], 5)
    assert line.text == "two  words"
    wide = LogicalLine(0, [Row((Run("日本", 4),), True), Row((Run("語", 2),))], 5)
    assert wide.text == "日本語", "the cell that was too narrow for a wide character is no blank"


def test_words() -> None:
    document = rows("see (src/app.py:12) 'it'")

    def word(column: int) -> str:
        point = Point(0, column)
        return "".join(
            text_between(document[span.line], span.start, span.end)
            for span in word_spans(logical_line(document.get, 0, 40), point)
        )

    assert word(7) == "src/app.py:12" and word(0) == "see" and word(21) == "it"
    assert word_spans(logical_line(document.get, 0, 40), Point(0, 35)) == ()


def test_addresses() -> None:
    text = "go to (https://example.org/a_(b)?x=1). Or http://h/; no ftp://h"
    line = logical_line(rows(text).get, 0, 80)

    def at(part: str) -> str:
        return url_at(line, Point(0, text.index(part)))

    assert at("example") == "https://example.org/a_(b)?x=1"
    assert at("http://h") == "http://h/"
    assert at("ftp") == "" and at("go") == ""


def test_an_address_over_two_rows() -> None:
    document = rows("at https://exam", "ple.org/path ok", wrapped=1)
    assert url_at(logical_line(document.get, 1, 15), Point(1, 4)) == "https://example.org/path"


def test_selected_text() -> None:
    document = rows("one  ", "0123456789", "ab   ", "", "end")
    document[1] = Row(document[1].runs, wrapped=True)
    selection = TextSelection(Point(0, 1), Point(4, 1))
    assert text_of(selection, document.get) == "ne\n0123456789ab\n\nen"
    assert selection.span(0) == (1, None) and selection.span(2) == (0, None) and selection.span(4) == (0, 2)
    assert selection.span(5) is None


def test_a_selection_grows_by_words_and_lines() -> None:
    document = rows("one two three", "0123456789012", "ab c", wrapped=0)
    document[1] = Row(document[1].runs, wrapped=True)
    words = select(document.get, 13, Point(0, 9), Point(0, 5), "word")
    assert text_of(words, document.get) == "two three"
    lines = select(document.get, 13, Point(2, 1), Point(2, 1), "line")
    assert text_of(lines, document.get) == "0123456789012ab c"
