import dataclasses
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot import events as ev
from codepilot_tui.transcript import (
    AgentTurn,
    CallLine,
    Completion,
    Notice,
    Payload,
    Prose,
    Question,
    Thinking,
    Transcript,
    UserTurn,
    plain_text,
)


class Feed:
    """A transcript and the clock of its events."""

    def __init__(self):
        self.transcript = Transcript("Builder")
        self.now = 1000.0
        self.count = 0

    def __call__(self, *events, after=1.0):
        changed = set()
        for event in events:
            self.count += 1
            self.now += after
            changed |= self.transcript.apply(ev.Stamped(self.count, self.now, event))
        return changed

    def shown(self, kind=object):
        return [item for item in self.transcript.items if isinstance(item, kind) and not item.hidden]


def test_the_name_of_the_agent_is_cleaned():
    assert Transcript("A\x1b]0;evil\x07\n\u202e").agent == "A␛]0;evil␇␤<U+202E>"


def started():
    feed = Feed()
    feed(ev.TaskStarted(task="fix it", number=1), ev.StepStarted(step=1, max_steps=30))
    return feed


def call(feed, call_id="c1", tool="execute", label="main › pytest -q", **more):
    feed(ev.ToolStarted(call_id=call_id, tool=tool, args={"command": "pytest -q"}, label=label, **more))
    return [item for item in feed.transcript.items if isinstance(item, CallLine)][-1]


@pytest.mark.parametrize(("lost", "where"), [((), ""), (("rows",), "lost: rows"), (("a", "b"), "lost: a, b")])
def test_a_worker_that_was_replaced_says_what_is_lost_if_anything_is(lost, where):
    feed = started()
    feed(ev.WorkerLost(reason="it was killed", lost=lost))
    (notice,) = feed.shown(Notice)
    assert (notice.what, notice.where) == ("The agent's Python was restarted: it was killed", where)


def test_a_task_begins():
    feed = started()
    user, head = feed.shown()
    assert isinstance(user, UserTurn) and user.text == "fix it"
    assert isinstance(head, AgentTurn) and (head.name, head.step, head.max_steps) == ("Builder", 1, 30)
    status = feed.transcript.status
    assert (status.phase, status.step, status.max_steps) == ("thinking", 1, 30)
    assert status.working


def test_prose_streams_into_one_item():
    feed = started()
    first = feed(ev.TextStreamed(text="Hel"))
    again = feed(ev.TextStreamed(text="lo"))
    (prose,) = feed.shown(Prose)
    assert prose.text == "Hello" and prose.streaming
    assert first == again == {prose.id}
    feed(ev.ReplyFinished(text="Hello", reason="stop"))
    assert not prose.streaming


def test_blank_text_between_blocks_is_no_paragraph():
    feed = started()
    feed(ev.TextStreamed(text="\n\n"))
    assert not feed.shown(Prose)


def test_text_after_a_block_is_a_new_paragraph():
    feed = started()
    feed(ev.TextStreamed(text="a"), ev.BlockOpened(kind="payload", path="x.py"), ev.TextStreamed(text="b"))
    assert [item.text for item in feed.shown(Prose)] == ["a", "b"]


def test_thinking_then_text():
    feed = started()
    feed(ev.ThinkingStreamed(text="hm"), ev.TextStreamed(text="So:"))
    (thinking,) = feed.shown(Thinking)
    assert thinking.text == "hm" and not thinking.streaming
    feed(ev.Thought(message="noted"))
    assert feed.shown(Thinking)[-1].text == "noted"


def test_control_sequences_lose_their_power():
    feed = started()
    feed(ev.TextStreamed(text="a\x1b[31mb"), ev.RuntimeFailed(error="\x9b2J", source="tool"))
    texts = " ".join(plain_text(item) for item in feed.shown())
    assert "\x1b" not in texts and "\x9b" not in texts
    item = call(feed, label="\u202egnp.exe\n", tool="x\x07")
    assert "\u202e" not in item.label and "\n" not in item.label and "\x07" not in item.tool


@given(st.text(alphabet="a⚠\ufe0f👩\u200d💻\r\n\x1b\u202eक्\u200c", max_size=12), st.data())
def test_slicing_a_stream_changes_nothing(text, data):
    from codepilot.text import clean

    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    feed = started()
    feed(ev.TextStreamed(text="x"))
    for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        feed(ev.TextStreamed(text=text[begin:end]))
    feed(ev.ReplyFinished(text="", reason="stop"))
    assert feed.shown(Prose)[0].text == clean("x" + text)


def test_a_call_lives_and_ends():
    feed = started()
    feed(ev.ControlStarted(code="execute('main', 'pytest -q')"))
    item = call(feed, terminal="main")
    assert item.state == "running"
    assert feed.transcript.status.phase == "running pytest -q"
    feed(
        ev.ToolFinished(
            call_id="c1", tool="execute", result="boom", state="error", figure="exit 1", seconds=1.2
        )
    )
    assert (item.state, item.figure, item.seconds, item.result) == ("error", "exit 1", 1.2, "boom")
    assert feed.transcript.status.phase == "running code"


def test_a_call_keeps_the_reason_that_is_meant_for_the_person():
    feed = started()
    item = call(feed)
    finish(feed, state="error", figure="busy", reason="You held main.\x1b[31m Nothing was typed into it.")
    assert item.reason == "You held main.␛[31m Nothing was typed into it.", "made safe, as all that is shown"


def test_a_call_that_waits_for_a_yes():
    feed = started()
    item = call(feed)
    ask = ev.PermissionAsked(
        request_id="r", call_id="c1", tool="execute", description="Execute: pytest", kind="command"
    )
    feed(ask)
    assert item.state == "asks"
    assert feed.transcript.status.activity == "waiting"
    assert feed.transcript.status.phase == "waits for you"
    feed(ev.PermissionAnswered(request_id="r", call_id="c1", tool="execute", allow=True))
    assert item.state == "running" and item.note == "approved"
    feed(ask)
    feed(
        ev.PermissionAnswered(request_id="r", call_id="c1", tool="execute", allow=False, reason="no network")
    )
    assert (item.state, item.note, item.reason) == ("denied", "denied", "no network")


