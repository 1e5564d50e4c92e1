"""`dataclass`, its fields looked at when they are first asked for, its methods compiled when they are first needed.

The standard one looks at each field, and writes `__init__`, `__eq__` and the rest as source that it compiles, half a
millisecond for each class. Two hundred classes, most of which a start never makes, are a third of the time in which the
library is imported. To type checkers, `dataclasses` and the reader this is the standard decorator.
"""

from __future__ import annotations

import dataclasses
import inspect
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

_Class = TypeVar("_Class", bound=type)
_MISSING = dataclasses.MISSING
_lock = threading.RLock()


def _late(
    cls: _Class | None = None,
    /,
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
) -> Any:
    def decorate(cls: _Class) -> _Class:
        names = [name for name, kind in inspect.get_annotations(cls).items() if not _of_class(kind)]
        given = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
        made = _with_slots(cls, names) if slots else cls
        if not slots:
            _set_defaults(made, given)
        if frozen:
            for method in (__setattr__, __delattr__, __getstate__, __setstate__):
                setattr(made, method.__name__, method)
        fields = _Fields(made, names, given, kw_only=kw_only)
        late = {"__dataclass_fields__": fields, "__match_args__": _MatchArgs(), "__signature__": _Signature()}
        late["__dataclass_params__"] = _Params(frozen=frozen)
        late["__init__"] = _first_init(made, frozen=frozen)
        late |= _comparisons(made, frozen=frozen, eq=eq)
        for name, value in late.items():
            setattr(made, name, value)
        return made

    return decorate if cls is None else decorate(cls)


def _of_class(kind: object) -> bool:
    """Whether an annotation says that the name belongs to the class, so is no field."""
    return isinstance(kind, str) and kind.startswith(("ClassVar", "typing.ClassVar"))


