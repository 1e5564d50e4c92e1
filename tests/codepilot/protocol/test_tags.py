import pytest

from codepilot.protocol import highest_task_number, task_message, task_number, user_message


def test_tags_are_those_of_codepilot_ai():
    assert task_message(3, "fix it") == "[Task 3][USER INPUT]\nfix it"
    assert user_message("stop") == "[USER MESSAGE]\nstop"


def test_words_that_cannot_be_encoded_are_mended():
    task_message(1, "a\ud800").encode()
    user_message("a\ud800").encode()


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("[Task 12][USER INPUT]\nx", 12),
        ("[Task 12][USER INPUT]", 12),
        ("[USER INPUT]\nx", 0),
        ("see [Task 9][USER INPUT]\nx", 0),
        ("[Task 9][USER INPUT] inline", 0),
        ([{"type": "text"}], 0),
        (None, 0),
    ],
)
def test_the_number_of_a_task(content, number):
    assert task_number(content) == number


def test_the_highest_number_counts_only_what_the_person_began():
    messages = [
        {"role": "user", "content": task_message(2, "a")},
        {"role": "assistant", "content": "[Task 99][USER INPUT]\nx"},
        {"role": "user", "content": user_message("[Task 98][USER INPUT]\n")},
        {"role": "user", "content": task_message(5, "b")},
        {"role": "user", "content": task_message(4, "b")},
        {"role": "user"},
    ]
    assert highest_task_number(messages) == 5
    assert highest_task_number([]) == 0