def finish(feed, call_id="c1", tool="execute", **more):
    feed(ev.ToolFinished(call_id=call_id, tool=tool, result="", **more))


def test_an_exit_code_that_is_not_zero_is_no_success():
    """Report, row 20: a green tick beside `exit 1`."""
    feed = started()
    states = []
    for figure in ("exit 0", "exit 1", "exit 127", "exit -9", "exit 10", "", "4 matches"):
        item = call(feed)
        finish(feed, figure=figure)
        states.append(item.state)
    assert states == ["ok", "failed", "failed", "failed", "failed", "ok", "ok"]


def test_a_command_that_goes_on_is_not_done():
    feed = started()
    for state, figure in (("running", "still running"), ("waiting", "waits for input")):
        item = call(feed)
        finish(feed, state=state, figure="whatever")
        assert (item.state, item.figure) == ("goes on", figure)


def test_a_command_that_went_on_says_what_became_of_it():
    feed = started()
    does = feed.transcript.terminals_do
    item, other = call(feed, terminal="main"), call(feed, "c2", terminal="build")
    does({"main": "busy", "build": "idle"})
    feed(ev.ToolFinished(call_id="c1", tool="execute", result="", state="waiting"))
    assert does({"main": "waiting", "build": "idle"}) == set()
    assert does({"main": "busy", "build": "idle"}) == {item.id}
    assert (item.state, item.figure) == ("goes on", "still running")
    assert does({"main": "idle", "build": "idle"}) == {item.id}
    assert (item.state, item.figure, other.state) == ("went on", "ended later", "running")
    assert does({"main": "busy", "build": "busy"}) == set(), "that is another command"


@pytest.mark.parametrize("asked_before", [True, False])
def test_a_call_waits_while_the_person_holds_its_terminal(asked_before):
    """The terminal tells it once for each time that the person takes it, before the call begins or after."""
    feed = started()
    does, status = feed.transcript.terminals_do, feed.transcript.status
    if asked_before:
        does({"main": "idle"}, frozenset({"main"}))
    item = call(feed, terminal="main")
    if not asked_before:
        assert item.state == "running" and feed.transcript.waits_for == ""
        assert does({"main": "idle"}, frozenset({"main"})) == {item.id}
    assert (item.state, feed.transcript.waits_for) == ("waits", "main")
    assert (status.activity, status.phase) == ("waiting", "waits for main · yours")
    assert does({"main": "idle"}, frozenset({"main"})) == set()
    assert does({"main": "busy"}, frozenset()) == {item.id}
    assert (item.state, status.activity, status.phase) == ("running", "running", "running pytest -q")


@pytest.mark.parametrize("stopped", [False, True])
def test_the_time_in_which_the_person_held_the_terminal_of_a_call_is_not_its_own(stopped):
    """It counted as running time: at once `15 s` after handing back, and in the time of the task."""
    feed = started()
    does, status = feed.transcript.terminals_do, feed.transcript.status
    feed(ev.ControlStarted(code="execute('main', 'make')"))
    item, began = call(feed, terminal="main"), feed.now
    does({"main": "idle"}, frozenset({"main"}), now=began + 2)
    assert (item.state, status.since) == ("waits", began + 2)
    does({"main": "idle"}, frozenset({"main"}), now=began + 9)
    does({"main": "idle"}, frozenset(), now=began + 16)
    assert (item.state, status.since) == ("running", began + 16), "its clock begins when it runs"
    does({"main": "idle"}, frozenset({"main"}), now=began + 18)
    feed.now = began + 20
    if stopped:
        feed(ev.TaskFinished(status="aborted", summary="", steps=1, seconds=21), after=1)
        assert item.seconds == 4, "2 before it was taken, 2 between"
        return
    finish(feed, seconds=21)
    assert item.seconds == 4
    feed(ev.ControlFinished(ok=True, seconds=21), after=0)
    feed(ev.TaskFinished(status="done", summary="Done.", steps=1, seconds=23))
    assert [end.seconds for end in feed.shown(Completion)] == [6]


def test_a_call_waits_while_another_command_runs_in_its_terminal():
    feed = started()
    does, status = feed.transcript.terminals_do, feed.transcript.status
    does({"main": "busy"}, frozenset(), {"main": "sleep 500\necho"})
    item = call(feed, terminal="main")
    assert (item.state, item.behind) == ("running", "sleep 500\necho")
    assert (status.activity, status.phase) == ("running", "waiting for main (sleep 500)")
    assert does({"main": "busy"}, frozenset(), {}) == {item.id}, "now it is the agent's command that runs"
    assert (item.behind, status.phase) == ("", "running pytest -q")
    assert does({"main": "busy"}, frozenset(), {"main": "sleep 9"}) == {item.id}
    assert status.phase == "waiting for main (sleep 9)"
    feed(ev.ToolFinished(call_id="c1", tool="execute", result="", state="error", figure="busy"))
    assert status.phase == "running code"


@pytest.mark.parametrize("tool", ["read_output", "send_input"])
def test_a_call_that_looks_or_gives_input_does_not_wait_for_another_command(tool):
    feed = started()
    feed.transcript.terminals_do({"main": "waiting"}, frozenset(), {"main": "cat"})
    assert call(feed, tool=tool, terminal="main").behind == ""


def test_a_call_that_asks_or_only_looks_does_not_wait_for_the_keyboard():
    feed = started()
    does = feed.transcript.terminals_do
    does({"main": "idle"}, frozenset({"main"}))
    assert call(feed, tool="read_output", terminal="main").state == "running"
    item = call(feed, "c2", terminal="main")
    feed(ev.PermissionAsked(request_id="r", call_id="c2", tool="execute", description="", kind="command"))
    assert item.state == "asks" and feed.transcript.status.phase == "waits for you"
    assert does({"main": "busy"}, frozenset({"main"})) == set()
    feed(ev.PermissionAnswered(request_id="r", call_id="c2", tool="execute", allow=True))
    assert item.state == "waits" and feed.transcript.status.phase == "waits for main · yours"
    feed(ev.ToolFinished(call_id="c2", tool="execute", result="", state="error", figure="busy"))
    assert feed.transcript.waits_for == "" and item.state == "error"


