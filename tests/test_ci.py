"""The workflow and the hooks for contributors run what the Makefile runs."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def _yaml(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_workflow_runs_the_readmes_command_on_each_python_that_is_named():
    job = _yaml(".github/workflows/test.yml")["jobs"]["test"]
    installed, other = job["steps"][-2:]
    assert installed["if"] == "runner.os == 'Linux'" and other["if"] == "runner.os != 'Linux'"
    assert other["run"] == "make test PYTHON=python", "the Python that was set up, not the system's"
    assert installed["run"] == 'sudo env "PATH=$PATH" PYTHON=python .ci/run', "as root it may install"
    assert re.search(r"^PYTHON \?= ", MAKEFILE, re.M), "the Python of the environment is taken"
    assert job["runs-on"] == "${{ matrix.os }}"
    assert job["strategy"]["matrix"]["os"] == ["ubuntu-latest", "macos-latest"]
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    named = [
        each.rpartition(" ")[2]
        for each in classifiers
        if each.startswith("Programming Language :: Python :: 3.")
    ]
    assert job["strategy"]["matrix"]["python"] == named


def test_the_hooks_before_a_commit_are_steps_of_make_check():
    for hook in _yaml(".pre-commit-config.yaml")["repos"][0]["hooks"]:
        program = hook["entry"].split()[0].rpartition("/")[2]
        assert f"$(VENV)/bin/{program}" in MAKEFILE


def test_the_workflow_leaves_out_no_test_where_the_programs_are_installed():
    """It has `.ci/run` install them, which then lets nothing be skipped; of its own it installs nothing."""
    text = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
    assert ".ci/run" in text and "apt-get" not in text


BASE = {"bash", "python3", "top", "unshare"}
"""On every Debian."""
OF_THE_CORPUS = {"nano"}
"""Named by no test, only by rows of the corpus of hanging commands, which are left out silently without it."""


def test_what_ci_installs_is_what_the_tests_drive():
    listed = {line.split()[0] for line in (ROOT / ".ci/programs").read_text(encoding="utf-8").splitlines()}
    driven = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r'\b(?:which|need)\("([^"]+)"\)', path.read_text(encoding="utf-8"))
    }
    assert listed == (driven - BASE) | OF_THE_CORPUS


def test_ci_runs_make_test():
    assert (ROOT / ".ci/run").read_text().rstrip().endswith("exec make test")


def test_a_test_that_fails_fails_make():
    """Each line of the two targets stands for itself: nothing catches its exit status, and make goes on after none."""
    for target, last in (("check", '"not slow"'), ("test", "slow")):
        recipe = re.search(rf"^{target}: .*\n((?:\t.*\n)+)", MAKEFILE, re.M)[1]
        assert re.search(rf"^\t\$\(SUITE\) -n [23] -m {last}$", recipe, re.M)
        assert not re.search(r"\|\||;|^\t[-@]", recipe, re.M), recipe
    assert re.search(r"^test: check\b", MAKEFILE, re.M)
    # Once more, and no oftener: what fails both times fails.
    assert re.search(r"^SUITE := \$\(PY\) -m pytest -q -rR --reruns 1 --dist worksteal$", MAKEFILE, re.M)


def test_where_ci_installed_the_programs_nothing_may_be_left_out():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    installs, exports = script.index("apt-get install"), script.index("export CODEPILOT_TESTS_SKIP_NOTHING=1")
    assert installs < exports < script.index("exec make test")
