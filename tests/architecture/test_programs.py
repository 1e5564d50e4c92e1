"""Which modules may start a program, and that opening a folder runs none of the folder's."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import codepilot
import codepilot_tui

# Package and file name; folders in between do not matter.
STARTERS = {
    "codepilot/checkpoints/git.py": "git, which runs nothing of the repository: filters, hooks, monitors are off",
    "codepilot/demo/project.py": "git, in a folder that we have just made ourselves",
    "codepilot/sandbox/process.py": "the worker: our interpreter, isolated",
    "codepilot/terminal/processes.py": "the shell's check of a command that was allowed",
    "codepilot/terminal/launch.py": "the terminal host: our interpreter, in /",
    "codepilot/terminal/pty.py": "the shells",
    "codepilot/terminal/read_ahead.py": "a fork of the terminal host",
    "codepilot/tools/child.py": "for `find`: ripgrep without configuration, or our interpreter, isolated",
}
MODULES = ("subprocess", "ptyprocess", "pexpect", "pty", "multiprocessing")
CALLS = ("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile")


def starts(path):
    """Whether a module has the means to start a program."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.partition(".")[0] in MODULES for name in names):
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            of_os = node.value.id == "os" and (node.attr in CALLS or node.attr.startswith(("exec", "spawn")))
            if of_os or node.attr.startswith("create_subprocess"):
                return True
    return False


def test_these_modules_start_programs_and_no_others():
    sources = Path(codepilot.__file__).parent, Path(codepilot_tui.__file__).parent
    found = {
        "/".join((*path.relative_to(source.parent).parts[:2], path.name))
        for source in sources
        for path in source.rglob("*.py")
        if starts(path)
    }
    assert found == set(STARTERS)


@pytest.mark.parametrize("module", ["codepilot", "codepilot_tui"])
def test_python_m_imports_nothing_of_the_folder_at_hand(tmp_path, module):
    for name in ("argparse", "asyncio", "yaml", "logging", "platformdirs", "textual"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a module of the folder ran')\n")
    run = subprocess.run(
        [sys.executable, "-m", module, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert codepilot.__version__ in run.stdout
