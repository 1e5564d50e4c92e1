"""What stands on each row of the chat, without an app."""

from codepilot_tui.theme import load_theme
from codepilot_tui.transcript import AgentTurn, CallLine, Prose, UserTurn
from codepilot_tui.transcript.finding import Hit, find
from codepilot_tui.widgets.chat.items import Look
from codepilot_tui.widgets.chat.rows import ChatRows

TOKENS = load_theme("dusk")


def session():
    return [
        UserTurn(id=1, at=0, text="Fix it"),
        AgentTurn(id=2, at=0, name="Builder", step=1, max_steps=9),
        Prose(id=3, at=0, text="I look.", streaming=False),
        CallLine(
            id=4,
            at=0,
            call_id="c",
            tool="execute",
            label="main › make",
            state="ok",
            result="one\ntwo",
            seconds=1,
        ),
    ]


def pane(items, width=40, height=12):
    rows = ChatRows(lambda width: Look(width, TOKENS))
    rows.resize(width, height)
    rows.update(items, ())
    rows.settle()
    return rows


def text(rows):
    rows.settle()
    return [line.strip.text.rstrip() for row in range(rows.total) if (line := rows.line(row)) is not None]


def test_the_rows_of_a_short_session():
    assert text(pane(session())) == [
        " ▍ You                            00:00",
        " ▍ Fix it",
        "",
        " ▍ Builder                       step 1",
        " ▍ I look.",
        "   ✓ execute     main › make      1.0 s",
    ]


def test_what_is_unfolded_and_folded_again():
    rows = pane(session())
    folded = text(rows)
    rows.toggle(3)
    assert text(rows)[-2:] == ["     one", "     two"]
    rows.fold(3, "folded")
    rows.fold(3, "folded")
    assert text(rows) == folded
    rows.toggle(2)
    assert text(rows) == folded, "prose has nothing more to show"


def test_what_enter_does_to_the_item_under_the_cursor():
    rows = pane(session())
    assert rows.at_cursor == ""
    for index, does in ((0, ""), (2, ""), (3, "unfold")):
        rows.cursor.index = index
        assert rows.at_cursor == does
    rows.toggle(3)
    assert rows.at_cursor == "fold"
    rows.toggle(3)
    assert rows.at_cursor == "unfold"


def test_a_click_unfolds_on_the_head_of_an_item_only():
    rows = pane(session())
    rows.toggle(3)
    rows.settle()
    assert [rows.unfolds(row) for row in range(rows.total)][3:] == [
        True,
        True,
        True,
        *[False] * (rows.total - 6),
    ]


def test_what_came_below_is_counted_until_it_is_seen():
    items = session()
    rows = pane(items, height=2)
    rows.scroll_to(0)
    items += [AgentTurn(id=5, at=0, name="Builder", step=2, max_steps=9), UserTurn(id=6, at=0, text="More")]
    rows.update(items, {5, 6})
    rows.settle()
    assert rows.unseen == 1 and not rows.following
    rows.follow()
    rows.settle()
    assert rows.unseen == 0


def test_other_items_begin_anew():
    rows = pane(session(), height=2)
    rows.scroll_to(0)
    rows.cursor.index = 3
    rows.update([UserTurn(id=9, at=0, text="Else")], {9})
    rows.settle()
    assert rows.following and rows.cursor.index is None and text(rows)[-1] == " ▍ Else"


def test_the_theme_is_part_of_a_drawing():
    tokens = TOKENS
    rows = ChatRows(lambda width: Look(width, tokens))
    rows.resize(40, 12)
    rows.update(session(), ())
    rows.settle()
    dark = rows.line(0).segments[1].style.color.name
    tokens = load_theme("paper")
    assert rows.line(0).segments[1].style.color.name == tokens["you"] != dark


