"""What crosses the socket, and what the host refuses to take from it."""

import json
import string
from collections import Counter, OrderedDict, deque, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.frames import FrameError
from codepilot.sandbox.codec import MAX_FRAME, MAX_KEYS, FrameCutter, NotPlain, decode, encode, pack, parse
from codepilot.sandbox.replies import read


def crossed(value):
    [message] = FrameCutter().feed(pack({"v": encode(value)}))
    return decode(message["v"])


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas()
)
keys = st.none() | st.integers() | st.text() | st.tuples(st.text(), st.integers()) | st.just("$")
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner, max_size=5)
        | st.sets(keys, max_size=5)
        | st.frozensets(keys, max_size=5)
    ),
    max_leaves=20,
)


@given(values)
def test_plain_values_cross_as_themselves(value):
    back = crossed(value)
    assert back == value
    assert type(back) is type(value)


def test_numbers_keep_their_size_and_kind():
    big = -(3**9000)
    assert crossed(big) == big
    assert crossed([1, 1.0, True]) == [1, 1.0, True]
    assert [type(item) for item in crossed([1, 1.0, True])] == [int, float, bool]


def test_a_lone_surrogate_crosses():
    assert crossed("\ud800") == "\ud800"


def test_times_keep_their_zone():
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2)))
    assert crossed(moment).utcoffset() == timedelta(hours=2)
    assert crossed([date(2026, 1, 2), time(3, 4)]) == [date(2026, 1, 2), time(3, 4)]


def test_relatives_of_plain_types_lose_their_class():
    point = namedtuple("point", "x y")

    class Text(str):
        pass

    assert crossed(point(1, 2)) == (1, 2)
    assert crossed(Counter("aab")) == {"a": 2, "b": 1}
    assert crossed(OrderedDict(a=1)) == {"a": 1}
    assert type(crossed(Text("x"))) is str
    assert crossed(range(3)) == [0, 1, 2]
    assert crossed(deque([1])) == [1]
    assert crossed(Path("a") / "b") == str(Path("a") / "b")


def test_strangers_cross_as_text_with_a_note():
    @dataclass
    class Thing:
        size: int

    class Colour(Enum):
        RED = 1

    assert "Thing(size=3)" in crossed(Thing(3))
    assert crossed(Thing(3)).endswith("(a Thing, passed as text)".replace("a Thing", "Thing"))
    assert "Decimal('1.5')" in crossed(Decimal("1.5"))
    assert "RED" in crossed(Colour.RED)


@pytest.mark.parametrize("value", [Decimal(1), object(), [object()], {"a": lambda: 1}])
def test_strict_takes_plain_values_only(value):
    with pytest.raises(NotPlain):
        encode(value, strict=True)


@pytest.mark.parametrize(
    "value",
    [
        "x" * (MAX_FRAME + 1),
        list(range(200_000)),
        set(range(MAX_KEYS + 1)),
        dict.fromkeys(range(MAX_KEYS + 1)),
    ],
    ids=["text", "items", "set", "keys"],
)
def test_too_much_is_refused_before_it_is_sent(value):
    with pytest.raises(FrameError):
        encode(value)


def test_endless_values_are_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(FrameError):
        encode(endless)


@given(values, st.integers(1, 9))
def test_frames_may_come_in_any_slices(value, size):
    stream = pack({"a": encode(value)}) + pack({"b": 2})
    cutter = FrameCutter()
    found = [frame for at in range(0, len(stream), size) for frame in cutter.feed(stream[at : at + size])]
    assert decode(found[0]["a"]) == value
    assert found[1:] == [{"b": 2}]


def test_the_longest_value_that_may_be_sent_may_be_taken():
    assert len(crossed(["," * 5_000_000])[0]) == 5_000_000
    assert len(crossed(list(range(60_000)))) == 60_000
    assert len(crossed([(1,)] * 30_000)) == 30_000


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"a":1',
        b"\xff\xfe",
        b'{"a":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":[' + b"[]," * 250_000 + b"[]]}",
        b'{"a":[' + b'"\\\\","",' * 250_000 + b"1]}",
    ],
)
def test_hostile_bytes_are_refused(data):
    with pytest.raises(FrameError):
        parse(data)


def test_a_frame_that_announces_too_much_is_refused_at_once():
    with pytest.raises(FrameError):
        list(FrameCutter().feed(b"\xff\xff\xff\xff"))


@pytest.mark.parametrize(
    "value",
    [
        {"$": "set", "v": [[]]},
        {"$": "set", "v": list(range(MAX_KEYS + 1))},
        {"$": "bytes", "v": "not base64"},
        {"$": "bytes", "v": 3},
        {"$": "bytes"},
        {"$": "int", "v": "0xzz"},
        {"$": "datetime", "v": "yesterday"},
        {"$": "timedelta", "v": [10**12, 0, 0]},
        {"$": "timedelta", "v": "x"},
        {"$": "dict", "v": [[1]]},
        {"$": "dict", "v": [1]},
        {"$": [], "v": "x"},
        {"$": "import", "v": ["os", ""]},
        {"$": "text", "v": "x"},
        deep(500),
    ],
)
def test_malformed_values_are_refused(value):
    with pytest.raises(FrameError):
        decode(value)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "call", "out", "done", "exception", "v"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "t",
                    "n",
                    "kind",
                    "name",
                    "args",
                    "kwargs",
                    "s",
                    "set",
                    "gone",
                    "opaque",
                    "error",
                    "stack",
                    "$",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(
    st.dictionaries(
        st.sampled_from(["name", "args", "kwargs", "s", "n", "kind", "set", "error"]), json_values
    ),
    json_values,
)
def test_no_frame_makes_the_host_stumble(frame, kind):
    for tag in (kind, "call", "out", "done", "hello"):
        try:
            read({**frame, "t": tag})
        except FrameError:
            continue


@given(st.binary(max_size=200) | st.text(alphabet=string.printable).map(lambda text: text.encode()))
def test_no_bytes_make_the_host_stumble(data):
    try:
        read(parse(data))
    except FrameError:
        return
    assert json.loads(data)
