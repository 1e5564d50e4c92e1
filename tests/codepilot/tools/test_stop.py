"""What is said of a call that was cut off."""

import inspect

import pytest

from codepilot.terminal.protocol import CommandResult
from codepilot.tools.stop import Stop, of_stopped
from codepilot.tools.tool import Tool

NOT_STARTED = "It had not been started, and will not be."
GOES_ON = "It was started and sent ^C, and had not ended yet; if it goes on, SIGTERM and SIGKILL follow."


def result(status, exit_code=None, given=True):
    return CommandResult(output="", status=status, exit_code=exit_code, given=given)


@pytest.mark.parametrize(
    ("last", "interrupted", "said"),
    [
        (None, True, "It may have been started; what became of it is not known."),
        (None, False, "It may have been started, and was left to go on."),
        (result("running", given=False), True, NOT_STARTED),
        (result("running"), True, GOES_ON),
        (result("waiting"), True, GOES_ON),
        (result("completed", 130), True, "It was started, and ended with exit code 130."),
        (result("completed", 0), True, "It was started, and ended with exit code 0."),
        (result("completed"), True, "It was started, and ended."),
    ],
)
def test_how_far_a_command_came(last, interrupted, said):
    assert of_stopped(last, interrupted=interrupted) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("execute", NOT_STARTED),
        ("run_command", NOT_STARTED),
        ("read_output", "Only the look was cut off: what runs in the terminal goes on."),
        ("send_input", "The input may have been typed."),
        ("find", "It was under way: what it had done until then stays."),
    ],
)
def test_what_is_known_of_a_call_that_told_nothing(name, said):
    def call():
        """A tool."""

    tool = Tool(name, call, inspect.signature(call), True, None, None)
    stopped = Stop().result(tool, "c3")
    assert (stopped.text, stopped.reason) == (
        f"[{name}] Call c3 was cut off before it had a result. {said}",
        said,
    )
