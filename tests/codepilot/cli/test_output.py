"""What `codepilot run` prints of events."""

from __future__ import annotations

import pytest

from codepilot import events as e
from codepilot.cli.output import TextReport


def told(capsys, *events):
    report = TextReport()
    for number, event in enumerate(events, 1):
        report.take(e.Stamped(number, 0.0, event))
    return capsys.readouterr().err


@pytest.mark.parametrize(("wait", "soon"), [(0.4, "now"), (7.6, "in 8 s")])
def test_a_retry_says_when(capsys, wait, soon):
    retried = e.ProviderRetried(attempt=2, attempts=6, wait=wait, reason="h answered 500.")
    assert told(capsys, retried) == f"… h answered 500. Try 2 of 6 {soon}.\n"


@pytest.mark.parametrize(("begun", "what"), [(False, "no word"), (True, "no further word")])
def test_silence_is_told(capsys, begun, what):
    silent = e.ProviderSilent(seconds=20.2, begun=begun)
    assert told(capsys, silent) == f"… {what} from the model yet · 20 s\n"


def test_a_call_that_went_wrong_says_why(capsys):
    reason = "a.py was deleted on disk since the agent read it. Nothing was written."
    started = e.ToolStarted(call_id="c", tool="write_file", args={}, label="a.py")
    ended = e.ToolFinished(call_id="c", tool="write_file", result="[…]", state="error", reason=reason)
    assert told(capsys, started, ended) == f"✗ write_file a.py  0.0 s  {reason}\n"
