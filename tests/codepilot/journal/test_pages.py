"""Pages from the end are the whole, whatever their size; a reply comes back as it was streamed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot import events as e
from codepilot.errors import SessionError
from codepilot.journal.expand import expand
from codepilot.journal.pages import page_before
from codepilot.journal.record import encode, of_event

REPLY = "Look:\n\n```codepilot\nrun()\n```\n\n```text filename=a.txt\nx\n```\n"


def write(path, events):
    lines = [
        encode(number, float(number), *record)
        for number, event in enumerate(events, 1)
        if (record := of_event(event)) is not None
    ]
    path.write_bytes(b"".join(lines))
    return path


def told(path, **options):
    return [stamped.event for stamped in expand(page_before(path, **options).records)]


def step(number, *events):
    return [e.StepStarted(step=number, max_steps=9), *events]


def reply(text=REPLY):
    return [
        e.MessageStored(role="assistant", text=text, kind="reply", reason="stop"),
        e.ReplyFinished(text=text, reason="stop"),
    ]


def test_a_reply_comes_back_as_it_was_streamed(tmp_path):
    path = write(
        tmp_path / "j",
        [
            e.TaskStarted(task="go", number=1),
            *step(
                1, e.ReplyPart(text="Look:\n", thinking="hm "), e.ReplyPart(text="", thinking="so"), *reply()
            ),
            e.ControlStarted(code="run()\n"),
        ],
    )
    found = told(path)
    assert e.ThinkingStreamed(text="hm so") in found
    assert "".join(each.text for each in found if isinstance(each, e.TextStreamed)).strip() == "Look:"
    closed = [(each.kind, each.path, each.text) for each in found if isinstance(each, e.BlockClosed)]
    assert [each[:2] for each in closed] == [("control", ""), ("payload", "a.txt")]
    assert found[-1] == e.ControlStarted(code=closed[0][2]) and "run()" in closed[0][2]
    assert sum(isinstance(each, e.TextStreamed) and "Look" in each.text for each in found) == 1


def test_a_reply_without_an_end_is_shown_as_cut(tmp_path):
    path = write(tmp_path / "j", [*step(1, e.ReplyPart(text="I will ")), *step(2)])
    found = told(path)
    assert found[1:3] == [e.TextStreamed(text="I will "), e.ReplyFinished(text="I will ", reason="cut")]
    path = write(tmp_path / "k", step(1, e.ReplyPart(text="I will ")))
    assert told(path)[-1] == e.ReplyFinished(text="I will ", reason="cut")


def test_what_was_cleared_is_on_no_page(tmp_path):
    path = write(tmp_path / "j", [e.TaskStarted(task="old", number=1), e.TaskFinished(status="done")])
    with path.open("ab") as stream:
        stream.write(encode(3, 3.0, "session_cleared", {}))
        stream.write(encode(4, 4.0, "task_started", {"task": "new", "number": 1}))
    for size in (1, 10_000):
        page = page_before(path, at_least=size)
        assert [record.data["task"] for record in page.records] == ["new"]
    assert page_before(path).more is False


def test_a_torn_end_is_on_no_page(tmp_path):
    path = write(tmp_path / "j", [e.TaskStarted(task="old", number=1)])
    with path.open("ab") as stream:
        stream.write(b'{"n":2,"time":1.0,"ty')
    assert told(path) == [e.TaskStarted(task="old", number=1)]


def test_a_journal_that_is_not_there_says_so(tmp_path):
    with pytest.raises(SessionError, match="cannot be read"):
        page_before(tmp_path / "j")


@given(st.data())
def test_pages_of_any_size_are_the_whole(tmp_path_factory, data):
    events = [e.TaskStarted(task="go", number=1)]
    for number in range(data.draw(st.integers(1, 12))):
        events += step(number + 1, *reply("word " * data.draw(st.integers(0, 60)) + "end.\n"))
        if data.draw(st.booleans()):
            events += [e.TaskFinished(status="done"), e.TaskStarted(task="more", number=number + 2)]
    path = write(tmp_path_factory.mktemp("pages") / "j", events)
    whole = list(expand(page_before(path, at_least=10**9).records))
    size, end, pages, more = data.draw(st.integers(1, 2_000)), None, [], True
    while more:
        page = page_before(path, end, size)
        assert page.start < (end or 10**9)
        pages, end, more = [*expand(page.records), *pages], page.start, page.more
    assert pages == whole
