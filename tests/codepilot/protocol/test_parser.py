"""What no table can show: any slicing gives the same, nothing is ever lost or raised."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codepilot.protocol import (
    BlockClosed,
    BlockDelta,
    BlockOpened,
    CompletionBlock,
    ControlBlock,
    PayloadBlock,
    Prose,
    ProseDelta,
    ReplyParser,
    intended_action,
    parse_reply,
    refusal,
)

PIECES = st.sampled_from(
    [
        "```", "````", "~~~", "`", "``", "~", "\n", "\r\n", "\r", " ", "   ", "    ", "\t",
        "codepilot", "Codepilot", "completion", "python", "bash", "python filename=a.py",
        "text filename='b c' eof=none", "filename=", 'filename="x', "x = 1", "read_file('a')", '"""',
        "\n```codepilot\n", "\n```\n", "\n````md filename=r.md\n", "\n```bash\n", "\n~~~\n", "é\u2028", "\ud800",
        '{"name": "execute", "arguments": {}}', "<invoke name='read_file'>", "I'll run", "> ```codepilot",
    ]
)  # fmt: skip
REPLIES = st.lists(PIECES, max_size=40).map("".join)


def read(text, cuts=(), **end):
    """The reply, and its events with neighbouring deltas joined."""
    parser = ReplyParser()
    events = []
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for start, stop in zip(edges, edges[1:], strict=False):
        events += parser.feed(text[start:stop])
    reply = parser.finish(**end)
    events += parser.pending()
    return reply, joined(events)


def joined(events):
    out = []
    for event in events:
        last = out[-1] if out else None
        if isinstance(event, ProseDelta) and isinstance(last, ProseDelta):
            out[-1] = ProseDelta(last.text + event.text)
        elif isinstance(event, BlockDelta) and isinstance(last, BlockDelta) and last.kind == event.kind:
            out[-1] = BlockDelta(event.kind, last.text + event.text)
        else:
            out.append(event)
    return out


@given(REPLIES, st.lists(st.integers(0, 2000), max_size=30))
@settings(max_examples=300)
def test_any_slicing_gives_the_same_reply_and_the_same_events(text, cuts):
    assert read(text, cuts) == read(text)


@given(REPLIES)
@settings(max_examples=200)
def test_character_by_character_gives_the_same(text):
    assert read(text, range(len(text))) == read(text)


@given(REPLIES)
@settings(max_examples=300)
@example("```text filename=a\n```bash\n```codepilot\nx\n```")
def test_events_tell_exactly_what_the_reply_holds(text):
    reply, events = read(text)
    assert "".join(event.text for event in events if isinstance(event, ProseDelta)) == reply.prose
    closed = [event for event in events if isinstance(event, BlockClosed)]
    blocks = [part for part in reply.parts if not isinstance(part, Prose)]
    assert [event.text for event in closed] == [block.text for block in blocks]
    text_so_far, kind = "", None
    for event in events:
        if isinstance(event, BlockOpened):
            assert kind is None
            text_so_far, kind = "", event.kind
        elif isinstance(event, BlockDelta):
            assert event.kind == kind and event.text
            text_so_far += event.text
        elif isinstance(event, BlockClosed):
            assert (event.kind, event.text) == (kind, text_so_far)
            kind = None
        else:
            assert kind is None and event.text
    assert (kind is not None) == (reply.open_block is not None)
    if reply.open_block is not None:
        assert (reply.open_block.kind, reply.open_block.text) == (kind, text_so_far)


@given(REPLIES)
@settings(max_examples=300)
def test_nothing_raises_and_nothing_unsound_runs(text):
    for end in ({}, {"reason": "length"}, {"complete": False, "reason": "cut"}):
        reply, _ = read(text, **end)
        assert reply.raw == text
        assert not (reply.runnable and (reply.malformed or reply.open_block or end))
        intended_action(reply)
        assert (refusal(reply) is None) == reply.sound


