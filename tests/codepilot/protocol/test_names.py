"""What the name of a tag says."""

import pytest

from codepilot.protocol import parse_reply
from codepilot.protocol.names import lower, words


@pytest.mark.parametrize("text", ["İ<THINK>", "ẞ</Think>", "ΑΣ", "ABC"])
def test_small_letters_stay_in_their_places(text):
    assert len(lower(text)) == len(text)
    assert lower(text).endswith(text[-1].lower()) or not text.isascii()


def test_a_letter_that_becomes_two_does_not_move_the_end_of_thinking():
    reply = parse_reply("<think>\nİİİİ hm</think>I look.\n")
    assert reply.parts[0].text == "İİİİ hm"
    assert reply.prose == "I look.\n"


@pytest.mark.parametrize(
    ("name", "found"),
    [("ExampleCode", ["example", "code"]), ("my_plan", ["my", "plan"]), ("tool-call2", ["tool", "call"]), ("XML", ["xml"])],
)  # fmt: skip
def test_the_words_of_a_name(name, found):
    assert words(name) == found
