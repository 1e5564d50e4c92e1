"""Text from outside is made safe once, at the door."""

import dataclasses
import typing

from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot import events as ev
from codepilot.text import clean
from codepilot_tui.transcript.door import Door

EVIL = "a\x1b]0;own\x07\x9b2J\u202eb\nc"


def admitted(*events):
    door = Door()
    return [safe for event in events for safe in door.admit(event)]


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts(key)
            yield from texts(each)


def filled(kind):
    """An event of this kind with evil in each field that takes any text."""
    values = {}
    for name, hint in typing.get_type_hints(kind).items():
        origin = typing.get_origin(hint)
        if origin is typing.Literal:
            values[name] = typing.get_args(hint)[0]
        elif hint is str or str in typing.get_args(hint) and origin is not tuple and origin is not dict:
            values[name] = EVIL
        elif origin is tuple:
            values[name] = (EVIL,)
        elif origin is dict:
            values[name] = {EVIL: EVIL, "number": 3}
        else:
            values[name] = {bool: True, int: 1, float: 1.0}.get(hint)
    return kind(**values)


def test_no_event_brings_a_control_sequence_in():
    for kind in typing.get_args(ev.Event):
        for safe in admitted(filled(kind), ev.ReplyFinished(text="", reason="stop")):
            for field in dataclasses.fields(safe):
                if field.name.endswith("_id") or field.name in ("before", "after"):
                    continue
                for text in texts(getattr(safe, field.name)):
                    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text), (kind, field.name)


def test_ids_and_the_texts_of_files_pass_as_they_are():
    change = ev.FileChanged(call_id=EVIL, path="a", before=EVIL, after=EVIL, added=1, removed=1)
    assert admitted(change) == [change]


def test_a_path_is_one_line_and_a_message_may_be_many():
    (change,) = admitted(ev.FileChanged(call_id="c", path="a\nb", before=None, after="", added=0, removed=0))
    (task,) = admitted(ev.TaskStarted(task="a\nb", number=1))
    assert (change.path, task.task) == ("a␤b", "a\nb")


def test_arguments_become_text():
    (call,) = admitted(ev.ToolStarted(call_id="c", tool="find", args={"pattern": "x", "n": 3, "all": None}))
    assert call.args == {"pattern": "x", "n": "3", "all": "None"}


def test_what_a_stream_held_back_comes_before_what_follows():
    last = ev.ReplyFinished(text="", reason="stop")
    assert admitted(ev.TextStreamed(text="a\r"), last) == [
        ev.TextStreamed(text="a"),
        ev.TextStreamed(text="␍"),
        last,
    ]
    assert admitted(ev.TextStreamed(text="\r"), last) == [ev.TextStreamed(text=""), last], (
        "a blank stream is none"
    )
    assert admitted(ev.TextStreamed(text="a\r"), ev.TextStreamed(text="\nb")) == [
        ev.TextStreamed(text="a"),
        ev.TextStreamed(text="\nb"),
    ]


STREAMS = st.sampled_from(
    [
        lambda text: ev.TextStreamed(text=text),
        lambda text: ev.ThinkingStreamed(text=text),
        lambda text: ev.BlockStreamed(kind="payload", text=text),
        lambda text: ev.BlockStreamed(kind="completion", text=text),
    ]
)


@settings(deadline=None)
@given(STREAMS, st.text(alphabet="a⚠\ufe0f👩\u200d💻\r\n\x1b\u202eक्\u200c", max_size=12), st.data())
def test_a_stream_in_pieces_is_as_safe_as_the_whole(make, text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    pieces = [
        make("x" + text[: (cuts + [len(text)])[0]]),
        *(make(text[b:e]) for b, e in zip(cuts, [*cuts[1:], len(text)])),
    ]
    shown = admitted(*pieces, ev.ReplyFinished(text="", reason="stop"))[:-1]
    assert "".join(event.text for event in shown) == clean("x" + text)
