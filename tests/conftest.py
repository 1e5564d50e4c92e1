"""Shared by all tests: no NO_COLOR, no real home, no keys of the person who runs them."""

from __future__ import annotations

import os
import time

import pytest

os.environ["TZ"] = "UTC"
time.tzset()
for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME"):
    os.environ.pop(name, None)  # snapshots break when NO_COLOR is set, even to nothing


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """State, configuration and sessions of a test go into a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CODEPILOT_HOME", str(home / "codepilot"))
    for name in tuple(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)
