"""The worker: a process that executes control blocks and has nothing but a socket to its host.

It runs one block at a time, serves its tool calls by asking the host, and reports how the block ended. The host treats
every frame of it as hostile, because a block may get hold of everything in here.
"""

from __future__ import annotations

import _thread
import ast
import faulthandler
import importlib
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from codepilot.frames import FrameError
from codepilot.sandbox import jail
from codepilot.sandbox.channel import Channel, Frame, Output, OutputLimit
from codepilot.sandbox.codec import decode, encode, pack
from codepilot.sandbox.failures import MAX_TEXT, describe, rebuilt
from codepilot.sandbox.lint import check
from codepilot.sandbox.namespace import MAX_NAMES, Namespace

_THREADED: Final = ("threading", "concurrent", "_thread", "asyncio", "multiprocessing")
_PRELOADED: Final = (
    "_strptime",
    "encodings.latin_1",
    "encodings.utf_16",
    "encodings.cp1252",
    "encodings.idna",
)
_BALLAST: Final = 4 << 20


class Worker:
    """Executes the blocks that come over the channel."""

    def __init__(self, channel: Channel, setup: Frame) -> None:
        self._channel = channel
        self._allowed: tuple[str, ...] = tuple(setup["allowed"])
        self._space = Namespace(self._allowed, decode(setup["constants"]))
        self._output = Output(channel, setup["output_limit"])
        self._lock = _thread.allocate_lock()
        self._block = 0
        self._running = False
        self._ballast: bytearray | None = bytearray(_BALLAST)

    def serve(self) -> None:
        """Work until the host closes the socket."""
        while True:
            frame = self._channel.receive()
            if frame["t"] == "restore":
                self._space.restore(frame["values"])
            else:
                self._channel.send(self._run(frame["n"], frame["code"], frame["names"]))

    # -- one block -------------------------------------------------------------------------------------------------

    def _run(self, number: int, code: str, names: Sequence[str]) -> Frame:
        self._block = number
        self._space.prepare(names, self._stub)
        done: Frame = {"t": "done", "n": number, "kind": ""}
        try:
            tree = ast.parse(code)
            violations = check(tree, self._allowed, known=self._space.names)
            if violations:
                return done | {"kind": "lint", "violations": [list(item) for item in violations[:20]]}
            self._space.note_imports(tree)
            program = compile(tree, f"<block {number}>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return done | {"kind": "syntax", "line": error.lineno or 0, "text": str(error.msg)[:MAX_TEXT]}
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            return done | {
                "kind": "syntax",
                "line": 0,
                "text": f"{type(error).__name__}: {error}"[:MAX_TEXT],
            }
        done |= self._execute(program)
        mirror = self._space.look()
        return done | {
            "set": mirror.values,
            "gone": mirror.gone,
            "opaque": mirror.opaque[:MAX_NAMES],
            "whole": mirror.whole,
        }

    def _execute(self, program: Any) -> Frame:
        self._begin()
        try:
            exec(program, self._space.names)
            self._running = False
            self._output.flush()
        except OutputLimit:
            self._running = False
            return {"kind": "output_limit"}
        except BaseException as error:  # noqa: BLE001 - the seam: whatever a block raises is told to the model
            self._running = False
            self._ballast = None
            self._calm()
            said = {
                "kind": "exception",
                "error": describe(error, {*self._space.names, *self._space.builtins}, self._space.hidden()),
            }
            del error
            self._flush_rest()
            self._ballast = bytearray(_BALLAST)
            return said
        return {}

    def _begin(self) -> None:
        self._calm()
        sys.stdout = sys.stderr = self._output
        self._output.begin()
        self._running = True

    def _calm(self) -> None:
        """Undo what blocks can do to the interpreter itself."""
        sys.settrace(None)
        sys.setprofile(None)
        if sys.getrecursionlimit() != 1000:
            sys.setrecursionlimit(1000)

    def _flush_rest(self) -> None:
        try:
            self._output.flush()
        except OutputLimit:
            return

    # -- tool calls ------------------------------------------------------------------------------------------------

    def _stub(self, name: str) -> Callable[..., Any]:
        def tool(*args: Any, **kwargs: Any) -> Any:
            return self._call(name, args, kwargs)

        tool.__name__ = tool.__qualname__ = name
        tool.__module__ = "tools"
        return tool

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        frame: dict[str, Any] = {"t": "call", "name": name}
        try:
            frame |= {
                "args": encode(list(args)),
                "kwargs": {key: encode(value) for key, value in kwargs.items()},
            }
            data = pack(frame)
        except FrameError as error:
            raise ValueError(f"{name}(): {error}") from None
        with self._lock:
            if not self._running:
                raise RuntimeError(f"{name}() was called after its control block had ended")
            self._output.flush()
            self._channel.send_packed(data)
            reply = self._channel.receive()
        if reply["t"] == "ok":
            return decode(reply["v"])
        raise rebuilt(reply["type"], reply["text"])


# -- start -----------------------------------------------------------------------------------------------------------


def _load(names: Sequence[str]) -> list[str]:
    """Import what blocks may import, before the jail closes; gives back what does not exist."""
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


def main(descriptor: int) -> int:
    """Set up, close the jail, report, serve."""
    channel = Channel(descriptor)
    setup = channel.receive()
    allowed = setup["allowed"]
    missing = _load([*allowed, *_PRELOADED, "difflib", "collections.abc", "json.decoder"])
    threads = any(name.partition(".")[0] in _THREADED for name in allowed)
    if hasattr(faulthandler, "register"):
        faulthandler.enable(file=2, all_threads=False)
        # The host asks with this signal where a block hangs, before it kills the worker.
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=False)
    worker = Worker(channel, setup)
    closed = jail.enter(memory=setup["memory"], threads=threads, host=setup["host"])
    channel.send({"t": "hello", "layers": closed.layers, "notes": closed.notes, "missing": missing})
    worker.serve()
    return 0
