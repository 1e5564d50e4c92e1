"""What a control block is going to write: its later edits, tried out on a copy, so that one question shows them all.

The code is read, not run: calls of `write_file` and `edit_file` that stand at the top of the block with literal
arguments, or in a `for` over literals. They are carried out by the very tools, on a workspace that keeps what is
written to itself. So what is shown is what would be written, and where the code does something else after all, the
texts differ and the person is asked again: nothing is ever written that was not shown.
"""

from __future__ import annotations

import ast
import itertools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from codepilot.decision import Decision, PermissionRequest, PlannedEdit
from codepilot.ports import CallContext, TakePayload
from codepilot.tools.edit import EditTool
from codepilot.tools.files import FileTools
from codepilot.values import dataclass
from codepilot.workspace import FileMemory, FileText, Workspace
from codepilot.workspace.places import PathLike
from codepilot.workspace.regular import Expected

log = logging.getLogger(__name__)

TOOLS = frozenset({"write_file", "edit_file"})
MOST = 200
"""Calls of one block that are looked at."""


@dataclass(frozen=True, slots=True)
class StaticCall:
    """A call whose arguments stand in the code."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def fits(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        """Whether a call that was made can be this one."""
        return self.name == name and list(self.args) == list(args) and dict(self.kwargs) == dict(kwargs)


def static_calls(code: str) -> list[StaticCall]:
    """The writes of a block in the order in which they run, as far as its text says; none if it does not parse."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: list[StaticCall] = []
    for call in _calls(tree.body, {}):
        found.append(call)
        if len(found) == MOST:
            break
    return found


def _calls(statements: Sequence[ast.stmt], names: Mapping[str, Any]) -> Iterator[StaticCall]:
    known = dict(names)
    for statement in statements:
        if isinstance(statement, ast.For):
            yield from _loop(statement, known)
        elif isinstance(statement, ast.With):
            yield from _calls(statement.body, known)
        elif isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return):
            yield from _in_expression(statement.value, known)
            _note(statement, known)
        else:
            continue  # whether a branch or a handler runs cannot be read


def _loop(statement: ast.For, known: Mapping[str, Any]) -> Iterator[StaticCall]:
    values = _value(statement.iter, known)
    if not isinstance(statement.target, ast.Name) or not isinstance(values, list | tuple):
        return
    for value in values[:MOST]:
        yield from _calls(statement.body, {**known, statement.target.id: value})


def _note(statement: ast.stmt, known: dict[str, Any]) -> None:
    """Remember what a name holds, or that it is not known any more."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in targets:
        if isinstance(target, ast.Name):
            value = getattr(statement, "value", None)
            found = (
                _value(value, known) if isinstance(statement, ast.Assign) and value is not None else _UNKNOWN
            )
            if found is _UNKNOWN:
                known.pop(target.id, None)
            else:
                known[target.id] = found


_UNKNOWN = object()


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return known.get(node.id, _UNKNOWN)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return _UNKNOWN


def _in_expression(node: ast.expr | None, known: Mapping[str, Any]) -> Iterator[StaticCall]:
    """Calls in the order of evaluation; nothing that may run never or more than once."""
    if node is None or isinstance(node, ast.Lambda | ast.IfExp | ast.BoolOp | ast.ListComp | ast.SetComp):
        return
    if isinstance(node, ast.DictComp | ast.GeneratorExp):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _in_expression(child, known)
        elif isinstance(child, ast.keyword):
            yield from _in_expression(child.value, known)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOOLS:
        call = _call(node, known)
        if call is not None:
            yield call


def _call(node: ast.Call, known: Mapping[str, Any]) -> StaticCall | None:
    if any(isinstance(each, ast.Starred) for each in node.args) or any(
        each.arg is None for each in node.keywords
    ):
        return None
    args = tuple(_value(each, known) for each in node.args)
    kwargs = {each.arg: _value(each.value, known) for each in node.keywords if each.arg is not None}
    if _UNKNOWN in (*args, *kwargs.values()):
        return None
    assert isinstance(node.func, ast.Name)
    return StaticCall(node.func.id, args, kwargs)


class DryWorkspace(Workspace):
    """A workspace that reads the disk and keeps what is written to itself."""

    def __init__(self, real: Workspace) -> None:
        # Not made anew from the root: that refuses a work folder that is gone, which is for the call itself to tell.
        self._places, self.root = real._places, real.root
        self.unsafe, self.protected = real.unsafe, real.protected
        self._written: dict[str, FileText] = {}

    def read_text(self, path: PathLike, **limits: Any) -> FileText:
        """What was written here, else what is on the disk."""
        written = self._written.get(self.locate(path).path)
        return written if written is not None else super().read_text(path, **limits)

    def write_text(
        self, path: PathLike, text: str, like: FileText | None = None, *, expect: Expected = "anything"
    ) -> FileText:
        """As it would stand on the disk."""
        del expect
        _, written, _ = self.rendered(path, text, like)
        self._written[self.locate(path).path] = written
        return written


class EditsAhead:
    """The `StepPreview` of the built-in file tools.

    Args:
        workspace: where they write.
        memory: what the agent has seen.
        ours: whether a name is the built-in tool; what another tool would write is not known.
    """

    def __init__(
        self, workspace: Workspace, memory: FileMemory, ours: Callable[[str], bool] = lambda name: True
    ) -> None:
        self._workspace = workspace
        self._memory = memory
        self._ours = ours
        self._code = ""
        self._made: list[tuple[str, Sequence[Any], Mapping[str, Any]]] = []

    def begin(self, code: str) -> None:
        """A block begins."""
        self._code = code
        self._made.clear()

    def called(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """A call begins that writes a file."""
        self._made.append((name, args, kwargs))

    async def edits(self, take: TakePayload) -> Sequence[PlannedEdit]:
        """The change of the call that was begun last and those that follow it; empty if the code does not tell."""
        ahead = static_calls(self._code)
        for name, args, kwargs in self._made[:-1]:
            if ahead and ahead[0].fits(name, args, kwargs):
                del ahead[0]
        if not ahead or not self._made or not ahead[0].fits(*self._made[-1]):
            return ()
        return await self._tried(ahead, take)

    async def _tried(self, calls: Sequence[StaticCall], take: TakePayload) -> list[PlannedEdit]:
        edits: list[PlannedEdit] = []

        async def permit(request: PermissionRequest) -> Decision:
            edits.append(PlannedEdit(path=request.path, before=request.before, after=request.after))
            return Decision(allow=True, by="hook")

        async def ask(question: str) -> str | None:
            del question
            return None

        context = CallContext(
            call_id="ahead",
            emit=lambda event: None,
            permit=permit,
            take_payload=take,
            payload_paths=tuple,
            append=lambda text: None,
            ask=ask,
        )
        files = FileTools(DryWorkspace(self._workspace), self._memory.fork())
        tools = {"write_file": files.write_file, "edit_file": EditTool(files.changes).edit_file}
        for call in itertools.takewhile(lambda each: self._ours(each.name), calls):
            try:
                await tools[call.name](context, *call.args, **call.kwargs)
            except TypeError:
                break  # the arguments do not fit: there the block will end
            except Exception:
                log.exception("an edit could not be tried out")
                break
        return edits
