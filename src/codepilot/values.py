"""`dataclass`, its methods compiled when the first instance is made.

The standard one writes `__init__`, `__eq__` and the rest as source and compiles it, a third of a millisecond for each
class. A hundred classes, most of which a start never makes, are a fifth of the time in which the library is imported.
To type checkers, `dataclasses` and the reader this is the standard decorator.
"""

from __future__ import annotations

import dataclasses
import inspect
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

_Class = TypeVar("_Class", bound=type)
_COMPILED = ("__repr__", "__eq__", "__hash__", "__init__")
"""The last one is what a class is told ready by."""
_lock = threading.Lock()


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
        fields_only: Any = dataclasses.dataclass(
            init=False, repr=False, eq=False, slots=slots, kw_only=kw_only
        )
        made: _Class = fields_only(cls)
        if frozen:
            for method in (__setattr__, __delattr__, __getstate__, __setstate__):
                setattr(made, method.__name__, method)
        first = _first_init(made, partial(_compile, made, frozen=frozen, eq=eq))
        setattr(made, "__init__", first)  # noqa: B010 - mypy refuses the assignment
        setattr(made, "__signature__", _Signature())  # noqa: B010
        return made

    return decorate if cls is None else decorate(cls)


class _Signature:
    """The signature for `help()` and `inspect`, which look before there is an instance."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        written = _written(owner, frozen=False, eq=False).__init__  # type: ignore[misc]
        parameters = list(inspect.signature(written).parameters.values())[1:]
        return inspect.Signature(parameters)


def _first_init(cls: type, compile_methods: Callable[[], None]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        with _lock:
            if cls.__dict__["__init__"] is __init__:
                compile_methods()
        cls.__init__(self, *args, **kwargs)  # type: ignore[misc]

    return __init__


def _compile(cls: type, *, frozen: bool, eq: bool) -> None:
    """Take over the methods that the standard decorator writes for a twin."""
    twin = _written(cls, frozen=frozen, eq=eq)
    for method in _COMPILED:
        if method in twin.__dict__ and (method == "__init__" or method not in cls.__dict__):
            setattr(cls, method, twin.__dict__[method])


def _written(cls: type, *, frozen: bool, eq: bool) -> type:
    """A standard dataclass with the same fields."""
    fields = [(field.name, field.type, field) for field in dataclasses.fields(cls)]
    # Where there is no docstring the standard decorator makes one from the signature: a tenth of the time.
    own: dict[str, Any] = {"__doc__": cls.__doc__ or cls.__qualname__}
    if hasattr(cls, "__post_init__"):
        own["__post_init__"] = cls.__post_init__
    name = cls.__qualname__.rpartition(".")[2]
    return dataclasses.make_dataclass(name, fields, namespace=own, frozen=frozen, eq=eq)


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
