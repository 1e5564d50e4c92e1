"""The workflow and the hooks for contributors run what the Makefile runs."""

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def _yaml(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_workflow_runs_the_readmes_command_on_each_python_that_is_named():
    job = _yaml(".github/workflows/test.yml")["jobs"]["test"]
    assert any(step.get("run", "").startswith("make test") for step in job["steps"])
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
