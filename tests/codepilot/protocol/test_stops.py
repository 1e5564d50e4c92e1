"""Stop tokens that a server leaves in the text: dropped at the end of a reply, in any slicing, and nowhere else."""

import pytest

from codepilot.protocol import ReplyParser, parse_reply
from codepilot.protocol.stops import StopTokens

FENCED = "I run it.\n\n```codepilot\nprint(1)\n```"


@pytest.mark.parametrize(
    "token", ["<|eot_id|>", "</s>", "<｜end▁of▁sentence｜>", "[EOS]", "<eos>\n", "<|im_end|></s>"]
)
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_dropped_behind_the_last_fence(token, size):
    parser, reply = ReplyParser(), FENCED + token
    for at in range(0, len(reply), size):
        parser.feed(reply[at : at + size])
    read = parser.finish()
    assert read.runnable and read.control.text == "print(1)"
    assert read.raw == reply


@pytest.mark.parametrize(
    "text", ["the token </s>", "<s>old</s>", "a </s>b", "x<eos> and more", "List<int", "a<", "</s>", "`</s>`"]
)
def test_kept_where_it_is_spoken_of(text):
    assert parse_reply(text).prose == text


def test_kept_where_the_reply_was_cut():
    assert parse_reply("Four.</s>", complete=False, reason="length").prose == "Four.</s>"


def test_what_cannot_be_one_is_given_out_at_once():
    stops = StopTokens()
    assert [stops.feed("a < b, "), stops.feed("c<int>"), stops.feed("<|eot"), stops.feed("-ally")] == [
        "a < b, ", "c<int>", "", "<|eot-ally",
    ]  # fmt: skip
