"""What stands on each row of the chat, without an app."""

from codepilot_tui.theme import load_theme
from codepilot_tui.transcript import AgentTurn, CallLine, Prose, UserTurn
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