def test_a_command_whose_terminal_has_not_said_yet_that_it_is_busy_has_not_ended():
    feed = started()
    does = feed.transcript.terminals_do
    item = call(feed, terminal="main")
    feed(ev.ToolFinished(call_id="c1", tool="execute", result="", state="running"))
    assert does({"main": "idle"}) == set()
    assert does({"main": "busy"}) == set()
    feed(ev.StepStarted(step=2, max_steps=9))
    assert does({}) == {item.id} and item.state == "went on", "its terminal was closed"


def test_a_command_that_ended_before_its_terminal_was_looked_at_has_ended_by_the_next_step():
    feed = started()
    item = call(feed, terminal="main")
    feed(ev.ToolFinished(call_id="c1", tool="execute", result="", state="running"))
    feed(ev.TaskFinished(status="done"))
    assert feed.transcript.terminals_do({"main": "idle"}) == {item.id}
    assert item.state == "went on"


def test_the_time_of_a_call_that_was_stopped_is_its_own():
    """What it waited for the person does not count, whether it was answered or not."""
    feed = started()
    ask = ev.PermissionAsked(request_id="r", call_id="c1", tool="execute", description="", kind="command")
    item = call(feed)
    feed(ask)
    feed(
        ev.PermissionAnswered(request_id="r", call_id="c1", tool="execute", allow=True),
        after=60.0,
    )
    feed(ev.TaskFinished(status="aborted"), after=2.0)
    assert (item.state, item.seconds) == ("aborted", 3.0)
    item = call(feed)
    feed(ask)
    feed(ev.TaskFinished(status="aborted"), after=60.0)
    assert item.seconds == 1.0


def test_code_is_shown_once_and_only_where_it_says_more():
    feed = started()
    feed(ev.ControlStarted(code="# run them\nexecute('main',\n    'pytest -q',\n)\n"))
    assert call(feed).code == ""
    feed(ev.ControlStarted(code="for name in names:\n    read_file(name)\n"))
    codes = [call(feed, f"c{number}", "read_file", "a.py").code for number in (2, 3)]
    assert codes == ["for name in names:\n    read_file(name)\n", ""]


def test_a_thought_and_an_end_are_not_shown_as_calls_too():
    feed = started()
    for tool in ("think", "done"):
        call(feed, tool=tool)
        finish(feed, tool=tool)
    assert not feed.shown(CallLine)
    item = call(feed, tool="think")
    finish(feed, tool="think", state="error")
    assert not item.hidden


def test_a_rule_is_named():
    feed = started()
    item = call(feed)
    feed(ev.PermissionAnswered(request_id="r", call_id="c1", tool="execute", allow=True, by="rule"))
    assert item.note == "by a rule"


def test_what_the_workbench_says_with_a_no_is_not_put_into_the_persons_mouth():
    feed = started()
    item = call(feed)
    why = "a.py changed on disk. Read it again before changing it."
    feed(
        ev.PermissionAnswered(
            request_id="r", call_id="c1", tool="edit_file", allow=False, by="rule", reason=why
        )
    )
    assert (item.state, item.note, item.reason) == ("denied", "", why)


def test_a_payload_gives_way_to_the_edit():
    feed = started()
    feed(
        ev.BlockOpened(kind="payload", path="src/app.py"),
        ev.BlockStreamed(kind="payload", text="a\nb"),
    )
    (payload,) = feed.shown(Payload)
    assert payload.lines == 2
    assert feed.transcript.status.phase == "writing src/app.py"
    feed(ev.BlockClosed(kind="payload", path="src/app.py", text="a\nb\n"))
    item = call(feed, tool="write_file", label="src/app.py")
    changed = feed(
        ev.FileChanged(call_id="c1", path="./src/app.py", before=None, after="a\nb\n", added=2, removed=0)
    )
    assert payload.hidden and {payload.id, item.id} == changed
    assert item.changes[0].after == "a\nb\n" and item.changes[0].before is None


@pytest.mark.parametrize(
    "end",
    [
        ev.ReplyFinished(text="", reason="cut"),
        ev.TaskFinished(status="aborted", summary="", steps=1, seconds=2),
        ev.StepStarted(step=2, max_steps=30),
    ],
)
def test_a_payload_that_never_came_to_its_end_is_not_being_written_any_more(end):
    feed = started()
    feed(
        ev.BlockOpened(kind="payload", path="huge.py"),
        ev.BlockStreamed(kind="payload", text="a\nb"),
    )
    (payload,) = feed.shown(Payload)
    assert payload.id in feed(end)
    assert payload.unused and not payload.closed


def test_an_unused_payload_says_so():
    feed = started()
    feed(
        ev.BlockClosed(kind="payload", path="x", text="a\n"),
        ev.ControlStarted(code="pass"),
        ev.ControlFinished(ok=True),
    )
    assert feed.shown(Payload)[0].unused


def test_a_block_without_calls_is_shown_itself():
    feed = started()
    feed(ev.ControlStarted(code="\nprint(1)\n"), ev.ControlFinished(ok=True, printed="1\n", seconds=0.1))
    (item,) = feed.shown(CallLine)
    assert (item.tool, item.label, item.state, item.result) == ("python", "print(1)", "ok", "1\n")


def test_a_block_that_failed_is_shown_below_its_calls():
    feed = started()
    feed(ev.ControlStarted(code="x()"))
    item = call(feed)
    feed(ev.ControlFinished(ok=False, kind="timeout", error="too slow"))
    assert item.state == "error"
    last = feed.shown(CallLine)[-1]
    assert (last.tool, last.state, last.figure, last.result) == ("python", "error", "timeout", "too slow")


