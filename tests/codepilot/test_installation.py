"""codepilot-ai beside this package: both own `codepilot/`, so each step of a migration says what happens."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import codepilot

SOURCE = Path(codepilot.__file__).parents[1]


@pytest.fixture
def site(tmp_path):
    """A folder as pip would leave it, with this package in it."""
    for package in ("codepilot", "codepilot_tui"):
        shutil.copytree(SOURCE / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def python(site, *arguments):
    run = subprocess.run(
        [sys.executable, "-S", *arguments],  # without this project's own installation
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def test_alone_nothing_is_said(site):
    assert python(site, "-c", "import codepilot") == (0, "")


def test_with_codepilot_ai_beside_it_the_import_warns_before_anything_breaks(site):
    (site / "codepilot_ai-0.9.2.dist-info").mkdir()
    code, said = python(site, "-c", "import codepilot; print(codepilot.Runtime.__name__)")
    assert code == 0 and "Runtime" in said
    assert "codepilot-ai is installed beside codepilot-tui" in said and "pip uninstall codepilot-ai" in said


@pytest.mark.parametrize("command", ["codepilot_tui", "codepilot"])
def test_overwritten_the_commands_say_how_to_mend_it(site, command):
    (site / "codepilot" / "__init__.py").write_text('"""codepilot-ai\'s."""\n')
    code, said = python(site, "-m", command, "--version")
    assert code == 1 and "pip install --force-reinstall --no-deps codepilot-tui" in said
    assert "Traceback" not in said


def test_after_codepilot_ai_was_uninstalled_the_workbench_says_how_to_mend_it(site):
    (site / "codepilot" / "__init__.py").unlink()
    code, said = python(site, "-m", "codepilot_tui", "--version")
    assert code == 1 and "pip install --force-reinstall --no-deps codepilot-tui" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("module", ["codepilot", "codepilot_tui.__main__"])
@pytest.mark.parametrize("inside", ["", "lib"])
def test_from_a_zip_file_the_import_says_what_to_do(site, tmp_path_factory, module, inside):
    """It was a NotADirectoryError: the processes that it starts could not have read their files either."""
    folder = tmp_path_factory.mktemp("zipped")
    if inside:
        (folder / inside).mkdir()
        for package in ("codepilot", "codepilot_tui"):
            shutil.move(site / package, folder / inside / package)
    file = shutil.make_archive(str(folder.parent / f"app-{folder.name}"), "zip", folder if inside else site)
    place = os.path.join(file, inside) if inside else file
    code, said = python(folder, "-c", f"import sys; sys.path.insert(0, {place!r}); import {module}")
    assert code == 1
    assert said.splitlines()[-1] == (
        f"ImportError: codepilot cannot be imported from a zip file ({place}): the processes that it starts run files "
        "of the package. Unpack it into a folder, or install it there: pip install --target FOLDER codepilot-tui."
    )
