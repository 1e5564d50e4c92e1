"""A session as a file: whole, readable, and harmless wherever it is opened."""

import json
from html.parser import HTMLParser

import pytest

from codepilot.errors import UsageError
from codepilot.journal.export import export_session
from codepilot.sessions.journal import JournalSession

EVIL = "<script>alert(1)</script> \x1b[31m ‮ `` ```` ![p](https://x.org/p.png) [j](javascript:x)"
REPLY = f"I *look* at it. {EVIL}\n\n```codepilot\nprint(read_file('a'))\n```\n"


@pytest.fixture
def session(tmp_path):
    session = JournalSession("a", "Agent", work_dir=tmp_path / "<b>")
    for kind, data in [
        ("session_opened", {"session_id": "a", "program": "t", "pid": 1, "model": "openai:m"}),
        ("task_started", {"task": f"Do it {EVIL}", "number": 1}),
        ("step_started", {"step": 1, "max_steps": 5}),
        ("message_stored", {"role": "assistant", "text": REPLY, "kind": "reply"}),
        ("reply_finished", {"reason": "stop", "input_tokens": 1200, "output_tokens": 30, "cost": 0.5}),
        ("control_started", {}),
        ("tool_started", {"call_id": "c1", "tool": "read_file", "args": {}, "label": "a`b.py"}),
        (
            "tool_finished",
            {"call_id": "c1", "tool": "read_file", "result": f"```\n{EVIL}", "figure": "3 lines"},
        ),
        (
            "file_changed",
            {
                "call_id": "c2",
                "path": "a.py",
                "before": "SECRET1",
                "after": "SECRET2",
                "added": 1,
                "removed": 2,
            },
        ),
        ("question_asked", {"question_id": "q1", "call_id": "c3", "question": "Which?"}),
        ("question_answered", {"question_id": "q1", "call_id": "c3", "answer": "This one"}),
        (
            "permission_answered",
            {"request_id": "p", "call_id": "c4", "tool": "execute", "allow": False, "reason": "No."},
        ),
        ("of_a_later_version", {"more": [1, 2]}),
        ("task_finished", {"status": "done", "summary": "All **done**.", "steps": 1}),
    ]:
        session.log.append(kind, data)
    session.close()
    return session


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_json_has_every_record_as_it_stands(session):
    whole = json.loads(export_session("a", "json"))
    lines = [json.loads(line) for line in session.path.read_bytes().splitlines()]
    assert whole["records"] == lines
    assert whole["session"]["cost"] == "$0.50" and "\x1b" not in export_session("a", "json")


def test_html_is_one_file_that_does_nothing(session):
    text = export_session("a", "html")
    page = Tags(text)
    assert {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "object", "form"} == set()
    assert [at for _, attrs in page.tags for at in attrs if at.startswith("on") or at == "src"] == []
    assert [attrs["href"] for tag, attrs in page.tags if tag == "a"] == ["https://x.org/p.png"]
    assert "default-src 'none'" in text and "\x1b" not in text and "\u202e" not in text
    for words in (
        "Do it <script>alert(1)</script>",
        "print(read_file('a'))",
        "3 lines",
        "This one",
        "execute was denied",
    ):
        assert words in page.text
    assert ("em", {}) in page.tags and ("strong", {}) in page.tags
    assert page.text.count("<b>") == 1


def test_markdown_keeps_what_was_said_apart_from_what_was_read(session):
    text = export_session("a")
    assert text.startswith("# Do it <script>alert(1)</script> ")
    order = [
        text.index(each)
        for each in (
            "> Do it",
            "I *look* at it.",
            "print(read",
            "✓ `read_file aˋb.py  3 lines`",
            "All **done**.",
        )
    ]
    assert order == sorted(order)
    assert "`````\n```\n<script>" in text  # a fence that what is in it does not end
    assert "Changed: `a.py +1 −2`" in text and "\x1b" not in text


def test_contents_of_changed_files_are_not_exported_to_be_read(session):
    assert "SECRET" not in export_session("a") + export_session("a", "html")


def test_a_form_that_is_not_there_is_refused(session):
    with pytest.raises(UsageError, match="markdown, json, html"):
        export_session("a", "pdf")
