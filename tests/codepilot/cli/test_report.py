"""The report stops the task once nobody can read it any more."""

import pytest

from codepilot import events as e
from codepilot.cli.output import OutputError
from codepilot.cli.report import Report

EVENT = e.Stamped(1, 0.0, e.TaskStarted(task="go", number=1))


@pytest.mark.parametrize("fault", [BrokenPipeError(), OutputError("The disk is full.")])
def test_what_breaks_while_it_writes_stops_the_task_once_and_is_raised_at_the_end(fault):
    stops = []
    report = Report("json", lambda: stops.append("stop"))
    report.check()

    def broken(stamped):
        raise fault

    report._show = broken
    report.take(EVENT)
    report.take(EVENT)
    assert stops == ["stop"]
    with pytest.raises(type(fault)):
        report.check()


def test_each_format_shows_its_own(capsys):
    for form in ("json", "jsonl", "text"):
        Report(form, lambda: None).take(EVENT)
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("{")]) == 1
