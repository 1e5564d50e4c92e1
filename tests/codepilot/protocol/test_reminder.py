"""The corrections beyond the table: tools by name, and what a correction looks like."""

import pytest

from codepilot.protocol import intended_action, parse_reply
from codepilot.protocol.calls import signature_of


def test_the_names_of_the_tools_decide():
    reply = parse_reply("I look:\n```python\nquery_db('select 1')\n```\nThat is it.\n")
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


DIFF = """I'll fix a.py now:
```diff
--- a/a.py
+++ b/a.py
@@ -1,2 +1,2 @@
 import os
-a = 1
+a = 2
@@ -9 +9,2 @@
 b = 1
+c = 2
```
"""


def test_a_diff_is_shown_as_search_and_replace():
    text = intended_action(parse_reply(DIFF))
    assert text.partition("Write it like this:\n\n")[2].startswith(
        '```codepilot\nedit_file("a.py")\n```\n\n```text filename=a.py\n'
        "<<<<<<< SEARCH\nimport os\na = 1\n=======\nimport os\na = 2\n>>>>>>> REPLACE\n\n"
        "<<<<<<< SEARCH\nb = 1\n=======\nb = 1\nc = 2\n>>>>>>> REPLACE\n```"
    )


@pytest.mark.parametrize(
    "text",
    [
        "@@ -0,0 +1 @@\n+only = 'what is new'\n",
        "-a = 1\n+a = 2\nand so on\n",
        "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n" + "-a\n+b\n" * 400,
    ],
    ids=["nothing old", "no hunk", "long"],
)
def test_a_diff_that_cannot_be_read_never_becomes_the_content_of_a_file(text):
    said = intended_action(parse_reply(f"Now I'll fix a.py:\n```diff\n{text}```\n"))
    assert 'edit_file("a.py")' in said and "write_file" not in said
    assert "the old lines\n=======\nthe new lines" in said


def test_a_diff_of_several_files_keeps_each_and_a_new_file_is_written():
    said = intended_action(
        parse_reply(
            "```diff\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n"
            "--- /dev/null\n+++ b/src/new.py\n@@ -0,0 +1 @@\n+x = 1\n```\n"
        )
    )
    assert 'edit_file("a.py")\nwrite_file("src/new.py")' in said
    assert "```text filename=src/new.py\nx = 1\n```" in said