def test_a_block_that_was_stopped_is_shown_by_its_calls():
    feed = started()
    feed(ev.ControlStarted(code="x()"))
    item = call(feed)
    feed(ev.ToolFinished(call_id=item.call_id, tool=item.tool, result="", state="aborted"))
    feed(ev.ControlFinished(ok=False, kind="aborted", seconds=2.0), ev.TaskFinished(status="aborted"))
    assert feed.shown(CallLine) == [item] and item.state == "aborted"


def test_a_block_that_was_stopped_before_any_call_is_shown_itself():
    feed = started()
    feed(ev.ControlStarted(code="while True: pass"))
    feed(ev.ControlFinished(ok=False, kind="aborted", seconds=2.0), ev.TaskFinished(status="aborted"))
    (item,) = feed.shown(CallLine)
    assert (item.tool, item.label, item.state, item.seconds) == ("python", "while True: pass", "aborted", 2.0)


def test_queued_words_become_chips_then_a_turn_above_the_step():
    feed = started()
    feed(ev.MessageQueued(message_id="m", message="also zero"))
    (chip,) = feed.transcript.chips
    assert (chip.text, chip.state, chip.when) == ("also zero", "queued", "next step")
    feed(ev.StepStarted(step=2, max_steps=30), ev.MessageInjected(message_id="m", message="also zero"))
    assert chip.state == "in context"
    *_, said, head = feed.shown()
    assert isinstance(said, UserTurn) and said.step == 2 and said.at == feed.now
    assert isinstance(head, AgentTurn) and head.step == 2
    feed(ev.StepStarted(step=3, max_steps=30))
    assert not feed.transcript.chips


def test_dropped_words_have_no_chip():
    feed = started()
    feed(ev.MessageQueued(message_id="m", message="x"), ev.MessageDropped(message_id="m", message="x"))
    assert not feed.transcript.chips
    assert feed.transcript.queue["m"].state == "dropped"


def test_numbers_of_the_reply():
    feed = started()
    feed(
        ev.ReplyFinished(
            text="", reason="stop", input_tokens=100, output_tokens=20, context_window=1000, cost=0.5
        )
    )
    status = feed.transcript.status
    assert (status.tokens, status.window, status.cost) == (120, 1000, 0.5)
    feed(ev.ReplyFinished(text="", reason="length", input_tokens=1))
    assert status.window == 1000 and status.cost == 0.5
    assert feed.shown(Notice)[-1].kind == "warn"


def test_retries_share_one_notice():
    feed = started()
    feed(ev.ProviderRetried(attempt=2, attempts=5, wait=1, reason="busy"))
    feed(ev.ProviderRetried(attempt=3, attempts=5, wait=2, reason="busy"))
    (notice,) = feed.shown(Notice)
    assert notice.next == "try 3 of 5 in 2 s"
    feed(ev.ProviderRetried(attempt=4, attempts=5, wait=0.4, reason="busy"))
    assert notice.next == "try 4 of 5 now"
    feed(ev.TextStreamed(text="hi"), ev.ProviderRetried(attempt=2, attempts=5, wait=1, reason="busy"))
    assert len(feed.shown(Notice)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        ev.TextStreamed(text="hi"),
        ev.ThinkingStreamed(text="hm"),
        ev.BlockOpened(kind="control"),
        ev.ReplyFinished(text="", reason="stop"),
        ev.TaskFinished(status="done"),
    ],
)
def test_the_row_of_tries_goes_when_the_answer_comes(answer):
    feed = started()
    feed(ev.ProviderRetried(attempt=2, attempts=6, wait=6, reason="answered 500"), answer)
    assert feed.shown(Notice) == []


def test_the_row_of_tries_goes_when_the_failure_comes():
    feed = started()
    for attempt in (2, 3):
        feed(ev.ProviderRetried(attempt=attempt, attempts=3, wait=6, reason="answered 500: overloaded"))
    feed(ev.RuntimeFailed(error="answered 500: overloaded", source="provider", hint="Asked 3 times."))
    feed(ev.TaskFinished(status="failed"))
    (notice,) = feed.shown(Notice)
    assert notice.kind == "error" and notice.next.startswith("Asked 3 times.")


def test_a_failure_of_something_else_leaves_the_row_of_tries():
    feed = started()
    feed(ev.ProviderRetried(attempt=2, attempts=3, wait=6, reason="busy"))
    feed(ev.RuntimeFailed(error="The session was not written.", source="session"))
    assert [notice.what for notice in feed.shown(Notice)] == ["busy", "The session was not written."]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            ev.ReplyFinished(text="", reason="length"),
            "The reply hit the output limit\nthe model continues from there",
        ),
        (ev.ReplyFinished(text="", reason="cut"), "The reply was cut off\nnone of it ran"),
        (ev.ReplyFinished(text="", reason="refusal"), "The model refused\nTry other words."),
        (
            ev.TaskFinished(status="max_steps"),
            'Stopped at the step limit\nType "go on" to let it continue.',
        ),
        (
            ev.TaskFinished(status="needs_person"),
            'Stopped: there was no one to answer\nType "go on" to let it ask again.',
        ),
        (
            ev.TaskFinished(status="aborted"),
            "Stopped\nType what to do instead, or go back to your last message with Up.",
        ),
        (ev.TaskFinished(status="failed"), "The task failed\nUp goes back to your message."),
    ],
)
def test_how_a_reply_or_a_task_ended_is_said_with_what_to_do(event, said):
    feed = started()
    feed(event)
    assert [plain_text(notice) for notice in feed.shown(Notice)] == [said]


@pytest.mark.parametrize(
    "event",
    [
        ev.ReplyFinished(text="", reason="stop"),
        ev.TaskFinished(status="completed"),
    ],
)
def test_of_what_ended_well_nothing_is_said(event):
    feed = started()
    feed(event)
    assert feed.shown(Notice) == []


def test_a_stop_takes_the_row_of_tries_away():
    feed = started()
    feed(ev.ProviderRetried(attempt=2, attempts=3, wait=6, reason="busy"), ev.TaskFinished(status="aborted"))
    assert [notice.what for notice in feed.shown(Notice)] == ["Stopped"]


