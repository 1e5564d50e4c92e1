"""Random walks of tools, commands and a person through a folder; then rewinds and redos. `python -m benchmarks rewind`
takes a thousand."""

import pytest
from benchmarks.rewind import FAULTS, walks


@pytest.mark.slow
@pytest.mark.parametrize("watches", ["", "0"], ids=["watch", "scan"])
def test_nothing_is_wrong_and_no_byte_is_lost(monkeypatch, watches):
    monkeypatch.setenv("CODEPILOT_WATCHES", watches)
    found = walks(range(8))
    assert found["rewinds"] == found["redone"] == 24 and found["exact"] == 12, found
    assert found["files of the person"] and not any("LOST" in key or key == "WRONG" for key in found), found


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_known_faults_are_found(fault):
    found = walks(range(1, 4), fault)
    assert any("LOST" in key or key == "WRONG" for key in found), found
