"""Gives the tests of this folder the driver: the tests have no packages, so it is loaded by its path."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def _load() -> Any:
    name = "codepilot_e2e_driver"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("driver.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def driver() -> Any:
    """The module `driver.py`."""
    return _load()


@pytest.fixture
def place(driver: Any) -> Iterator[Any]:
    """Folders of its own for one test."""
    made = driver.Place()
    yield made
    made.remove()


@pytest.fixture
def start(place: Any) -> Iterator[Any]:
    """Starts programs in a PTY; ends what is left of them. `start([...], columns, lines, NAME=value)`."""
    started: list[Any] = []

    def begin(argv: Any, *args: Any, **kwargs: Any) -> Any:
        bench = place.start(argv, *args, **kwargs)
        started.append(bench)
        return bench

    yield begin
    for bench in started:
        bench.close()


@pytest.fixture
def workbench(place: Any, start: Any, driver: Any) -> Any:
    """Starts the workbench with an agent that asks a server. `workbench(server, columns, lines, NAME=value)`."""

    def begin(server: Any, *args: Any, **kwargs: Any) -> Any:
        return start([*driver.TUI, "--agent", str(place.agent_file(server.openai_url))], *args, **kwargs)

    return begin