def test_between_broken_words_and_new_ones_the_row_stays_without_its_time():
    feed = started()
    feed(ev.TextStreamed(text="I lo"), ev.ReplyFinished(text="I lo", reason="cut"))
    feed(ev.ProviderRetried(attempt=2, attempts=4, wait=6, reason="The connection broke"))
    feed(ev.TextStreamed(text="I look."))
    (notice,) = feed.shown(Notice)
    assert (notice.what, notice.next) == ("The connection broke. The model was asked again.", "")
    shown = feed.shown()
    assert [item.text for item in (shown[shown.index(notice) - 1], shown[shown.index(notice) + 1])] == [
        "I lo",
        "I look.",
    ]


def test_a_retry_of_a_new_task_stands_in_its_own_block():
    """Report, row 25: the notice of the former task was changed instead."""
    feed = started()
    feed(ev.ProviderRetried(attempt=6, attempts=6, wait=8, reason="answered 429"))
    feed(ev.TaskFinished(status="failed"), ev.TaskStarted(task="again", number=2))
    feed(ev.StepStarted(step=1, max_steps=30))
    feed(ev.ProviderRetried(attempt=2, attempts=6, wait=1, reason="answered 500"))
    (retry,) = (item for item in feed.shown(Notice) if item.next.startswith("try"))
    assert retry.what == "answered 500"
    assert feed.shown().index(retry) > feed.shown().index(feed.shown(UserTurn)[1])


def test_notices_carry_no_stray_labels():
    """Report, row 25: lines that said "provider", "control", "the model's service" and nothing else."""
    feed = started()
    feed(ev.ProviderRetried(attempt=2, attempts=6, wait=1, reason="busy"))
    for source in typing.get_args(typing.get_type_hints(ev.RuntimeFailed)["source"]):
        feed(ev.RuntimeFailed(error="It failed.", source=source))
        assert feed.shown(Notice)[-1].where != source
    labels = [notice.where for notice in feed.shown(Notice)]
    assert labels[:2] == ["", ""]
    assert all(label == "" or " " in label for label in labels)


def test_waiting_to_ask_again_is_not_waiting_for_the_person():
    feed = started()
    feed(ev.ProviderRetried(attempt=2, attempts=6, wait=9, reason="busy"))
    status = feed.transcript.status
    assert (status.activity, status.phase) == ("thinking", "waiting to ask again, try 2 of 6")
    feed(ev.ProviderRetried(attempt=3, attempts=6, wait=0, reason="no word"))
    assert status.phase == "asking again, try 3 of 6"


def test_when_the_wait_is_over_the_service_is_asked_again():
    feed = started()
    feed(ev.ProviderRetried(attempt=2, attempts=6, wait=9, reason="busy"))
    status = feed.transcript.status
    assert status.at(status.since + 8.9) == ("waiting to ask again, try 2 of 6", status.since)
    assert status.at(status.since + 9) == ("asking again, try 2 of 6", status.since + 9)
    feed(ev.ProviderSilent(seconds=20.0, begun=False))
    assert status.at(feed.now + 60) == ("no word yet", feed.now - 20)


def test_silence_counts_from_the_last_word():
    feed = started()
    feed(ev.ProviderSilent(seconds=20.0, begun=False))
    status = feed.transcript.status
    assert (status.activity, status.phase, status.since) == ("thinking", "no word yet", feed.now - 20)
    feed(ev.TextStreamed(text="hi"), ev.ProviderSilent(seconds=25.0, begun=True))
    assert (status.phase, status.since) == ("no further word", feed.now - 25)
    feed(ev.TextStreamed(text="hi"))
    assert status.phase == "writing"


def test_what_a_broken_reply_brought_does_not_hold():
    feed = started()
    feed(
        ev.ReplyFinished(text="", reason="stop", input_tokens=100),
        ev.BlockOpened(kind="payload", path="a.py"),
        ev.BlockClosed(kind="payload", text="old", path="a.py"),
        ev.BlockOpened(kind="completion"),
        ev.ReplyFinished(text="…", reason="cut"),
        ev.ProviderRetried(attempt=2, attempts=6, wait=1, reason="The connection broke."),
        ev.BlockOpened(kind="payload", path="a.py"),
        ev.BlockClosed(kind="payload", text="new", path="a.py"),
        ev.ReplyFinished(text="…", reason="stop", input_tokens=120),
    )
    assert [(item.text, item.unused) for item in feed.shown(Payload)] == [("old", True), ("new", False)]
    assert feed.shown(Completion) == []
    call(feed, "c1", tool="write_file", label="a.py")
    feed(ev.FileChanged(call_id="c1", path="a.py", before=None, after="new", added=1, removed=0))
    assert [item.text for item in feed.shown(Payload)] == ["old"]


def test_a_broken_reply_does_not_empty_the_meter():
    feed = started()
    feed(ev.ReplyFinished(text="", reason="stop", input_tokens=100), ev.ReplyFinished(text="", reason="cut"))
    assert feed.transcript.status.tokens == 100


def test_a_completion_is_shown_once_the_task_is_done():
    feed = started()
    feed(
        ev.BlockOpened(kind="completion"),
        ev.BlockStreamed(kind="completion", text="All go"),
        ev.BlockClosed(kind="completion", text="All good."),
        ev.TaskFinished(status="done", summary="All good.", steps=2, seconds=9.0),
    )
    (done,) = feed.shown(Completion)
    assert (done.text, done.done, done.steps, done.seconds) == ("All good.", True, 2, 9.0)
    assert not feed.transcript.status.working


def test_the_time_of_a_task_is_the_agents():
    """Report, row 20: what a person thinks about a question is no time of the work."""
    feed = started()
    for _ in range(2):
        call(feed)
        feed(ev.ToolFinished(call_id="c1", tool="execute", result="", seconds=1.0, asked=20.0))
    feed(ev.TaskFinished(status="done", summary="ok", steps=2, seconds=45.0))
    assert feed.shown(Completion)[-1].seconds == 5.0
    feed(ev.TaskStarted(task="more", number=2), ev.TaskFinished(status="done", summary="ok", seconds=3.0))
    assert feed.shown(Completion)[-1].seconds == 3.0


