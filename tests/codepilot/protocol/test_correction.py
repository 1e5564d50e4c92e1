"""What a model is told of a reply that cannot run."""

import pytest

from codepilot.protocol import parse_reply, refusal

CUT = "```text filename=a.py\nx = 1\n```\n```codepilot\nwrite_file('a.py')\n"


@pytest.mark.parametrize(
    ("reason", "says", "never"),
    [
        ("length", "Kept, so you need not send it again: payload a.py.", "Send the payloads again"),
        ("cut", "Send the payloads again too.", "need not be sent again"),
    ],
)
def test_payloads_of_a_cut_reply_are_kept_only_at_the_output_limit(reason, says, never):
    told = refusal(parse_reply(CUT, complete=False, reason=reason))
    assert says in told
    assert never not in told


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<think>Let me see", "the reply reached the output limit while you were still thinking"),
        ("<think>Let me see</think>", "the reply reached the output limit"),
        ("```codepilot\nread_file(", "the reply reached the output limit inside"),
    ],
)
def test_a_reply_that_ends_at_the_limit_is_told_where_it_stood(text, what):
    told = refusal(parse_reply(text, complete=False, reason="length"))
    assert what in told
    assert ("still thinking" in told) == ("still thinking" in what)
