from collections.abc import Sequence

import pytest

from codepilot.terminal.screen import Row, Run
from codepilot_tui.widgets.terminal.logical import Span
from codepilot_tui.widgets.terminal.search import Query, Search


class Document:
    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.fetched: list[tuple[int, int]] = []

    async def fetch(self, start: int, count: int) -> Sequence[Row]:
        self.fetched.append((start, count))
        return self.rows[start : start + count]


def lines(count: int) -> Document:
    return Document([Row((Run(f"line {n}", len(f"line {n}")),)) for n in range(count)])


async def found(document: Document, text: str, *, regex: bool = False, columns: int = 20) -> Search:
    search = Search(Query(text, regex), columns)
    await search.run(document.fetch, 0, len(document.rows), lambda: None)
    assert search.complete
    return search


async def test_all_of_a_long_history_from_the_newest_up() -> None:
    document = lines(2345)
    counts: list[int] = []
    search = Search(Query("line 23"), 20)
    await search.run(document.fetch, 0, 2345, lambda: counts.append(len(search.matches)))
    assert document.fetched[0] == (1845, 500) and document.fetched[-1][0] == 0
    assert counts[0] == 45 and counts[-1] == 45 + 1 + 10 + 0 + 0
    assert [match[0].line for match in search.matches][:2] == [23, 230]
    assert search.matches[-1] == (Span(2344, 0, 7),)


async def test_small_letters_find_great_ones_and_patterns_must_be_asked_for() -> None:
    document = Document([Row((Run(text, len(text)),)) for text in ("Error", "error", "err.r")])
    assert len((await found(document, "error")).matches) == 2
    assert len((await found(document, "Error")).matches) == 1
    assert len((await found(document, "err.r")).matches) == 1
    assert len((await found(document, "err.r", regex=True)).matches) == 3


@pytest.mark.parametrize("text", ["", "(", "a{99999999999}", "[z-a]"])
async def test_what_is_no_pattern_finds_nothing(text: str) -> None:
    search = Search(Query(text, regex=True), 20)
    assert search.pattern is None
    await search.run(lines(3).fetch, 0, 3, lambda: None)
    assert search.matches == []


async def test_empty_matches_do_not_count() -> None:
    assert (await found(lines(3), "x*", regex=True)).matches == []


async def test_a_match_across_wrapped_rows_and_blocks() -> None:
    rows = [Row((Run("." * 10, 10),), wrapped=True) for _ in range(1200)]
    rows[499] = Row((Run(".....needl", 10),), wrapped=True)
    rows[500] = Row((Run("e.........", 10),), wrapped=True)
    rows.append(Row((Run("end", 3),)))
    search = await found(Document(rows), "needle", columns=10)
    assert search.matches == [(Span(499, 5, 10), Span(500, 0, 1))]
    assert search.spans(500) == [(Span(500, 0, 1), False)]


async def test_walking_goes_round() -> None:
    search = await found(lines(30), "line 1")
    assert search.current is None
    assert search.go_near(15) == (Span(15, 0, 6),)
    assert search.go(-1) == (Span(14, 0, 6),)
    assert search.go(1) == (Span(15, 0, 6),)
    assert search.spans(15) == [(Span(15, 0, 6), True)]
    for _ in range(5):
        search.go(1)
    assert search.go(-1) == (Span(19, 0, 6),), "after the newest comes the oldest, and back"
    assert search.go_near(0) == (Span(19, 0, 6),), "nothing is older: the newest"


async def test_new_lines_are_looked_through_without_losing_the_place() -> None:
    document = lines(30)
    search = await found(document, "line 2")
    search.go_near(25)
    document.rows.append(Row((Run("line 2 again", 12),)))
    await search.run(document.fetch, 20, 31, lambda: None)
    assert search.current == (Span(25, 0, 6),) and len(search.matches) == 12
    assert search.matches == sorted(search.matches)


async def test_a_history_that_moves_meanwhile_is_no_complete_search() -> None:
    document = lines(30)
    search = Search(Query("line"), 20)
    await search.run(document.fetch, 0, 40, lambda: None)
    assert not search.complete


async def test_wide_characters() -> None:
    document = Document([Row((Run("日本", 4), Run(" x", 2)))])
    assert (await found(document, "本 x")).matches == [(Span(0, 2, 6),)]


async def test_a_pattern_that_is_never_done_is_given_up() -> None:
    text = "a" * 60 + "!"
    search = Search(Query(r"(a+)+$", regex=True), 80)
    await search.run(Document([Row((Run(text, 61),))]).fetch, 0, 1, lambda: None)
    assert search.too_slow and not search.complete
    await search.run(Document([]).fetch, 0, 1, lambda: None)
    assert search.matches == []
