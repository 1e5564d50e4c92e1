import pytest

from codepilot_tui.theme import load_theme
from codepilot_tui.transcript import (
    AgentTurn,
    CallLine,
    Change,
    Completion,
    Notice,
    Payload,
    Prose,
    Question,
    Thinking,
    UserTurn,
)
from codepilot_tui.widgets.chat.glyphs import ASCII, UNICODE
from codepilot_tui.widgets.chat.items import (
    Look,
    draw,
    empty_state,
    estimate,
    foldable,
    seconds_text,
    starts_turn,
)
from codepilot_tui.widgets.chat.markdown import MarkdownText

TOKENS = load_theme("dusk")


def rows(item, width=60, fold="auto", glyphs=UNICODE):
    look = Look(width, TOKENS, glyphs)
    lines = draw(item, look, fold, MarkdownText())
    assert all(line.strip.cell_length <= width for line in lines)
    return [line.strip.text.rstrip() for line in lines]


def call(**more):
    given = {"call_id": "c", "tool": "execute", "label": "main › pytest -q", "state": "ok"} | more
    return CallLine(id=1, at=0, **given)


def test_turns_have_bars_and_hours():
    user = rows(UserTurn(id=1, at=0, text="Fix it\nplease"))
    assert user[0].startswith(" ▍ You") and user[0].endswith(":00")
    assert user[1:] == [" ▍ Fix it", " ▍ please"]
    (head,) = rows(AgentTurn(id=2, at=0, name="Builder", step=3, max_steps=9))
    assert head.startswith(" ▍ Builder") and head.endswith("step 3") and len(head) == 59
    assert rows(Prose(id=3, at=0, text="Some `code`", streaming=False)) == [" ▍ Some code"]


def test_a_call_is_one_row_with_columns():
    (row,) = rows(call(figure="exit 0", seconds=1.25, result="24 passed"))
    assert row.startswith("   ✓ execute    main › pytest -q")
    assert row.endswith("exit 0   1.2 s")
    read = rows(call(tool="read_file", label="src/app.py", figure="1–40 of 96"))[0]
    assert read.index("src/app.py") == row.index("main ›")
    assert len(read) == len(row) == 59


@pytest.mark.parametrize(
    ("state", "sign", "word"),
    [
        ("asks", "?", "asks"),
        ("aborted", "○", "stopped"),
        ("denied", "✗", "denied"),
        ("error", "✗", "exit 1"),
    ],
)
def test_states(state, sign, word):
    row = rows(call(state=state, figure="exit 1"))[0]
    assert row.strip().startswith(sign) and word in row


def test_a_long_reason_does_not_cost_the_word():
    row = rows(call(state="denied", note="denied: " + "not while the tests are red " * 4), width=46)[0]
    assert "denied" in row


def test_seconds_are_said_when_the_call_is_done():
    assert rows(call(state="running")) == ["   ● execute    main › pytest -q"]
    assert rows(call(state="asks"))[0].endswith("    asks")
    assert rows(call(seconds=2.5))[0].endswith("2.5 s")


def test_a_failure_shows_its_end():
    item = call(state="error", result="\n".join(f"row {n}" for n in range(30)))
    shown = rows(item)
    assert shown[1] == "     … 18 more rows  Enter all"
    assert shown[-1] == "     row 29"
    assert len(rows(item, fold="folded")) == 1
    assert "     row 0" in rows(item, fold="open")


def test_unfolded_it_shows_arguments_code_and_result():
    item = call(args={"command": "pytest -q"}, code="execute('main', 'x')\n", result="done", note="by rule")
    shown = rows(item, fold="open")
    assert "     command    pytest -q" in shown
    assert "     permission by rule" in shown
    assert any("execute('main', 'x')" in row for row in shown)
    assert shown[-1] == "     done"


