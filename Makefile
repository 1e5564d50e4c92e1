# The project's verbs. `make run` and `make test` need Python >= 3.11 and make, nothing else.
# PYTHON=/path/to/python3.13 chooses the interpreter.

VENV ?= .venv
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# Containers often set it. Then each program that a test starts would compile all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check shots build bench lock setup clean
help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(STAMP)  ## the virtual environment, from requirements.lock
$(STAMP): requirements.lock pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "No Python >= 3.11 was found. On Debian: apt-get install python3 python3-venv. Or: make run PYTHON=/path/to/python3.13"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv or ensurepip. On Debian: apt-get install python3-venv"; exit 2; }
	@[ -x $(PY) ] || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $(STAMP)

run: $(STAMP)  ## open the workbench (the guided demo where no model is configured)
	@$(VENV)/bin/codepilot-tui --or-demo $(ARGS)

# A test that failed is run once more, and listed as RERUN at the end if it passed then: docs/decisions/0035.
SUITE := $(PY) -m pytest -q -rR --reruns 1 --dist worksteal

check: $(STAMP)  ## format, lint, types, contracts, dependencies, fast tests
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/deptry src
	$(SUITE) -n 2 -m "not slow"

# Three, since the slow ones wait for programs most of the time.
test: check  ## everything: check, then the slow tests
	$(SUITE) -n 3 -m slow

shots: $(STAMP)  ## make screenshots/ from the demo
	$(PY) -m benchmarks.shots

build: $(STAMP)  ## the wheel, tried in a clean environment
	rm -rf dist build/wheel-env
	$(PY) -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps -w dist .
	$(PYTHON) -m venv build/wheel-env
	build/wheel-env/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	cd build && wheel-env/bin/codepilot --version && wheel-env/bin/codepilot run --demo --allow all --format json "Fix the failing test" >/dev/null && echo "the wheel works"

bench: $(STAMP)  ## the figures of the design beside their bars
	$(PY) -m benchmarks

lock: $(STAMP)  ## requirements.lock anew, for every platform, with hashes
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml -o requirements.lock

clean:  ## forget the virtual environment and the build
	rm -rf $(VENV) build dist
