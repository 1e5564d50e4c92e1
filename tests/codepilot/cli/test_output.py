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


def test_a_reason_without_a_full_stop_does_not_run_into_the_next_words(capsys):
    retried = e.ProviderRetried(attempt=2, attempts=6, wait=0, reason="h answered 429: Too many (TPM)")
    assert told(capsys, retried) == "… h answered 429: Too many (TPM). Try 2 of 6 now.\n"


@pytest.mark.parametrize(("begun", "what"), [(False, "no word"), (True, "no further word")])
def test_silence_is_told(capsys, begun, what):
    silent = e.ProviderSilent(seconds=20.2, begun=begun)
    assert told(capsys, silent) == f"… {what} from the model yet · 20 s\n"


def test_a_call_that_went_wrong_says_why(capsys):
    reason = "a.py was deleted on disk since the agent read it. Nothing was written."
    started = e.ToolStarted(call_id="c", tool="write_file", args={}, label="a.py")
    ended = e.ToolFinished(call_id="c", tool="write_file", result="[…]", state="error", reason=reason)
    assert told(capsys, started, ended) == f"✗ write_file a.py  0.0 s  {reason}\n"


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (
            "[edit_file] ERROR: the SEARCH of line 1 matches nothing, so nothing was written. The nearest lines are:\n3│ x",
            "the SEARCH of line 1 matches nothing, so nothing was written.",
        ),
        ("[terminal:main] Error: session 'x' not found.\n[notice]", "session 'x' not found."),
        ("[terminal:main] Execution error: the host is gone.", "the host is gone."),
        ("[run_command] `x`\nExecution error: no such folder.", "no such folder."),
        ("[mine] ERROR: " + "long " * 100, None),
    ],
)
def test_a_failed_call_gives_the_first_line_of_what_the_model_is_told(capsys, result, why):
    ended = e.ToolFinished(call_id="c", tool="edit_file", result=result, state="error")
    said = told(capsys, ended)
    assert said == f"✗ edit_file   0.0 s  {why}\n" if why else len(said) < 230


def test_only_a_failed_call_is_explained_by_its_result(capsys):
    ended = e.ToolFinished(call_id="c", tool="execute", result="[main]\nERROR: disk", figure="exit 1")
    assert told(capsys, ended) == "✗ execute   exit 1  0.0 s\n"
