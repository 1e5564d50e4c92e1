from codepilot.checkpoints.plan import RestorePlan
from codepilot.journal.branches import Prompt, PromptTree
from codepilot_tui.bench.prompt_rows import count_words, losses, prompt_rows


def prompt(record, parent, *, active):
    return Prompt(record, record - 1, record, parent, "task", f"p{record}", 1.0, (), active=active)


def shape(*prompts):
    rows = prompt_rows(PromptTree(prompts, ()))
    return [(row.prompt.record, row.depth, row.last) for row in rows]


def test_what_was_left_stands_above_what_goes_on_and_further_in():
    assert shape(
        prompt(2, 0, active=True),
        prompt(4, 2, active=False),
        prompt(6, 4, active=False),
        prompt(8, 2, active=True),
    ) == [(2, 0, False), (4, 1, False), (6, 1, False), (8, 0, True)]


def test_what_follows_the_last_prompt_was_left_too():
    assert shape(prompt(2, 0, active=True), prompt(4, 2, active=False)) == [(2, 0, True), (4, 1, False)]
    assert shape(prompt(2, 0, active=False), prompt(4, 0, active=False)) == [(2, 1, False), (4, 1, False)]
    assert shape() == []


def test_what_goes_is_counted():
    tree = PromptTree((prompt(2, 0, active=True), prompt(4, 2, active=True)), ())
    first, second = prompt_rows(tree)
    empty = RestorePlan(to=1, rows=())
    assert losses(first, tree, empty, "both") == "2 prompts"
    assert losses(second, tree, None, "conversation") == "1 prompt"
    assert losses(second, tree, empty, "files") == ""
    assert count_words(1, "file") == "1 file"