def test_the_time_of_a_block_is_its_own():
    feed = started()
    for _ in range(2):
        feed(ev.ControlStarted(code="x()"))
        call(feed)
        feed(ev.ToolFinished(call_id="c1", tool="execute", result="", seconds=1.0, asked=20.0))
        feed(ev.ControlFinished(ok=False, kind="error", error="NameError", seconds=23.0))
        assert feed.shown(CallLine)[-1].seconds == 3.0


def test_a_withheld_completion_disappears():
    feed = started()
    feed(ev.BlockClosed(kind="completion", text="Done!"), ev.StepStarted(step=2, max_steps=30))
    assert not feed.shown(Completion)


def test_a_chat_reply_ends_without_a_notice():
    feed = started()
    feed(ev.TextStreamed(text="Hi"), ev.TaskFinished(status="replied", summary="Agent replied."))
    assert not feed.shown(Notice) and not feed.shown(Completion)


def test_a_stop_ends_what_runs():
    feed = started()
    item = call(feed)
    feed(ev.QuestionAsked(question_id="q", call_id="c1", question="Which?"))
    feed(ev.TaskFinished(status="aborted"))
    assert item.state == "aborted" and item.seconds > 0
    assert not feed.shown(Question)[0].open
    assert feed.shown(Notice)[-1].what == "Stopped"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("terminal", "The terminal host died; its shells are lost."),
        ("session", "The terminals could not be started: The terminal host ended at its start."),
    ],
)
def test_what_names_its_place_itself_has_no_place_beside_it(source, error):
    feed = started()
    feed(ev.RuntimeFailed(error=error, source=source, hint="See the log."))
    (item,) = feed.shown(Notice)
    assert (item.what, item.where, item.next) == (error, "", "See the log.")


def test_a_failure_is_told_once():
    feed = started()
    feed(ev.RuntimeFailed(error="no key", source="provider", hint="set it"), ev.TaskFinished(status="failed"))
    (notice,) = feed.shown(Notice)
    assert (notice.kind, notice.what, notice.where) == ("error", "no key", "")
    assert notice.next == "set it. Up goes back to your message."


def test_a_question_and_its_answer():
    feed = started()
    feed(ev.QuestionAsked(question_id="q", call_id="c", question="Which?"))
    (question,) = feed.shown(Question)
    assert feed.transcript.status.activity == "waiting"
    feed(ev.QuestionAnswered(question_id="q", call_id="c", answer="both"))
    assert question.answer == "both" and not question.open
    assert plain_text(question) == "Which?\nboth"


def test_clearing_takes_everything_away_and_reuses_no_id():
    feed = started()
    old = {item.id for item in feed.transcript.items}
    assert feed(ev.SessionCleared()) == old
    assert feed.transcript.items == []
    feed(ev.TaskStarted(task="again", number=2))
    assert feed.transcript.items[0].id not in old


def test_the_agent_is_named_once_a_turn():
    """Report, "Looks": three rows of frame at each step."""
    feed = started()
    feed(ev.StepStarted(step=2, max_steps=30), ev.StepStarted(step=3, max_steps=30))
    feed(ev.MessageInjected(message_id="m", message="also zero"))
    feed(ev.StepStarted(step=4, max_steps=30), ev.TaskStarted(task="more", number=2))
    feed(ev.StepStarted(step=1, max_steps=30))
    assert [(item.step, item.named) for item in feed.shown(AgentTurn)] == [
        (1, True),
        (2, False),
        (3, True),
        (4, False),
        (1, True),
    ]


def test_words_for_after_the_task_show_when_they_were_delivered():
    """Report, row 20. They wait as a chip and begin a task of their own."""
    feed = started()
    feed(ev.TaskFinished(status="replied"), after=300.0)
    feed(ev.TaskStarted(task="typed five minutes ago", number=2))
    assert feed.shown(UserTurn)[-1].at == feed.now


def test_a_block_that_failed_has_one_row():
    """Its row says what was wrong: the error is not told again below it, with a label of its own."""
    feed = started()
    feed(
        ev.ControlStarted(code="import os"),
        ev.ControlFinished(ok=False, kind="lint", error="import of os is not allowed"),
        ev.SecurityRefused(error="import of os is not allowed"),
    )
    feed(
        ev.ControlStarted(code="x()"),
        ev.ControlFinished(ok=False, kind="error", error="NameError: x"),
        ev.RuntimeFailed(error="NameError: x", source="control"),
    )
    assert not feed.shown(Notice)
    assert [item.figure for item in feed.shown(CallLine)] == ["refused, nothing ran", "error"]
    feed(ev.SecurityRefused(error="no"), ev.TextStreamed(text="hm"))
    feed(ev.SecurityRefused(error="no\nbecause"))
    (notice,) = feed.shown(Notice)
    assert (notice.what, notice.detail) == ("no", "because")


def test_how_a_reply_ended_is_told_once():
    """The correction, the error or the retry that follows takes the place of the bare notice."""
    feed = started()
    feed(ev.ReplyFinished(text="", reason="cut"))
    feed(ev.ProviderRetried(attempt=2, attempts=4, wait=0.0, reason="The connection broke."))
    (notice,) = feed.shown(Notice)
    assert (notice.what, notice.next) == ("The connection broke.", "try 2 of 4 now")
    feed(ev.ReplyFinished(text="", reason="length"))
    feed(ev.RuntimeFailed(error="The reply reached the output limit.\nLong correction", source="protocol"))
    notice = feed.shown(Notice)[-1]
    assert len(feed.shown(Notice)) == 2
    assert (notice.kind, notice.what) == (
        "warn",
        "The agent's reply could not be used; the agent is told why",
    )
    assert notice.detail == "The reply reached the output limit.\nLong correction"
    feed(ev.ReplyFinished(text="", reason="refusal"), ev.TextStreamed(text="hm"))
    feed(ev.RuntimeFailed(error="It failed.", source="provider"))
    assert len(feed.shown(Notice)) == 4


