"""Every call that a hint, an error or a prompt shows to the model is one that the tool would take."""

import ast
import re
from pathlib import Path

import pytest

import codepilot
from codepilot.terminal.client import HostOptions, TerminalService
from codepilot.tools import builtin_registry
from codepilot.workspace import FileMemory, Workspace

SOURCE = Path(codepilot.__file__).parent
NO_CALLS = {("protocol/thinking.py", "think(?:ing)?>")}
"""What only looks like one: a regular expression."""


@pytest.fixture(scope="module")
def signatures(tmp_path_factory):
    """What each tool takes, by its name."""
    folder = tmp_path_factory.mktemp("work")
    registry = builtin_registry(
        workspace=Workspace(folder),
        memory=FileMemory(),
        terminals=TerminalService(HostOptions(work_dir=folder)),
        complete=lambda summary: None,
        archive=object(),
    )
    return {name: registry.get(name).signature for name in registry.names()}


def texts():
    """All texts of the library, with the file: constants, f-strings (X where something is put in), prompts."""
    for path in sorted(SOURCE.rglob("*.md")):
        yield path.relative_to(SOURCE).as_posix(), path.read_text()
    for path in sorted(SOURCE.rglob("*.py")):
        where = path.relative_to(SOURCE).as_posix()
        tree = ast.parse(path.read_text())
        joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        pieces = {value for node in joined for value in node.values}
        for node in joined:
            yield where, "".join(v.value if isinstance(v, ast.Constant) else "X" for v in node.values)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in pieces:
                yield where, node.value


def call_at(text):
    """The call with which a text begins; None if it begins with none."""
    for match in re.finditer(r"\)", text[:400]):
        try:
            node = ast.parse(text[: match.end()].replace("…", "..."), mode="eval").body
        except SyntaxError:
            continue
        if isinstance(node, ast.Call):
            return node
    return None


def bind(signature, call):
    """As Python would; an ellipsis stands for arguments left out."""
    args = [arg for arg in call.args if not (isinstance(arg, ast.Constant) and arg.value is ...)]
    method = signature.bind if len(args) == len(call.args) else signature.bind_partial
    method(*args, **{keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})


def test_every_call_that_is_shown_fits_its_tool(signatures):
    start = re.compile(rf"(?<![\w.])({'|'.join(signatures)})\(")
    bound, wrong = 0, []
    for where, text in texts():
        for match in start.finditer(text):
            shown = text[match.start() :]
            if ")" not in shown or shown.startswith(f"{match[1]}()"):
                continue  # the beginning of something longer, or the mere name
            call = call_at(shown)
            if call is None:
                if (where, shown[:14]) not in NO_CALLS:
                    wrong.append(f"{where}: {shown[:60]!r} is no call")
                continue
            try:
                bind(signatures[match[1]], call)
                bound += 1
            except TypeError as error:
                wrong.append(f"{where}: {ast.unparse(call)}: {error}")
    assert wrong == []
    assert bound > 50


def test_the_collector_finds_what_it_should(signatures):
    """The control: what was wrong once is seen to be."""
    for text in ("execute(command)", "execute('curl ...')", "find(x, nothing=1)", "write_file(…, what=1)"):
        with pytest.raises(TypeError):
            bind(signatures[text.partition("(")[0]], call_at(text))
    bind(signatures["write_file"], call_at("write_file(path, …)"))
    bind(signatures["execute"], call_at('execute("main", f(")"))'))
