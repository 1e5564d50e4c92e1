"""The other kinds of items, and what holds for all of them."""

import pytest

from codepilot_tui.transcript import (
    AgentTurn,
    Change,
    Completion,
    Notice,
    Payload,
    Prose,
    Question,
    Thinking,
    UserTurn,
)
from codepilot_tui.widgets.chat.items import Empty, Look, empty_state, estimate, foldable, starts_turn
from codepilot_tui.widgets.chat.items.look import more


def test_turns_have_bars_and_hours(drawn):
    user = drawn(UserTurn(id=1, at=0, text="Fix it\nplease"))
    assert user[0].startswith(" ▍ You") and user[0].endswith(" 00:00")
    assert user[1:] == [" ▍ Fix it", " ▍ please"]
    assert drawn(Prose(id=3, at=0, text="Some `code`", streaming=False)) == [" ▍ Some code"]


def test_words_that_waited_say_where_they_were_delivered(drawn):
    head, words = drawn(UserTurn(id=1, at=60, text="also zero", step=4))
    assert head.startswith(" ▍ You") and head.endswith("delivered at step 4 · 00:01")
    assert words == " ▍ also zero"


def test_a_step_has_one_row_of_frame(drawn):
    """The name stands where a turn begins; a further step is a number at the right edge."""
    first = AgentTurn(id=2, at=0, name="Builder", step=3, max_steps=9)
    (head,) = drawn(first)
    assert head.startswith(" ▍ Builder") and head.endswith("step 3") and len(head) == 59
    further = AgentTurn(id=2, at=0, name="Builder", step=4, max_steps=9, named=False)
    assert drawn(further) == ["step 4".rjust(59)]
    assert starts_turn(first) and not starts_turn(further)


@pytest.mark.parametrize(
    ("count", "width", "row"),
    [
        (7, 31, "     … 7 more lines  Enter all"),
        (7, 30, "     … 7 more lines"),
        (1, 30, "     … 1 more line  Enter all"),
    ],
)
def test_the_key_of_the_rows_left_out_is_named_where_it_has_room(drawn, count, width, row):
    made = more(count, Look(width, drawn.tokens), key=True)
    assert made.strip.text.rstrip() == row and made.opens


def test_thinking_folds(drawn):
    item = Thinking(id=1, at=0, text="first\n\nsecond", streaming=False)
    (row,) = drawn(item)
    assert row.startswith(" ▍ ▸ thought first") and row.endswith("2 lines")
    assert drawn(item, fold="open") == [" ▍ ▾ thought", " ▍   first", " ▍", " ▍   second"]
    item = Thinking(id=1, at=0, text="first\nsecond", streaming=True)
    assert drawn(item)[0].startswith(" ▍ ▸ thinking second")


def test_a_payload_says_how_far_it_is(drawn):
    item = Payload(id=1, at=0, path="src/app.py", text="a\nb\n")
    assert drawn(item)[0].startswith("   ● writing     src/app.py") and drawn(item)[0].endswith("2 lines")
    item.closed = True
    assert "received" in drawn(item)[0] and drawn(item, fold="open")[1:] == ["     a", "     b"]
    item.unused = True
    assert drawn(item)[0].startswith("   ○ unused") and drawn(item)[0].endswith("2 lines, not written")
    item.hidden = True
    assert drawn(item) == [] and estimate(item, 60) == 0


def test_completion_and_question(drawn):
    done = Completion(id=1, at=0, text="All **good**.", done=True, steps=2, seconds=9)
    assert drawn(done)[0].startswith("   ✓ done") and drawn(done)[0].endswith("2 steps · 9.0 s")
    assert drawn(done)[1] == "     All good."
    asked = Question(id=1, at=0, question_id="q", question="Which?")
    for width in (60, 80, 120):
        (row,) = drawn(asked, width)
        assert row.split() == ["?", "Which?", "asks"] and row.index("asks") + 4 == width - 1, (
            "as other rows have it"
        )
        asked.question = "Which of them?\nThis or that " * 9
        first, *rest = drawn(asked, width)
        assert first == f"{'   ? Which of them?':<{width - 5}}asks" and "asks" not in "".join(rest)
        asked.question = "Which?"
    asked.open, asked.answer = False, "both"
    assert drawn(asked)[-1] == "     You: both"
    asked.answer = None
    assert drawn(asked)[-1] == "     no answer"


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("width", [60, 120])
def test_a_question_is_drawn_as_markdown_as_its_dock_draws_it(drawn, width, is_open):
    words = "Keep `a.py` or **drop** it?\na) keep\nb) drop\n\n- one\n- two\n\n```python\nx = **y\n```"
    asked = Question(id=1, at=0, question_id="q", question=words, open=is_open)
    rows = drawn(asked, width)
    assert rows[0].removesuffix("asks").rstrip() == "   ? Keep a.py or drop it?"
    assert rows[0].endswith("asks") is is_open
    assert drawn.ink(asked, "drop", width)[1], "bold"
    text = "\n".join(rows)
    assert "`" not in text and "x = **y" in text, "a fence is code"
    assert [row.strip() for row in rows[1:3]] == ["a) keep", "b) drop"], "each line stays one"
    assert all(row.startswith("     ") for row in rows[1:] if row)


@pytest.mark.parametrize("words", ["---", "[x]: y", "", "   \n  "])
def test_a_question_of_which_markdown_shows_nothing_is_shown_as_written(drawn, words):
    row = drawn(Question(id=1, at=0, question_id="q", question=words))[0]
    assert row.startswith("   ?") and row.endswith("asks")
    if words == "[x]: y":
        assert words in row


@pytest.mark.parametrize("width", [12, 20, 40, 79, 200])
def test_every_item_fits_every_width(drawn, call, width):
    change = Change(path="a.py", before="x\n", after="y\n", added=1, removed=1, coarse=False)
    for item in (
        UserTurn(id=1, at=0, text="日本語 " * 30, step=3),
        AgentTurn(id=1, at=0, name="N" * 99, step=1, max_steps=1),
        AgentTurn(id=1, at=0, name="N" * 99, step=1, max_steps=1, named=False),
        call(state="error", result="x" * 300, figure="exit 1", label="y" * 300, args={"a": "b" * 300}),
        call(state="denied", reason="日本語" * 30, note="denied"),
        call(changes=[change, change], code="z" * 300),
        Notice(id=1, at=0, kind="warn", what="w" * 99, where="here", next="n" * 99, detail="d" * 99),
        Payload(id=1, at=0, path="p" * 99, text="t" * 99),
        Completion(id=1, at=0, text="word " * 40, done=True),
        Question(id=1, at=0, question_id="q", question="why " * 40),
        Question(
            id=1, at=0, question_id="q", question=f"```\n{'x' * 300}\n```\n| a | b |\n|---|---|\n| c | d |"
        ),
        Thinking(id=1, at=0, text="hm " * 99),
    ):
        for fold in ("auto", "folded", "open"):
            if width >= 20:
                drawn(item, width, fold)
            assert estimate(item, width) >= 1
            assert isinstance(starts_turn(item), bool) and isinstance(foldable(item), bool)


def test_the_empty_state_says_how_to_begin(drawn):
    keys = (("Enter", "send"), ("F1", "keys"))
    text = [line.strip.text.rstrip() for line in empty_state(60, drawn.tokens, "Builder", Empty(keys))]
    assert text[0] == "   Builder is ready."
    assert text[-2:] == ["   Enter   send", "   F1      keys"]
    bare = [line.text for line in empty_state(60, drawn.tokens, "Builder", Empty())]
    assert "Find out why the tests fail" in " ".join(bare)