def found(rows, items, words):
    """Go to the newest line that holds the words: the rows in view with their marked characters."""
    hit = find(items, words)[0]
    top = rows.scroll_to(rows.go_to(hit, words))
    view = range(top, min(top + rows.height, rows.total))
    return [
        (line.strip.text.rstrip(), [line.strip.text[a:b] for a, b in rows.marked(row)])
        for row in view
        if (line := rows.line(row)) is not None
    ]


def test_find_shows_the_line_of_a_long_message_with_its_words_marked():
    pasted = "\n".join(f"pasted line {n} with words" for n in range(1, 121))
    items = [UserTurn(id=1, at=0, text=pasted), *session()[1:]]
    seen = found(pane(items), items, "line 117")
    assert [(text, marks) for text, marks in seen if marks] == [
        (" ▍ pasted line 117 with words", ["line", "117"])
    ]
    assert len(seen) == 12 and seen[4][1], "a third down: what stands before it can be read"


def test_find_tells_lines_that_are_the_same_apart():
    items = [Prose(id=1, at=0, text="\n\n".join(["pass", "other"] * 30), streaming=False)]
    rows = pane(items)
    first, *_, last = reversed(find(items, "pass"))
    rows.go_to(first, "pass")
    (above,) = (row for row in range(rows.total) if rows.marked(row))
    rows.go_to(last, "pass")
    (below,) = (row for row in range(rows.total) if rows.marked(row))
    assert rows.line(above).text == rows.line(below).text == "pass" and below > above + 50


def test_find_unfolds_what_holds_the_line_and_marks_wrapped_rows():
    items = session()
    rows = pane(items)
    assert ("     two", ["two"]) in found(rows, items, "two")
    long = [Prose(id=1, at=0, text="**strong needle** " + "word " * 20 + "needle", streaming=False)]
    marks = [marks for _, marks in found(pane(long), long, "needle strong") if marks]
    assert marks == [["strong", "needle"], ["needle"]]


def test_a_mark_follows_another_width_and_goes_with_the_cursor_or_a_new_message():
    pasted = "\n".join(f"pasted line {n} with some words that are wrapped" for n in range(1, 60))
    items = [UserTurn(id=1, at=0, text=pasted), *session()[1:]]
    rows = pane(items)
    found(rows, items, "line 50")
    rows.resize(24, 12)
    rows.settle()

    def marked():
        return [rows.line(row).text for row in range(rows.total) if rows.marked(row)]

    assert len(marked()) == 1 and "line 50" in marked()[0]
    rows.cursor.index = 2
    assert not marked()
    rows.cursor.index = 0
    assert marked()
    rows.follow()
    assert not marked()


def test_find_goes_to_the_item_if_the_line_is_not_drawn_and_nowhere_if_it_is_gone():
    items = [Prose(id=1, at=0, text="word\n\n---\n\nend", streaming=False)]
    rows = pane(items)
    assert rows.go_to(find(items, "---")[0], "---") == 0 and not any(map(rows.marked, range(rows.total)))
    assert rows.go_to(Hit(9, "you", "x", "x"), "x") is None


def test_older_items_come_above_without_moving_what_is_read():
    items = [UserTurn(id=number, at=0, text=f"words {number}") for number in range(1, 30)]
    rows = pane(items)
    top = rows.scroll_to(20)
    read = [rows.line(top + row).strip.text for row in range(rows.height)]
    rows.cursor.index = 9
    older = [UserTurn(id=number, at=0, text=f"older {number}") for number in range(-4, 1)]
    items[:0] = older
    rows.update(items, {item.id for item in older} | {1})
    top = rows.settle()
    assert [rows.line(top + row).strip.text for row in range(rows.height)] == read
    assert rows.cursor.index == 14 and len(rows) == 34
    assert "older -4" in "".join(text(rows)[:3])


def test_older_items_are_wanted_when_little_is_left_above():
    items = [UserTurn(id=number, at=0, text=f"words {number}") for number in range(1, 60)]
    rows = pane(items)
    wanted = []
    rows.wants_older = lambda: wanted.append(1)
    rows.scroll_to(100)
    assert wanted == []
    rows.scroll_to(10)
    assert wanted
