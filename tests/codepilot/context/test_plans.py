"""Budget, pruning, cutting and what a summary takes over: pure functions of the messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.context.budget import LEAST, MOST, Meter, Window
from codepilot.context.cut import border
from codepilot.context.extract import Known, facts_of
from codepilot.context.prune import OLD, RECENT, pruned
from codepilot.context.shorter import FORMS, shorter
from codepilot.context.summary import FileText, Shares, compose, shares, used_last
from codepilot.context.view import View, summary_message
from codepilot.tools.numbered import numbered


def user(text):
    return {"role": "user", "content": text}


def reply(text):
    return {"role": "assistant", "content": text}


def result(text):
    return user(f"[EXECUTION RESULT]\n{text}")


TASK = user("[Task 1][USER INPUT]\ngo")


def test_the_room_is_what_system_and_reply_leave_and_never_more_than_was_refused_or_said():
    assert Window(size=100_000, reply=4_000).room(3_000) == 91_000
    assert Window(size=10_000, reply=9_000).room(3_000) == 2_500, (
        "a reply as long as the window is no limit to keep"
    )
    assert Window(size=100_000, reply=4_000).room(3_000, refused=20_000) == 15_000
    assert Window(size=100_000, messages=5_000, reply=4_000).room(3_000) == 5_000
    assert Window(messages=5_000).room(3_000) == 5_000
    assert Window().room(3_000) == 0, "nothing is known, so all is sent"
    assert Window().room(3_000, refused=20_000) == 15_000
    assert Window(cut_at=0.9).prune_at == 0.7


def test_tokens_are_counted_as_the_service_counts_them():
    meter = Meter()
    assert meter.tokens(3_600) == 1_100, "ten of a hundred more while nobody has counted"
    meter.learn(1_000, 3_000, 1_000)
    assert meter.tokens(3_600) == 900 and meter.characters(900) == 3_600
    meter.learn(50, 50, 0)  # no count
    assert meter.tokens(3_600) == 900
    meter.learn(0, 10_000, 10)
    assert meter.tokens(1_000) == 1_000 / MOST
    meter.learn(0, 10, 10_000)
    assert meter.tokens(1_000) == 1_000 / LEAST


def test_what_is_used_is_what_was_counted_and_an_estimate_of_what_came_since():
    meter = Meter()
    assert meter.used(3_600) == 1_100 and not meter.counts
    meter.learn(400, 3_600, 4_000)  # words of which a character is a token, far from the usual
    assert meter.counts and meter.used(3_600) == 3_800, (
        "two characters a token is the least it takes for system"
    )
    assert meter.used(3_600 + 200) == 3_900 and meter.used(3_600 - 200) == 3_700
    assert meter.used(0) == 2_000 and meter.used(-9_000) == 0


def steps(*results):
    messages = [TASK]
    for text in results:
        messages += [reply("I go on."), result(text)]
    return messages


def test_recent_results_words_and_replies_stay():
    messages = steps(*["x" * 500] * RECENT)
    assert pruned(messages, range(len(messages))) == {}
    messages = steps(*["x" * 500] * (OLD + 5))
    found = pruned(messages, range(len(messages)))
    assert found and all(messages[index]["role"] == "user" and index > 0 for index in found)
    assert max(found) <= len(messages) - 2 * RECENT
    assert found[2] == "old" and 'reveal_context("m3")' in shorter(2, messages[2]["content"], "old")


def shown(first, last, total, path="a.py"):
    """A result of read_file."""
    rows = numbered(["x" * 20] * (last - first + 1), first)
    footer = "[END OF FILE]" if last == total else f"[TRUNCATED: {total - last} lines remaining]"
    return "\n".join([f"[read_file] '{path}' (lines {first}–{last} of {total})", *rows, footer])


CUT = shown(1, 59, 900).replace(" | x", " … x", 1)


@pytest.mark.parametrize(
    ("later", "form"),
    [
        ([shown(1, 59, 900)], "overtaken"),
        ([shown(1, 200, 900)], "overtaken"),
        ([shown(30, 80, 900), shown(1, 29, 900)], "overtaken"),
        ([shown(1, 20, 20)], "overtaken"),
        (["[write_file] 'a.py' written"], "overtaken"),
        ([shown(800, 810, 900)], "ends"),
        ([shown(2, 59, 900)], "ends"),
        ([shown(1, 29, 900), shown(31, 80, 900)], "ends"),
        ([shown(1, 900, 900, "b.py")], "ends"),
        (["[terminal:main:cmd1] $ cat log\n[read_file] 'a.py' (lines 1–3 of 3)\nx"], "ends"),
        ([CUT], "ends"),
        (["[write_file] 'a.py' ERROR: denied"], "ends"),
    ],
)
def test_a_read_is_overtaken_by_what_shows_all_of_its_lines(later, form):
    """Found by a program: any later look at the file, or a line of a log that looked like one, was enough."""
    messages = steps(shown(1, 59, 900), *later, *["[find] No matches found."] * RECENT)
    assert pruned(messages, range(len(messages)))[2] == form


def test_a_read_that_a_later_one_overtook_goes_and_a_long_output_keeps_both_ends():
    read = shown(1, 50, 50)
    output = (
        "[terminal:main:cmd1] $ make\n" + "line\n" * 100 + "[status: completed | return_code: 0 | pid: 1]"
    )
    short = "[find] No matches found."
    messages = steps(read, output, read, *[short] * RECENT)
    found = pruned(messages, range(len(messages)))
    assert found[2] == "overtaken" and "a later step shows these files" in shorter(2, read, found[2])
    ends = shorter(4, messages[4]["content"], found[4])
    assert ends.count("line\n") < 25 and ends.endswith("[status: completed | return_code: 0 | pid: 1]")
    assert 6 not in found, "the last one that shows the file"


def test_a_message_says_by_itself_how_the_model_sees_it():
    long = result("line\n" * 100)
    for form in FORMS:
        shown = [each.text for each in View().shown([TASK, reply("."), {**long, "pruned": form}, reply(".")])]
        assert shown[2] == shorter(2, long["content"], form) != long["content"]
    assert View().pruned == {}
    other = [TASK, {**long, "pruned": ["of another program"]}]
    assert [each.text for each in View().shown(other)][1] == long["content"]


def test_a_failure_that_no_success_followed_stays():
    wrong = (
        "[terminal:main:cmd1] $ make\n" + "error\n" * 100 + "[status: completed | return_code: 2 | pid: 1]"
    )
    messages = steps(*[wrong] * 12)
    assert pruned(messages, range(len(messages))) == {}
    messages = steps(
        *[wrong] * 12, "[terminal:main:cmd2] $ make\n[status: completed | return_code: 0 | pid: 1]"
    )
    assert pruned(messages, range(len(messages))) != {}


def test_a_cut_keeps_reply_and_result_together_and_prefers_words_of_the_person():
    messages = steps("a" * 100, "b" * 100, "c" * 100)
    sizes = {index: len(each["content"]) for index, each in enumerate(messages)}
    assert border(messages, sizes, 300) == 3
    assert border(messages, sizes, 10) == 5, "the last reply stays in any case"
    messages[3:3] = [user("[USER MESSAGE]\nand this")]
    sizes = {index: len(each["content"]) for index, each in enumerate(messages)}
    assert border(messages, sizes, 400) == 3
    assert border([TASK], {0: 10}, 5) is None


@given(st.lists(st.integers(0, 400), max_size=30), st.integers(0, 3_000))
def test_a_border_is_always_a_reply_or_words_of_the_person(sizes, most):
    messages = steps(*["x" * size for size in sizes])
    found = border(messages, {i: len(each["content"]) for i, each in enumerate(messages)}, most)
    assert found is None or messages[found]["role"] == "assistant"
    assert (found is None) == (not sizes)


RESULTS = [
    "⟦output 1⟧\n[read_file] 'a.py' (lines 1–2 of 2)\n    1 | x\n⟦end 1⟧",
    "⟦output 2⟧\n[write_file] 'b.py' written (12 bytes, 2 lines).\n\n[edit_file] 'a.py' edited: 1 replacement.\n⟦end 2⟧",
    "⟦output 3⟧\n[terminal:main:cmd1] $ make\nwrong\n[status: completed | return_code: 2 | pid: 4 | cwd: /w]\n⟦end 3⟧",
    "⟦output 4⟧\n[run_command] `ls`\nSTDOUT:\na.py\nReturn Code: 0\n\n[terminal:main:cmd2] $ make\nfine\n"
    "[status: completed | return_code: 0 | pid: 4 | cwd: /w]\n⟦end 4⟧",
    "⟦output 5⟧\n[ask_user] Q: Which one?\n[ask_user] A: The blue one.\n⟦end 5⟧",
]


def test_words_files_commands_and_answers_are_taken_from_the_messages():
    facts = facts_of([*steps(*RESULTS), user("[USER MESSAGE]\nand this")])
    assert facts.words == ["[Task 1][USER INPUT]\ngo", "[USER MESSAGE]\nand this"]
    assert facts.files == {"b.py": ["changed"], "a.py": ["read", "changed"]}
    assert facts.commands == {
        "ls": ["Return Code: 0"],
        "make": ["completed | return_code: 2", "completed | return_code: 0"],
    }
    assert facts.answers == ["Q: Which one? A: The blue one."]
    assert used_last(facts) == ["a.py", "b.py"]


def test_a_summary_says_all_of_it_and_keeps_its_size():
    facts = facts_of(steps(*RESULTS))
    words = compose(facts, "I decided for blue.", [FileText("a.py", "x = 1\n")], shares(40_000, 0))
    for part in (
        "[Task 1][USER INPUT]\ngo",
        "- a.py: read 1×, changed 1×",
        "- make: completed | return_code: 0 (2 times)",
        "A: The blue one.",
        "I decided for blue.",
        "a.py as it is now:\n    1 | x = 1",
    ):
        assert part in words
    for part in ("- a.py: read 1×, changed 1×; last shown: lines 1–2 of 2", "- main: /w"):
        assert part in words
    facts.words = [f"[USER MESSAGE]\n{number} " + "w" * 500 for number in range(100)]
    words = compose(facts, "p" * 900, [FileText("a.py", "x" * 900)], Shares(2_000, 300, 100, 500))
    assert len(words) < 4_000 and "older ones are left out here" in words and "\n99 www" in words
    assert "a.py is too long to stand here" in words


def test_a_summary_says_how_much_the_agent_changed_and_what_it_saw():
    facts = facts_of(steps(*RESULTS))
    facts.known = {
        "made.txt": Known(7, 0),
        "a.py": Known(12, 3, "0123456789abcdef"),
        "b.py": Known(seen="fedcba9876543210"),
        "other.py": Known(seen="ffff"),
    }
    words = compose(facts, "", (), shares(40_000, 0))
    assert "\n- made.txt: changed by commands; +7 −0 lines by you\n" in words
    assert "changed 1×; +12 −3 lines by you; last shown: lines 1–2 of 2; hash 0123456789ab" in words
    assert "hash fedcba987654" in words and "other.py" not in words
    assert "b2sum -l 128" in words


def test_the_words_of_the_task_that_is_worked_on_stay_whole():
    task = "[Task 2][USER INPUT]\n" + "t" * 900
    facts = facts_of([TASK, *[user(f"[USER MESSAGE]\n{n} " + "w" * 300) for n in range(9)], user(task)])
    facts.add([user(f"[USER MESSAGE]\nlater {n} " + "w" * 300) for n in range(9)])
    words = compose(facts, "", (), Shares(1_500, 300, 100, 500))
    assert task in words and "later 8" in words and "that followed are left out here" in words
    assert "\n0 www" not in words and len(words) < 2_000
    facts = facts_of([user("[Task 1][USER INPUT]\n" + "t" * 9_000)])
    assert len(compose(facts, "", (), Shares(1_500, 300, 100, 500))) < 3_100, "it alone is too long"


@given(st.integers(2_000, 400_000), st.floats(0, 0.5))
def test_what_stays_and_its_summary_have_three_fifths_of_the_room(room, kept):
    parts = shares(room, int(room * kept))
    assert parts.together + int(room * kept) <= max(room * 0.58, room * (kept + 0.09))
    assert parts.words + 3 * parts.lists + parts.prose <= parts.together
    files = [FileText(f"{n}.py", "x = 1\n" * 4_000) for n in range(5)]
    assert len(compose(facts_of(steps(*RESULTS)), "", files, parts)) <= parts.together + 1_000


def test_a_summary_of_a_summary_still_has_the_first_words():
    messages = [
        *steps("a"),
        user(summary_message(3, "…")),
        user("[Task 2][USER INPUT]\nmore"),
        reply("."),
        result("b"),
    ]
    assert [each.partition("\n")[2] for each in facts_of(messages).words] == ["go", "more"]
    assert View().pruned == {}
