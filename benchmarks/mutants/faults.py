"""The faults that Cosmic Ray's operators can plant in a file, and the draw among them."""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SKIPPED_OPERATORS = ("ReplaceBinaryOperator_BitOr", "Variable")
"""`|` is written in types here; the operators on variables need to be told names."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault."""

    path: str
    line: int
    operator: str
    function: str
    before: str
    after: str
    nth: int
    code: str

    @property
    def key(self) -> str:
        """The same for as long as the function holds the same line, wherever it is moved to."""
        return f"{self.function} | {self.before} | {self.after} | {self.nth}"


def drawn(mutants: list[Mutant], seed: int, count: int) -> list[Mutant]:
    """The lot falls on each fault by itself, so that a changed function alters its own part of the sample only."""

    def lot(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed} | {mutant.key}".encode()).digest()

    return sorted(sorted(mutants, key=lot)[:count], key=lambda each: (each.path, each.line, each.key))


def mutants_of(root: Path, path: Path) -> Iterator[Mutant]:
    """Every fault that can be planted in a file, each meaning once."""
    source = path.read_text(encoding="utf-8")
    meanings = {_meaning(source)}
    functions = functions_of(source)
    times: Counter[tuple[str, str, str]] = Counter()
    for operator, code in _planted(source):
        if not _compiles(code):
            continue
        meaning = _meaning(code)
        if meaning in meanings:
            continue
        meanings.add(meaning)
        line, before, after = _first_difference(source, code)
        function = functions.get(line, path.stem)
        times[function, before, after] += 1
        nth = times[function, before, after]
        yield Mutant(str(path.relative_to(root)), line, operator, function, before, after, nth, code)


def _compiles(code: str) -> bool:
    """Without a warning: `is "text"` is refused by the compiler, not by a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            compile(code, "fault", "exec")
        except (SyntaxError, SyntaxWarning):
            return False
    return True


def _planted(source: str) -> Iterator[tuple[str, str]]:
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    nodes = list(ast_nodes(get_ast(source)))
    for name in sorted(plugins.operator_names()):
        if any(skipped in name for skipped in SKIPPED_OPERATORS):
            continue
        operator = plugins.get_operator(name)()
        for occurrence in range(sum(1 for node in nodes for _ in operator.mutation_positions(node))):
            yield name.removeprefix("core/"), mutate_code(source, operator, occurrence)


def functions_of(source: str) -> dict[int, str]:
    """The function, with its class, that each line belongs to."""
    found: dict[int, str] = {}

    def note(node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = inside
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{inside}.{child.name}".removeprefix(".")
                first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
                found.update(dict.fromkeys(range(first, (child.end_lineno or first) + 1), name))
            note(child, name)

    note(ast.parse(source), "")
    return found


class _Plain(ast.NodeTransformer):
    """Without what is never executed, and with one spelling for `not a is b` and `a is not b`."""

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        turned: dict[type[ast.cmpop], ast.cmpop] = {
            ast.Is: ast.IsNot(),
            ast.IsNot: ast.Is(),
            ast.Eq: ast.NotEq(),
            ast.NotEq: ast.Eq(),
            ast.In: ast.NotIn(),
            ast.NotIn: ast.In(),
        }
        inner = node.operand
        if isinstance(node.op, ast.Not) and isinstance(inner, ast.Compare) and len(inner.ops) == 1:
            other = turned.get(type(inner.ops[0]))
            if other is not None:
                return ast.Compare(inner.left, [other], inner.comparators)
        return node


def _meaning(source: str) -> str:
    tree = _Plain().visit(ast.parse(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
        body: Any = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_text(each)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _first_difference(old: str, new: str) -> tuple[int, str, str]:
    before, after = old.splitlines(), new.splitlines()
    for number, (one, other) in enumerate(zip(before, after, strict=False), 1):
        if one != other:
            return number, one.strip(), other.strip()
    return min(len(before), len(after)), "", ""
