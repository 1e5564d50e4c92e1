"""Words in a conversation."""

import pytest

from codepilot_tui.theme import load_theme
from codepilot_tui.transcript.finding import MOST, Hit, find, holds, places
from codepilot_tui.transcript.items import AgentTurn, CallLine, Change, Notice, Prose, UserTurn
from codepilot_tui.widgets.chat.items import Look, draw
from codepilot_tui.widgets.chat.markdown import MarkdownText

TOKENS = load_theme("dusk")
ITEMS = [
    UserTurn(id=1, at=0, text="Fix the Stock class\nand its tests"),
    AgentTurn(id=2, at=0, name="stock clerk", step=1, max_steps=9),
    Prose(id=3, at=0, text="The stock is wrong."),
    CallLine(
        id=4, at=0, call_id="c", tool="execute", label="main › grep stock", state="ok", result="a.py: stock"
    ),
    Notice(id=5, at=0, kind="info", what="stock taken", hidden=True),
]


def test_lines_are_found_newest_first_in_all_that_was_said_called_and_answered():
    assert find(ITEMS, "stock") == [
        Hit(4, "call", "a.py: stock", "a.py: stock"),
        Hit(4, "call", "execute main › grep stock", "execute main › grep stock"),
        Hit(3, "agent", "The stock is wrong.", "The stock is wrong."),
        Hit(1, "you", "Fix the Stock class", "Fix the Stock class"),
    ]


def test_of_a_long_line_as_much_is_listed_as_a_screen_is_wide():
    (hit,) = find([Prose(id=1, at=0, text="a" * 100_000 + "word" + "b" * 100_000)], "word")
    assert hit.text.startswith("…aaa") and "aword" in hit.text and len(hit.text) < 1_100
    assert len(hit.line) == 200_004


def test_lines_that_are_the_same_are_counted_from_the_top():
    hits = find([Prose(id=1, at=0, text="pass\nnot this\npass\npasses")], "pass")
    assert [(hit.line, hit.nth) for hit in hits] == [("passes", 0), ("pass", 1), ("pass", 0)]


def test_where_the_words_stand_follows_the_same_rule():
    assert places("Stock and stock, in stocks", "stock and") == [(0, 5), (6, 9), (10, 15), (20, 25)]
    assert places("Stock and stock", "Stock") == [(0, 5)] and places("a.b axb", "a.b") == [(0, 3)]
    assert places("anything", "  ") == []
    assert (
        holds("The stock is wrong.", "wrong stock") and not holds("The stock", "Stock") and not holds("x", "")
    )


def test_a_capital_makes_it_exact_and_all_words_must_be_there():
    assert [hit.item_id for hit in find(ITEMS, "Stock")] == [1]
    assert [hit.item_id for hit in find(ITEMS, "stock wrong")] == [3]
    assert find(ITEMS, "stock nowhere") == [] and find(ITEMS, "  ") == []


def test_a_long_line_begins_a_little_before_the_words():
    (hit,) = find([Prose(id=1, at=0, text="x" * 300 + " needle here")], "needle")
    assert hit.text.startswith("…xxx") and hit.text.endswith("needle here") and len(hit.text) < 60


def test_there_is_a_bound():
    assert len(find([Prose(id=1, at=0, text="needle\n" * (MOST + 5))], "needle")) == MOST


COMMAND = "cd /work\npython -m pytest"
RAN = CallLine(
    id=1,
    at=0,
    call_id="c",
    tool="execute",
    label="main › cd /work …",
    state="failed",
    args={"terminal": "main", "command": COMMAND, "timeout": "900"},
    result=f"[terminal:main:cmd1] $ {COMMAND}\n1 failed\n[status: completed | waits for: you | pid: 28217 | cwd: /tmp/x]",
    figure="exit 1",
    note="by mode",
    code="shell = execute(COMMAND)",
)
REFUSED = CallLine(
    id=2,
    at=0,
    call_id="d",
    tool="write_file",
    label="a.py",
    state="denied",
    note="denied",
    reason="Not that file.",
    result="[write_file] ERROR: the user said no to it",
)
WRITTEN = CallLine(
    id=3,
    at=0,
    call_id="e",
    tool="write_file",
    label="a.py",
    state="ok",
    result="[write_file] 3 bytes are on the disk",
    changes=[Change(path="a.py", before=None, after="x\n", added=1, removed=0, coarse=False)],
)


@pytest.mark.parametrize("call", [RAN, REFUSED, WRITTEN], ids=lambda call: call.state)
def test_of_a_call_is_found_what_the_chat_shows_of_it(call):
    """Found by trying: `pid` and `cwd` found each command, and none of them showed it."""
    drawn = " ".join(line.text for line in draw(call, Look(200, TOKENS), "open", MarkdownText()))
    for words in ("pid", "cwd", "28217", "completed", "terminal:main", "user said", "on the disk"):
        assert words not in drawn and find([call], words) == [], words
    said = (
        *(["failed", "pytest", "900", "you", "mode", "shell"] if call is RAN else ()),
        *(("Not that",) if call is REFUSED else ()),
        call.tool,
    )
    for words in said:
        assert words in drawn and find([call], words), words