def test_what_failed_in_a_former_task_is_left_alone():
    feed = started()
    feed(ev.RuntimeFailed(error="no key", source="provider"), ev.TaskFinished(status="failed"))
    feed(ev.TaskStarted(task="again", number=2), ev.TaskFinished(status="failed", summary="oops"))
    assert [item.what for item in feed.shown(Notice)] == ["no key", "The task failed"]


def test_every_kind_of_event_has_a_handler():
    handled = set(Transcript("x")._handlers)
    assert handled == set(typing.get_args(ev.Event))


def test_the_same_stream_gives_the_same_transcript():
    def run():
        feed = started()
        call(feed)
        feed(ev.TextStreamed(text="x"), ev.TaskFinished(status="aborted"))
        return [dataclasses.asdict(item) for item in feed.transcript.items]

    assert run() == run()


# Every field from few values, so that ids meet and parts belong together often.
_WORDS = st.sampled_from(["", "a", "b", "line\nline", "\x1b[0m", "👩\u200d"])


def _value(hint):
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return st.sampled_from(typing.get_args(hint))
    if hint is str:
        return _WORDS
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(0, 5)
    if hint is float:
        return st.floats(0, 10)
    if origin is dict:
        return st.just({"path": "a", "n": 1})
    if origin is tuple:
        return st.just(("x",))
    return st.one_of(
        *(_value(each) if each is not type(None) else st.none() for each in typing.get_args(hint))
    )


def _event(kind):
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: _value(hints[field.name]) for field in dataclasses.fields(kind)})


_EVENTS = st.one_of(*(_event(kind) for kind in typing.get_args(ev.Event)))


def test_a_call_that_begins_again_ends_the_earlier_one():
    feed = Feed()
    for _ in range(2):
        feed(ev.ToolStarted(call_id="c1", tool="execute", args={}, label="", terminal="", builtin=True))
    feed(ev.TaskFinished(status="done", summary="", steps=1, seconds=1.0))
    assert [item.state for item in feed.transcript.items if isinstance(item, CallLine)] == [
        "aborted",
        "aborted",
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(_EVENTS, max_size=40))
def test_any_order_of_events_is_survived(events):
    feed = Feed()
    for event in events:
        before = {item.id: item.version for item in feed.transcript.items}
        changed = feed(event)
        after = {item.id: item.version for item in feed.transcript.items}
        # Whatever came, went or changed was named, so a screen never shows something old.
        assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} <= changed
    for item in feed.transcript.items:
        assert "\x1b" not in plain_text(item)
    if events and isinstance(events[-1], ev.TaskFinished):
        assert not any(
            isinstance(item, CallLine) and item.state in ("running", "asks") for item in feed.transcript.items
        )


def test_a_result_that_comes_after_the_end_adds_no_line():
    feed = started()
    call(feed)
    feed(ev.TaskFinished(status="aborted"))
    items = len(feed.transcript.items)
    feed(ev.ToolFinished(call_id="c1", tool="execute", result="", state="aborted"))
    assert len(feed.transcript.items) == items


def test_terminals_of_an_earlier_session_are_named():
    feed = Feed()
    feed(ev.TerminalsFound(terminals=("main", "web"), running=("main runs make\x1b[31m",)))
    feed(ev.TerminalsFound(terminals=("main",)))
    first, second = feed.transcript.items
    assert (first.what, first.where) == ("2 terminals from the earlier session", "main runs make␛[31m")
    assert (second.kind, second.what, second.where) == (
        "info",
        "1 terminal from the earlier session",
        "nothing runs there",
    )


def test_what_the_agent_was_told_of_the_persons_hands():
    feed = Feed()
    feed(ev.PersonCommandsTold(terminals=("main",), commands=("make", "ls\x1b[31m"), text="…"))
    feed(ev.PersonCommandsTold(terminals=("main",), commands=(), text="…"))
    feed(ev.PersonCommandsOffered(terminal="main", count=2))
    first, second = feed.transcript.items
    assert (first.what, first.where) == ("The agent was told what you ran in main", "make; ls␛[31m")
    assert (second.what, second.where) == ("The agent has main back", "")
    feed(ev.PersonCommandsTold(terminals=("main", "build"), commands=tuple("abcde"), text="…"))
    assert feed.transcript.items[-1].where == "2 earlier; c; d; e"


def test_what_a_task_cost_and_what_of_a_limit_is_used():
    feed = started()
    feed(
        ev.TaskFinished(
            status="done", summary="Done.", steps=2, input_tokens=900, cost=0.031, session_cost=0.2
        )
    )
    (done,) = feed.shown(Completion)
    assert done.cost == "$0.03"
    feed = started()
    feed(ev.TaskFinished(status="done", summary="Done.", steps=2, input_tokens=900))
    (done,) = feed.shown(Completion)
    assert done.cost == "price unknown"
    feed(ev.BudgetAsked(question="This session has cost $0.82 of $1.00."))
    assert feed.transcript.status.phase == "waits for you"
    feed(ev.BudgetReached(kind="cost", used=0.82, limit=1, go_on=True))
    assert feed.transcript.status.phase == "thinking"
    feed(ev.BudgetReached(kind="steps", used=16, limit=20, go_on=False))
    feed(ev.TaskFinished(status="max_cost"))
    cost, steps, end = feed.shown(Notice)
    assert (cost.what, cost.where) == ("This session has cost $0.82 of $1.00", "")
    assert (steps.what, steps.where) == ("16 of 20 steps of this task are used", "the task stops here")
    assert end.what == "Stopped to keep to the budget"


def test_what_a_compaction_freed():
    feed = Feed()
    feed(ev.ContextCompacted(tokens_before=40_100, tokens_after=12_300))
    feed(ev.ContextCompacted(tokens_before=300, tokens_after=300))
    first, second = feed.transcript.items
    assert (first.what, first.where) == (
        "Freed 27,800 tokens in the model's window",
        "40,100 became 12,300",
    )
    assert second.what == "Nothing to compact"


