"""The corrections beyond the table: tools by name, and what a correction looks like."""

from codepilot.protocol import intended_action, parse_reply
from codepilot.protocol.calls import signature_of


def test_the_names_of_the_tools_decide():
    reply = parse_reply("Look:\n```python\nquery_db('select 1')\n```\nThat is it.\n")
    assert intended_action(reply) is None
    assert "calls query_db" in intended_action(reply, {"query_db": signature_of("query_db(sql)")})


def test_a_correction_reads_as_what_where_what_ran_and_how():
    text = intended_action(parse_reply("Reading.\n```python\nread_file('a.py')\n```\n"))
    assert text.split("\n")[:8] == [
        "Protocol error: the block is fenced as `python` and calls read_file; only a `codepilot` block runs.",
        "Where: lines 2–4.",
        "What ran: nothing.",
        "Write it like this:",
        "",
        "```codepilot",
        "read_file('a.py')",
        "```",
    ]


def test_code_that_holds_fences_is_shown_in_a_longer_one():
    text = intended_action(parse_reply("````python\nprint('''\n```\n''')\nread_file('a')\n````\n"))
    assert "````codepilot\nprint" in text


def test_long_code_is_not_repeated():
    code = "read_file('a')\n" + "x = 1\n" * 1000
    assert len(intended_action(parse_reply(f"```python\n{code}```\n"))) < 1000


def test_a_reply_that_acts_needs_no_reminder():
    assert intended_action(parse_reply("```codepilot\nx\n```\n```python\nread_file('a')\n```\n")) is None
