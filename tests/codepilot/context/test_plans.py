"""Budget, pruning, cutting and what a summary takes over: pure functions of the messages."""

from hypothesis import given
from hypothesis import strategies as st

from codepilot.context.budget import LEAST, MOST, Meter, Window
from codepilot.context.cut import border
from codepilot.context.extract import facts_of
from codepilot.context.prune import OLD, RECENT, pruned
from codepilot.context.summary import FileText, Shares, compose, shares, used_last
from codepilot.context.view import View, summary_message


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
    meter.learn(4_000, 1_000)
    assert meter.tokens(3_600) == 900 and meter.characters(900) == 3_600
    meter.learn(100, 0)  # no count
    assert meter.tokens(3_600) == 900
    meter.learn(10_000, 10)
    assert meter.tokens(1_000) == 1_000 / MOST
    meter.learn(10, 10_000)
    assert meter.tokens(1_000) == 1_000 / LEAST


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
    assert 'reveal_context("m3")' in found[2]


def test_a_read_that_a_later_one_overtook_goes_and_a_long_output_keeps_both_ends():
    read = "[read_file] 'a.py' (lines 1–2 of 2)\n" + "    1 | x\n" * 50
    output = (
        "[terminal:main:cmd1] $ make\n" + "line\n" * 100 + "[status: completed | return_code: 0 | pid: 1]"
    )
    short = "[find] No matches found."
    messages = steps(read, output, read, *[short] * RECENT)
    found = pruned(messages, range(len(messages)))
    assert "a later step shows these files" in found[2]
    assert found[4].count("line\n") < 25 and found[4].endswith(
        "[status: completed | return_code: 0 | pid: 1]"
    )
    assert 6 not in found, "the last one that shows the file"


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
    words = compose(facts, "I decided for blue.", [FileText("a.py", "x = 1\n")], shares(8_000))
    for part in (
        "[Task 1][USER INPUT]\ngo",
        "- a.py: read 1×, changed 1×",
        "- make: completed | return_code: 0 (2 times)",
        "A: The blue one.",
        "I decided for blue.",
        "a.py as it is now:\n    1 | x = 1",
    ):
        assert part in words
    facts.words = [f"[USER MESSAGE]\n{number} " + "w" * 500 for number in range(100)]
    words = compose(facts, "p" * 900, [FileText("a.py", "x" * 900)], Shares(2_000, 300, 100, 500))
    assert len(words) < 4_000 and "older ones are left out here" in words and "\n99 www" in words
    assert "a.py is too long to stand here" in words


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
