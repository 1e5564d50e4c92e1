"""What is compared, what is masked, and which difference another one comes from."""

import pytest

from codepilot.journal.comparing import Comparison
from codepilot.journal.replay_report import Masks, class_of
from codepilot.journal.steps import RecordedCall, RecordedStep


def call(tool, result="", *, state="ok", figure="", terminal="", builtin=True, **args):
    return RecordedCall(
        1, "c1", tool, args, terminal=terminal, builtin=builtin, state=state, result=result, figure=figure
    )


def step(*calls, printed=""):
    return RecordedStep(5, 1, 1, 1, calls=list(calls), printed=printed)


def compared(*pairs, masks=None):
    comparison = Comparison("s", masks or Masks(["/work/copy", "/work/shop"]))
    for was, now in pairs:
        comparison.step(was, now)
    return comparison.report


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("3 passed in 0.12s", "3 passed in 4.5s"),
        ("Ran 4 tests in 0.001s", "Ran 4 tests in 0.102s"),
        ("real\t0m0.123s", "real\t1m2.003s"),
        ("2026-11-21 16:41:46,123 started", "2027-01-02 00:00:00,001 started"),
        ("at 2026-11-21T16:41:46Z", "at 2026-11-22T16:41:46.5+01:00"),
        ("Sat Nov 21 16:41:46 UTC 2026", "Sun Nov 22 08:01:02 CET 2026"),
        ("-rw-r--r-- 1 u u 3 Nov 21 16:41 a", "-rw-r--r-- 1 u u 3 Nov 22 09:07 a"),
        (
            "total 24\ndrwxr-xr-x  3 u    u     4096 Nov 21 16:41 .\ndrwxr-xr-x 12 root root 12288 Nov 21 16:41 ..\n"
            "-rw-r--r--  1 u    u        3 Nov 21 16:41 a",
            "total 8\ndrwxr-xr-x 3 u u 4096 Nov 22 09:07 .\ndrwx------ 3 u u 60 Nov 22 09:07 ..\n"
            "-rw-r--r-- 1 u u 3 Nov 22 09:07 a",
        ),
        ("<object at 0x7f8a>", "<object at 0x55d0>"),
        ("pid 123, process 9", "pid 7, process 10"),
        ("[1] 4242", "[1] 4343"),
        ("wrote /tmp/abc/x.log", "wrote /tmp/q1/y.log"),
        ("[terminal:main:cmd1] $ make", "[terminal:main:cmd12] $ make"),
        ("in /work/shop/src", "in /work/copy/src"),
    ],
)
def test_what_is_never_the_same_is_masked_in_the_output_of_commands_only(was, now):
    report = compared((step(call("execute", was, command="x")), step(call("execute", now, command="x"))))
    assert (report.differences, report.masked + report.same) == ([], 1)
    if "/work" not in was:
        exact = compared((step(call("read_file", was, path="a")), step(call("read_file", now, path="a"))))
        assert [each.kind for each in exact.differences] == ["result"]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("3 passed", "2 passed"),
        ("line 12", "line 13"),
        ("version 1.2.3", "version 1.2.4"),
        ("total 4\n-rw-r--r-- 1 u u 3 Nov 21 16:41 a", "total 8\n-rw-r--r-- 1 u u 3 Nov 21 16:41 a"),
        ("-rw-r--r-- 1 u u 3 Nov 21 16:41 a", "-rwxr-xr-x 1 u u 3 Nov 21 16:41 a"),
    ],
)
def test_what_counts_is_not_masked(was, now):
    assert compared((step(call("execute", was)), step(call("execute", now)))).differences


def test_the_exit_of_a_command_always_counts():
    report = compared(
        (step(call("execute", "x", figure="exit 0")), step(call("execute", "x", figure="exit 1")))
    )
    assert [(each.kind, each.expected, each.got) for each in report.differences] == [
        ("state", "ok exit 0", "ok exit 1")
    ]


def test_calls_are_missed_and_extra_ones_told():
    a, b, c = call("read_file", path="a"), call("read_file", path="b"), call("read_file", path="c")
    report = compared((step(a, b), step(a, c)), (step(a), None))
    assert [(each.kind, each.path) for each in report.differences] == [
        ("missing", "b"),
        ("extra", "c"),
        ("missing", "a"),
    ]
    assert (report.calls, report.same) == (3, 1)
    assert [each.follows for each in report.differences] == [0, 1, 2]


def test_what_follows_from_a_file_or_a_terminal_says_so():
    comparison = Comparison("s", Masks([]))
    comparison.start_file("a", "1", "2")
    comparison.step(step(call("read_file", "x", path="a")), step(call("read_file", "y", path="a")))
    comparison.step(step(call("read_file", "x", path="b")), step(call("read_file", "y", path="b")))
    comparison.step(
        step(call("execute", "x", terminal="main"), call("execute", "x", terminal="main")),
        step(call("execute", "y", terminal="main"), call("execute", "y", terminal="main")),
    )
    comparison.step(step(printed="1"), step(printed="2"))
    assert [(each.kind, each.follows) for each in comparison.report.differences] == [
        ("start_file", 0),
        ("result", 1),
        ("result", 0),
        ("result", 1),
        ("result", 4),
        ("result", 0),
    ]


def test_what_acts_outside_is_answered_from_the_record():
    assert class_of(call("deploy", builtin=False)) == "recorded"
    assert class_of(call("deploy", builtin=False), ["deploy"]) == "masked"
    assert (class_of(call("ask_user")), class_of(call("find")), class_of(call("send_input"))) == (
        "recorded",
        "exact",
        "masked",
    )


def test_a_long_difference_is_cut():
    was, now = "\n".join(map(str, range(500))), "\n".join(map(str, range(1000, 1500)))
    [told] = compared((step(call("find", was)), step(call("find", now)))).differences
    assert len(told.diff) == 40 and "more lines" in told.diff[-1]
