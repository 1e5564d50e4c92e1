"""What is shipped beside the modules is found, and the commands answer."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import codepilot
import codepilot_tui
from codepilot import AgentConfig
from codepilot.paths import packaged_agent_file, shipped
from codepilot_tui.theme import load_theme, theme_names


def test_the_packaged_agent_file_is_found_and_works_in_the_folder_at_hand():
    config = AgentConfig.load(packaged_agent_file())
    assert config.name == "CodePilot"
    assert config.work_dir_given is False
    assert config.warnings == ()


def test_the_themes_are_found():
    folder = shipped(Path(codepilot_tui.__file__).parent, "themes")
    names = {path.stem for path in folder.glob("*.yaml")}
    assert names
    assert names <= set(theme_names())
    for name in names:
        assert load_theme(name)


@pytest.mark.parametrize(
    ("package", "pattern"),
    [
        (codepilot, "prompts/*.md"),
        (codepilot, "models.yaml"),
        (codepilot, "terminal/shell/bashrc.bash"),
        (codepilot, "terminal/shell/zshenv.zsh"),
        (codepilot, "terminal/shell/init.fish"),
        (codepilot, "terminal/shell/env.sh"),
        (codepilot, "py.typed"),
        (codepilot_tui, "styles/*.tcss"),
        (codepilot_tui, "py.typed"),
    ],
)
def test_data_lies_beside_the_modules(package, pattern):
    assert list(Path(package.__file__).parent.glob(pattern))


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.yaml is missing from the installation"):
        shipped(tmp_path, "nothing.yaml")


def test_the_installed_commands_point_to_their_faces():
    commands = {command.name: command.value for command in entry_points(group="console_scripts")}
    assert commands["codepilot"] == "codepilot.cli:main"
    assert commands["codepilot-tui"] == "codepilot_tui.__main__:main"


@pytest.mark.parametrize("module", ["codepilot", "codepilot_tui"])
def test_python_m_answers_with_help_and_version(module):
    for option, words in (("--help", "usage: codepilot"), ("--version", f" {codepilot.__version__}\n")):
        run = subprocess.run(
            [sys.executable, "-m", module, option], capture_output=True, text=True, timeout=60, check=False
        )
        assert (run.returncode, run.stderr) == (0, "")
        assert words in run.stdout
