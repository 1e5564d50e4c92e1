"""`values.dataclass` is the standard one in all but the time at which its methods are written."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import threading
from dataclasses import field
from typing import ClassVar

import pytest

from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact."""

    name: str
    """Its name."""
    count: int = 1
    marks: list[str] = field(default_factory=list)
    KIND: ClassVar[str] = "fact"

    @property
    def twice(self) -> int:
        return self.count * 2


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0


@dataclass(slots=True, kw_only=True)
class Item:
    id: int
    hidden: bool = False


@dataclass(slots=True, kw_only=True)
class Note(Item):
    text: str = ""


@dataclass(frozen=True)
class Checked:
    value: int

    def __post_init__(self):
        if self.value < 0:
            raise ValueError("below zero")

    def __repr__(self):
        return f"<{self.value}>"


@dataclass(slots=True, eq=False)
class Same:
    """Equal to itself only."""

    n: int


@dataclass
class Plain:
    a: int
    b: str = "b"


def test_values():
    fact = Fact(name="a")
    assert (fact.name, fact.count, fact.marks, fact.twice, Fact.KIND) == ("a", 1, [], 2, "fact")
    assert fact.marks is not Fact(name="a").marks
    assert fact == Fact(name="a") != Fact(name="b")
    assert repr(fact) == "Fact(name='a', count=1, marks=[])"
    assert Fact.__doc__ == "A fact." and Fact.__name__ == "Fact"
    assert Point(1, 2) == Point(1, y=2) and hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1) != (1, 0)
    same = Same(1)
    assert same == same != Same(1) and len({same, Same(1)}) == 2
    assert Plain(1) == Plain(a=1) and repr(Plain(1)) == "Plain(a=1, b='b')"


@pytest.mark.parametrize("arguments", [(), ("a",)])
def test_wrong_arguments_are_named(arguments):
    with pytest.raises(TypeError, match=r"Fact\.__init__\(\)"):
        Fact(*arguments)
    with pytest.raises(TypeError, match="colour"):
        Fact(name="a", colour="red")


def test_frozen_and_slots():
    point = Point(1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    with pytest.raises(TypeError):
        hash(Item(id=1))
    item = Item(id=1)
    item.hidden = True
    with pytest.raises(AttributeError):
        item.colour = "red"
    assert not hasattr(point, "__dict__")


def test_the_functions_of_dataclasses():
    assert dataclasses.is_dataclass(Fact)
    assert [each.name for each in dataclasses.fields(Fact)] == ["name", "count", "marks"]
    assert dataclasses.replace(Fact(name="a"), count=3) == Fact(name="a", count=3)
    assert dataclasses.asdict(Note(id=1, text="t")) == {"id": 1, "hidden": False, "text": "t"}


def test_the_signature_is_known_before_there_is_an_instance():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class New:
        name: str
        count: int = 1

    assert str(inspect.signature(New)) == "(*, name: 'str', count: 'int' = 1)"
    assert New(name="a") == New(name="a")
    assert str(inspect.signature(New)) == "(*, name: 'str', count: 'int' = 1)"


def test_copies():
    for value in (Point(1, 2), Fact(name="a", marks=["m"]), Note(id=3)):
        assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value


def test_patterns():
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    match Note(id=1, text="t"):
        case Item(id=number):
            assert number == 1


def test_what_a_class_says_itself_is_kept():
    assert repr(Checked(1)) == "<1>"
    with pytest.raises(ValueError, match="below zero"):
        Checked(-1)


def test_inheritance():
    note = Note(id=1, text="t")
    assert isinstance(note, Item) and (note.id, note.text) == (1, "t")
    assert Note(id=1) != Item(id=1)

    class Mine(Point):
        pass

    assert Mine(1, 2).y == 2


def test_many_threads_may_make_the_first_one():
    @dataclass(frozen=True, slots=True)
    class New:
        n: int

    made, ready = [], threading.Barrier(8)

    def make(number):
        ready.wait()
        made.append(New(number))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.n for each in made) == list(range(8))


class Counted:
    """What a factory made, in turn."""

    made = 0

    @classmethod
    def next(cls) -> int:
        cls.made += 1
        return cls.made


@dataclass(slots=True)
class Hidden:
    """Fields that no argument gives."""

    name: str = field(default="n", kw_only=True)
    number: int = field(default_factory=Counted.next, init=False)
    state: str = field(default="new", init=False)
    later: str = field(init=False)


def test_fields_that_no_argument_gives():
    first, second = Hidden(), Hidden(name="m")
    assert (first.name, first.number, first.state) == ("n", 1, "new")
    assert (second.name, second.number) == ("m", 2)
    assert not hasattr(first, "later")
    with pytest.raises(TypeError):
        Hidden(number=3)


@dataclass(frozen=True, slots=True)
class Folded:
    """Compares itself by its own rule; the hash is that of the fields."""

    word: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Folded) and self.word.lower() == other.word.lower()


def test_a_class_may_compare_itself():
    assert Folded("A") == Folded("a") != Folded("b")
    assert hash(Folded("A")) == hash(("A",))


def test_what_is_compiled_late_is_that_of_the_standard_decorator():
    @dataclass(frozen=True, slots=True)
    class New:
        n: int
        text: str = ""

    @dataclasses.dataclass(frozen=True, slots=True)
    class Standard:
        n: int
        text: str = ""

    first, second = New(1), New(2)
    assert (first == second, first == New(1), first == 1) == (False, True, False)
    assert repr(first).replace("New", "Standard") == repr(Standard(1))
    assert hash(first) == hash(Standard(1))
    assert New.__match_args__ == Standard.__match_args__
    assert [(f.name, f.type, f.default) for f in dataclasses.fields(New)] == [
        (f.name, f.type, f.default) for f in dataclasses.fields(Standard)
    ]


def test_the_fields_are_looked_at_when_they_are_asked_for():
    @dataclass
    class New:
        n: int

    assert not isinstance(New.__dict__["__dataclass_fields__"], dict)
    assert [each.name for each in dataclasses.fields(New)] == ["n"]
    assert isinstance(New.__dict__["__dataclass_fields__"], dict)


def test_a_standard_dataclass_may_extend_one():
    @dataclasses.dataclass(frozen=True)
    class Named(Fact):
        last: int = 0

    assert dataclasses.astuple(Named(name="a", last=3)) == ("a", 1, [], 3)


def test_what_is_compiled_late_has_its_name_before():
    """Found by use: `help()` of a class that nobody had compared yet listed a method `first`."""

    @dataclass(frozen=True)
    class Fresh:
        one: int = 1

    for name in ("__eq__", "__repr__", "__hash__"):
        assert getattr(Fresh, name).__name__ == name
        assert getattr(Fresh, name).__qualname__.endswith(f"Fresh.{name}")