def test_an_edit_shows_its_diff():
    change = Change(path="a.py", before="x = 1\n", after="x = 2\n", added=1, removed=1, coarse=False)
    shown = rows(call(tool="edit_file", label="a.py", figure="+1 −1", changes=[change]), width=80)
    assert "+1 −1" in shown[0] and shown[0].count("+1") == 1
    assert any("x = 1" in row for row in shown[1:]) and any("x = 2" in row for row in shown[1:])
    assert len(rows(call(changes=[change]), fold="folded")) == 1


def test_a_large_change_is_not_laid_out():
    change = Change(path="a.py", before=None, after="", added=9, removed=0, coarse=True)
    assert "large change" in rows(call(changes=[change]))[1]


def test_notices_take_the_shape_of_calls():
    notice = Notice(id=1, at=0, kind="error", what="no key", where="provider", next="set it")
    (row,) = rows(notice)
    assert row.startswith("   ✗ no key  provider") and row.endswith("set it")
    narrow = rows(notice, width=24)
    assert [each.strip() for each in narrow] == ["✗ no key", "provider", "set it"]


def test_thinking_folds():
    item = Thinking(id=1, at=0, text="first\nsecond", streaming=False)
    (row,) = rows(item)
    assert "thought first" in row and row.endswith("2 lines")
    assert len(rows(item, fold="open")) == 3


def test_a_payload_says_how_far_it_is():
    item = Payload(id=1, at=0, path="src/app.py", text="a\nb\n")
    assert "writing    src/app.py" in rows(item)[0] and rows(item)[0].endswith("2 lines")
    item.hidden = True
    assert rows(item) == [] and estimate(item, 60) == 0


def test_completion_and_question():
    done = Completion(id=1, at=0, text="All **good**.", done=True, steps=2, seconds=9)
    assert rows(done)[0].startswith("   ✓ done") and rows(done)[0].endswith("2 steps · 9.0 s")
    assert rows(done)[1] == "     All good."
    asked = Question(id=1, at=0, question_id="q", question="Which?")
    assert rows(asked)[0] == "   ? Which?"
    asked.open, asked.answer = False, "both"
    assert rows(asked)[-1] == "     You both"


def test_ascii_twins():
    assert rows(call(), glyphs=ASCII)[0].startswith("   + execute")
    assert all(
        len(getattr(ASCII, name)) == len(getattr(UNICODE, name)) for name in ("ok", "bar", "folded", "drop")
    )


def test_tabs_never_reach_the_screen():
    for item in (call(label="a", result="x\ty", state="error"), UserTurn(id=1, at=0, text="a\tb")):
        assert not any("\t" in row for row in rows(item, fold="open"))


@pytest.mark.parametrize("width", [12, 20, 40, 79, 200])
def test_every_item_fits_every_width(width):
    change = Change(path="a.py", before="x\n", after="y\n", added=1, removed=1, coarse=False)
    for item in (
        UserTurn(id=1, at=0, text="日本語 " * 30, step=3),
        AgentTurn(id=1, at=0, name="N" * 99, step=1, max_steps=1),
        call(state="error", result="x" * 300, figure="exit 1", label="y" * 300, args={"a": "b" * 300}),
        call(changes=[change, change], code="z" * 300),
        Notice(id=1, at=0, kind="warn", what="w" * 99, where="here", next="n" * 99),
        Payload(id=1, at=0, path="p" * 99),
        Completion(id=1, at=0, text="word " * 40, done=True),
        Question(id=1, at=0, question_id="q", question="why " * 40),
        Thinking(id=1, at=0, text="hm " * 99),
    ):
        for fold in ("auto", "folded", "open"):
            if width >= 20:
                rows(item, width, fold)
            assert estimate(item, width) >= 1
            assert isinstance(starts_turn(item), bool) and isinstance(foldable(item), bool)


def test_the_empty_state_says_how_to_begin():
    text = " ".join(line.text for line in empty_state(60, TOKENS, "Builder"))
    assert "Builder is ready" in text and "Enter" in text and "F1" in text


def test_seconds():
    assert [seconds_text(n) for n in (-1, 0.04, 9.9, 12.3, 130, 9000)] == [
        "0.0 s",
        "0.0 s",
        "9.9 s",
        "12 s",
        "2 min",
        "2.5 h",
    ]