def test_which_files_the_agent_was_told_have_changed():
    feed = Feed()
    feed(ev.FileChangesTold(files=("a\x1b.py",), text="…"))
    feed(ev.FileChangesTold(files=tuple("abcdefg"), text="…"))
    first, second = feed.transcript.items
    assert (first.what, first.where) == ("The agent was told that a file that it knows was changed", "a␛.py")
    assert (second.what, second.where) == (
        "The agent was told that 7 files that it knows were changed",
        "a, b, c, d, e and 2 more",
    )


def test_all_warnings_stand_in_one_item_with_safe_text():
    feed = started()
    assert feed.transcript.warn(()) == set()
    (changed,) = feed.transcript.warn(("agent.yaml:3: one\x1b[2J", "agent.yaml:9: two"))
    (notice,) = feed.shown(Notice)
    assert notice.id == changed and notice.kind == "warn" and "\x1b" not in notice.what
    assert [line.split(":")[1] for line in notice.what.splitlines()] == ["3", "9"]


def test_a_call_in_which_the_program_ended_was_cut_off_and_has_no_time():
    """Found by use: the chat that came back said "stopped 0.0 s", and the command was still running."""
    older = started()
    item = call(older)
    now = Feed()
    now.transcript.put_before(older.transcript)
    assert (item.state, item.seconds) == ("cut off", 0.0)
    now(ev.TaskResumed(number=1, step=1, where="in step 1, in execute pytest -q"))
    assert item.state == "cut off"
    again = started()
    item = call(again)
    again(ev.TaskResumed(number=1, step=1, where="in step 1, in execute pytest -q"), after=500.0)
    again(ev.TaskFinished(status="done", summary="Done."))
    assert (item.state, item.seconds) == ("cut off", 0.0)


def finished(state="aborted", figure="not done", **more):
    return ev.ToolFinished(
        call_id="c1", tool="execute", result="", state=state, figure=figure, recovered=True, **more
    )


@pytest.mark.parametrize("first", ["finished", "resumed"])
def test_what_became_of_a_cut_call_stands_in_its_own_row(first):
    """Found by use: a second row without its command said "stopped 0.0 s", below a payload "not written"."""
    older = started()
    older(ev.BlockClosed(kind="payload", path="a.py", text="one\n"))
    item = call(older)
    now = Feed()
    now.transcript.put_before(older.transcript)
    (payload,) = now.shown(Payload)
    assert not payload.unused
    events = [finished(), ev.TaskResumed(number=1, step=1, where="in step 1, in execute pytest -q")]
    for each in events if first == "finished" else reversed(events):
        now(each)
    assert now.shown(CallLine) == [item]
    assert (item.state, item.figure, item.timed) == ("cut off", "not done", False)


def test_a_cut_call_of_which_its_terminal_knows_the_end_has_it():
    older = started()
    item = call(older)
    now = Feed()
    now.transcript.put_before(older.transcript)
    now(finished("ok", "exit 0"))
    assert (item.state, item.figure, item.timed) == ("ok", "exit 0", False)


def test_a_page_that_has_the_cut_call_and_what_became_of_it_shows_the_same():
    feed = started()
    item = call(feed)
    feed(finished(reason="The program ended while it was under way."))
    assert (item.state, item.figure, item.timed, item.reason) == ("cut off", "not done", False, "")


def test_a_cut_command_that_still_runs_is_followed():
    older = started()
    item = call(older)
    now = Feed()
    now.transcript.put_before(older.transcript)
    now(finished("running", "running"))
    assert (item.state, item.figure) == ("goes on", "still running")
    now.transcript.terminals_do({item.terminal: "busy"})
    now.transcript.terminals_do({item.terminal: "idle"})
    assert (item.state, item.figure) == ("went on", "ended later")


def test_a_first_look_at_the_folder_is_said_only_where_it_takes_long_or_finds_no_way():
    feed = started()
    feed(ev.CheckpointAwaited(seconds=2))
    assert feed.transcript.status.phase == "looking at the folder, 2 s at most"
    feed(ev.CheckpointSeeded(method="watch", captured=3))
    assert not feed.shown(Notice)
    feed(ev.CheckpointSeeded(method="none", left_out={".": "it is the home folder"}))
    (notice,) = feed.shown(Notice)
    assert notice.what == "What commands change in this folder cannot be undone"
    assert notice.where == "it is the home folder"


def test_a_rewind_leaves_one_row_that_says_so():
    transcript = Transcript()
    transcript.apply(ev.Stamped(1, 1.0, ev.TaskStarted(task="one", number=1)))
    gone = {item.id for item in transcript.items}
    changed = transcript.apply(
        ev.Stamped(2, 2.0, ev.Rewound(to=1, to_offset=10, left=9, words="one\nand more"))
    )
    (notice,) = transcript.items
    assert gone < changed and notice.what == "Rewound to before “one and more”"
    transcript.apply(ev.Stamped(3, 3.0, ev.Rewound(to=9, to_offset=90, left=10)))
    assert transcript.items[0].what == "Rewind undone"


def test_files_that_could_not_be_restored_are_named_with_the_reason_also_after_the_rewind():
    transcript = Transcript()
    kept = {"made.txt": "Permission denied"}
    transcript.apply(ev.Stamped(1, 1.0, ev.RestoreFinished(done=(), kept=kept)))
    (notice,) = transcript.items
    assert (notice.what, notice.where) == ("made.txt stayed as it is", "Permission denied")
    transcript.apply(ev.Stamped(2, 2.0, ev.Rewound(to=1, to_offset=10, left=9, restore=5, words="one")))
    back, notice = transcript.items
    assert back.what.startswith("Rewound") and notice.what == "made.txt stayed as it is"
    transcript.apply(
        ev.Stamped(3, 3.0, ev.RestoreFinished(done=("a",), kept={**kept, "b": "Read-only file system"}))
    )
    transcript.apply(ev.Stamped(4, 4.0, ev.Rewound(to=9, to_offset=90, left=10, restore=11)))
    assert transcript.items[1].what == "2 files stayed as they are"
    assert "b: Read-only file system" in transcript.items[1].detail
    transcript.apply(ev.Stamped(5, 5.0, ev.Rewound(to=9, to_offset=90, left=12, words="two")))
    assert len(transcript.items) == 1, "no file was to be restored"
