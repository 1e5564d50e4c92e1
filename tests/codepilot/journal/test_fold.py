"""Any beginning of any journal is read; every cut of a task tells where it was cut."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot import events as e
from codepilot.journal.fold import fold
from codepilot.journal.record import decode, encode, of_event, to_event, type_of

STORED = {"role": "user", "reason": ""}
ACTS = "I will act.\n```codepilot\nexecute('main', 'make')\n```\n"
RUN = [
    e.SessionOpened(session_id="s", program="p", pid=1, model="m", mode="ask"),
    e.TaskStarted(task="go", number=3),
    e.MessageStored(role="user", text="[Task 3][USER INPUT]\ngo", kind="task", number=3),
    e.StepStarted(step=1, max_steps=9),
    e.MessageQueued(message_id="m4", message="wait"),
    e.MessageStored(role="user", text="[USER MESSAGE]\nwait", kind="person", message_id="m4"),
    e.MessageInjected(message_id="m4", message="wait"),
    e.ReplyPart(text="I will "),
    e.MessageStored(role="assistant", text=ACTS, kind="reply", reason="stop"),
    e.ReplyFinished(text=ACTS, reason="stop", input_tokens=10, output_tokens=2),
    e.ControlStarted(code="x"),
    e.ToolStarted(call_id="c7", tool="execute", args={}, label="make", terminal="main"),
    e.PermissionAsked(request_id="r", call_id="c7", tool="execute", description="d", kind="command"),
    e.PermissionAnswered(request_id="r", call_id="c7", tool="execute", allow=True),
    e.EffectStarted(call_id="c7", effect="command", command="make", terminal="main"),
    e.ToolFinished(call_id="c7", tool="execute", result="made"),
    e.ControlFinished(ok=True),
    e.MessageStored(role="user", text="[EXECUTION RESULT]\nmade", kind="observation"),
    e.TaskFinished(status="done", summary="x", steps=1),
]


def lines(events):
    return [
        encode(number, 1.0, *record)
        for number, event in enumerate(events, 1)
        if (record := of_event(event)) is not None
    ]


def at(kind, many=1):
    """What is known after the so-manieth event of a kind."""
    seen = 0
    for index, event in enumerate(RUN):
        seen += isinstance(event, kind)
        if seen == many:
            return fold(lines(RUN[: index + 1]))
    raise AssertionError


def test_a_whole_task_leaves_nothing_open():
    saved = fold(lines(RUN))
    assert saved.unfinished is None and saved.queued == {}
    assert [message["role"] for message in saved.messages] == ["user", "user", "assistant", "user"]
    assert (saved.tasks, saved.calls, saved.sent, saved.mode, saved.first) == (3, 7, 4, "ask", "go")
    assert (saved.spent.usage.input_tokens, saved.spent.usage.output_tokens) == (10, 2)


def test_each_cut_says_where_it_was():
    assert not at(e.TaskStarted).unfinished.stored
    assert at(e.MessageStored).unfinished.where == "before its first step"
    assert at(e.StepStarted).unfinished.where == "at the beginning of step 1"
    assert at(e.ReplyPart).unfinished.where == "in step 1, while the model wrote"
    assert at(e.ReplyFinished).unfinished.where == "in step 1, before its block ran"
    assert at(e.ControlStarted).unfinished.where == "in step 1, in its block"
    assert at(e.ToolStarted).unfinished.where == "in step 1, in execute make"
    assert at(e.MessageStored, 4).unfinished.where == "after step 1"


@pytest.mark.parametrize(
    ("reply", "where"),
    [
        ("Done.", "in step 1, after the reply"),
        ("```completion\nDone.\n```\n", "in step 1, after the reply"),
        (ACTS, "in step 1, before its block ran"),
    ],
)
def test_a_cut_behind_a_reply_names_its_block_only_where_there_is_one(reply, where):
    stored = e.MessageStored(role="assistant", text=reply, kind="reply", reason="stop")
    assert fold(lines([*RUN[:8], stored])).unfinished.where == where


def test_words_wait_until_they_are_in_the_conversation():
    assert at(e.MessageQueued).queued == {"m4": "wait"}
    assert at(e.MessageStored, 2).queued == {}  # not read twice if the program ends before it says so


def test_a_call_may_have_happened_from_its_effect_on():
    assert at(e.PermissionAsked).unfinished.calls[0].asking
    assert not at(e.PermissionAnswered).unfinished.acted
    started = at(e.EffectStarted).unfinished
    assert started.acted and started.calls[0].may_have_happened and started.calls[0].command == "make"
    finished = at(e.ToolFinished).unfinished
    assert finished.acted and not finished.calls[0].may_have_happened


def test_a_reply_that_the_service_cut_is_void():
    cut = [*RUN[:8], e.ReplyFinished(text="I will ", reason="cut")]
    assert fold(lines(cut)).unfinished.part == ""


def test_damage_is_skipped_and_counted():
    whole = lines(RUN)
    damaged = [
        *whole[:3],
        b"\0\0\0\n",
        b"not json\n",
        b'{"n":5,"time":1,"type":"step_started"}\n',
        *whole[3:],
    ]
    saved = fold(damaged)
    assert saved.skipped == 3 and saved.messages == fold(whole).messages


def test_a_newer_program_is_known_by_its_format():
    line = encode(1, 1.0, "session_created", {"format": 2, "what": "ever"})
    assert fold([line]).newer and not fold(lines(RUN)).newer


def test_unknown_types_and_keys_are_ignored():
    line = encode(1, 1.0, "from_the_future", {"x": 1})
    assert fold([line, *lines(RUN)]).skipped == 0
    assert to_event(decode(line)) is None
    step = decode(encode(1, 1.0, "step_started", {"step": 1, "max_steps": 2, "colour": "blue"}))
    assert to_event(step) == e.StepStarted(step=1, max_steps=2)


def test_each_event_that_is_kept_comes_back():
    for event in RUN:
        kept = of_event(event)
        line = encode(1, 1.0, *kept)
        assert type_of(line) == e.type_name(event)
        back = to_event(decode(line))
        if isinstance(event, e.ControlStarted):
            event = dataclasses.replace(event, code="")
        elif isinstance(event, e.ReplyFinished):
            event = dataclasses.replace(event, text="")
        assert back == event


@given(st.data())
def test_no_beginning_of_any_order_of_records_raises(data):
    events = data.draw(st.lists(st.sampled_from(RUN), max_size=25))
    text = b"".join(lines(events))
    cut = text[: data.draw(st.integers(0, len(text)))]
    saved = fold(cut.splitlines(keepends=True))
    assert saved.skipped <= len(events)
    if saved.unfinished is not None:
        assert saved.unfinished.where


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                ["n", "time", "type", "step", "number", "call_id", "text", "kind", "messages", "message_id"]
            ),
            st.one_of(
                st.none(),
                st.integers(),
                st.text(),
                st.sampled_from([e.type_name(event) for event in RUN]),
                st.lists(st.integers()),
            ),
        )
    )
)
def test_no_line_of_json_raises(values):
    fold(json.dumps(value).encode() + b"\n" for value in values)


def gapped(*numbers, between=b""):
    return [encode(n, 1.0, "thought", {"message": str(n)}) + between for n in numbers]


@pytest.mark.parametrize(
    ("lines", "missing", "skipped"),
    [
        (gapped(1, 2, 3), 0, 0),
        (gapped(1, 2, 5, 6, 9), 4, 0),
        (gapped(3, 4), 2, 0),
        ([*gapped(1), b"\0\0\0\n", *gapped(3)], 0, 1),  # the line stands where the record was
        ([*gapped(1), b"\0\0\0\n", *gapped(4)], 1, 1),
        ([*gapped(1), b"\n", *gapped(2), b"\n", *gapped(4)], 1, 0),
        ([*gapped(1), b'{"n":2,"ti\n', *gapped(2, 3)], 0, 1),
    ],
)
def test_records_that_are_missing_in_the_middle_are_counted(lines, missing, skipped):
    saved = fold(lines, after=0)
    assert (saved.missing, saved.skipped) == (missing, skipped)
    assert fold(lines).missing == 0, "of lines that were chosen gaps say nothing"


def folded(*records):
    return fold([encode(n, 1.0, type, data) for n, (type, data) in enumerate(records, 1)])


TASK = ("task_started", {"task": "go", "number": 1})
QUEUED = ("message_queued", {"message_id": "m1", "message": "wait"})
SEEN = ("files_seen", {"files": {"/a": "digest"}})


def test_going_back_ends_a_task_that_was_being_worked_on():
    inside = folded(TASK, ("step_started", {"step": 1, "max_steps": 9}), ("rewound", {"to": 1}))
    assert inside.unfinished is None and inside.tasks == 1


def test_a_call_that_began_waits_for_no_permission_any_more():
    call = {"call_id": "c1", "tool": "execute", "label": "", "terminal": ""}
    began = ("effect_started", {"call_id": "c1", "effect": "command", "command": "make"})
    asked = (TASK, ("tool_started", call), ("permission_asked", {"call_id": "c1"}))
    assert [each.asking for each in folded(*asked).unfinished.calls] == [True]
    assert [each.asking for each in folded(*asked, began).unfinished.calls] == [False]


def test_a_conversation_that_was_cleared_has_no_words_that_wait_and_knows_no_files():
    assert folded(QUEUED, SEEN).queued and folded(QUEUED, SEEN).seen == {"/a": "digest"}
    cleared = folded(TASK, QUEUED, SEEN, ("session_cleared", {}))
    assert (cleared.queued, cleared.seen, cleared.unfinished, cleared.sent) == ({}, {}, None, 1)


def test_what_was_counted_means_nothing_for_messages_that_a_program_replaced():
    reply = {"role": "assistant", "text": "x", "kind": "reply"}
    counted = (TASK, ("message_stored", reply), ("reply_finished", {"reason": "stop", "input_tokens": 900}))
    assert folded(*counted).counted == 900
    assert folded(*counted, ("messages_replaced", {"messages": []})).counted == 0
