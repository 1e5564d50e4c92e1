"""The examples of docs/protocol.md are what they say they are."""

import re
from pathlib import Path

import pytest

from codepilot.protocol import PayloadBinder, normalise_path, parse_reply
from codepilot.protocol.foreign import FORMS
from codepilot.protocol.tags import TAGS

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- (runs|malformed)(?:: ([^\n]*?))? -->\n`{5}markdown\n(.*?)`{5}\n", PAGE, re.S)


@pytest.mark.parametrize(("kind", "words", "text"), EXAMPLES)
def test_an_example_is_read_as_the_page_says(kind, words, text):
    reply = parse_reply(text)
    if kind == "malformed":
        assert not reply.runnable
        assert any(words in fault.message for fault in reply.malformed)
        return
    assert kind == "runs"
    assert reply.runnable
    compile(reply.control.text, "<example>", "exec")
    binder = PayloadBinder(reply.payloads)
    for path in re.findall(r'_file\("(.*?)"\)', reply.control.text):
        assert binder.take(normalise_path(path)) is not None
    assert binder.remaining() == ()


def test_the_page_has_its_examples():
    assert len(EXAMPLES) == len(re.findall("<!-- (?:runs|malformed)", PAGE)) == 5


def table(name):
    """The rows of a table that the code knows better."""
    text = PAGE.partition(f"<!-- table: {name} -->\n")[2].partition("<!-- end -->")[0]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in text.splitlines()[2:]]


def code(text):
    return "`" + text.replace("|", r"\|") + "`"


def test_the_table_of_shapes_is_that_of_the_code():
    assert table("shapes") == [
        [form.shape, form.models, code(form.example.replace("\n", " ⏎ "))] for form in FORMS
    ]


def test_the_table_of_thinking_tags_is_that_of_the_code():
    assert table("thinking") == [[code(tag.name), code(tag.end), tag.models] for tag in TAGS]
