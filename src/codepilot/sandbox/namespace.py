"""The names that a control block sees, in the worker: its own of earlier blocks, the tools, a part of the built-ins.

Whatever a block does to the tools, to the constants or to the built-ins is undone before the next one. A name of its
own may hide a built-in (`id = 5`) and stays, but for `print`: without it the model reads nothing any more. Plain values
are mirrored to the host after every block, so that a killed worker does not take them along.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from codepilot.frames import FrameError
from codepilot.sandbox.codec import NotPlain, decode, encode
from codepilot.sandbox.lint import REMOVED_BUILTINS, permitted, refusal

MIRROR_LIMIT: Final = 1_000_000
"""Characters that the mirrored values may have in all."""
MAX_NAMES: Final = 2_000
_NOT_OFFERED: Final = frozenset(
    (*REMOVED_BUILTINS, "copyright", "credits", "license", "__loader__", "__spec__")
)
_NEVER_HIDDEN: Final = ("print",)
_BEHIND: Final = frozenset(("_strptime", "copyreg", "warnings", "numbers"))
"""What built-in types import behind the scenes, e.g. `datetime.strptime`: C code asks the `__import__` of the block."""


class Mirror:
    """What changed among the names since the last look: the host keeps this."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        """By name, as JSON of `frames.encode` or of an import."""
        self.gone: list[str] = []
        self.opaque: list[str] = []
        """Names whose values live in the worker only."""
        self.whole = True
        """Whether another worker, given the values, has all other names as they are here."""


class Namespace:
    """The globals of the control blocks: a real module, so that dataclasses and pickling find their classes."""

    def __init__(self, allowed: Sequence[str], constants: Mapping[str, Any]) -> None:
        self._allowed = tuple(allowed)
        self._constants = dict(constants)
        module = ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names: dict[str, Any] = module.__dict__
        self._pristine = self._reduced_builtins()
        self.builtins = dict(self._pristine)
        self._tools: frozenset[str] = frozenset()
        self._imports: dict[str, tuple[str, str]] = {}
        self._mirrored: dict[str, str] = {}

    def _reduced_builtins(self) -> dict[str, Any]:
        offered = {name: value for name, value in vars(builtins).items() if name not in _NOT_OFFERED}
        offered |= {"__import__": self._import, "exit": _leave, "quit": _leave}
        return offered

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if level:
            raise ImportError("a control block is not part of a package, so it has no relative imports")
        if name in _BEHIND and name in sys.modules:
            return sys.modules[name]
        wanted = [name] if permitted(name, self._allowed) else [f"{name}.{item}" for item in fromlist or ()]
        if not wanted or not all(permitted(item, self._allowed) for item in wanted):
            raise ImportError(". ".join(refusal(name, self._allowed)), name=name)
        try:
            return __import__(name, globals, locals, fromlist or (), 0)
        except PermissionError:
            raise ImportError(f"{name!r} cannot be loaded in a control block", name=name) from None

    def prepare(self, tools: Iterable[str], stub: Callable[[str], Callable[..., Any]]) -> None:
        """Put everything that is not the block's own into its place."""
        self.builtins.clear()
        self.builtins.update(self._pristine)
        wanted = frozenset(tools)
        for name in (*(self._tools - wanted), *_NEVER_HIDDEN):
            self.names.pop(name, None)
        self._tools = wanted
        self.names.update(self._constants)
        self.names.update({name: stub(name) for name in wanted})
        self.names.update(__name__="__main__", __builtins__=self.builtins)

    def hidden(self) -> list[str]:
        """Functions of Python in whose place the blocks have names of their own."""
        return [name for name, value in self._pristine.items() if callable(value) and name in self.names]

    def note_imports(self, tree: ast.Module) -> None:
        """Remember where the names of a block's import statements come from: imports can be repeated elsewhere."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._imports[alias.asname or top] = (top, "")
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self._imports[alias.asname or alias.name] = (node.module, alias.name)

    def look(self) -> Mirror:
        """Compare the names with what the host has of them."""
        mirror = Mirror()
        room = MIRROR_LIMIT
        kept: dict[str, str] = {}
        held: list[Any] = []
        for name, value in list(self.names.items())[: MAX_NAMES + 50]:
            if (
                type(name) is not str
                or name in self._tools
                or name in self._constants
                or name in _NEVER_HIDDEN
                or name.startswith("__")
            ):
                continue
            text = self._as_text(name, value, room)
            if text is None:
                mirror.opaque.append(name[:200])
                continue
            room -= len(text)
            kept[name] = text
            held.append(value)
        mirror.values = {name: text for name, text in kept.items() if self._mirrored.get(name) != text}
        mirror.gone = [name for name in self._mirrored if name not in kept]
        self._mirrored = kept
        mirror.whole = (
            len(self.names) <= MAX_NAMES and not any(map(_is_private, self.names)) and _is_tree(held)
        )
        return mirror

    def _as_text(self, name: str, value: Any, room: int) -> str | None:
        """The value as the host can keep it; None if it cannot."""
        source = self._imports.get(name)
        if source is not None and _find(source) is value:
            return json.dumps({"$": "import", "v": source})
        try:
            text = json.dumps(encode(value, strict=True, room=room), separators=(",", ":"))
        except (NotPlain, FrameError, RecursionError, MemoryError):
            return None
        return text if len(text) <= room else None

    def restore(self, values: Mapping[str, str]) -> None:
        """Take over what the host kept of a worker that was killed."""
        for name, text in values.items():
            held = json.loads(text)
            if type(held) is dict and held.get("$") == "import":
                source = (held["v"][0], held["v"][1])
                if permitted(source[0], self._allowed):
                    self._imports[name] = source
                    self.names[name] = _find(source)
            else:
                self.names[name] = decode(held)
            self._mirrored[name] = text


def _is_private(name: Any) -> bool:
    """A name of the block's own that is never mirrored."""
    return type(name) is not str or (name.startswith("__") and not name.endswith("__"))


def _is_tree(values: Iterable[Any]) -> bool:
    """Whether no part that can be changed is reached twice: in copies, a change of the one would miss the other."""
    seen: set[int] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind is bytearray or kind is memoryview:  # put back as bytes
            return False
        if kind is list or kind is set or kind is dict:
            if id(value) in seen:
                return False
            seen.add(id(value))
        if kind is dict:
            waiting.extend(value.values())
        elif kind is list or kind is tuple:
            waiting.extend(value)
    return True


def _find(source: tuple[str, str]) -> Any:
    """What an import statement would bind; the module itself if nothing is taken from it."""
    module, attribute = source
    found = sys.modules.get(module)
    if found is None:
        try:
            found = importlib.import_module(module)
        except ImportError:
            return None
    return getattr(found, attribute, sys.modules.get(f"{module}.{attribute}")) if attribute else found


def _leave(code: object = None) -> None:
    """End the control block."""
    raise SystemExit(code)
