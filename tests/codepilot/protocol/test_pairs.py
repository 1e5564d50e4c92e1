"""Pairs of brackets around a name that says thinking."""

import pytest

from codepilot.protocol import parse_reply
from codepilot.protocol.pairs import pair_at


@pytest.mark.parametrize("opening", ["<<think>>", "<|reasoning|>", "[BEGIN REASONING]", "{{thinking}}"])
def test_no_end_of_a_pair_holds_another_one(opening):
    ends = pair_at(opening, whole=True)[1].ends
    assert [(one, other) for one in ends for other in ends if one != other and one in other] == []


@pytest.mark.parametrize(
    "closing", ["[END REASONING]", "[/REASONING]", "[/BEGIN REASONING]", "[REASONING END]"]
)
def test_a_pair_that_says_begin_is_closed_by_either_name(closing):
    reply = parse_reply(f"[BEGIN REASONING]\nhm\n{closing}\nI look.\n")
    assert reply.sound and reply.prose.strip() == "I look."
