"""The examples of docs/protocol.md are what they say they are."""

import re
from pathlib import Path

import pytest

from codepilot.protocol import PayloadBinder, normalise_path, parse_reply, payload_advice, syntax_error

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- (\w+)(?:: (.*?))? -->\n`{5}markdown\n(.*?)`{5}\n", PAGE, re.S)


@pytest.mark.parametrize(("kind", "words", "text"), EXAMPLES)
def test_an_example_is_read_as_the_page_says(kind, words, text):
    reply = parse_reply(text)
    if kind == "malformed":
        assert not reply.runnable
        assert any(words in fault.message for fault in reply.malformed)
        return
    assert kind == "runs"
    assert reply.runnable
    assert syntax_error(reply.control.text) is None
    assert payload_advice(reply) == ()
    binder = PayloadBinder(reply.payloads)
    for path in re.findall(r'_file\("(.*?)"\)', reply.control.text):
        assert binder.take(normalise_path(path)) is not None
    assert binder.remaining() == ()


def test_the_page_has_its_examples():
    assert len(EXAMPLES) == PAGE.count("<!-- ") == 5
