"""Control blocks between tags and other marks: whether one is meant has to be asked. Most forms are in the corpus."""

import pytest

from codepilot.protocol import judge, parse_reply

BLOCK = "```codepilot\nexecute('main', 'touch {}')\n```\n"
DRAFT, REAL = BLOCK.format("draft"), BLOCK.format("real")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<working_notes>", "</working_notes>"),
        ("<X>", "</x>"),
        ('<section kind="plan">\nFirst:', "Done.\n</section>"),
        ("<outer>\n<inner>", "</inner>\n</outer>"),
    ],
)
def test_the_first_block_inside_an_element_does_not_run_beside_another(opening, closing):
    verdict = judge(parse_reply(f"{opening}\n{DRAFT}{closing}\n{REAL}"), ())
    assert verdict.act == "say again"
    assert "two codepilot blocks, and the first stands inside `<" in verdict.text
    assert "What ran: nothing." in verdict.text


@pytest.mark.parametrize(
    "reply",
    [
        f"<x>\n{DRAFT}</x>\n",  # alone: models also wrap the block that they mean
        f"{DRAFT}{REAL}",
        f"<x>\nnotes\n</x>\n{DRAFT}{REAL}",
        f"<x>\n{DRAFT}{REAL}</x>\n",
        f"Use <x> here.\n{DRAFT}And </x> there.\n{REAL}",
        f"{DRAFT}</x>\n{REAL}",
    ],
)
def test_others_run_as_before(reply):
    assert judge(parse_reply(reply), ()).act == "run"


@pytest.mark.parametrize("name", ["answer", "response", "details", "x", "step"])
def test_a_block_in_tags_runs_only_where_they_hold_the_whole_reply(name):
    wrapped = f"<{name}>\nI look.\n{DRAFT}</{name}>\n"
    assert judge(parse_reply(wrapped), ()).act == "run"
    assert judge(parse_reply(f"<think>hm</think>\n{wrapped}"), ()).act == "run"
    verdict = judge(parse_reply(f"{wrapped}I did nothing.\n"), ())
    assert verdict.act == "say again"
    assert f"stands inside `<{name}>`, so it may be a draft or an example" in verdict.text
    form = parse_reply(verdict.text.partition("Write it like this:\n\n")[2])
    assert form.runnable and form.control.text == "execute('main', 'touch draft')"


@pytest.mark.parametrize("name", ["example", "code", "template", "notes", "my_plan"])
def test_names_of_examples_and_plans_are_asked_about_though_they_hold_the_whole_reply(name):
    assert judge(parse_reply(f"<{name}>\n{DRAFT}</{name}>\n"), ()).act == "say again"
    assert judge(parse_reply(f"<{name}>\n{DRAFT}"), ()).act == "say again"


@pytest.mark.parametrize("name", ["tool_call", "action"])
def test_names_of_acts_say_themselves_that_the_block_is_meant(name):
    assert judge(parse_reply(f"I look.\n<{name}>\n{DRAFT}</{name}>\nThen more.\n"), ()).act == "run"


def test_a_long_block_is_not_repeated_in_the_correction():
    code = "x = 1\n" * 2000
    reply = f"<example>\n```codepilot\n{code}```\n</example>\n"
    assert len(judge(parse_reply(reply), ()).text) < 1000


@pytest.mark.parametrize(
    "piece", ["<", "[", "{", "(", "<a ", "[a ", "`", "``", "<!--", "\\begin{a", "*_~", "a ", "<a>", "</a>"]
)
def test_long_lines_are_looked_at_in_reasonable_time(piece):
    text = (piece * (3_900 // len(piece)) + "\n") * 40
    assert judge(parse_reply(text + DRAFT + text), ()).act


@pytest.mark.parametrize(
    ("reply", "act"),
    [
        # the aside counts, wherever among the pairs it stands
        (f"<answer>\n<example>\n{DRAFT}</example>\n</answer>\n", "say again"),
        (f"<example>\n<answer>\n{DRAFT}</answer>\n</example>\n", "say again"),
        (f"<answer>\n<step>\n{DRAFT}</step>\n</answer>\n", "run"),
        # the words of a name without blanks
        (f"<ExampleCode>\n{DRAFT}</ExampleCode>\n", "say again"),
        (f"<SampleXyz>\n{DRAFT}</SampleXyz>\n", "say again"),
        (f"<Samplexyz>\n{DRAFT}</Samplexyz>\n", "run"),
        # an empty element holds nothing
        (f"<plan/>\n{DRAFT}", "run"),
        (f"<plan />\n{DRAFT}", "run"),
        (f"<plan>\n{DRAFT}", "say again"),
        # thinking may be closed by another name of it
        (f"--- thinking ---\nhm\n--- end reasoning ---\n\n{DRAFT}\n**Answer**\n\nOk.\n", "run"),
        (f"--- thinking ---\nhm\n--- end example ---\n\n{DRAFT}\n**Answer**\n\nOk.\n", "say again"),
        # a numbered item is no heading
        (f"1. Reasoning\n\n{DRAFT}\n**Answer**\n\nOk.\n", "run"),
        (f"**Reasoning**\n\n{DRAFT}\n**Answer**\n\nOk.\n", "say again"),
    ],
)
def test_what_is_around_a_block_decides(reply, act):
    assert judge(parse_reply(reply), ()).act == act


def test_the_aside_is_named_not_what_is_around_it():
    verdict = judge(parse_reply(f"<answer>\n<example>\n{DRAFT}</example>\n</answer>\n"), ())
    assert "stands inside `<example>`" in verdict.text


@pytest.mark.parametrize(
    ("above", "below", "shown"),
    [
        ('It prints\n"', '" at the end.', '`"`'),
        ("notes: |", "name: x", "`notes: |`"),
        ("The command is `", "` in the end.", "`` The command is ` ``"),
    ],
)
def test_what_holds_a_block_is_marked_off_from_the_sentence(above, below, shown):
    verdict = judge(parse_reply(f"{above}\n{DRAFT}{below}\n"), ())
    assert f"the `codepilot` block stands inside {shown}, so it may be a draft" in verdict.text


@pytest.mark.parametrize(
    "words",
    [
        "The migration is there, but the deploy scripts never run it.",
        "Your CI jobs don't run this.",
        "The old workers do not execute it.",
        "The hook is there. The workers never run it:",
    ],
)
def test_that_others_do_not_run_something_says_nothing_of_the_block(words):
    assert judge(parse_reply(f"{words}\n\n{DRAFT}"), ()).act == "run"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Do not run this:", "Do not run this:"),
        ("Please don't run it.", "Please don't run it."),
        ("It deletes all. Never run this:", "Never run this:"),
        ("Careful: do not execute it.", "do not execute it."),
    ],
)
def test_words_that_tell_not_to_run_a_block_are_asked_about(words, told):
    verdict = judge(parse_reply(f"{words}\n\n{DRAFT}"), ())
    assert verdict.act == "say again"
    assert f'not meant to run now ("{told}")' in verdict.text
