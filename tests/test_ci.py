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
    assert job["steps"][-1] == {"run": "make test PYTHON=python"}, (
        "the Python that was set up, not the system's"
    )
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


def test_ci_runs_make_test():
    assert (ROOT / ".ci/run").read_text().rstrip().endswith("exec make test")


def test_a_test_that_fails_fails_make():
    """Each line of the two targets stands for itself: nothing catches its exit status, and make goes on after none."""
    for target, last in (("check", '"not slow"'), ("test", "slow")):
        recipe = re.search(rf"^{target}: .*\n((?:\t.*\n)+)", MAKEFILE, re.M)[1]
        assert f"\t$(PY) -m pytest -q -n 2 -m {last}\n" in recipe
        assert not re.search(r"\|\||;|^\t[-@]", recipe, re.M), recipe
    assert re.search(r"^test: check\b", MAKEFILE, re.M)


def test_where_ci_installed_the_programs_nothing_may_be_left_out():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    installs, exports = script.index("apt-get install"), script.index("export CODEPILOT_TESTS_SKIP_NOTHING=1")
    assert installs < exports < script.index("exec make test")