@given(st.text())
def test_any_text_at_all(text):
    reply, _ = read(text)
    assert reply.raw == text
    intended_action(reply)


@given(
    st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])).map(lambda text: text + "\n"),
    st.sampled_from(["`", "~"]),
)
@settings(max_examples=300)
def test_every_text_survives_in_a_fence_that_is_long_enough(text, char):
    fence = char * max(3, 1 + max((len(run) for run in _runs(text, char)), default=0))
    reply = parse_reply(f'{fence}text filename="a b"\n{text}{fence}\n```codepilot\nwrite_file("a b")\n```\n')
    assert [payload.text for payload in reply.payloads] == [text]
    assert reply.runnable


def _runs(text, char):
    return ["".join(run) for run in _split(text, char) if run]


def _split(text, char):
    run = []
    for character in text:
        if character == char:
            run.append(character)
        else:
            yield run
            run = []
    yield run


def test_lines_are_counted_in_the_reply():
    reply = parse_reply("Hi\n\n```codepilot\nx\n```\n~~~text filename=a\n~~~\nbye\n```completion\nok\n```")
    spans = [(type(part), part.line, part.end_line) for part in reply.parts]
    assert spans == [
        (Prose, 1, 2),
        (ControlBlock, 3, 5),
        (PayloadBlock, 6, 7),
        (Prose, 8, 8),
        (CompletionBlock, 9, 11),
    ]


def test_display_fences_are_listed():
    reply = parse_reply("a\n```python title=x\nx = 1\n```\n~~~\ny\n")
    assert [(fence.info, fence.text, fence.closed) for fence in reply.display] == [
        ("python title=x", "x = 1\n", True),
        ("", "y\n", False),
    ]
    assert reply.prose == reply.raw


def test_prose_streams_without_waiting_for_the_line():
    parser = ReplyParser()
    assert parser.feed("Hel") == [ProseDelta("Hel")]
    assert parser.feed("lo `x`") == [ProseDelta("lo `x`")]
    assert parser.feed("\n``") == [ProseDelta("\n")]
    assert parser.feed("`codepilot\nread") == [BlockOpened("control"), BlockDelta("control", "read")]
    assert parser.feed("_file('a')\n") == [BlockDelta("control", "_file('a')")]
    assert parser.feed("``") == []
    assert parser.feed("`\n") == [BlockClosed("control", "", "read_file('a')")]


def test_a_fence_is_never_shown_before_it_is_sure():
    parser = ReplyParser()
    shown = [event for character in "  ```codepilot\nx\n```" for event in parser.feed(character)]
    assert shown == [BlockOpened("control"), BlockDelta("control", "x")]
    parser.finish()
    assert parser.pending() == [BlockClosed("control", "", "x")]


@pytest.mark.parametrize(
    ("reason", "complete", "runs"),
    [("stop", True, True), ("length", True, False), ("refusal", True, False), ("stop", False, False)],
)
def test_only_a_reply_that_came_whole_runs(reason, complete, runs):
    reply = parse_reply("```codepilot\nx\n```\n", reason=reason, complete=complete)
    assert reply.runnable is runs


def test_a_megabyte_character_by_character():
    line = "value = 1  # `a` ~ b\n"
    text = "```python filename=big.py\n" + line * 25_000 + "```\n```codepilot\nwrite_file('big.py')\n```\n"
    parser = ReplyParser()
    for character in text:
        parser.feed(character)
    reply = parser.finish()
    assert reply.payloads[0].text == line * 25_000
    assert reply.runnable


def test_one_line_of_a_megabyte_of_fence_characters():
    text = "```" + "`~ " * 200_000
    parser = ReplyParser()
    for start in range(0, len(text), 5):
        parser.feed(text[start : start + 5])
    reply = parser.finish()
    assert reply.prose == text
    assert intended_action(reply) is None
