"""What an import brings along, and what it must not: the first paint and the first line of a script depend on it."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import codepilot

HEAVY = ("openai", "anthropic", "textual", "pydantic", "yaml", "rich", "httpx", "httpx2")
SCREEN = ("textual", "rich", "codepilot_tui")
SDKS = ("openai", "anthropic", "pydantic")
SOURCE = Path(codepilot.__file__).parent


def loaded(statement, *names):
    """Which of these packages are loaded after a statement in an interpreter of its own."""
    script = f"import sys\n{statement}\nprint([name for name in {names!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return ast.literal_eval(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("module", ["codepilot", "codepilot_tui.__main__"])
def test_importing_a_face_loads_nothing_heavy(module):
    assert loaded(f"import {module}", *HEAVY) == []


def test_importing_the_package_loads_no_other_module_of_it():
    script = (
        "import sys, codepilot\nprint(sorted(name for name in sys.modules if name.startswith('codepilot')))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ast.literal_eval(run.stdout) == ["codepilot"]


@pytest.mark.parametrize(
    "module", ["codepilot.runtime", "codepilot.cli", "codepilot.testing.model_server", "codepilot.demo"]
)
def test_the_library_loads_no_sdk_and_no_screen(module):
    assert loaded(f"import {module}", *HEAVY, "codepilot_tui") == []


def test_a_runtime_loads_yaml_only(tmp_path):
    (tmp_path / "agent.yaml").write_text("agent:\n  name: A\n  model: {provider: ollama, name: m}\n")
    statement = f"from codepilot import Runtime; Runtime({str(tmp_path / 'agent.yaml')!r})"
    assert loaded(statement, *HEAVY) == ["yaml"]
    # A millisecond or many each, and a runtime that was only made has no use for them.
    later = (
        "urllib.request",
        "http.client",
        "email",
        "uuid",
        "ctypes",
        "tomllib",
        "difflib",
        "hashlib",
        "shutil",
        "codepilot.protocol.foreign",
        "codepilot.providers.anthropic",
        "codepilot.terminal.client.client",
        "codepilot.terminal.connection",
    )
    assert loaded(statement, *later) == []


@pytest.mark.slow
def test_only_the_configured_sdk_is_loaded(tmp_path):
    from codepilot.testing import ModelServer

    with ModelServer(["Hello."]) as server:
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: m, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: work}\n"
        )
        statement = f"from codepilot import Runtime\nRuntime({str(tmp_path / 'agent.yaml')!r}).run('hi')"
        assert loaded(statement, "openai", "anthropic") == ["openai"]


@pytest.mark.slow
def test_the_command_line_in_text_never_loads_a_screen(tmp_path):
    statement = (
        "from codepilot.cli import main\nassert main(['run', '--demo', 'go', '--max-steps', '1']) == 3"
    )
    assert loaded(statement, *SCREEN, *SDKS) == []


def test_all_is_true():
    assert sorted(codepilot.__all__) == sorted(set(codepilot.__all__))
    for name in codepilot.__all__:
        value = getattr(codepilot, name)
        home = codepilot._HOME.get(name)
        if home is not None:
            assert getattr(importlib.import_module(home), name) is value
    assert dir(codepilot) == sorted(codepilot.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'codepilot' has no attribute 'Runtim'"):
        codepilot.Runtim  # noqa: B018
    with pytest.raises(ImportError):
        exec("from codepilot import nothing")


@pytest.mark.parametrize(
    "name", sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("__init__.py"))
)
def test_each_all_of_the_library_is_true(name):
    dotted = ".".join(("codepilot", *Path(name).parent.parts))
    module = importlib.import_module(dotted)
    for public in getattr(module, "__all__", ()):
        assert getattr(module, public) is not None


def test_the_type_checker_sees_what_the_lazy_face_offers():
    tree = ast.parse(Path(codepilot.__file__).read_text())
    (checked,) = (
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = {
        alias.asname or alias.name: node.module
        for node in checked.body
        for alias in getattr(node, "names", ())
    }
    assert seen == codepilot._HOME


def test_the_library_never_names_the_screen():
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.partition(".")[0] in SCREEN for name in names), path
