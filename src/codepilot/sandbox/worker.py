"""The worker: a process that executes control blocks and has nothing but a socket to its host.

It runs one block at a time, serves its tool calls by asking the host, and reports how the block ended. The host treats
every frame of it as hostile, because a block may get hold of everything in here.
"""

from __future__ import annotations

import _thread
import ast
import builtins
import faulthandler
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final

from codepilot.frames import FrameError
from codepilot.sandbox import jail
from codepilot.sandbox.frames import FrameCutter, decode, encode, pack
from codepilot.sandbox.lint import check, missing_builtin
from codepilot.sandbox.namespace import MAX_NAMES, Namespace

_THREADED: Final = ("threading", "concurrent", "_thread", "asyncio", "multiprocessing")
_PRELOADED: Final = (
    "_strptime",
    "encodings.latin_1",
    "encodings.utf_16",
    "encodings.cp1252",
    "encodings.idna",
)
_PROMPT_LINES: Final = 200
"""So many pieces of output go out at once; later ones are gathered."""
_GATHERED: Final = 8_192
_GATHER_SECONDS: Final = 0.05
_MAX_TEXT: Final = 2_000
_MAX_STACK: Final = 8
_BALLAST: Final = 4 << 20

Frame = dict[str, Any]


class OutputLimit(BaseException):
    """The block printed more than it may. No `Exception`, so that a loop cannot swallow it by accident."""


class Channel:
    """The socket to the host, as a plain descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._cutter = FrameCutter()
        self._frames: list[Frame] = []

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one frame; waits while the host is busy."""
        self.send_packed(pack(message))

    def send_packed(self, frame: bytes) -> None:
        """As `send`, for a frame that is packed already."""
        data = memoryview(frame)
        while data:
            data = data[os.write(self._descriptor, data) :]

    def receive(self) -> Frame:
        """The next frame. Ends the process when the host is gone."""
        while not self._frames:
            data = os.read(self._descriptor, 1 << 16)
            if not data:
                os._exit(0)
            self._frames.extend(self._cutter.feed(data))
        return self._frames.pop(0)


class Output:
    """What `print` writes to: goes to the host, up to a limit."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, channel: Channel, limit: int) -> None:
        self._channel = channel
        self._limit = limit
        self._parts: list[str] = []
        self._size = 0
        self._left = 0
        self._sent = 0
        self._last = 0.0

    def begin(self) -> None:
        """A new block starts with the full limit."""
        self._parts, self._size, self._left, self._sent, self._last = [], 0, self._limit, 0, 0.0

    def write(self, text: str) -> int:
        """Take text; raises `OutputLimit` once there is more than the limit."""
        if not isinstance(text, str):
            raise TypeError(f"text is needed, not {type(text).__name__}")
        if text:
            taken = text[: self._left]
            if taken:
                self._parts.append(taken)
                self._size += len(taken)
                self._left -= len(taken)
            if len(taken) < len(text):
                self.flush()
                raise OutputLimit
            if self._due(text):
                self.flush()
        return len(text)

    def _due(self, text: str) -> bool:
        if self._size >= _GATHERED or (self._sent < _PROMPT_LINES and "\n" in text):
            return True
        return time.monotonic() - self._last > _GATHER_SECONDS

    def writelines(self, lines: Sequence[str]) -> None:
        """Take several pieces."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Send what is gathered."""
        if self._parts:
            text = "".join(self._parts)
            self._parts, self._size = [], 0
            self._sent += 1
            self._last = time.monotonic()
            self._channel.send({"t": "out", "s": text})

    def isatty(self) -> bool:
        """Never a terminal."""
        return False


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
            return done | {"kind": "syntax", "line": error.lineno or 0, "text": str(error.msg)[:_MAX_TEXT]}
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            return done | {
                "kind": "syntax",
                "line": 0,
                "text": f"{type(error).__name__}: {error}"[:_MAX_TEXT],
            }
        done |= self._execute(program)
        mirror = self._space.look()
        return done | {"set": mirror.values, "gone": mirror.gone, "opaque": mirror.opaque[:MAX_NAMES]}

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
                "error": describe(error, {*self._space.names, *self._space.builtins}),
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


def rebuilt(name: str, text: str) -> Exception:
    """An exception of the host, as the block may catch it: built-in types only."""
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(text)
        except TypeError:
            pass  # its constructor wants more than a text
    return RuntimeError(f"{name}: {text}")


# -- what went wrong -----------------------------------------------------------------------------------------------


def describe(error: BaseException, names: set[str]) -> Frame:
    """An exception as data: type, text, the block's own lines on the stack, causes."""
    said: Frame = {
        "type": type(error).__name__[:200],
        "text": _text_of(error),
        "stack": _stack(error.__traceback__),
        "causes": _causes(error),
        "hint": _hint(error, names),
    }
    return said


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as second:  # noqa: BLE001 - the seam: a block's exception may have a broken __str__
        return f"(its text could not be made: {type(second).__name__})"
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + " …"


def _stack(traceback: TracebackType | None) -> list[tuple[int, int, str]]:
    """Block number, line and function, outermost first; of a deep stack the two ends."""
    found: list[tuple[int, int, str]] = []
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if file.startswith("<block ") and file[7:-1].isdecimal():
            found.append((int(file[7:-1]), traceback.tb_lineno or 0, traceback.tb_frame.f_code.co_name[:100]))
        traceback = traceback.tb_next
    if len(found) > _MAX_STACK:
        found = found[: _MAX_STACK // 2] + found[-_MAX_STACK // 2 :]
    return found


def _causes(error: BaseException) -> list[str]:
    found: list[str] = []
    if isinstance(error, BaseExceptionGroup):
        found += [f"in it: {type(item).__name__}: {_text_of(item)}" for item in error.exceptions[:3]]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while cause is not None and len(found) < 4:
        found.append(f"after: {type(cause).__name__}: {_text_of(cause)}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return found


def _hint(error: BaseException, names: set[str]) -> str:
    if isinstance(error, NameError) and type(error.name) is str:
        removed = missing_builtin(error.name)
        if removed:
            return removed[1]
        import difflib

        close = difflib.get_close_matches(
            error.name[:100], [name for name in names if not name.startswith("__")]
        )
        return f"Did you mean {' or '.join(close)}?" if close else ""
    return ""


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