def _with_slots(cls: _Class, names: list[str]) -> _Class:
    """The same class with a slot for each field that no base class has one for: there is no adding one to a class."""
    inherited = {name for base in cls.__mro__[1:] for name in getattr(base, "__slots__", ())}
    namespace = {name: value for name, value in cls.__dict__.items() if name not in names}
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    namespace["__slots__"] = tuple(name for name in names if name not in inherited)
    made = type(cls)(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    return made


def _set_defaults(cls: type, given: Mapping[str, Any]) -> None:
    """Leave on a class what its fields are by default, not how that was written."""
    for name, value in given.items():
        if not isinstance(value, dataclasses.Field):
            continue
        if value.default is _MISSING:
            delattr(cls, name)
        else:
            setattr(cls, name, value.default)


class _Fields:
    """The fields, as `dataclasses` keeps them in a class, made when somebody asks for the attribute."""

    def __init__(self, cls: type, names: list[str], given: Mapping[str, Any], *, kw_only: bool) -> None:
        self._cls, self._names, self._given, self._kw_only = cls, names, given, kw_only

    def __get__(self, instance: object, owner: type) -> dict[str, Any]:
        cls = self._cls
        with _lock:
            if cls.__dict__["__dataclass_fields__"] is self:
                setattr(cls, "__dataclass_fields__", self._made())  # noqa: B010 - mypy refuses the assignment
        made: dict[str, Any] = cls.__dict__["__dataclass_fields__"]
        return made

    def _made(self) -> dict[str, Any]:
        kinds = inspect.get_annotations(self._cls)
        own = [(name, kinds[name], *self._default(name)) for name in self._names]
        inherited: dict[str, Any] = {}
        for base in reversed(self._cls.__mro__[1:]):
            inherited |= getattr(base, "__dataclass_fields__", {})
        # Where there is no docstring the standard decorator makes one from the signature: a tenth of the time.
        twin: Any = dataclasses.make_dataclass(
            self._cls.__name__, own, namespace={"__doc__": "A twin."}, init=False, repr=False, eq=False,
            kw_only=self._kw_only,
        )  # fmt: skip
        own_fields: dict[str, Any] = twin.__dataclass_fields__
        return inherited | own_fields

    def _default(self, name: str) -> tuple[Any, ...]:
        return (self._given[name],) if name in self._given else ()


class _Params:
    """What the standard decorator wants to know of a class that it extends."""

    def __init__(self, *, frozen: bool) -> None:
        self._frozen = frozen

    def __get__(self, instance: object, owner: type) -> Any:
        twin: Any = dataclasses.make_dataclass("Twin", [], frozen=self._frozen)
        return twin.__dataclass_params__


class _MatchArgs:
    """The names by which `match` takes a value apart by position."""

    def __get__(self, instance: object, owner: type) -> tuple[str, ...]:
        fields: Any = dataclasses.fields(owner)
        return tuple(field.name for field in fields if field.init and not field.kw_only)


class _Signature:
    """The signature for `help()` and `inspect`, which look before there is an instance."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        written = _written(owner).__init__  # type: ignore[misc]
        parameters = list(inspect.signature(written).parameters.values())[1:]
        return inspect.Signature(parameters)


def _first_init(cls: type, *, frozen: bool) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with _lock:
            if cls.__dict__["__init__"] is __init__:
                setattr(cls, "__init__", _init_of(cls, frozen=frozen))  # noqa: B010 - mypy refuses the assignment
        cls.__init__(self, *args, **kwargs)  # type: ignore[misc]

    return __init__


def _init_of(cls: Any, *, frozen: bool) -> Callable[..., None]:
    """The `__init__` that the standard decorator would write.

    It is written here, since that one compiles `__setattr__`, `__delattr__` and the comparisons beside it.
    """
    space: dict[str, Any] = {"MADE": object(), "put": object.__setattr__}
    plain: list[str] = ["self"]
    named: list[str] = []
    body: list[str] = []
    for field in dataclasses.fields(cls):
        name, value = field.name, field.name
        parameter, has_default = name, True
        if field.default_factory is not _MISSING:
            space[f"new_{name}"] = field.default_factory
            value = f"new_{name}() if {name} is MADE else {name}" if field.init else f"new_{name}()"
            parameter = f"{name}=MADE"
        elif field.default is not _MISSING:
            space[f"default_{name}"] = field.default
            parameter = f"{name}=default_{name}"
            value = name if field.init else f"default_{name}"
        else:
            has_default = False
        if field.init:
            (named if field.kw_only else plain).append(parameter)
        elif not has_default:
            continue
        body.append(f"put(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join([*plain, *(["*", *named] if named else [])])
    lines = "\n  ".join(body or ["pass"])
    exec(f"def __init__({parameters}):\n  {lines}", space)
    made: Callable[..., None] = space["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _comparisons(cls: type, *, frozen: bool, eq: bool) -> dict[str, Any]:
    """What shows, compares and hashes an instance, as far as the class does not say it: written at its first use."""
    names = ["__repr__", *(["__eq__"] if eq else [])]
    late = {name: _first_use(cls, name) for name in names if name not in cls.__dict__}
    # A class with an `__eq__` of its own has `__hash__` in its dictionary: None.
    if eq and cls.__dict__.get("__hash__") is None:
        late["__hash__"] = _first_use(cls, "__hash__") if frozen else None
    return late


def _first_use(cls: type, name: str) -> Any:
    def first(self: Any, *args: Any) -> Any:
        with _lock:
            if cls.__dict__[name] is first:
                setattr(cls, name, _written(cls).__dict__[name])
        return cls.__dict__[name](self, *args)

    first.__name__, first.__qualname__ = name, f"{cls.__qualname__}.{name}"
    return first


def _written(cls: type) -> type:
    """A standard dataclass with the same fields."""
    fields = [(field.name, field.type, field) for field in dataclasses.fields(cls)]
    # Where there is no docstring the standard decorator makes one from the signature: a tenth of the time.
    own: dict[str, Any] = {"__doc__": cls.__doc__ or cls.__qualname__}
    name = cls.__qualname__.rpartition(".")[2]
    return dataclasses.make_dataclass(name, fields, namespace=own, unsafe_hash=True)


def __setattr__(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def __delattr__(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def __getstate__(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def __setstate__(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def known_fields(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that are fields of a dataclass: another release that sent or stored them may have more."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def required_fields(kind: type[Any]) -> set[str]:
    """The fields of a dataclass that have no default."""
    missing = dataclasses.MISSING
    return {
        field.name
        for field in dataclasses.fields(kind)
        if field.default is missing and field.default_factory is missing
    }


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _late
